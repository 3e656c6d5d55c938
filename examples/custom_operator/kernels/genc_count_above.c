#include "genc_count_above.h"

void genc_count_above(const genc_count_above_params *p, const int8_t *in, int8_t *out, int32_t row_begin, int32_t row_end)
{
    int32_t row, k;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *x = genc_row(in, row, p->in_rows_held, p->depth);
        int32_t count = 0;
        for (k = 0; k < p->depth; k++) count += x[k] > p->threshold ? 1 : 0;
        *genc_row_out(out, row, p->out_rows_held, 1) = (int8_t)(count > 127 ? 127 : count);
    }
}
