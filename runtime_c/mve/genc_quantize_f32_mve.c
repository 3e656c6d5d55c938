#include "genc_quantize_f32_mve.h"

#include "genc_mve.h"

#if GENC_MVE && (__ARM_FEATURE_MVE & 2)

/* 15 instructions for four elements, and one for the loop.  What is no number of 32 bits counts as INT32_MIN: VCVTA,
   which rounds ties away from zero, makes 0 of NaN and INT32_MAX of what is too large. */
#define GENC_QUANTIZE(STORE)                                                                                           \
    __asm__ volatile("dlstp.32 lr, %[count]\n"                                                                         \
                     "1:\n"                                                                                            \
                     "vldrw.32 q0, [%[x]], #16\n"                                                                      \
                     "vdiv.f32 s0, s0, %[scale]\n"                                                                     \
                     "vdiv.f32 s1, s1, %[scale]\n"                                                                     \
                     "vdiv.f32 s2, s2, %[scale]\n"                                                                     \
                     "vdiv.f32 s3, s3, %[scale]\n"                                                                     \
                     "vcvta.s32.f32 q1, q0\n"                                                                          \
                     "vpt.f32 ge, q0, %q[beyond]\n"                                                                    \
                     "vmovt q1, %q[none]\n"                                                                            \
                     "vpt.f32 ne, q0, q0\n"                                                                            \
                     "vmovt q1, %q[none]\n"                                                                            \
                     "vadd.i32 q1, q1, %[zero]\n"                                                                      \
                     "vmax.s32 q1, q1, %q[low]\n"                                                                      \
                     "vmin.s32 q1, q1, %q[high]\n" STORE "letp lr, 1b\n"                                               \
                     : [x] "+&r"(x), [y] "+&l"(y)                                                                      \
                     : [count] "r"(p->row_elements), [scale] "t"(p->scale), [beyond] "w"(vdupq_n_f32(2147483648.0f)),  \
                       [none] "w"(vdupq_n_s32(INT32_MIN)), [zero] "r"(p->zero_point), [low] "w"(vdupq_n_s32(p->low)),  \
                       [high] "w"(vdupq_n_s32(p->high))                                                                \
                     : "lr", "memory", "q0", "q1")

static GENC_NOINLINE void quantize_line(const genc_quantize_f32_params *p, const float *x, int8_t *y)
{
    if (p->y_bytes == 1) GENC_QUANTIZE("vstrb.32 q1, [%[y]], #4\n");
    else GENC_QUANTIZE("vstrh.32 q1, [%[y]], #8\n");
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
