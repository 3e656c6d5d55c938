#include "genc_add_s8_mve.h"

#include "genc_mve.h"

#if GENC_MVE

/* 17 instructions for four elements, and one for the loop. */
static GENC_NOINLINE void genc_add_line(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                                        int32_t count)
{
    const int32x4_t low = vdupq_n_s32(p->low), high = vdupq_n_s32(p->high);
    const int32x4_t a_factor = vdupq_n_s32(p->a_factor), b_factor = vdupq_n_s32(p->b_factor);
    const int32_t a_add = -p->a_zero * p->a_factor, b_add = -p->b_zero * p->b_factor;
    __asm__ volatile("ldr lr, %[count]\n"
                     "dlstp.32 lr, lr\n"
                     "1:\n"
                     "vldrb.s32 q1, [%[b]], #4\n"
                     "vldrb.s32 q0, [%[a]], #4\n"
                     "vmlas.s32 q1, %q[b_factor], %[b_add]\n"
                     "vmlas.s32 q0, %q[a_factor], %[a_add]\n"
                     "vqrdmulh.s32 q1, q1, %[b_multiplier]\n"
                     "vshr.s32 q2, q1, #31\n" /* ties away from zero */
                     "vadd.i32 q1, q1, q2\n"
                     "vrshl.s32 q1, %[b_shift]\n"
                     "vmla.s32 q0, q1, %[b_sign]\n"
                     "vqrdmulh.s32 q0, q0, %[y_multiplier]\n"
                     "vshr.s32 q2, q0, #31\n"
                     "vadd.i32 q0, q0, q2\n"
                     "vrshl.s32 q0, %[y_shift]\n"
                     "vmax.s32 q0, q0, %q[low]\n"
                     "vmin.s32 q0, q0, %q[high]\n"
                     "vadd.i32 q0, q0, %[y_zero]\n"
                     "vstrb.32 q0, [%[y]], #4\n"
                     "letp lr, 1b\n"
                     : [a] "+&l"(a), [b] "+&l"(b), [y] "+&l"(y)
                     : [count] "m"(count), [a_factor] "w"(a_factor), [b_factor] "w"(b_factor), [low] "w"(low),
                       [high] "w"(high), [a_add] "r"(a_add), [b_add] "r"(b_add), [b_multiplier] "r"(p->b_multiplier),
                       [b_shift] "r"(-p->b_right), [b_sign] "r"(p->b_sign), [y_multiplier] "r"(p->y_multiplier),
                       [y_shift] "r"(-p->y_right), [y_zero] "r"(p->y_zero)
                     : "lr", "memory", "q0", "q1", "q2");
}

#else

/** `count` elements that lie side by side in both operands. */
static void genc_add_line(const genc_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) {
        const int32_t s = genc_scale_right((b[i] - p->b_zero) * p->b_factor, p->b_multiplier, p->b_right);
        const int32_t v = genc_scale_right((a[i] - p->a_zero) * p->a_factor + s * p->b_sign, p->y_multiplier, p->y_right);
        y[i] = (int8_t)(genc_clamp(v, p->low, p->high) + p->y_zero);
    }
}

#endif

void genc_add_s8_mve(const genc_add_s8_mve_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
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
            genc_add_line(p, a_row + w * p->a_column_step, b_row + w * p->b_column_step, out + w * line, line);
        }
    }
}
