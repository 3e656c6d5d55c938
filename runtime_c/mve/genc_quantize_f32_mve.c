#include "genc_quantize_f32_mve.h"

#include "genc_mve.h"

#if GENC_MVE && (__ARM_FEATURE_MVE & 2)

/* x / scale to the nearest integer, ties away from zero; INT32_MIN where there is none. */
static inline int32x4_t quotients(float32x4_t x, float scale)
{
    const float32x4_t q = x / vdupq_n_f32(scale);
    const mve_pred16_t inside = vcmpgtq_m_n_f32(q, -2147483648.0f, vcmpltq_n_f32(q, 2147483648.0f));
    return vpselq_s32(vcvtaq_s32_f32(q), vdupq_n_s32(INT32_MIN), inside);
}

static void quantize_line(const genc_quantize_f32_params *p, const float *x, int8_t *y)
{
    const int32x4_t low = vdupq_n_s32(p->low), high = vdupq_n_s32(p->high);
    int32_t i;
    for (i = 0; i < p->row_elements; i += GENC_FOUR) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(p->row_elements - i));
        const int32x4_t sum = vaddq_n_s32(quotients(vldrwq_z_f32(x + i, lanes), p->scale), p->zero_point);
        const int32x4_t value = vminq_s32(vmaxq_s32(sum, low), high);
        if (p->y_bytes == 1) vstrbq_p_s32(y + i, value, lanes);
        else vstrhq_p_s32((int16_t *)(void *)y + i, value, lanes);
    }
}

#else

static int32_t quotient(float x, float scale)
{
    const float value = x / scale;
    int32_t whole;
    float rest;
    if (!(value > -2147483648.0f && value < 2147483648.0f)) return INT32_MIN;
    whole = (int32_t)value;
    rest = value - (float)whole;
    return whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0);
}

static void quantize_line(const genc_quantize_f32_params *p, const float *x, int8_t *y)
{
    int32_t i;
    for (i = 0; i < p->row_elements; i++) {
        const uint32_t sum = (uint32_t)quotient(x[i], p->scale) + (uint32_t)p->zero_point;
        const int32_t value = genc_clamp((int32_t)sum, p->low, p->high);
        if (p->y_bytes == 1) y[i] = (int8_t)value;
        else ((int16_t *)(void *)y)[i] = (int16_t)value;
    }
}

#endif

void genc_quantize_f32_mve(const genc_quantize_f32_mve_params *p, const float *x, void *y, int32_t row_begin,
                           int32_t row_end)
{
    int32_t r;
    for (r = row_begin; r < row_end; r++) {
        const void *const row = genc_row(x, r, p->x_held, p->row_elements * (int32_t)sizeof(float));
        quantize_line(p, (const float *)row, genc_row_out(y, r, p->y_held, p->row_elements * p->y_bytes));
    }
}
