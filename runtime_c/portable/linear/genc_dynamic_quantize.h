/**
 * @file genc_dynamic_quantize.h
 * @brief Floats to 8 bits by their own range, for hybrid kernels.
 */
#ifndef GENC_DYNAMIC_QUANTIZE_H
#define GENC_DYNAMIC_QUANTIZE_H

#include "genc_kernel.h"

/** x = scale * (q - zero_point). */
typedef struct {
    float scale;
    int32_t zero_point;
} genc_dynamic_scale;

/**
 * Quantise, rounding to nearest, ties away from zero.
 * @param x           `count` elements, 1 or more
 * @param asymmetric  0: to -127 ... 127, the largest magnitude at the end; 1: to -128 ... 127, smallest to largest
 * @param q           the result
 * Semantics: PortableSymmetricQuantizeFloats and PortableAsymmetricQuantizeFloats of TFLite
 * (reference/portable_tensor_utils.cc).
 */
genc_dynamic_scale genc_dynamic_quantize(const float *x, int32_t count, int32_t asymmetric, int8_t *q);

#endif /* GENC_DYNAMIC_QUANTIZE_H */
