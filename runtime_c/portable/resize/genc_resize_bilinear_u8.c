#include "genc_resize_bilinear_u8.h"

#include "genc_float.h"

/* One pixel: `x` holds the pixels above left, below left, above right and below right, `row` and `column` their weights. */
static void blend_pixel(const uint8_t *const x[4], const float row[2], const float column[2], int32_t channels, uint8_t *y)
{
    int32_t c;
    for (c = 0; c < channels; c++) {
        float sum = genc_rounded_product((float)x[0][c] * row[0], column[0]);
        sum += genc_rounded_product((float)x[1][c] * row[1], column[0]);
        sum += genc_rounded_product((float)x[2][c] * row[0], column[1]);
        sum += genc_rounded_product((float)x[3][c] * row[1], column[1]);
        y[c] = (uint8_t)(int32_t)(sum + 0.5f);
    }
}

void genc_resize_bilinear_u8(const genc_resize_bilinear_u8_params *p, const uint8_t *x, uint8_t *y, int32_t row_begin,
                             int32_t row_end)
{
    const int32_t channels = p->channels, row_bytes = p->in_w * channels;
    int32_t r, w;
    for (r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->out_h * p->in_h, line = r % p->out_h;
        const uint8_t *above = (const uint8_t *)genc_row(x, image + p->rows[2 * line], p->x_held, row_bytes);
        const uint8_t *below = (const uint8_t *)genc_row(x, image + p->rows[2 * line + 1], p->x_held, row_bytes);
        const float row[2] = {1.0f - p->row_weights[line], p->row_weights[line]};
        uint8_t *out = (uint8_t *)genc_row_out(y, r, p->y_held, p->out_w * channels);
        for (w = 0; w < p->out_w; w++, out += channels) {
            const int32_t left = p->columns[2 * w] * channels, right = p->columns[2 * w + 1] * channels;
            const uint8_t *const sources[4] = {above + left, below + left, above + right, below + right};
            const float column[2] = {1.0f - p->column_weights[w], p->column_weights[w]};
            blend_pixel(sources, row, column, channels, out);
        }
    }
}
