/**
 * @file genc_svdf_floats.h
 * @brief What the SVDF kernels of float activations share: the filters over time.
 */
#ifndef GENC_SVDF_FLOATS_H
#define GENC_SVDF_FLOATS_H

#include "genc_float.h"

/** Sum of products of two arrays. */
static inline float genc_svdf_dot(const float *a, const float *b, int32_t count)
{
    int32_t i;
    float sum = 0.0f;
    for (i = 0; i < count; i++) GENC_FMA(sum, a[i], b[i]);
    return sum;
}

/** y = clamp(bias + filters over time) of one batch; `step` entries of the memory make an output. */
static inline void genc_svdf_filtered(const float *now, const float *time_weights, const float *bias, int32_t units,
                                      int32_t step, const float limits[2], float *y)
{
    int32_t u;
    for (u = 0; u < units; u++) {
        const float sum = genc_svdf_dot(now + u * step, time_weights + u * step, step);
        y[u] = genc_clamp_f32(bias != NULL ? bias[u] + sum : sum, limits[0], limits[1]);
    }
}

#endif /* GENC_SVDF_FLOATS_H */
