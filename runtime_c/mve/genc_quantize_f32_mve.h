/**
 * @file genc_quantize_f32_mve.h
 * @brief QUANTIZE of float32, four elements at a time.
 */
#ifndef GENC_QUANTIZE_F32_MVE_H
#define GENC_QUANTIZE_F32_MVE_H

#include "genc_quantize_f32.h"

/** As genc_quantize_f32.h has it. */
typedef genc_quantize_f32_params genc_quantize_f32_mve_params;

/** The same as genc_quantize_f32, byte for byte; arguments likewise. */
void genc_quantize_f32_mve(const genc_quantize_f32_mve_params *p, const float *x, void *y, int32_t row_begin,
                           int32_t row_end);

#endif /* GENC_QUANTIZE_F32_MVE_H */
