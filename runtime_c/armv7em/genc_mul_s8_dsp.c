#include "genc_mul_s8_dsp.h"

/** Of twice a product, to y, not limited; negative ties go away from zero. */
static inline int32_t genc_mul_scaled(const genc_mul_s8_dsp_params *p, int32_t twice)
{
    return genc_high_mac_round(twice, p->multiplier, p->add + (twice >> 31)) >> p->right;
}

/** Four elements. */
static inline uint32_t genc_mul_quad(const genc_mul_s8_dsp_params *p, uint32_t a, uint32_t b)
{
    const uint32_t a_even = genc_subtract_lanes(genc_even_bytes(a), p->a_zero);
    const uint32_t a_odd = genc_subtract_lanes(genc_odd_bytes(a), p->a_zero);
    const uint32_t b_even = genc_double_lanes(genc_subtract_lanes(genc_even_bytes(b), p->b_zero));
    const uint32_t b_odd = genc_double_lanes(genc_subtract_lanes(genc_odd_bytes(b), p->b_zero));
    return genc_saturated_bytes(genc_mul_scaled(p, genc_low(a_even) * genc_low(b_even)),
                                genc_mul_scaled(p, genc_low(a_odd) * genc_low(b_odd)),
                                genc_mul_scaled(p, genc_high(a_even) * genc_high(b_even)),
                                genc_mul_scaled(p, genc_high(a_odd) * genc_high(b_odd)));
}

static void genc_mul_row(const genc_mul_s8_dsp_params *params, const int8_t *a, const int8_t *b, int8_t *y)
{
    const genc_mul_s8_dsp_params p = *params;
    const int32_t rest = p.row_bytes & 3;
    const int8_t *const end = a + (p.row_bytes - rest);
    uint32_t last_a = 0, last_b = 0, v;
    for (; a != end; a += 4, b += 4, y += 4) {
        v = genc_mul_quad(&p, genc_load4(a), genc_load4(b));
        memcpy(y, &v, 4);
    }
    if (rest == 0) return;
    memcpy(&last_a, a, (size_t)rest);
    memcpy(&last_b, b, (size_t)rest);
    v = genc_mul_quad(&p, last_a, last_b);
    memcpy(y, &v, (size_t)rest);
}

void genc_mul_s8_dsp(const genc_mul_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end)
{
    for (; row_begin < row_end; row_begin++) {
        int8_t *const to = genc_row_out(y, row_begin, p->y_held, p->row_bytes);
        genc_mul_row(p, genc_row(a, row_begin, p->a_held, p->row_bytes),
                     genc_row(b, row_begin, p->b_held, p->row_bytes), to);
        if (p->high - p->low < 255) genc_dsp_clamp(to, p->row_bytes, p->low, p->high);
    }
}
