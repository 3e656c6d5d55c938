#include "genc_dynamic_quantize.h"

/** Nearest integer, ties away from zero, limited to [low, 127]. */
static int8_t genc_dynamic_nearest(float value, float low)
{
    const float limited = value > low ? (value < 127.0f ? value : 127.0f) : low;
    const int32_t whole = (int32_t)limited;
    const float rest = limited - (float)whole;
    return (int8_t)(whole + (rest >= 0.5f ? 1 : 0) - (rest <= -0.5f ? 1 : 0));
}

/** Scale and zero point of a range that contains zero; in double, a dozen operations, for TFLite's rounding. */
static genc_dynamic_scale genc_dynamic_range(double low, double high)
{
    const double scale = (high - low) / 255.0;
    const double from_low = -128.0 - low / scale, from_high = 127.0 - high / scale;
    const double zero = 128.0 - low / scale < 127.0 + high / scale ? from_low : from_high;
    genc_dynamic_scale result;
    result.scale = (float)scale;
    result.zero_point = (int32_t)(zero < 0.0 ? zero - 0.5 : zero + 0.5);
    result.zero_point = genc_clamp(result.zero_point, -128, 127);
    return result;
}

genc_dynamic_scale genc_dynamic_quantize(const float *x, int32_t count, int32_t asymmetric, int8_t *q)
{
    genc_dynamic_scale result = {1.0f, 0};
    float low = 0.0f, high = 0.0f, factor, zero;
    int32_t i;
    for (i = 0; i < count; i++) {
        if (x[i] < low) low = x[i];
        if (x[i] > high) high = x[i];
    }
    if (!(low < high)) {
        memset(q, 0, (size_t)count);
        return result;
    }
    if (asymmetric) {
        result = genc_dynamic_range(low, high);
        factor = 1.0f / result.scale;
    } else {
        if (high < -low) high = -low;
        result.scale = high / 127.0f;
        factor = 127.0f / high;
    }
    zero = (float)result.zero_point;
    for (i = 0; i < count; i++) q[i] = genc_dynamic_nearest(x[i] * factor + zero, asymmetric ? -128.0f : -127.0f);
    return result;
}
