/* A stand-in for CMSIS-NN: distributions. */
#include "checks.h"

/* Half of the product's upper word, rounded, ties up. */
static int32_t rounded_high(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* x / 2^bits, ties away from zero. */
static int32_t rounded_shift(int32_t x, int32_t bits)
{
    const int64_t half = ((int64_t)1 << bits) >> 1;
    return (int32_t)(x < 0 ? -((half - x) >> bits) : (x + half) >> bits);
}

/* exp(x) in Q0.31 of x <= 0 in Q5.26: Taylor's series around -1/8, times powers of e. */
static int32_t exp_of(int32_t x)
{
    static const int32_t powers[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24, within = (x & (quarter - 1)) - quarter, t = within * 32 + (1 << 28);
    const int32_t t2 = rounded_high(t, t), t3 = rounded_high(t2, t), t4 = rounded_shift(rounded_high(t2, t2), 2);
    int32_t y = t + rounded_shift(rounded_high(t4 + t3, 715827883) + t2, 1), bit;
    y = 1895147668 + rounded_high(1895147668, y);
    for (bit = 0; bit < 7; bit++)
        if ((within - x) & (quarter << bit)) y = rounded_high(y, powers[bit]);
    return x == 0 ? INT32_MAX : y;
}

static int32_t times_four(int32_t x)
{
    return x > INT32_MAX / 4 ? INT32_MAX : x < INT32_MIN / 4 ? INT32_MIN : x * 4;
}

/* 1 / (1 + x) in Q0.31 of x in [0, 1]: three steps of Newton's. */
static int32_t reciprocal(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + rounded_high(half, -1010580540), step;
    for (step = 0; step < 3; step++) y += times_four(rounded_high(y, (1 << 29) - rounded_high(half, y)));
    return y > INT32_MAX / 2 ? INT32_MAX : y * 2;
}

void arm_softmax_s8(const int8_t *input, const int32_t num_rows, const int32_t row_size, const int32_t mult,
                    const int32_t shift, const int32_t diff_min, int8_t *output)
{
    int32_t row, i;
    demand(input && output && num_rows > 0 && row_size > 0 && row_size < 4096 && shift >= 0 && shift < 31);
    for (row = 0; row < num_rows; row++, input += row_size, output += row_size) {
        int32_t largest = -128, sum = 0, zeros = 0, scale;
        for (i = 0; i < row_size; i++) largest = input[i] > largest ? input[i] : largest;
        for (i = 0; i < row_size; i++) {
            const int32_t below = input[i] - largest;
            if (below >= diff_min) {
                sum += rounded_shift(exp_of(rounded_high((int32_t)((uint32_t)below << shift), mult)), 12);
            }
        }
        while (!((uint32_t)sum << zeros >> 31)) zeros++;
        scale = reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
        for (i = 0; i < row_size; i++) {
            const int32_t below = input[i] - largest;
            int32_t y = -128;
            if (below >= diff_min) {
                const int32_t power = exp_of(rounded_high((int32_t)((uint32_t)below << shift), mult));
                y += rounded_shift(rounded_high(scale, power), 35 - zeros);
            }
            output[i] = (int8_t)(y > 127 ? 127 : y);
        }
    }
}
