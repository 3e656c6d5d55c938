#include "genc_average_pool_s8.h"

/* Sums of `lanes` neighbouring channels, 1 to 4, over a window. */
static void window_sums(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int32_t lanes,
                        int32_t sums[4])
{
    const int32_t channels = p->channels;
    const int32_t second = lanes > 1 ? 1 : 0, third = lanes > 2 ? 2 : 0, fourth = lanes > 3 ? 3 : 0;
    int32_t a = 0, b = 0, c = 0, d = 0;
    for (int32_t r = window->top; r < window->bottom; r++) {
        const int8_t *in = genc_pool_row(p, x, window, r);
        for (int32_t w = window->left; w < window->right; w++, in += channels) {
            a += in[0];
            b += in[second];
            c += in[third];
            d += in[fourth];
        }
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static void average_window(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int8_t *y)
{
    const int32_t area = (window->bottom - window->top) * (window->right - window->left);
    for (int32_t c = 0; c < p->channels; c += 4) {
        const int32_t lanes = p->channels - c < 4 ? p->channels - c : 4;
        int32_t sums[4];
        window_sums(p, x + c, window, lanes, sums);
        for (int32_t i = 0; i < lanes; i++) {
            const int32_t sum = sums[i] + p->offset * area, half = sum < 0 ? -(area / 2) : area / 2;
            y[c + i] = (int8_t)genc_clamp((sum + half) / area - p->offset, p->low, p->high);
        }
    }
}

void genc_average_pool_s8(const genc_average_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (int32_t w = 0; w < p->out_w; w++, out += p->channels) {
            const genc_pool_window window = genc_pool_window_at(p, r, w);
            average_window(p, x, &window, out);
        }
    }
}
