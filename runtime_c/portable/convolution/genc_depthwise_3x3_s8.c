#include "genc_depthwise_3x3_s8.h"

#include "genc_linear.h"

/** One kernel row of two windows that overlap by two pixels: four columns serve both. */
#define GENC_ROW_OF_NEIGHBOURS(row, w)                         \
    do {                                                       \
        const int32_t w0 = (w)[0], w1 = (w)[1], w2 = (w)[2];   \
        int32_t v = (row)[0];                                  \
        GENC_MAC(s0, v, w0);                                   \
        v = (row)[step];                                       \
        GENC_MAC(s0, v, w1);                                   \
        GENC_MAC(s1, v, w0);                                   \
        v = (row)[2 * step];                                   \
        GENC_MAC(s0, v, w2);                                   \
        GENC_MAC(s1, v, w1);                                   \
        v = (row)[3 * step];                                   \
        GENC_MAC(s1, v, w2);                                   \
    } while (0)

/** One kernel row of two windows `x_step` bytes apart. */
#define GENC_ROW_OF_TWO(row, w)                                \
    do {                                                       \
        const int32_t w0 = (w)[0], w1 = (w)[1], w2 = (w)[2];   \
        const int8_t *const other = (row) + x_step;            \
        GENC_MAC(s0, (row)[0], w0);                            \
        GENC_MAC(s0, (row)[step], w1);                         \
        GENC_MAC(s0, (row)[2 * step], w2);                     \
        GENC_MAC(s1, other[0], w0);                            \
        GENC_MAC(s1, other[step], w1);                         \
        GENC_MAC(s1, other[2 * step], w2);                     \
    } while (0)

static void genc_depthwise_3x3(const genc_depthwise_params *p, const int8_t *x, int32_t row_step, int32_t x_step,
                               int8_t *y, int32_t y_step)
{
    const int32_t step = p->in_c, low = p->low, high = p->high;
    const int8_t *w = (const int8_t *)p->weights, *a = x, *b = x + row_step, *c = x + 2 * row_step;
    const int32_t *channel = p->channels;
    const int8_t *const end = a + step;
    for (; a != end; a++, b++, c++, y++, w += 9, channel += GENC_CHANNEL_SIZE) {
        int32_t s0 = 0, s1 = 0;
        if (x_step == step) {
            GENC_ROW_OF_NEIGHBOURS(a, w);
            GENC_ROW_OF_NEIGHBOURS(b, w + 3);
            GENC_ROW_OF_NEIGHBOURS(c, w + 6);
        } else {
            GENC_ROW_OF_TWO(a, w);
            GENC_ROW_OF_TWO(b, w + 3);
            GENC_ROW_OF_TWO(c, w + 6);
        }
        genc_linear_pair(s0, s1, channel, low, high, y, y + y_step);
    }
}

void genc_depthwise_3x3_s8(const genc_depthwise_3x3_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    genc_depthwise_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, genc_depthwise_3x3);
}
