/**
 * @file genc_mul_s8_dsp.h
 * @brief Product of two int8 tensors of one shape, for DSP cores: four elements at a time.
 */
#ifndef GENC_MUL_S8_DSP_H
#define GENC_MUL_S8_DSP_H

#include "genc_dsp.h"

/**
 * y = clamp(y_zero + round(round((a - a_zero) * (b - b_zero) * multiplier / 2^31) / 2^right)), rounded as in
 * genc_requantize.h.
 */
typedef struct {
    int32_t row_bytes;  /* of every operand */
    int32_t a_held;     /* rows kept of a */
    int32_t b_held;     /* rows kept of b */
    int32_t y_held;     /* rows kept of y */
    uint32_t a_zero;    /* zero point of a in both lanes */
    uint32_t b_zero;    /* zero point of b in both lanes */
    int32_t multiplier; /* 0 ... 2^31 - 1 */
    int32_t add;        /* 2^(right - 1) + y_zero * 2^right */
    int32_t right;      /* 1 ... 22, so that what is limited to int8 fits int16 */
    int32_t low;        /* smallest output */
    int32_t high;       /* largest output */
} genc_mul_s8_dsp_params;

/**
 * MUL int8 without broadcasting.
 * @param a  int8 [rows, row_bytes], at any address
 * @param b  likewise
 * @param y  likewise; may be a or b
 * Semantics: TFLite's MUL int8 (reference/integer_ops/mul.h); codegen.reference.binary.mul.
 */
void genc_mul_s8_dsp(const genc_mul_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end);

#endif /* GENC_MUL_S8_DSP_H */
