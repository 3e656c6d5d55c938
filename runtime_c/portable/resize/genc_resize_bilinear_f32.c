#include "genc_resize_bilinear_f32.h"

#include "genc_float.h"

/* a * (1 - weight) + b * weight. */
static float blend(float a, float b, float weight)
{
    return a + (b - a) * weight;
}

/* One pixel: `x` holds the pixels above left, above right, below left and below right. */
static void blend_pixel(const float *const x[4], float right, float below, int32_t channels, float *y)
{
    int32_t c;
    for (c = 0; c < channels; c++) y[c] = blend(blend(x[0][c], x[1][c], right), blend(x[2][c], x[3][c], right), below);
}

void genc_resize_bilinear_f32(const genc_resize_bilinear_f32_params *p, const float *x, float *y, int32_t row_begin,
                              int32_t row_end)
{
    const int32_t channels = p->channels, row_bytes = p->in_w * channels * 4;
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->out_h * p->in_h, line = r % p->out_h;
        const float *above = genc_floats(genc_row(x, image + p->rows[2 * line], p->x_held, row_bytes));
        const float *below = genc_floats(genc_row(x, image + p->rows[2 * line + 1], p->x_held, row_bytes));
        float *out = genc_floats_out(genc_row_out(y, r, p->y_held, p->out_w * channels * 4));
        for (w = 0; w < p->out_w; w++, out += channels) {
            const int32_t left = p->columns[2 * w] * channels, right = p->columns[2 * w + 1] * channels;
            const float *const sources[4] = {above + left, above + right, below + left, below + right};
            blend_pixel(sources, p->column_weights[w], p->row_weights[line], channels, out);
        }
    }
}
