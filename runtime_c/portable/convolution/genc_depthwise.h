/**
 * @file genc_depthwise.h
 * @brief What the int8 depthwise kernels share: the walk over rows and pixels.
 */
#ifndef GENC_DEPTHWISE_H
#define GENC_DEPTHWISE_H

#include "genc_depthwise_params.h"

/**
 * Computes all channels of two neighbouring output pixels.
 * @param x         upper left pixel of the first window
 * @param row_step  bytes from one kernel row to the next
 * @param x_step    bytes from the first window to the second; 0 when there is no second
 * @param y         first output pixel
 * @param y_step    bytes from the first output pixel to the second; 0 when there is no second
 */
typedef void (*genc_depthwise_pair)(const genc_depthwise_params *p, const int8_t *x, int32_t row_step,
                                    int32_t x_step, int8_t *y, int32_t y_step);

/**
 * Output rows [row_begin, row_end), two pixels at a time.  Windows that lie in the image are read where
 * they lie, others are copied to the scratch with their padding.
 * @param scratch  kernel_h * window_w * in_c bytes
 */
void genc_depthwise_rows(const genc_depthwise_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                         int32_t row_begin, int32_t row_end, genc_depthwise_pair pair);

#endif /* GENC_DEPTHWISE_H */
