#include "genc_mean_rows_s8_mve.h"

#include "genc_pixels_mve.h"

void genc_mean_rows_s8_mve(const genc_mean_rows_s8_mve_params *p, const int8_t *x, int8_t *y, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    int32_t *const sums = (int32_t *)scratch;
    int32_t c;
    if (row_begin >= row_end) return;
    genc_add_rows_mve(x, p->x_held, p->x_ahead, p->columns, p->channels, sums, p->bias, row_begin, row_end);
    for (c = 0; c < p->channels && row_end == p->rows; c++) {
        const int32_t scaled = genc_scale(sums[c], p->multiplier, p->shift);
        y[c] = (int8_t)(genc_clamp(scaled, INT8_MIN - p->y_zero, INT8_MAX - p->y_zero) + p->y_zero);
    }
}
