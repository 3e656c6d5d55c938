/**
 * @file genc_gates_s16_mve.h
 * @brief Logistic and tanh in 16-bit fixed point, eight values at a time; the twins are those of genc_gates_s16.h.
 */
#ifndef GENC_GATES_S16_MVE_H
#define GENC_GATES_S16_MVE_H

#include "genc_kernel.h"

/** As genc_logistic_s16. */
void genc_logistic_s16_mve(int16_t *v, int32_t count);

/** As genc_tanh_s16. */
void genc_tanh_s16_mve(const int16_t *x, int16_t *y, int32_t count, int32_t integer_bits);

#endif /* GENC_GATES_S16_MVE_H */
