/**
 * @file genc_add_s8_dsp.h
 * @brief Sum of two int8 tensors of one shape, for DSP cores: four elements at a time.
 */
#ifndef GENC_ADD_S8_DSP_H
#define GENC_ADD_S8_DSP_H

#include "genc_dsp.h"

/** y = clamp((add + floor(a * a_factor / 2^8) + floor(b * b_factor / 2^8)) / 2^20), rounded down. */
typedef struct {
    int32_t row_bytes; /* of every operand */
    int32_t a_held;    /* rows kept of a */
    int32_t b_held;    /* rows kept of b */
    int32_t y_held;    /* rows kept of y */
    int32_t a_factor;  /* 2^28 * scale of a / scale of y; gen-c tries the numbers on all pairs of bytes */
    int32_t b_factor;  /* likewise; less than zero when b is subtracted */
    int32_t add;       /* zero points and rounding */
    int32_t low;       /* smallest output */
    int32_t high;      /* largest output */
} genc_add_s8_dsp_params;

/**
 * ADD and SUB int8 without broadcasting.
 * @param a  int8 [rows, row_bytes], at any address
 * @param b  likewise
 * @param y  likewise; may be a or b
 * Semantics: TFLite's ADD and SUB int8 (reference/integer_ops/add.h, reference/sub.h); codegen.reference.binary.
 */
void genc_add_s8_dsp(const genc_add_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end);

#endif /* GENC_ADD_S8_DSP_H */
