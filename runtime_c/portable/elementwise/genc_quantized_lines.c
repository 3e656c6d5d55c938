#include "genc_quantized_lines.h"

#include "genc_reciprocal.h"

int32_t genc_quotient_quantized(int32_t a, int32_t b, const int32_t *numbers)
{
    int32_t numerator = a - numbers[0], denominator = b - numbers[1], bits = 0, headroom = 0, right;
    uint32_t normal, spare;
    if (denominator < 0) {
        numerator = -numerator;
        denominator = -denominator;
    }
    if (numerator == 0) return genc_clamp(numbers[4], numbers[5], numbers[6]);
    if (denominator == 0) return numerator > 0 ? numbers[6] : numbers[5];

    /* Both shifted until no leading bit is left; 1 / denominator = reciprocal * 2^(bits - 31). */
    for (normal = (uint32_t)denominator; normal < 0x80000000u; normal <<= 1) bits++;
    for (spare = (uint32_t)(numerator < 0 ? ~numerator : numerator); spare < 0x40000000u && headroom < 31; spare <<= 1)
        headroom++;
    const int32_t reciprocal = genc_one_over_one_plus((int32_t)(normal - 0x80000000u));
    const int32_t quotient = genc_high_multiply_any((int32_t)((uint32_t)numerator << headroom), reciprocal);
    right = 31 - bits + headroom - numbers[3];
    if (right > 31) return genc_clamp(numbers[4], numbers[5], numbers[6]);
    const int32_t scaled = genc_shift_right(genc_high_multiply_any(quotient, numbers[2]), right);
    return genc_clamp(scaled + numbers[4], numbers[5], numbers[6]);
}
