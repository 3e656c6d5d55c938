#ifndef GENC_BATCH_MATMUL_CONSTANT_S8_H
#define GENC_BATCH_MATMUL_CONSTANT_S8_H

#include "genc_batch_matmul_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_batch_matmul_s8_params genc_batch_matmul_constant_s8_params;

/** genc_batch_matmul_s8 with an operand that is known at compile time; x is the other. */
void genc_batch_matmul_constant_s8(const genc_batch_matmul_constant_s8_params *p, const int8_t *x, int8_t *y,
                                    int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_BATCH_MATMUL_CONSTANT_S8_H */
