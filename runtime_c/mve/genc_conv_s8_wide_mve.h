/**
 * @file genc_conv_s8_wide_mve.h
 * @brief Convolution, int8 with weights of nine bits: as genc_conv_s8_mve, with the sum of the inputs beside.
 */
#ifndef GENC_CONV_S8_WIDE_MVE_H
#define GENC_CONV_S8_WIDE_MVE_H

#include "genc_conv_mve.h"

/** As genc_conv_mve.h has it, of bytes; a vector has 16.  Weights are those of the array plus weights_offset. */
typedef genc_conv_mve_params genc_conv_s8_wide_mve_params;

/**
 * CONV_2D int8 that was uint8, whose weights less their zero point take nine bits.
 * @param in       NHWC [N, in_h, in_w, in_c]
 * @param out      NHWC [N, out_h, out_w, out_c]
 * @param scratch  tile * groups * patch bytes
 * Semantics: genc_conv_s8_mve.
 */
void genc_conv_s8_wide_mve(const genc_conv_s8_wide_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end);

#endif /* GENC_CONV_S8_WIDE_MVE_H */
