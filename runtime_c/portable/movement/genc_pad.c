#include "genc_pad.h"

#include "genc_strided_copy.h"

#define GENC_PAD_START 16 /* bytes set one by one, a multiple of every element's: the rest is copied from them */

static void fill(const genc_pad_params *p, int8_t *y)
{
    const int8_t *value = (const int8_t *)p->value;
    const int32_t bytes = p->y_row_bytes;
    int32_t done, i;
    if (p->element == 1) {
        memset(y, *value, (size_t)bytes);
        return;
    }
    for (i = 0; i < GENC_PAD_START && i < bytes; i++) y[i] = value[i & (p->element - 1)];
    for (done = GENC_PAD_START; done < bytes; done *= 2) {
        genc_copy_block(y + done, y, bytes - done < done ? bytes - done : done);
    }
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
