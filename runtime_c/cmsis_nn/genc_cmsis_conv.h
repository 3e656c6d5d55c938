/**
 * @file genc_cmsis_conv.h
 * @brief Convolutions of bytes by a function of CMSIS-NN, band by band.
 */
#ifndef GENC_CMSIS_CONV_H
#define GENC_CMSIS_CONV_H

#include "genc_cmsis_images.h"

/** What the library's convolutions of bytes have in common. */
typedef arm_cmsis_nn_status genc_cmsis_conv_function(
    const cmsis_nn_context *, const cmsis_nn_conv_params *, const cmsis_nn_per_channel_quant_params *,
    const cmsis_nn_dims *, const int8_t *, const cmsis_nn_dims *, const int8_t *, const cmsis_nn_dims *,
    const int32_t *, const cmsis_nn_dims *, int8_t *);

/** Output rows [row_begin, row_end) by `compute`; the rest is as in genc_cmsis_conv_s8(). */
void genc_cmsis_conv_bands(const genc_cmsis_images *p, genc_cmsis_conv_function *compute, const int8_t *in,
                           int8_t *out, void *scratch, int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_CONV_H */
