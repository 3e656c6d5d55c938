#include "genc_conv_s16_mve.h"

#include "genc_dot_s16_mve.h"

#if GENC_MVE

#define GENC_LOAD_X "vldrh.16 q0, [%[x]], #16\n"
#define GENC_LOAD_W(Q) "vldrb.s16 " #Q ", [%[v]], #8\n"

static GENC_NOINLINE const int8_t *genc_conv_s16_run(genc_conv_run *b, const int8_t *w, const genc_four *c, int32_t more)
{
    int32_t s0, s1, s2, s3, x, y, count, v;
    GENC_CONV_RUN("dlstp.16 lr, %[more]\n", GENC_LOAD_X, GENC_LOAD_W, "vmladava.s16", "vmulh.s32 q0, q0, q5\n",
                  "vstrht.32", "8");
    return w;
}

#endif

/** A genc_conv_channels. */
static const int8_t *genc_conv_s16_channels(const genc_conv_mve_params *p, genc_conv_run *b, const int8_t *w,
                                            const genc_four *four)
{
#if GENC_MVE
    return genc_conv_s16_run(b, w, four, p->patch / 2);
#else
    int32_t pixel, i;
    for (; b->channels > 0; b->channels -= GENC_FOUR, b->y += 2 * GENC_FOUR, four++) {
        const int8_t *x = b->x;
        for (pixel = 0; pixel < b->count; pixel++, x += genc_whole_vectors(p->patch) + b->x_gap) {
            int16_t *const y = (int16_t *)(void *)(b->y + pixel * b->y_step);
            genc_dot_four_s16(w, (const int16_t *)(const void *)x, p->patch / 2, four->bias, b->sums);
            for (i = 0; i < GENC_FOUR && i < b->channels; i++) {
                const int32_t v = (int32_t)(((int64_t)b->sums[i] * four->multiplier[i]) >> 32);
                y[i] = (int16_t)genc_clamp((v + four->add[i]) >> -four->shift[i], b->low, b->high);
            }
        }
        w += GENC_FOUR / 2 * genc_whole_vectors(p->patch);
    }
    return w;
#endif
}

void genc_conv_s16_mve(const genc_conv_s16_mve_params *p, const void *in, void *out, void *scratch, int32_t row_begin,
                       int32_t row_end)
{
    genc_conv_rows_mve(p, (const int8_t *)in, (int8_t *)out, (int8_t *)scratch, row_begin, row_end,
                       genc_conv_s16_channels);
}
