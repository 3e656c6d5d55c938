/**
 * @file genc_cmsis_conv_patches_s8.h
 * @brief Convolution, int8, of patches that we gather, by arm_convolve_1x1_s8_fast of CMSIS-NN.
 */
#ifndef GENC_CMSIS_CONV_PATCHES_S8_H
#define GENC_CMSIS_CONV_PATCHES_S8_H

#include "genc_cmsis_images.h"

typedef genc_cmsis_images genc_cmsis_conv_patches_s8_params;

/**
 * CONV_2D of one group: what an output pixel sees is an input pixel of that many channels for a 1x1 convolution.
 * arm_convolve_s8 gathers as well, a tap at a time; we copy a line of the window at a time.
 * @param in       [batches, in_h, in_w, in_c], a ring of in_rows_held rows
 * @param out      [batches, out_h, out_w, out_c], a ring of out_rows_held rows
 * @param scratch  patches of so many `pixels`
 * Semantics: sums requantised with double rounding, as TFLite's convolutions are.
 */
void genc_cmsis_conv_patches_s8(const genc_cmsis_conv_patches_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_CONV_PATCHES_S8_H */
