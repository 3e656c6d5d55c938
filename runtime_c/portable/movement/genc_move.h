#ifndef GENC_MOVE_H
#define GENC_MOVE_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_move. */
typedef struct {
    int32_t row_bytes; /**< of a row of x and of y */
    int32_t x_held;    /**< rows kept of x */
    int32_t y_held;    /**< rows kept of y */
} genc_move_params;

/**
 * Copies whole rows, as many at a time as lie together: keeps the next value of a state, shifts a ring buffer.
 * @param x  rows of any element type
 * @param y  as many rows; may overlap x when it starts at or before x
 */
void genc_move(const genc_move_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MOVE_H */
