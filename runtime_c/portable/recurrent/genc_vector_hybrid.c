#include "genc_vector_hybrid.h"

#include "genc_dynamic_quantize.h"

genc_vector genc_vector_hybrid(const float *x, int32_t count, int32_t asymmetric, int8_t *q)
{
    const genc_dynamic_scale range = genc_dynamic_quantize(x, count, asymmetric, q);
    genc_vector v;
    v.x = x;
    v.q = q;
    v.count = count;
    v.zero_point = range.zero_point;
    v.scale = range.scale;
    return v;
}

void genc_product_hybrid(const void *w, float scale, const genc_vector *v, float *y, int32_t rows)
{
    const int8_t *weight = (const int8_t *)w;
    const float factor = v->scale * scale;
    int32_t r, k, i;
    for (r = 0; r < rows; r += 4) {
        const int32_t n = rows - r < 4 ? rows - r : 4;
        int32_t a = 0, b = 0, c = 0, d = 0;
        for (k = 0; k < v->count; k++, weight += 4) {
            const int32_t x = v->q[k] - v->zero_point;
            a += x * weight[0];
            b += x * weight[1];
            c += x * weight[2];
            d += x * weight[3];
        }
        const int32_t sums[4] = {a, b, c, d};
        for (i = 0; i < n; i++) y[r + i] += (float)sums[i] * factor;
    }
}
