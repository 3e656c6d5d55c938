#ifndef GENC_BATCH_MATMUL_CONSTANT_F32_H
#define GENC_BATCH_MATMUL_CONSTANT_F32_H

#include "genc_batch_matmul_f32.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_batch_matmul_f32_params genc_batch_matmul_constant_f32_params;

/** genc_batch_matmul_f32 with an operand that is known at compile time; x is the other. */
void genc_batch_matmul_constant_f32(const genc_batch_matmul_constant_f32_params *p, const float *x, float *y,
                                    int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_BATCH_MATMUL_CONSTANT_F32_H */
