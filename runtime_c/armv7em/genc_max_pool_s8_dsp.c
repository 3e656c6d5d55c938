#include "genc_max_pool_s8_dsp.h"

/* All channels of a window; the last four begin where four are left. */
static void genc_window_maxima(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int8_t *y)
{
    const uint32_t low = (uint8_t)p->low * 0x01010101u, high = (uint8_t)p->high * 0x01010101u;
    const int32_t channels = p->channels, columns = window->right - window->left;
    int32_t c = 0, r, w;
    for (;;) {
        uint32_t most = low;
        for (r = window->top; r < window->bottom; r++) {
            const int8_t *in = genc_pool_row(p, x, window, r) + c;
            for (w = columns; w > 0; w--, in += channels) most = genc_larger_bytes(most, genc_load4(in));
        }
        most = genc_smaller_bytes(most, high);
        memcpy(y + c, &most, sizeof most);
        if (c + 4 == channels) return;
        c += c + 8 <= channels ? 4 : channels - c - 4;
    }
}

void genc_max_pool_s8_dsp(const genc_max_pool_s8_dsp_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end)
{
    int32_t w;
    for (; row_begin < row_end; row_begin++) {
        int8_t *out = genc_row_out(y, row_begin, p->y_held, p->out_w * p->channels);
        for (w = 0; w < p->out_w; w++, out += p->channels) {
            const genc_pool_window window = genc_pool_window_at(p, row_begin, w);
            genc_window_maxima(p, x, &window, out);
        }
    }
}
