#include "genc_pad.h"

#include "genc_strided_copy.h"

static void fill(const genc_pad_params *p, int8_t *y)
{
    const uint8_t *value = (const uint8_t *)p->value;
    if (p->element == 1)
        memset(y, value[0], (size_t)p->y_row_bytes);
    else
        for (int32_t i = 0; i < p->y_row_bytes; i += p->element) memcpy(y + i, value, (size_t)p->element);
}

void genc_pad(const genc_pad_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    for (int32_t r = row_begin; r < row_end; r++) {
        const int32_t image = r / p->y_image_rows - p->images_before;
        const int32_t row = r % p->y_image_rows - p->rows_before;
        int8_t *out = genc_row_out(y, r, p->y_held, p->y_row_bytes);
        fill(p, out);
        if (image < 0 || image >= p->images || row < 0 || row >= p->x_image_rows) continue;
        genc_strided_copy(out + p->y_offset, genc_row(x, image * p->x_image_rows + row, p->x_held, p->x_row_bytes),
                          p->block, p->rank, p->dims);
    }
}
