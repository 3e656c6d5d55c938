#include "genc_gates_s16.h"

/* round(a * b / 2^15), ties up, of a and Q15(b): on cores with SMMULR b stands in the upper half. */
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
#define Q15(b) ((int32_t)((uint32_t)(b) << 16))
static inline int32_t mul(int32_t a, int32_t b)
{
    int32_t h;
    __asm__("smmulr %0, %1, %2" : "=r"(h) : "r"((uint32_t)a << 1), "r"(b));
    return h;
}
#else
#define Q15(b) (b)
static inline int32_t mul(int32_t a, int32_t b)
{
    return (a * b + (1 << 14)) >> 15;
}
#endif

/* exp(a) in Q0 of a in Q(bits), -32768 <= a < 0. */
static inline int32_t exp_of_negative(int32_t a, int32_t bits)
{
    const int32_t quarter_bits = 13 - bits; /* 1/4 is 1 << quarter_bits */
    const int32_t within = (a & ((1 << quarter_bits) - 1)) - (1 << quarter_bits);
    const int32_t quarters = (within - a) >> quarter_bits;

    /* exp on [-1/4, 0): Taylor's series around -1/8. */
    const int32_t x = within * (1 << bits) + (1 << 12);
    const int32_t x2 = mul(x, Q15(x)), x3 = mul(x, Q15(x2)), x4 = mul(x2, Q15(x2));
    int32_t tail = mul(((x4 + 2) >> 2) + x3, Q15(10923)) + x2; /* 1/3 */
    int32_t e;
    tail = (tail + (tail >> 31) + 1) >> 1;
    e = 28918 + mul(x + tail, Q15(28918)); /* exp(-1/8) */

    if (quarters & 1) e = mul(e, Q15(25520)); /* exp(-1/4) */
    if (quarters & 2) e = mul(e, Q15(19875)); /* exp(-1/2) */
    if (quarters & 4) e = mul(e, Q15(12055)); /* exp(-1) */
    if (quarters & 8) e = mul(e, Q15(4435));  /* exp(-2) */
    if (quarters & 16) e = mul(e, Q15(600));  /* exp(-4) */
    if (quarters & 32) e = mul(e, Q15(11));   /* exp(-8) */
    return quarters >= 64 ? 0 : e;            /* exp(-16) */
}

/* One Newton step to 1 / d: x + x * (1 - d * x), x in Q2, d in Q0 by Q15. */
static inline int32_t newton(int32_t x, int32_t d)
{
    return x + 4 * mul(x, Q15(8192 - mul(x, d)));
}

/* 2 / (1 + e) in Q2 of e in Q0, 0 <= e < 1: from 48/17 - 32/17 d, in Q2.13. */
static inline int32_t twice_reciprocal(int32_t e)
{
    const int32_t half = (e + 32768) >> 1, d = Q15(half);
    return newton(newton(newton(23130 + mul(half, Q15(-15420)), d), d), d);
}

void genc_logistic_s16(int16_t *v, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        const int32_t x = v[i];
        int32_t y = 1 << 14;
        if (x != 0) {
            y = 2 * twice_reciprocal(exp_of_negative(x < 0 ? x : -x, 3));
            if (y > 32767) y = 32767;
            if (x < 0) y = 32767 - y;
        }
        v[i] = (int16_t)y;
    }
}

void genc_tanh_s16(const int16_t *x, int16_t *y, int32_t count, int32_t integer_bits)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        const int32_t a = x[i];
        int32_t t = 0;
        if (a != 0) {
            t = 4 * (twice_reciprocal(exp_of_negative(a < 0 ? a : -a, integer_bits + 1)) - 8192);
            if (t > 32767) t = 32767;
            if (a < 0) t = -t;
        }
        y[i] = (int16_t)t;
    }
}
