#include "genc_dot_u8.h"

/** Four sums at place k. */
#define GENC_DOT_STEP(k)               \
    do {                               \
        const int32_t v = x[k];        \
        s0 += v * w[4 * (k)];          \
        s1 += v * w[4 * (k) + 1];      \
        s2 += v * w[4 * (k) + 2];      \
        s3 += v * w[4 * (k) + 3];      \
        GENC_FENCE();                  \
    } while (0)

void genc_dot_u8(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t *s)
{
    const int8_t *const end = x + depth, *const end4 = x + (depth & ~3);
    int32_t s0 = start, s1 = start, s2 = start, s3 = start;
    for (; x != end4; x += 4, w += 16) {
        GENC_DOT_STEP(0);
        GENC_DOT_STEP(1);
        GENC_DOT_STEP(2);
        GENC_DOT_STEP(3);
    }
    for (; x != end; x++, w += 4) GENC_DOT_STEP(0);
    s[0] = s0;
    s[1] = s1;
    s[2] = s2;
    s[3] = s3;
}

int32_t genc_dot_start(const int8_t *x, int32_t depth)
{
    int32_t i, sum = 0;
    for (i = 0; i < depth; i++) sum += x[i];
    return -128 * sum;
}
