#include "genc_mean_rows_s8.h"

#include "genc_requantize.h"
#include "genc_row_sums.h"

void genc_mean_rows_s8(const genc_mean_rows_s8_params *p, const int8_t *x, int8_t *y, void *scratch,
                       int32_t row_begin, int32_t row_end)
{
    int32_t *const sums = (int32_t *)scratch;
    if (row_begin >= row_end) return;
    genc_add_rows(x, p->x_held, p->x_ahead, p->columns, p->channels, sums, p->bias, row_begin, row_end);
    for (int32_t c = 0; c < p->channels && row_end == p->rows; c++) {
        const int32_t scaled = genc_scale(sums[c], p->multiplier, p->shift);
        y[c] = (int8_t)(genc_clamp(scaled, INT8_MIN - p->y_zero, INT8_MAX - p->y_zero) + p->y_zero);
    }
}
