#include "genc_conv_s8_wide_mve.h"

#if GENC_MVE

/* `more` is the sum of the inputs, 0 between pixels. */
#define GENC_START "ldr lr, [%[b], #48]\ndlstp.8 lr, lr\n"
#define GENC_LOAD_X "vldrb.8 q0, [%[x]], #16\nvaddva.s8 %[more], q0\n"
#define GENC_LOAD_W(Q) "vldrb.8 " #Q ", [%[v]], #16\n"
#define GENC_SCALE                                                                                                     \
    "ldr %[s2], [%[b], #52]\n"                                                                                         \
    "mul %[more], %[more], %[s2]\n"                                                                                    \
    "vadd.i32 q0, q0, %[more]\n"                                                                                       \
    "mov %[more], #0\n"                                                                                                \
    "vqrdmulh.s32 q0, q0, q5\n"                                                                                        \
    "vshr.s32 q1, q0, #31\n" /* ties away from zero */                                                                 \
    "vadd.i32 q0, q0, q1\n"

static GENC_NOINLINE const int8_t *genc_conv_wide(genc_conv_run *b, const int8_t *w, const genc_four *c)
{
    int32_t s0, s1, s2, s3, x, y, count, v, more = 0;
    GENC_CONV_RUN(GENC_START, GENC_LOAD_X, GENC_LOAD_W, "vmladava.s8", GENC_SCALE, "vstrbt.32", "4");
    return w;
}

#endif

/** A genc_conv_channels. */
static const int8_t *genc_conv_wide_channels(const genc_conv_mve_params *p, genc_conv_run *b, const int8_t *w,
                                             const genc_four *four)
{
#if GENC_MVE
    (void)p;
    return genc_conv_wide(b, w, four);
#else
    int32_t pixel, i;
    for (; b->channels > 0; b->channels -= GENC_FOUR, b->y += GENC_FOUR, four++) {
        const int8_t *x = b->x;
        for (pixel = 0; pixel < b->count; pixel++, x += genc_whole_vectors(p->patch) + b->x_gap) {
            int32_t more = 0;
            for (i = 0; i < p->patch; i++) more += x[i];
            genc_dot_four(w, x, p->patch, four->bias, b->sums);
            for (i = 0; i < GENC_FOUR && i < b->channels; i++) {
                const uint32_t sum = (uint32_t)b->sums[i] + (uint32_t)(more * p->weights_offset);
                const int32_t v = genc_high_multiply((int32_t)sum, four->multiplier[i]);
                b->y[pixel * b->y_step + i] =
                    (int8_t)genc_clamp((v + (v >> 31) + four->add[i]) >> -four->shift[i], b->low, b->high);
            }
        }
        w += GENC_FOUR * genc_whole_vectors(p->patch);
    }
    return w;
#endif
}

void genc_conv_s8_wide_mve(const genc_conv_s8_wide_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    genc_conv_rows_mve(p, in, out, (int8_t *)scratch, row_begin, row_end, genc_conv_wide_channels);
}
