#include "genc_linear_s16.h"

/** Sums of four channels over `count` places of the patch, at most GENC_S16_STRETCH. */
static GENC_NOINLINE void genc_linear_s16_dot(const int8_t *w, const int16_t *x, int32_t count, int32_t *s)
{
    const int16_t *const end = x + count;
    int32_t a = 0, b = 0, c = 0, d = 0;
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
    int32_t i;
    for (i = 0; i < 4; i++) sums[i] = 0;
    while (count > 0) {
        const int32_t n = count < GENC_S16_STRETCH ? count : GENC_S16_STRETCH;
        int32_t s[4];
        genc_linear_s16_dot(w, x, n, s);
        for (i = 0; i < 4; i++) sums[i] += s[i];
        count -= n;
        x += n;
        w += 4 * n;
    }
}
