#include "genc_max_pool_s8.h"

/* Largest elements of `lanes` neighbouring channels, 1 to 4, of a window. */
static void window_maxima(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int32_t lanes,
                          int8_t *y)
{
    const int32_t channels = p->channels;
    const int32_t second = lanes > 1 ? 1 : 0, third = lanes > 2 ? 2 : 0, fourth = lanes > 3 ? 3 : 0;
    int32_t a = p->low, b = a, c = a, d = a;
    for (int32_t r = window->top; r < window->bottom; r++) {
        const int8_t *in = genc_pool_row(p, x, window, r);
        for (int32_t w = window->left; w < window->right; w++, in += channels) {
            if (in[0] > a) a = in[0];
            if (in[second] > b) b = in[second];
            if (in[third] > c) c = in[third];
            if (in[fourth] > d) d = in[fourth];
        }
    }
    /* Backwards: lanes that are not there are lane 0 again. */
    y[fourth] = (int8_t)(d < p->high ? d : p->high);
    y[third] = (int8_t)(c < p->high ? c : p->high);
    y[second] = (int8_t)(b < p->high ? b : p->high);
    y[0] = (int8_t)(a < p->high ? a : p->high);
}

void genc_max_pool_s8(const genc_max_pool_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                      int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (int32_t w = 0; w < p->out_w; w++, out += p->channels) {
            const genc_pool_window window = genc_pool_window_at(p, r, w);
            for (int32_t c = 0; c < p->channels; c += 4)
                window_maxima(p, x + c, &window, p->channels - c < 4 ? p->channels - c : 4, out + c);
        }
    }
}
