#include "genc_fully_connected_s8.h"

#include "genc_dot_s8.h"

static int8_t genc_fully_connected_output(const genc_fully_connected_s8_params *p, int32_t sum, const int32_t *scale)
{
    int64_t y = ((int64_t)sum * scale[0] + ((int64_t)1 << (scale[1] - 1))) >> scale[1];
    y += p->zero_point;
    if (y < p->low) return (int8_t)p->low;
    return (int8_t)(y > p->high ? p->high : y);
}

void genc_fully_connected_s8(const genc_fully_connected_s8_params *p, const int8_t *in, int8_t *out,
                             int32_t row_begin, int32_t row_end)
{
    int32_t row, o, i;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *x = genc_row(in, row, p->in_rows_held, p->depth);
        const uint8_t *w = p->weights;
        const int32_t *scale = p->scales;
        int8_t *y = genc_row_out(out, row, p->out_rows_held, p->outputs);
        const int32_t start = genc_dot_s8_start(x, p->depth, p->weights_offset);
        for (o = 0; o < p->outputs;) {
            int32_t s[8];
            const int32_t left = p->outputs - o, block = genc_dot_s8(w, x, p->depth, start, left, s);
            for (i = 0; i < left && i < block; i++, o++, scale += p->scale_step) {
                const uint32_t sum = (uint32_t)s[i] + (uint32_t)p->bias[o];
                y[o] = genc_fully_connected_output(p, (int32_t)sum, scale);
            }
            w += block * p->depth;
        }
    }
}
