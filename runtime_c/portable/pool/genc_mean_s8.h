#ifndef GENC_MEAN_S8_H
#define GENC_MEAN_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_mean_s8. */
typedef struct {
    int32_t kept_rank;       /**< dimensions of y without its innermost, 0 ... 7 */
    const int32_t *kept;     /**< kept_rank pairs: size, step in x in bytes; outermost first */
    int32_t inner_size;      /**< innermost dimension of y */
    int32_t inner_step;      /**< its step in x, bytes */
    int32_t reduced_rank;    /**< dimensions summed over, 1 ... 8 */
    const int32_t *reduced;  /**< reduced_rank pairs: size, step in x in bytes; outermost first */
    int32_t bias;            /**< -elements summed * zero point of x */
    int32_t multiplier;      /**< of the sum: scale of x / scale of y / elements summed */
    int32_t shift;           /**< of multiplier, positive to the left */
    int32_t y_zero;          /**< zero point of y */
} genc_mean_s8_params;

/**
 * Mean over any set of dimensions.
 * Semantics: TFLite MEAN int8 (reference/reduce.h, QuantizedMeanOrSum).
 * @param x  int8, whole
 * @param y  int8, the dimensions of `kept`, then the innermost; one row
 */
void genc_mean_s8(const genc_mean_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MEAN_S8_H */
