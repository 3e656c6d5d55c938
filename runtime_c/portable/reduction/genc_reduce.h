#ifndef GENC_REDUCE_H
#define GENC_REDUCE_H

#include "genc_reduce_lines.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_reduce. */
typedef struct {
    void (*function)(genc_reduce_run *run); /**< takes a run of elements into a result */
    const int32_t *numbers;          /**< its constants, or NULL */
    int32_t kept_rank;               /**< dimensions of y, 1 ... 8 */
    const int32_t *kept;             /**< kept_rank pairs: size, step in x in bytes; outermost first */
    int32_t reduced_rank;            /**< dimensions taken together without the innermost, 0 ... 7 */
    const int32_t *reduced;          /**< reduced_rank pairs: size, step in x in bytes; outermost first */
    int32_t inner_size;              /**< elements of the innermost dimension taken together */
    int32_t inner_step;              /**< its step in x, elements */
    int32_t y_bytes;                 /**< of an element of y */
} genc_reduce_params;

/**
 * Takes any set of dimensions together.
 * @param x  whole, of the function's type
 * @param y  the kept dimensions, of the function's type; one row
 */
void genc_reduce(const genc_reduce_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_REDUCE_H */
