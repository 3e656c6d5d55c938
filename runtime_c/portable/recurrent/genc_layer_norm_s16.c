#include "genc_layer_norm_s16.h"

#include "genc_inverse_root.h"

void genc_layer_norm_s16(int16_t *v, int32_t count, const int16_t *weights, const int32_t *bias, const int32_t *factor)
{
    int64_t sum = 0, squares = 0, spread;
    int32_t mean, variance, i;
    for (i = 0; i < count; i++) {
        sum += v[i];
        squares += (int32_t)v[i] * v[i];
    }
    mean = (int32_t)(sum * 1024 / count);
    spread = squares * ((1 << 20) / count) - (int64_t)mean * mean;
    variance = (int32_t)(spread / (1 << 20));
    const genc_factor deviation = genc_inverse_root(variance < 1 ? factor[2] : variance);
    for (i = 0; i < count; i++) {
        const int32_t centred = genc_scale(1024 * v[i] - mean, deviation.multiplier, deviation.shift);
        const int32_t weighted = (int32_t)((uint32_t)centred * (uint32_t)weights[i] + (uint32_t)bias[i]);
        const int64_t rounded = (int64_t)weighted + (weighted > 0 ? 512 : -512);
        const int32_t value = genc_scale((int32_t)(rounded / 1024), factor[0], factor[1]);
        v[i] = (int16_t)genc_clamp(value, INT16_MIN, INT16_MAX);
    }
}
