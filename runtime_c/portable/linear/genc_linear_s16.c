#include "genc_linear_s16.h"

/* Four bytes of weights as two words of int16 lanes: of channels 0 and 2, and of 1 and 3. */
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN)
#define GENC_S16_LANES 1
static inline void lanes_of(const int8_t *w, uint32_t *even, uint32_t *odd)
{
    uint32_t v;
    memcpy(&v, w, sizeof v);
    __asm__("sxtb16 %0, %1" : "=r"(*even) : "r"(v));
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(*odd) : "r"(v));
}
#else
#define GENC_S16_LANES 0
#endif

/** Sums of four channels over `count` places of the patch, at most GENC_S16_STRETCH. */
static GENC_NOINLINE void genc_linear_s16_dot(const int8_t *w, const int16_t *x, int32_t count, int32_t *s)
{
    const int16_t *const end = x + count;
    int32_t a = 0, b = 0, c = 0, d = 0;
#if GENC_S16_LANES
    const int16_t *const end2 = x + (count & ~1);
    for (; x != end2; x += 2, w += 8) {
        uint32_t v, even, odd, even_next, odd_next;
        memcpy(&v, x, sizeof v);
        lanes_of(w, &even, &odd);
        lanes_of(w + 4, &even_next, &odd_next);
        a += (int16_t)v * (int16_t)even;
        b += (int16_t)v * (int16_t)odd;
        c += (int16_t)v * (int16_t)(even >> 16);
        d += (int16_t)v * (int16_t)(odd >> 16);
        a += (int16_t)(v >> 16) * (int16_t)even_next;
        b += (int16_t)(v >> 16) * (int16_t)odd_next;
        c += (int16_t)(v >> 16) * (int16_t)(even_next >> 16);
        d += (int16_t)(v >> 16) * (int16_t)(odd_next >> 16);
    }
#endif
    for (; x != end; x++, w += 4) {
        const int32_t v = *x;
        a += v * w[0];
        b += v * w[1];
        c += v * w[2];
        d += v * w[3];
    }
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

void genc_linear_s16_sums(const int8_t *w, const int16_t *x, int32_t count, int64_t *sums)
{
    int32_t s[4], i, n = count < GENC_S16_STRETCH ? count : GENC_S16_STRETCH;
    genc_linear_s16_dot(w, x, n, s);
    for (i = 0; i < 4; i++) sums[i] = s[i];
    while ((count -= n) > 0) {
        x += n;
        w += 4 * n;
        n = count < GENC_S16_STRETCH ? count : GENC_S16_STRETCH;
        genc_linear_s16_dot(w, x, n, s);
        for (i = 0; i < 4; i++) sums[i] += s[i];
    }
}
