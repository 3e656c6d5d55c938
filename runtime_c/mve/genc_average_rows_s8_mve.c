#include "genc_average_rows_s8_mve.h"

#include "genc_pixels_mve.h"

void genc_average_rows_s8_mve(const genc_average_rows_s8_mve_params *p, const int8_t *x, int8_t *y, void *scratch,
                              int32_t row_begin, int32_t row_end)
{
    int32_t *const sums = (int32_t *)scratch;
    const int32_t area = p->rows * p->columns;
    int32_t c;
    if (row_begin >= row_end) return;
    genc_add_rows_mve(x, p->x_held, p->x_ahead, p->columns, p->channels, sums, area * p->offset, row_begin, row_end);
    for (c = 0; c < p->channels && row_end == p->rows; c++) {
        const int32_t half = sums[c] < 0 ? -(area / 2) : area / 2;
        y[c] = (int8_t)genc_clamp((sums[c] + half) / area - p->offset, p->low, p->high);
    }
}
