#include "genc_requantize.h"

int32_t genc_scale(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0;
    const int32_t right = shift > 0 ? 0 : -shift;
    return genc_shift_right(genc_high_multiply_any((int32_t)((uint32_t)value << left), multiplier), right);
}
