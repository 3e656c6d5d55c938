#ifndef GENC_MEAN_ROWS_S8_H
#define GENC_MEAN_ROWS_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_mean_rows_s8. */
typedef struct {
    int32_t rows;       /**< of x */
    int32_t columns;    /**< of x */
    int32_t channels;   /**< of x and of y */
    int32_t bias;       /**< -rows * columns * zero point of x */
    int32_t multiplier; /**< of the sum: scale of x / scale of y / (rows * columns) */
    int32_t shift;      /**< of multiplier, positive to the left */
    int32_t y_zero;     /**< zero point of y */
    int32_t x_held;     /**< rows kept of x */
    int32_t x_ahead;    /**< row r of x lies in place (r + x_ahead) % x_held */
} genc_mean_rows_s8_params;

/**
 * Mean over lines and columns of one image, a line at a time; y is written with the last line.
 * Semantics: TFLite MEAN int8 (reference/reduce.h, QuantizedMeanOrSum).
 * @param x        int8 [rows, columns, channels]
 * @param y        int8 [channels]
 * @param scratch  int32 [channels], kept: the sums
 */
void genc_mean_rows_s8(const genc_mean_rows_s8_params *p, const int8_t *x, int8_t *y, void *scratch,
                       int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MEAN_ROWS_S8_H */
