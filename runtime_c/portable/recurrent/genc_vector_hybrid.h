/**
 * @file genc_vector_hybrid.h
 * @brief Matrix times vector in hybrid recurrent layers: int8 weights, floats quantised at run time.
 */
#ifndef GENC_VECTOR_HYBRID_H
#define GENC_VECTOR_HYBRID_H

#include "genc_vector.h"

/**
 * genc_vector_maker of hybrid layers.
 * Semantics: genc_dynamic_quantize.
 */
genc_vector genc_vector_hybrid(const float *x, int32_t count, int32_t asymmetric, int8_t *q);

/**
 * genc_vector_product of int8 weights.
 * Semantics: PortableMatrixBatchVectorMultiplyAccumulate of TFLite (reference/portable_tensor_utils.cc).
 */
void genc_product_hybrid(const void *w, float scale, const genc_vector *v, float *y, int32_t rows);

#endif /* GENC_VECTOR_HYBRID_H */
