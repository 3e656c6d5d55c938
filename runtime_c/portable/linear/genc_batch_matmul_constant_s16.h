#ifndef GENC_BATCH_MATMUL_CONSTANT_S16_H
#define GENC_BATCH_MATMUL_CONSTANT_S16_H

#include "genc_batch_matmul_s16.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_batch_matmul_s16_params genc_batch_matmul_constant_s16_params;

/** genc_batch_matmul_s16 with an operand that is known at compile time; x is the other. */
void genc_batch_matmul_constant_s16(const genc_batch_matmul_constant_s16_params *p, const int16_t *x, int16_t *y,
                                    int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_BATCH_MATMUL_CONSTANT_S16_H */
