#include "genc_depthwise_s8_wide_mve.h"

#include "genc_eight_mve.h"

#if GENC_MVE

#define GENC_LOAD_W "vldrh.u16 q0, [%[w]], #16\n"

GENC_DEPTHWISE_FUNCTION(genc_pairs_wide, GENC_DEPTHWISE_ANY, GENC_DEPTHWISE_TIES, GENC_PAIR, "vpstt\n", "t")
GENC_DEPTHWISE_FUNCTION(genc_singles_wide, GENC_DEPTHWISE_ANY, GENC_DEPTHWISE_TIES, GENC_SINGLE, "vpst\n", "t")

#endif

/** A genc_depthwise_channels; its constants are a genc_eight. */
static void genc_depthwise_wide_channels(const genc_depthwise_run *r, const int32_t *constants, const int8_t *x,
                                         int8_t *y, int32_t count, int32_t bytes, int32_t clamped)
{
    const genc_eight *const c = (const genc_eight *)(const void *)constants;
#if GENC_MVE
    const int32_t pairs = count / 2;
    (void)clamped;
    if (pairs > 0) genc_pairs_wide(r, c, x, y, pairs, bytes);
    if (count % 2 != 0) genc_singles_wide(r, c, x + 2 * pairs * r->x_step, y + 2 * pairs * r->y_step, 1, bytes);
#else
    int32_t pixel, i, k, j;
    for (pixel = 0; pixel < count; pixel++, x += r->x_step, y += r->y_step) {
        for (i = 0; i < bytes; i++) {
            const int32_t at = i / 2 + i % 2 * (GENC_EIGHT / 2);
            const int16_t *w = (const int16_t *)r->w + i;
            int32_t sum = 0, v;
            for (k = 0; k < r->kernel_h; k++) {
                const int8_t *const line = x + r->lines[k] + i;
                for (j = 0; j < r->kernel_w; j++, w += GENC_EIGHT) sum += line[j * r->tap_step] * *w;
            }
            v = genc_high_multiply((int32_t)((uint32_t)sum + (uint32_t)c->bias[at]), c->multiplier[at]);
            v = ((clamped ? v : v + (v >> 31)) + c->add[at]) >> -c->shift[at];
            y[i] = (int8_t)genc_clamp(v, r->low, r->high);
        }
    }
#endif
}

void genc_depthwise_s8_wide_mve(const genc_depthwise_s8_wide_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                                int32_t row_begin, int32_t row_end)
{
    genc_depthwise_rows_mve(p, in, out, scratch, row_begin, row_end, genc_depthwise_wide_channels, 2 * GENC_EIGHT,
                            GENC_EIGHT_SIZE);
}
