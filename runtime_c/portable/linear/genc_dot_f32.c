#include "genc_dot_f32.h"

void genc_dot_f32(const float *w, const float *x, int32_t depth, float *y, int32_t rows)
{
    int32_t row, k, i;
    for (row = 0; row < rows; row += 4) {
        const int32_t n = rows - row < 4 ? rows - row : 4;
        float s[4];
        float s0 = 0.0f, s1 = 0.0f, s2 = 0.0f, s3 = 0.0f;
        for (k = 0; k < depth; k++, w += 4) {
            const float v = x[k];
            GENC_FMA(s0, v, w[0]);
            GENC_FMA(s1, v, w[1]);
            GENC_FMA(s2, v, w[2]);
            GENC_FMA(s3, v, w[3]);
        }
        s[0] = s0;
        s[1] = s1;
        s[2] = s2;
        s[3] = s3;
        for (i = 0; i < n; i++) y[row + i] += s[i];
    }
}

void genc_begin_f32(float *y, const float *bias, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) y[i] = bias != NULL ? bias[i] : 0.0f;
}
