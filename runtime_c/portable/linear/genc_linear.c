#include "genc_linear.h"

/** Any accumulator, multiplier and shift. */
static int32_t genc_linear_any(int32_t y, const int32_t *channel)
{
    const int32_t add = channel[GENC_CHANNEL_ADD];
    const int32_t zero_point = ((add + 128) & 255) - 128;
    const int32_t shift = (add - zero_point) / 256;
    /* Limited before the zero point is added: it may be INT32_MAX. */
    return genc_clamp(genc_scale(y, channel[GENC_CHANNEL_MULTIPLIER], shift), -512, 512) + zero_point;
}

int32_t genc_linear_other(int32_t sum, const int32_t *channel)
{
    const int32_t right = -channel[GENC_CHANNEL_SHIFT];
    int32_t y = (int32_t)((uint32_t)sum + (uint32_t)channel[GENC_CHANNEL_BIAS]);
    if (right == 0) return genc_linear_any(y, channel);
    y = genc_high_multiply(y, channel[GENC_CHANNEL_MULTIPLIER]);
    return (y + (y >> 31) + channel[GENC_CHANNEL_ADD]) >> right; /* y >> 31: ties away from zero */
}
