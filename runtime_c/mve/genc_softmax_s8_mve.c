#include "genc_softmax_s8_mve.h"

#include "genc_mve.h"
#include "genc_reciprocal.h"

#define SUM_INTEGER_BITS 12 /* the sum of exponentials is Q12.19 */

#if GENC_MVE

static int32_t largest_of(const int8_t *x, int32_t count)
{
    int32_t largest = INT8_MIN, i;
    for (i = 0; i < count; i += GENC_VECTOR) {
        const mve_pred16_t lanes = vctp8q((uint32_t)(count - i));
        largest = vmaxvq_p_s8((int8_t)largest, vldrbq_z_s8(x + i, lanes), lanes);
    }
    return largest;
}

/* Exponentials of up to four elements, and 0 for those past the end of the table. */
static inline int32x4_t exponentials(const genc_softmax_s8_params *p, const int8_t *x, int32_t largest,
                                     mve_pred16_t lanes)
{
    const int32x4_t d = vsubq_s32(vdupq_n_s32(largest), vldrbq_z_s32(x, lanes));
    const mve_pred16_t inside = vcmpltq_m_n_s32(d, p->exponentials, lanes);
    return vldrwq_gather_shifted_offset_z_s32(p->exp_table, vreinterpretq_u32_s32(d), inside);
}

static uint32_t sum_of_exponentials(const genc_softmax_s8_params *p, const int8_t *x, int32_t largest)
{
    int32_t sum = 0, i;
    for (i = 0; i < p->depth; i += GENC_FOUR) {
        const int32x4_t e = exponentials(p, x + i, largest, vctp32q((uint32_t)(p->depth - i)));
        sum = vaddvaq_s32(sum, vrshrq_n_s32(e, SUM_INTEGER_BITS));
    }
    return (uint32_t)sum;
}

/* round(scale * exponential * 2^-shift), clamped to a byte. */
static void divide(const genc_softmax_s8_params *p, const int8_t *x, int8_t *y, int32_t largest, int32_t scale,
                   int32_t shift)
{
    const int32x4_t most = vdupq_n_s32(UINT8_MAX);
    int32_t i;
    for (i = 0; i < p->depth; i += GENC_FOUR) {
        const mve_pred16_t lanes = vctp32q((uint32_t)(p->depth - i));
        const int32x4_t v = vqrdmulhq_n_s32(exponentials(p, x + i, largest, lanes), scale);
        vstrbq_p_s32(y + i, vaddq_n_s32(vminq_s32(vrshlq_n_s32(v, -shift), most), INT8_MIN), lanes);
    }
}

#else

static int32_t largest_of(const int8_t *x, int32_t count)
{
    int32_t largest = INT8_MIN, i;
    for (i = 0; i < count; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

static inline int32_t exponential(const genc_softmax_s8_params *p, int32_t difference)
{
    return difference < p->exponentials ? p->exp_table[difference] : 0;
}

static uint32_t sum_of_exponentials(const genc_softmax_s8_params *p, const int8_t *x, int32_t largest)
{
    uint32_t sum = 0;
    int32_t i;
    for (i = 0; i < p->depth; i++) {
        sum += ((uint32_t)exponential(p, largest - x[i]) + (1u << (SUM_INTEGER_BITS - 1))) >> SUM_INTEGER_BITS;
    }
    return sum;
}

static void divide(const genc_softmax_s8_params *p, const int8_t *x, int8_t *y, int32_t largest, int32_t scale,
                   int32_t shift)
{
    int32_t i;
    for (i = 0; i < p->depth; i++) {
        const int32_t v = genc_high_multiply_any(scale, exponential(p, largest - x[i]));
        const int32_t value = shift <= 31 ? genc_shift_right(v, shift) : 0;
        y[i] = (int8_t)((value < UINT8_MAX ? value : UINT8_MAX) + INT8_MIN);
    }
}

#endif

void genc_softmax_s8_mve(const genc_softmax_s8_mve_params *p, const int8_t *x, void *y, int32_t row_begin,
                         int32_t row_end)
{
    int32_t r;
    for (r = row_begin; r < row_end; r++) {
        const int8_t *const in = genc_row(x, r, p->x_held, p->depth);
        const int32_t largest = largest_of(in, p->depth);
        /* 1 / sum = scale * 2^-bits, the sum shifted until its leading bit is gone. */
        uint32_t sum = sum_of_exponentials(p, in, largest);
        int32_t bits = SUM_INTEGER_BITS;
        for (; sum < 0x80000000u; sum <<= 1) bits--;
        divide(p, in, genc_row_out(y, r, p->y_held, p->depth), largest,
               genc_one_over_one_plus((int32_t)(sum - 0x80000000u)), bits + 31 - 8);
    }
}
