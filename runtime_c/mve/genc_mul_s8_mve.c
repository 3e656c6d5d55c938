#include "genc_mul_s8_mve.h"

#include "genc_mve.h"

#if GENC_MVE

/* 13 instructions for four elements, and one for the loop. */
static GENC_NOINLINE void genc_mul_line(const genc_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                                        int32_t count)
{
    const int32x4_t low = vdupq_n_s32(p->low + p->y_zero), high = vdupq_n_s32(p->high + p->y_zero);
    const int32x4_t a_factor = vdupq_n_s32(p->a_factor);
    const int32_t ties = p->right > 0 ? 1 : 0; /* away from zero */
    __asm__ volatile("dlstp.32 lr, %[count]\n"
                     "1:\n"
                     "vldrb.s32 q0, [%[a]], #4\n"
                     "vldrb.s32 q1, [%[b]], #4\n"
                     "vmlas.s32 q0, %q[a_factor], %[a_add]\n"
                     "vadd.i32 q1, q1, %[b_add]\n"
                     "vmul.i32 q0, q0, q1\n"
                     "vqrdmulh.s32 q0, q0, %[multiplier]\n"
                     "vshr.s32 q1, q0, #31\n"
                     "vmla.s32 q0, q1, %[ties]\n"
                     "vrshl.s32 q0, %[shift]\n"
                     "vadd.i32 q0, q0, %[y_zero]\n"
                     "vmax.s32 q0, q0, %q[low]\n"
                     "vmin.s32 q0, q0, %q[high]\n"
                     "vstrb.32 q0, [%[y]], #4\n"
                     "letp lr, 1b\n"
                     : [a] "+&l"(a), [b] "+&l"(b), [y] "+&l"(y)
                     : [count] "r"(count), [a_factor] "w"(a_factor), [low] "w"(low), [high] "w"(high),
                       [a_add] "r"(-p->a_zero * p->a_factor), [b_add] "r"(-p->b_zero), [ties] "r"(ties),
                       [multiplier] "r"(p->multiplier), [shift] "r"(-p->right), [y_zero] "r"(p->y_zero)
                     : "lr", "memory", "q0", "q1");
}

#else

/** `count` elements that lie side by side in both operands. */
static void genc_mul_line(const genc_mul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        const int32_t product = (a[i] - p->a_zero) * p->a_factor * (b[i] - p->b_zero);
        const int32_t v = genc_scale_right_or_not(product, p->multiplier, p->right);
        y[i] = (int8_t)(genc_clamp(v, p->low, p->high) + p->y_zero);
    }
}

#endif

void genc_mul_s8_mve(const genc_mul_s8_mve_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end)
{
    const int32_t dense = p->a_column_step == p->channels && p->b_column_step == p->channels;
    const int32_t columns = dense ? 1 : p->columns, line = p->columns * p->channels / columns;
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        const int8_t *const a_row = genc_operand_row(a, p->a_rows, r, p->a_held, p->a_row_bytes);
        const int8_t *const b_row = genc_operand_row(b, p->b_rows, r, p->b_held, p->b_row_bytes);
        int8_t *const out = genc_row_out(y, r, p->y_held, p->columns * p->channels);
        for (w = 0; w < columns; w++) {
            genc_mul_line(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * line, line);
        }
    }
}
