#include "genc_log_softmax_s8.h"

#include "genc_reciprocal.h"
#include "genc_saturate.h"

#define SUM_INTEGER_BITS 12         /* the sum of exponentials is Q12.19 */
#define POWER_FRACTION_BITS 25      /* powers of two are Q6.25 */
#define OUTPUT_SHIFT 22             /* from Q5.26 to sixteenths */
#define LOG_2 1488522236            /* Q0.31, like those below */
#define ROOT_HALF 1518500250        /* 2^(-1/2) */
#define FOURTH_ROOT_HALF 1805811301 /* 2^(-1/4) */
#define NUMERATOR 117049297         /* 11/240 * 2^(1/4) */
#define CONSTANT 1057819769         /* 2 * 2^(-1/4) - 2^(1/4) */
#define LINEAR 638450708            /* 2^(1/4) / 4 */
#define QUADRATIC 127690142         /* 2^(1/4) / 20 */

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* log(z) in Q5.26 of z >= 1 in Q12.19: z = r * 2^n with r near 2^(-1/4), log(r) by a rational function of r. */
static int32_t log_of_sum(int32_t z)
{
    const int32_t quarter = 1 << (POWER_FRACTION_BITS - 2);
    const int32_t a_bits = genc_headroom(z);
    const int32_t a = genc_saturated_left(genc_high_multiply_any(z << a_bits, ROOT_HALF), 1);
    const int32_t a_power = (SUM_INTEGER_BITS - 1 - a_bits) * (1 << POWER_FRACTION_BITS) + quarter;
    const int32_t b_bits = genc_headroom(genc_high_multiply_any(z, ROOT_HALF));
    const int32_t b_power = (SUM_INTEGER_BITS - b_bits) * (1 << POWER_FRACTION_BITS) - quarter;
    const int32_t r = smaller(a, genc_saturated_left(z, b_bits));
    const int32_t n = -smaller(-a_power, -b_power);

    const int32_t p = (int32_t)(((int64_t)r + FOURTH_ROOT_HALF + 1) >> 1), q = 2 * (r - FOURTH_ROOT_HALF);
    const int32_t square = genc_high_multiply_any(q, q);
    const int32_t numerator =
        genc_high_multiply_any(q, r) + genc_high_multiply_any(genc_high_multiply_any(q, square), NUMERATOR);
    const int32_t inner = CONSTANT + q + genc_high_multiply_any(QUADRATIC, square);
    const int32_t reciprocal =
        genc_one_over_one_plus(genc_high_multiply_any(p, inner) + genc_high_multiply_any(LINEAR, q));
    const int32_t fraction = genc_high_multiply_any(genc_shift_right(numerator, 6), reciprocal);
    return genc_saturated_left(genc_high_multiply_any(n, LOG_2) + fraction, 1);
}

void genc_log_softmax_s8(const genc_log_softmax_s8_params *p, const int8_t *x, int8_t *y, int32_t row_begin,
                         int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_row(x, r, p->x_held, p->depth);
        int8_t *out = genc_row_out(y, r, p->y_held, p->depth);
        int32_t largest = INT8_MIN, sum = 0;
        for (int32_t c = 0; c < p->depth; c++)
            if (in[c] > largest) largest = in[c];
        for (int32_t c = 0; c < p->depth; c++)
            if (largest - in[c] < p->terms) sum += p->term_table[largest - in[c]];
        sum = log_of_sum(sum);
        for (int32_t c = 0; c < p->depth; c++) {
            int32_t value = INT8_MIN;
            if (largest - in[c] < p->terms) {
                const int32_t scaled = genc_scale(in[c] - largest, p->multiplier, p->shift);
                value = genc_clamp(genc_shift_right(scaled - sum, OUTPUT_SHIFT) + INT8_MAX, INT8_MIN, INT8_MAX);
            }
            out[c] = (int8_t)value;
        }
    }
}
