/**
 * @file genc_depthwise_kept_s8_dsp.h
 * @brief Depthwise convolution, int8, 3x3, for DSP cores: keeps the last rows that it read, so that its output can lie on
 *        its input.
 */
#ifndef GENC_DEPTHWISE_KEPT_S8_DSP_H
#define GENC_DEPTHWISE_KEPT_S8_DSP_H

#include "genc_depthwise_s8_dsp.h"

typedef genc_depthwise_s8_dsp_params genc_depthwise_kept_s8_dsp_params;

/**
 * As genc_depthwise_s8_dsp, of one image whose output has its shape, strides of 1, and no dilation.  With `lag` input
 * rows, 0 or 1, below an output row in its window, a call reads the input rows [row_begin + lag, row_end + lag) that
 * there are, the first one those before too, and none of them again.  A block of input rows of a channel is taken apart
 * before any output of it is written, so that output row r may take the place of input row r + lag or of one before.
 * @param p        blocks, planes and rings as of genc_depthwise_s8_dsp; in_h = out_h, in_w = out_w
 * @param in       HWC [in_h, in_w, in_c]
 * @param out      HWC [in_h, in_w, in_c]
 * @param scratch  as of genc_depthwise_s8_dsp
 * @param kept     int8 [2, in_w, in_c]: the input rows that the next output rows see again
 */
void genc_depthwise_kept_s8_dsp(const genc_depthwise_kept_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                void *scratch, void *kept, int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_KEPT_S8_DSP_H */
