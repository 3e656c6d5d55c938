#include "genc_gates_s16_mve.h"

#include "genc_gates_s16.h"
#include "genc_mve.h"

#if GENC_MVE

/* round(a * b / 2^15), ties up, as the twin's mul. */
static inline int16x8_t mul_n(int16x8_t a, int16_t b)
{
    return vqrdmulhq_n_s16(a, b);
}

/* e, times `factor` in the lanes whose number of quarters has the bit. */
static inline int16x8_t times_if(int16x8_t e, int16x8_t quarters, int32_t bit, int16_t factor)
{
    const int16x8_t sign = vshlq_r_s16(quarters, 15 - bit);
    return vqrdmulhq_m_n_s16(e, e, factor, vcmpltq_n_s16(sign, 0));
}

/* exp(a) in Q0 of a in Q(bits), a <= 0 (1 for 0). */
static inline int16x8_t exp_of_negative(int16x8_t a, int32_t bits)
{
    const int32_t quarter_bits = 13 - bits;
    const int16_t quarter = (int16_t)(1 << quarter_bits);
    const int16x8_t within = vsubq_n_s16(vandq_s16(a, vdupq_n_s16((int16_t)(quarter - 1))), quarter);
    const int16x8_t quarters = vshlq_r_s16(vsubq_s16(within, a), -quarter_bits);
    const int16x8_t x = vaddq_n_s16(vshlq_r_s16(within, bits), 1 << 12);
    const int16x8_t x2 = vqrdmulhq_s16(x, x), x3 = vqrdmulhq_s16(x, x2), x4 = vqrdmulhq_s16(x2, x2);
    int16x8_t tail = vaddq_s16(mul_n(vaddq_s16(vrshrq_n_s16(x4, 2), x3), 10923), x2); /* 1/3 */
    int16x8_t e;
    tail = vrshrq_n_s16(vaddq_s16(tail, vshrq_n_s16(tail, 15)), 1);
    e = vaddq_n_s16(mul_n(vaddq_s16(x, tail), 28918), 28918); /* exp(-1/8) */
    e = times_if(e, quarters, 0, 25520);                      /* exp(-1/4) */
    e = times_if(e, quarters, 1, 19875);
    e = times_if(e, quarters, 2, 12055);
    e = times_if(e, quarters, 3, 4435);
    e = times_if(e, quarters, 4, 600);
    e = times_if(e, quarters, 5, 11);
    return vdupq_m_n_s16(e, 0, vcmpgeq_n_s16(quarters, 64)); /* exp(-16) */
}

/* 2 / (1 + e) in Q2 of e in Q0: from 48/17 - 32/17 d, in Q2.13, by three Newton steps. */
static inline int16x8_t twice_reciprocal(int16x8_t e)
{
    const int16x8_t d = vrhaddq_s16(e, vdupq_n_s16(32767));
    int16x8_t x = vaddq_n_s16(mul_n(d, -15420), 23130);
    int32_t i;
    for (i = 0; i < 3; i++) {
        const int16x8_t rest = vsubq_s16(vdupq_n_s16(8192), vqrdmulhq_s16(x, d));
        x = vaddq_s16(x, vshlq_n_s16(vqrdmulhq_s16(x, rest), 2));
    }
    return x;
}

void genc_logistic_s16_mve(int16_t *v, int32_t count)
{
    for (; count > 0; count -= 8, v += 8) {
        const mve_pred16_t lanes = vctp16q((uint32_t)count);
        const int16x8_t x = vldrhq_z_s16(v, lanes);
        const int16x8_t r = twice_reciprocal(exp_of_negative(vminq_s16(x, vqnegq_s16(x)), 3));
        int16x8_t y = vqshlq_n_s16(r, 1);
        y = vsubq_m_s16(y, vdupq_n_s16(32767), y, vcmpltq_n_s16(x, 0));
        y = vdupq_m_n_s16(y, 1 << 14, vcmpeqq_n_s16(x, 0));
        vstrhq_p_s16(v, y, lanes);
    }
}

void genc_tanh_s16_mve(const int16_t *x, int16_t *y, int32_t count, int32_t integer_bits)
{
    for (; count > 0; count -= 8, x += 8, y += 8) {
        const mve_pred16_t lanes = vctp16q((uint32_t)count);
        const int16x8_t a = vldrhq_z_s16(x, lanes);
        const int16x8_t r = twice_reciprocal(exp_of_negative(vminq_s16(a, vqnegq_s16(a)), integer_bits + 1));
        int16x8_t t = vqshlq_n_s16(vsubq_n_s16(r, 8192), 2);
        t = vnegq_m_s16(t, t, vcmpltq_n_s16(a, 0));
        t = vdupq_m_n_s16(t, 0, vcmpeqq_n_s16(a, 0));
        vstrhq_p_s16(y, t, lanes);
    }
}

#else

void genc_logistic_s16_mve(int16_t *v, int32_t count)
{
    genc_logistic_s16(v, count);
}

void genc_tanh_s16_mve(const int16_t *x, int16_t *y, int32_t count, int32_t integer_bits)
{
    genc_tanh_s16(x, y, count, integer_bits);
}

#endif
