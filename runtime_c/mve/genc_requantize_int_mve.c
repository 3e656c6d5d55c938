#include "genc_requantize_int_mve.h"

#include "genc_mve.h"

#if GENC_MVE

static inline int32x4_t elements(const genc_requantize_int_params *p, const int8_t *x, mve_pred16_t lanes)
{
    if (p->x_bytes == 4) return vldrwq_z_s32((const int32_t *)(const void *)x, lanes);
    if (p->x_bytes == 2) return vldrhq_z_s32((const int16_t *)(const void *)x, lanes);
    if (p->x_unsigned) return vreinterpretq_s32_u32(vldrbq_z_u32((const uint8_t *)x, lanes));
    return vldrbq_z_s32(x, lanes);
}

static void requantize_line(const genc_requantize_int_params *p, const int8_t *x, int8_t *y)
{
    const int32_t left = p->shift > 0 ? p->shift : 0, right = p->shift < 0 ? p->shift : 0;
    const int32x4_t low = vdupq_n_s32(p->low), high = vdupq_n_s32(p->high);
    int32_t i;
    for (i = p->row_elements; i > 0; i -= GENC_FOUR, x += GENC_FOUR * p->x_bytes, y += GENC_FOUR * p->y_bytes) {
        const mve_pred16_t lanes = vctp32q((uint32_t)i);
        int32x4_t v = vshlq_r_s32(vsubq_n_s32(elements(p, x, lanes), p->x_zero), left);
        v = vqrdmulhq_n_s32(v, p->multiplier);
        if (right < 0) v = vrshlq_n_s32(vqaddq_s32(v, vshrq_n_s32(v, 31)), right); /* ties away from zero */
        v = vaddq_n_s32(vminq_s32(vmaxq_s32(v, low), high), p->y_zero);
        if (p->y_bytes == 1) vstrbq_p_s32(y, v, lanes);
        else if (p->y_bytes == 2) vstrhq_p_s32((int16_t *)(void *)y, v, lanes);
        else vstrwq_p_s32((int32_t *)(void *)y, v, lanes);
    }
}

#else

static void requantize_line(const genc_requantize_int_params *p, const int8_t *x, int8_t *y)
{
    int32_t i;
    for (i = 0; i < p->row_elements; i++) {
        const int32_t raw = genc_integer_at(x, i, p->x_bytes, p->x_unsigned);
        const int32_t scaled = genc_scale((int32_t)((uint32_t)raw - (uint32_t)p->x_zero), p->multiplier, p->shift);
        const int32_t value = genc_clamp(scaled, p->low, p->high) + p->y_zero;
        if (p->y_bytes == 1) y[i] = (int8_t)value;
        else if (p->y_bytes == 2) ((int16_t *)(void *)y)[i] = (int16_t)value;
        else ((int32_t *)(void *)y)[i] = value;
    }
}

#endif

void genc_requantize_int_mve(const genc_requantize_int_mve_params *p, const void *x, void *y, int32_t row_begin,
                             int32_t row_end)
{
    int32_t r;
    for (r = row_begin; r < row_end; r++) {
        requantize_line(p, genc_row(x, r, p->x_held, p->row_elements * p->x_bytes),
                        genc_row_out(y, r, p->y_held, p->row_elements * p->y_bytes));
    }
}
