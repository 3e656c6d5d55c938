#include "genc_pool_s16.h"

/* Sum or maximum of one channel over a window. */
static int32_t over_window(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int32_t maximum)
{
    const int32_t step = p->channels / 2;
    int32_t result = maximum ? INT16_MIN : 0;
    for (int32_t r = window->top; r < window->bottom; r++) {
        const int16_t *in = (const int16_t *)(const void *)genc_pool_row(p, x, window, r);
        for (int32_t w = window->left; w < window->right; w++, in += step) {
            if (!maximum) result += *in;
            else if (*in > result) result = *in;
        }
    }
    return result;
}

void genc_pool_s16(const genc_pool_s16_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    const int8_t *in = (const int8_t *)x;
    for (int32_t r = row_begin; r < row_end; r++) {
        int16_t *out = (int16_t *)(void *)genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (int32_t w = 0; w < p->out_w; w++) {
            const genc_pool_window window = genc_pool_window_at(p, r, w);
            const int32_t area = (window.bottom - window.top) * (window.right - window.left);
            for (int32_t c = 0; c < p->channels; c += 2) {
                int32_t value = over_window(p, in + c, &window, p->offset);
                if (!p->offset) value = (value + (value < 0 ? -(area / 2) : area / 2)) / area;
                *out++ = (int16_t)genc_clamp(value, p->low, p->high);
            }
        }
    }
}
