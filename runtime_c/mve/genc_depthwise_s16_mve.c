#include "genc_depthwise_s16_mve.h"

#if GENC_MVE

/* Sums of up to four channels of one window. */
static inline int32x4_t genc_window_sums(const genc_depthwise_run *r, int32x4_t sums, const int8_t *x,
                                         mve_pred16_t lanes)
{
    const int8_t *w = (const int8_t *)r->w;
    int32_t k, j;
    for (k = 0; k < r->kernel_h; k++) {
        const int8_t *tap = x + r->lines[k];
        for (j = r->kernel_w; j > 0; j--, tap += r->tap_step, w += GENC_FOUR) {
            const int32x4_t in = vldrhq_z_s32((const int16_t *)(const void *)tap, lanes);
            sums = vaddq_s32(sums, vmulq_s32(in, vldrbq_s32(w)));
        }
    }
    return sums;
}

/** A genc_depthwise_channels; its constants are a genc_four. */
static void genc_depthwise_s16_channels(const genc_depthwise_run *r, const int32_t *constants, const int8_t *x,
                                        int8_t *y, int32_t count, int32_t bytes, int32_t clamped)
{
    const genc_four *const c = (const genc_four *)(const void *)constants;
    const mve_pred16_t lanes = vctp32q((uint32_t)bytes / 2);
    const int32x4_t low = vdupq_n_s32(r->low), high = vdupq_n_s32(r->high);
    (void)clamped;
    for (; count > 0; count--, x += r->x_step, y += r->y_step) {
        int32x4_t v = vmulhq_s32(genc_window_sums(r, vldrwq_s32(c->bias), x, lanes), vldrwq_s32(c->multiplier));
        v = vshlq_s32(vaddq_s32(v, vldrwq_s32(c->add)), vldrwq_s32(c->shift));
        vstrhq_p_s32((int16_t *)(void *)y, vminq_s32(vmaxq_s32(v, low), high), lanes);
    }
}

#else

/** A genc_depthwise_channels; its constants are a genc_four. */
static void genc_depthwise_s16_channels(const genc_depthwise_run *r, const int32_t *constants, const int8_t *x,
                                        int8_t *y, int32_t count, int32_t bytes, int32_t clamped)
{
    const genc_four *const c = (const genc_four *)(const void *)constants;
    int32_t i, k, j;
    (void)clamped;
    for (; count > 0; count--, x += r->x_step, y += r->y_step) {
        for (i = 0; i < bytes / 2; i++) {
            const int8_t *w = (const int8_t *)r->w + i;
            int32_t sum = c->bias[i], v;
            for (k = 0; k < r->kernel_h; k++) {
                const int8_t *tap = x + r->lines[k];
                for (j = 0; j < r->kernel_w; j++, tap += r->tap_step, w += GENC_FOUR) {
                    sum += ((const int16_t *)(const void *)tap)[i] * *w;
                }
            }
            v = (int32_t)(((int64_t)sum * c->multiplier[i]) >> 32);
            ((int16_t *)(void *)y)[i] = (int16_t)genc_clamp((v + c->add[i]) >> -c->shift[i], r->low, r->high);
        }
    }
}

#endif

void genc_depthwise_s16_mve(const genc_depthwise_s16_mve_params *p, const void *in, void *out, void *scratch,
                            int32_t row_begin, int32_t row_end)
{
    genc_depthwise_rows_mve(p, (const int8_t *)in, (int8_t *)out, scratch, row_begin, row_end,
                            genc_depthwise_s16_channels, GENC_FOUR, (int32_t)(sizeof(genc_four) / sizeof(int32_t)));
}
