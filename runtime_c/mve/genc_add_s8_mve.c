#include "genc_add_s8_mve.h"

#include "genc_mve.h"

#if GENC_MVE

/** value * multiplier * 2^(shift - 31), rounded twice, as genc_scale_right has it; shift is minus the one to the right. */
static inline int32x4_t genc_scale_lanes(int32x4_t value, int32_t multiplier, int32_t shift)
{
    const int32x4_t high = vqrdmulhq_n_s32(value, multiplier);
    return vrshlq_n_s32(vaddq_s32(high, vshrq_n_s32(high, 31)), shift);
}

static void genc_add_line(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    const int32_t a_add = -p->a_zero * p->a_factor, b_add = -p->b_zero * p->b_factor;
    const int32x4_t low = vdupq_n_s32(p->low), high = vdupq_n_s32(p->high);
    int32_t left;
    for (left = p->channels; left > 0; left -= 4, a += 4, b += 4, y += 4) {
        const mve_pred16_t lanes = vctp32q((uint32_t)left);
        int32x4_t s = vaddq_n_s32(vmulq_n_s32(vldrbq_z_s32(b, lanes), p->b_factor), b_add);
        int32x4_t v = vaddq_n_s32(vmulq_n_s32(vldrbq_z_s32(a, lanes), p->a_factor), a_add);
        s = genc_scale_lanes(s, p->b_multiplier, -p->b_right);
        v = genc_scale_lanes(vmlaq_n_s32(v, s, p->b_sign), p->y_multiplier, -p->y_right);
        vstrbq_p_s32(y, vaddq_n_s32(vminq_s32(vmaxq_s32(v, low), high), p->y_zero), lanes);
    }
}

#else

static void genc_add_line(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y)
{
    int32_t i;
    for (i = 0; i < p->channels; i++) {
        const int32_t s = genc_scale_right((b[i] - p->b_zero) * p->b_factor, p->b_multiplier, p->b_right);
        const int32_t v = genc_scale_right((a[i] - p->a_zero) * p->a_factor + s * p->b_sign, p->y_multiplier, p->y_right);
        y[i] = (int8_t)(genc_clamp(v, p->low, p->high) + p->y_zero);
    }
}

#endif

void genc_add_s8_mve(const genc_add_s8_mve_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end)
{
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        const int8_t *const a_row = genc_operand_row(a, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *const b_row = genc_operand_row(b, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *const out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (w = 0; w < p->columns; w++) {
            genc_add_line(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * p->channels);
        }
    }
}
