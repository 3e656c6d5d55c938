#include "genc_esp_max_pool_s8.h"

void genc_esp_max_pool_s8(const genc_esp_max_pool_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                          int32_t row_begin, int32_t row_end)
{
    const int32_t end = row_end * p->together;
    int32_t row = row_begin * p->together;
    while (row < end) {
        const genc_esp_band band = genc_esp_next(p, in, out, scratch, row, end);
        esp_nn_max_pool_s8(band.in, (uint16_t)p->in_w, (uint16_t)band.in_rows, band.out, (uint16_t)p->out_w,
                           (uint16_t)band.out_rows, (uint16_t)p->stride_w, (uint16_t)p->stride_h,
                           (uint16_t)p->kernel_w, (uint16_t)p->kernel_h, (uint16_t)p->pad_left, (uint16_t)band.pad_top,
                           p->low, p->high, (uint16_t)p->in_c);
        row = band.end;
    }
}
