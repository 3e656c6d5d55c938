#include "genc_add_s8_dsp.h"

#define GENC_HIGH_BYTES 0xFF00FF00u

/** Four elements; a lane holds a byte in its upper half. */
static inline uint32_t genc_add_quad(uint32_t a, uint32_t b, int32_t a_factor, int32_t b_factor, int32_t add)
{
    const uint32_t a_even = a << 8 & GENC_HIGH_BYTES, a_odd = a & GENC_HIGH_BYTES;
    const uint32_t b_even = b << 8 & GENC_HIGH_BYTES, b_odd = b & GENC_HIGH_BYTES;
    return genc_quad_bytes(
        genc_wide_mac_low(b_factor, b_even, genc_wide_mac_low(a_factor, a_even, add)),
        genc_wide_mac_low(b_factor, b_odd, genc_wide_mac_low(a_factor, a_odd, add)),
        genc_wide_mac_high(b_factor, b_even, genc_wide_mac_high(a_factor, a_even, add)),
        genc_wide_mac_high(b_factor, b_odd, genc_wide_mac_high(a_factor, a_odd, add)));
}

static void genc_add_row(const genc_add_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    const int32_t a_factor = p->a_factor, b_factor = p->b_factor, add = p->add, rest = p->row_bytes & 3;
    const int8_t *const end = a + (p->row_bytes - rest);
    uint32_t last_a = 0, last_b = 0, v;
    for (; a != end; a += 4, b += 4, y += 4) {
        v = genc_add_quad(genc_load4(a), genc_load4(b), a_factor, b_factor, add);
        memcpy(y, &v, 4);
    }
    if (rest == 0) return;
    memcpy(&last_a, a, (size_t)rest);
    memcpy(&last_b, b, (size_t)rest);
    v = genc_add_quad(last_a, last_b, a_factor, b_factor, add);
    memcpy(y, &v, (size_t)rest);
}

void genc_add_s8_dsp(const genc_add_s8_dsp_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end)
{
    for (; row_begin < row_end; row_begin++) {
        int8_t *const to = genc_row_out(y, row_begin, p->y_held, p->row_bytes);
        genc_add_row(p, genc_row(a, row_begin, p->a_held, p->row_bytes),
                     genc_row(b, row_begin, p->b_held, p->row_bytes), to);
        if (p->high - p->low < 255) genc_dsp_clamp(to, p->row_bytes, p->low, p->high);
    }
}
