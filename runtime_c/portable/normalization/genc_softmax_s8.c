#include "genc_softmax_s8.h"

#include "genc_reciprocal.h"

#define SUM_INTEGER_BITS 12 /* the sum of exponentials is Q12.19 */

static uint32_t sum_of_exponentials(const genc_softmax_s8_params *p, const int8_t *x, int32_t largest)
{
    uint32_t sum = 0;
    for (int32_t c = 0; c < p->depth; c++) {
        const int32_t d = largest - x[c];
        if (d < p->exponentials) {
            const uint32_t term = ((uint32_t)p->exp_table[d] + (1u << (SUM_INTEGER_BITS - 1))) >> SUM_INTEGER_BITS;
            sum = sum > UINT32_MAX - term ? UINT32_MAX : sum + term;
        }
    }
    return sum;
}

void genc_softmax_s8(const genc_softmax_s8_params *p, const int8_t *x, void *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->depth);
        int8_t *out = genc_row_out(y, r, p->y_held, p->depth * p->y_bytes);
        int32_t largest = INT8_MIN;
        for (int32_t c = 0; c < p->depth; c++)
            if (in[c] > largest) largest = in[c];

        /* 1 / sum = scale * 2^-bits, the sum shifted until its leading bit is gone. */
        uint32_t sum = sum_of_exponentials(p, in, largest);
        int32_t bits = SUM_INTEGER_BITS;
        for (; sum < 0x80000000u; sum <<= 1) bits--;
        const int32_t scale = genc_one_over_one_plus((int32_t)(sum - 0x80000000u));
        const int32_t shift = bits + 31 - 8 * p->y_bytes;

        for (int32_t c = 0; c < p->depth; c++) {
            const int32_t d = largest - in[c];
            int32_t value = 0;
            if (d < p->exponentials && shift <= 31)
                value = genc_shift_right(genc_high_multiply_any(scale, p->exp_table[d]), shift);
            if (p->y_bytes == 1) {
                out[c] = (int8_t)(genc_clamp(value, 0, UINT8_MAX) + INT8_MIN);
            } else {
                ((int16_t *)(void *)out)[c] = (int16_t)(genc_clamp(value, 0, UINT16_MAX) + INT16_MIN);
            }
        }
    }
}
