#include "genc_copy.h"

#include "genc_strided_copy.h"

void genc_copy(const genc_copy_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->image_rows;
        const int32_t x_row = image * p->x_image_rows + p->x_first_row + (r - image * p->image_rows) * p->x_row_step;
        const int8_t *in = genc_row(x, x_row, p->x_held, p->x_row_bytes) + p->x_offset;
        int8_t *out = genc_row_out(y, r, p->y_held, p->y_row_bytes) + p->y_offset;
        genc_strided_copy(out, in, p->block, p->rank, p->dims);
    }
}
