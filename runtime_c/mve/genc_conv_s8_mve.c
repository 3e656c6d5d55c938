#include "genc_conv_s8_mve.h"

#if GENC_MVE

#define GENC_LOAD_X "vldrb.8 q0, [%[x]], #16\n"
#define GENC_LOAD_W(Q) "vldrb.8 " #Q ", [%[v]], #16\n"
#define GENC_HIGH "vqrdmulh.s32 q0, q0, q5\n"
#define GENC_TIES "vshr.s32 q1, q0, #31\nvadd.i32 q0, q0, q1\n" /* away from zero */

static GENC_NOINLINE const int8_t *genc_conv_s8_ties(genc_conv_run *b, const int8_t *w, const genc_four *c, int32_t more)
{
    int32_t s0, s1, s2, s3, x, y, count, v;
    GENC_CONV_RUN("dlstp.8 lr, %[more]\n", GENC_LOAD_X, GENC_LOAD_W, "vmladava.s8", GENC_HIGH GENC_TIES, "vstrbt.32", "4");
    return w;
}

static GENC_NOINLINE const int8_t *genc_conv_s8_clamped(genc_conv_run *b, const int8_t *w, const genc_four *c,
                                                        int32_t more)
{
    int32_t s0, s1, s2, s3, x, y, count, v;
    GENC_CONV_RUN("dlstp.8 lr, %[more]\n", GENC_LOAD_X, GENC_LOAD_W, "vmladava.s8", GENC_HIGH, "vstrbt.32", "4");
    return w;
}

#endif

/** A genc_conv_channels. */
static const int8_t *genc_conv_s8_channels(const genc_conv_mve_params *p, genc_conv_run *b, const int8_t *w,
                                           const genc_four *four)
{
#if GENC_MVE
    return p->clamped ? genc_conv_s8_clamped(b, w, four, p->patch) : genc_conv_s8_ties(b, w, four, p->patch);
#else
    int32_t pixel, i;
    for (; b->channels > 0; b->channels -= GENC_FOUR, b->y += GENC_FOUR, four++) {
        const int8_t *x = b->x;
        for (pixel = 0; pixel < b->count; pixel++, x += genc_whole_vectors(p->patch) + b->x_gap) {
            genc_dot_four(w, x, p->patch, four->bias, b->sums);
            for (i = 0; i < GENC_FOUR && i < b->channels; i++) {
                int32_t v = genc_high_multiply(b->sums[i], four->multiplier[i]);
                v = ((p->clamped ? v : v + (v >> 31)) + four->add[i]) >> -four->shift[i];
                b->y[pixel * b->y_step + i] = (int8_t)genc_clamp(v, b->low, b->high);
            }
        }
        w += GENC_FOUR * genc_whole_vectors(p->patch);
    }
    return w;
#endif
}

void genc_conv_s8_mve(const genc_conv_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end)
{
    genc_conv_rows_mve(p, in, out, (int8_t *)scratch, row_begin, row_end, genc_conv_s8_channels);
}
