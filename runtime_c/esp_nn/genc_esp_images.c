#include "genc_esp_images.h"

#include <string.h>

genc_esp_band genc_esp_next(const genc_esp_images *p, const int8_t *in, int8_t *out, void *scratch, int32_t row,
                            int32_t row_end)
{
    const int32_t in_row_bytes = p->in_w * p->in_c, image = row / p->out_h, y = row - image * p->out_h;
    const int32_t at = row % p->out_rows_held, top = y * p->stride_h - p->pad_top, skipped = top > 0 ? top : 0;
    const int32_t place = (image * p->in_h + skipped) % p->in_rows_held;
    const int32_t together = p->in_rows_held - place; /* input rows from the first one to the end of the ring */
    int32_t rows = p->band - y % p->band, bottom;
    genc_esp_band band;
    if (rows > row_end - row) rows = row_end - row;
    if (rows > p->out_h - y) rows = p->out_h - y;
    if (rows > p->out_rows_held - at) rows = p->out_rows_held - at;
    bottom = top + (rows - 1) * p->stride_h + p->kernel_h;
    if ((bottom < p->in_h ? bottom : p->in_h) - skipped > together) {
        /* Fewer rows, whose windows end before the end of the ring; at least one. */
        rows = skipped + together < top + p->kernel_h ? 1 : (skipped + together - top - p->kernel_h) / p->stride_h + 1;
        bottom = top + (rows - 1) * p->stride_h + p->kernel_h;
    }
    band.in_rows = (bottom < p->in_h ? bottom : p->in_h) - skipped;
    if (rows == p->out_h && together >= p->in_h) band.in_rows = p->in_h; /* the image itself: the buffer is for that */
    band.in = in + place * in_row_bytes;
    if (band.in_rows > together) {
        int8_t *const gathered = (int8_t *)scratch + p->gathered_at;
        const size_t bytes = (size_t)(together * in_row_bytes);
        memcpy(gathered, band.in, bytes);
        memcpy(gathered + bytes, in, (size_t)(band.in_rows * in_row_bytes) - bytes);
        band.in = gathered;
    }
    band.out = out + at * p->out_w * p->out_c;
    band.out_rows = rows;
    band.pad_top = skipped - top;
    band.end = row + rows;
    return band;
}
