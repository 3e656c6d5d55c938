#ifndef GENC_AVERAGE_ROWS_S8_H
#define GENC_AVERAGE_ROWS_S8_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_average_rows_s8. */
typedef struct {
    int32_t rows;     /**< of x */
    int32_t columns;  /**< of x */
    int32_t channels; /**< of x and of y */
    int32_t low;      /**< smallest output */
    int32_t high;     /**< largest output */
    int32_t offset;   /**< ties go away from -offset */
    int32_t x_held;   /**< rows kept of x */
    int32_t x_ahead;  /**< row r of x lies in place (r + x_ahead) % x_held */
} genc_average_rows_s8_params;

/**
 * Mean of a whole image by channel, ties away from -offset, a row of x at a time; y is written with the last row.
 * Semantics: TFLite AVERAGE_POOL_2D int8 (reference/integer_ops/pooling.h) of one window; x and y of one quantisation.
 * @param x        int8 [rows, columns, channels]
 * @param y        int8 [channels]
 * @param scratch  int32 [channels], kept: the sums
 */
void genc_average_rows_s8(const genc_average_rows_s8_params *p, const int8_t *x, int8_t *y, void *scratch,
                          int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_AVERAGE_ROWS_S8_H */
