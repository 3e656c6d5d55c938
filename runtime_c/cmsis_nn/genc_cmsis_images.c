#include "genc_cmsis_images.h"

#include <string.h>

genc_cmsis_band genc_cmsis_next(const genc_cmsis_images *p, const void *in, void *out, void *scratch, int32_t row,
                                int32_t row_end)
{
    const int32_t image = row / p->out_h, y = row - image * p->out_h;
    const int32_t at = row % p->out_rows_held, top = y * p->stride_h - p->pad_top;
    const int32_t reach = (p->kernel_h - 1) * p->dilation_h + 1, skipped = top > 0 ? top : 0;
    const int32_t first = image * p->in_h + skipped, place = first % p->in_rows_held;
    const int32_t together = p->in_rows_held - place; /* input rows from the first one to the end of the ring */
    int32_t rows = p->band - y % p->band, bottom;
    genc_cmsis_band band;
    if (rows > row_end - row) rows = row_end - row;
    if (rows > p->out_h - y) rows = p->out_h - y;
    if (rows > p->out_rows_held - at) rows = p->out_rows_held - at;
    bottom = top + (rows - 1) * p->stride_h + reach;
    band.in = (const int8_t *)in + place * p->in_row_bytes;
    band.in_rows = (bottom < p->in_h ? bottom : p->in_h) - skipped;
    if (band.in_rows > together) {
        /* Fewer rows, whose windows end before the end of the ring. */
        rows = skipped + together < top + reach ? 1 : (skipped + together - top - reach) / p->stride_h + 1;
        bottom = top + (rows - 1) * p->stride_h + reach;
        band.in_rows = (bottom < p->in_h ? bottom : p->in_h) - skipped;
    }
    if (band.in_rows > together) {
        int8_t *const gathered = (int8_t *)scratch + p->gathered_at;
        const size_t bytes = (size_t)(together * p->in_row_bytes);
        memcpy(gathered, band.in, bytes);
        memcpy(gathered + bytes, in, (size_t)(band.in_rows * p->in_row_bytes) - bytes);
        band.in = gathered;
    }
    band.out = (int8_t *)out + at * p->out_row_bytes;
    band.pad_top = skipped - top;
    band.end = row + rows;
    return band;
}
