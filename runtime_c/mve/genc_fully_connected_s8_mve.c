#include "genc_fully_connected_s8_mve.h"

#include "genc_mve.h"

void genc_fully_connected_s8_mve(const genc_fully_connected_s8_mve_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    const int32_t depth = p->depth, outputs = p->outputs, step = p->scale_step;
    int32_t row, o, i;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *const x = genc_row(in, row, p->in_rows_held, depth);
        int8_t *y = genc_row_out(out, row, p->out_rows_held, outputs);
        const int8_t *w = p->weights;
        const int32_t *bias = p->bias, *scale = p->scales;
        for (o = 0; o < outputs; o += GENC_FOUR, w += GENC_FOUR * depth) {
            const int32_t n = outputs - o < GENC_FOUR ? outputs - o : GENC_FOUR;
            int32_t sums[GENC_FOUR];
            genc_dot_four(w, x, depth, sums);
            for (i = 0; i < n; i++, scale += step) {
                const int32_t sum = (int32_t)((uint32_t)sums[i] + (uint32_t)*bias++);
                const int64_t half = (int64_t)1 << (scale[1] - 1);
                const int32_t v = (int32_t)(((int64_t)sum * scale[0] + half) >> scale[1]) + p->zero_point;
                *y++ = (int8_t)genc_clamp(v, p->low, p->high);
            }
        }
    }
}
