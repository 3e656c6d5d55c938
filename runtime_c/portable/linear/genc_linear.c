#include "genc_linear.h"

int32_t genc_linear_any(int32_t sum, const int32_t *channel)
{
    const int32_t add = channel[GENC_CHANNEL_ADD];
    const int32_t zero_point = ((add + 128) & 255) - 128;
    const int32_t shift = (add - zero_point) / 256;
    const int32_t y = genc_scale(sum, channel[GENC_CHANNEL_MULTIPLIER], shift);
    /* Limited before the zero point is added: y may be INT32_MAX. */
    return genc_clamp(y, -512, 512) + zero_point;
}
