#include "genc_average_pool_s8_mve.h"

#include "genc_pixels_mve.h"

#if GENC_MVE

/*
 * Means of all channels of a window.  Division by the area is a multiplication by 2^31 / area, rounded up: of sums n
 * the product is too large by less than n / 2^31, which matters not while n * area < 2^31.
 */
static void average_window(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int8_t *y)
{
    const int32_t columns = window->right - window->left, area = (window->bottom - window->top) * columns;
    const uint32x4_t reciprocal = vdupq_n_u32((0x80000000u + (uint32_t)area - 1) / (uint32_t)area);
    const int32x4_t low = vdupq_n_s32(p->low), high = vdupq_n_s32(p->high);
    int32_t c, r;
    for (c = 0; c < p->channels; c += GENC_FOUR) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(p->channels - c));
        int32x4_t sums = vdupq_n_s32(p->offset * area), mean;
        for (r = window->top; r < window->bottom; r++) {
            sums = genc_add_pixels(sums, genc_pool_row(p, x, window, r) + c, p->channels, columns, lanes);
        }
        mean = vshlq_n_s32(vaddq_n_s32(vabsq_s32(sums), area / 2), 1);
        mean = vreinterpretq_s32_u32(vmulhq_u32(vreinterpretq_u32_s32(mean), reciprocal));
        mean = vsubq_n_s32(vnegq_m_s32(mean, mean, vcmpltq_n_s32(sums, 0)), p->offset);
        vstrbq_p_s32(y + c, vminq_s32(vmaxq_s32(mean, low), high), lanes);
    }
}

#else

static void average_window(const genc_pool_params *p, const int8_t *x, const genc_pool_window *window, int8_t *y)
{
    const int32_t columns = window->right - window->left, area = (window->bottom - window->top) * columns;
    int32_t c, r, w;
    for (c = 0; c < p->channels; c++) {
        int32_t sum = p->offset * area;
        for (r = window->top; r < window->bottom; r++) {
            for (w = 0; w < columns; w++) sum += genc_pool_row(p, x, window, r)[w * p->channels + c];
        }
        sum += sum < 0 ? -(area / 2) : area / 2;
        y[c] = (int8_t)genc_clamp(sum / area - p->offset, p->low, p->high);
    }
}

#endif

void genc_average_pool_s8_mve(const genc_average_pool_s8_mve_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                              int32_t row_end)
{
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        int8_t *out = genc_row_out(y, r, p->y_held, p->out_w * p->channels);
        for (w = 0; w < p->out_w; w++, out += p->channels) {
            const genc_pool_window window = genc_pool_window_at(p, r, w);
            average_window(p, x, &window, out);
        }
    }
}
