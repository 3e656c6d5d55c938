/**
 * @file genc_conv_lines_s8_dsp.h
 * @brief Convolution, int8, for DSP cores: four pixels by pairs of channels, a line of the kernel at a time.
 */
#ifndef GENC_CONV_LINES_S8_DSP_H
#define GENC_CONV_LINES_S8_DSP_H

#include "genc_conv_direct_s8_dsp.h"

/**
 * A convolution, NHWC, without groups and without dilation along the width, with output rows of a multiple of four
 * pixels.
 *
 * The inputs of the product are taken in kernel_h * parts parts, each some words of a line of kernel_w * in_c bytes;
 * the weights are [part][pair][inputs of a part / 2], the pairs any number of them without a channel alone.
 */
typedef genc_conv_direct_s8_dsp_params genc_conv_lines_s8_dsp_params;

/**
 * CONV_2D int8.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  32 * pair_count + 8 * inputs of a part bytes and, if there is padding, kernel_w * in_c more; aligned
 *                 to 8
 * Semantics: ConvPerChannel of TFLite's reference_integer_ops; codegen.reference.linear.conv_2d.
 */
void genc_conv_lines_s8_dsp(const genc_conv_lines_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                            int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_LINES_S8_DSP_H */
