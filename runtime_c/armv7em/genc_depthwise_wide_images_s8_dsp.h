/**
 * @file genc_depthwise_wide_images_s8_dsp.h
 * @brief Depthwise convolution, int8, for DSP cores: a whole image at a time, which may be written over what it reads.
 */
#ifndef GENC_DEPTHWISE_WIDE_IMAGES_S8_DSP_H
#define GENC_DEPTHWISE_WIDE_IMAGES_S8_DSP_H

#include "genc_depthwise_wide_s8_dsp.h"

typedef genc_depthwise_wide_s8_dsp_params genc_depthwise_wide_images_s8_dsp_params;

/**
 * As genc_depthwise_wide_s8_dsp, but rows are images: a channel of an image is taken apart before any of it is
 * written.
 * @param p    with blocks of all rows, all rows held
 * @param in   NHWC [N, in_h, in_w, in_c]
 * @param out  NHWC [N, out_h, out_w, in_c]; may be `in` if it has the same shape, or N is 1 and it is smaller: an
 *             output takes the place of inputs of its own channel only
 */
void genc_depthwise_wide_images_s8_dsp(const genc_depthwise_wide_images_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                       void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_DEPTHWISE_WIDE_IMAGES_S8_DSP_H */
