#include "genc_max_pool_s8_mve.h"

#include "genc_pixels_mve.h"

/* Largest elements of all channels of a window. */
static void max_window(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int8_t *y)
{
    const int32_t columns = window->right - window->left;
    int32_t c, r;
#if GENC_MVE
    for (c = 0; c < p->channels; c += GENC_VECTOR) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(p->channels - c));
        int8x16_t largest = vdupq_n_s8((int8_t)p->low);
        for (r = window->top; r < window->bottom; r++) {
            largest = genc_max_pixels(largest, genc_pool_row(p, x, window, r) + c, p->channels, columns, lanes);
        }
        vstrbq_p_s8(y + c, vminq_s8(largest, vdupq_n_s8((int8_t)p->high)), lanes);
    }
#else
    for (c = 0; c < p->channels; c++) {
        int32_t largest = p->low, w;
        for (r = window->top; r < window->bottom; r++) {
            const int8_t *const row = genc_pool_row(p, x, window, r) + c;
            for (w = 0; w < columns; w++) largest = row[w * p->channels] > largest ? row[w * p->channels] : largest;
        }
        y[c] = (int8_t)(largest < p->high ? largest : p->high);
    }
#endif
}

void genc_max_pool_s8_mve(const genc_max_pool_s8_mve_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                          int32_t row_end)
{
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (w = 0; w < p->out_w; w++, out += p->channels) {
            const genc_pool_window window = genc_pool_window_at(p, r, w);
            max_window(p, x, &window, out);
        }
    }
}
