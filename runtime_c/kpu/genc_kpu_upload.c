#include "genc_kpu_upload.h"

void genc_kpu_upload(const genc_kpu_upload_params *p, const int8_t *x, int32_t row_begin, int32_t row_end) {
    int32_t step = p->rotated ? -p->channels : p->channels;
    (void)row_begin;
    (void)row_end;
    genc_kpu_start();
    for (int32_t c = 0; c < p->channels; c++) {
        for (int32_t y = 0; y < p->map.height; y++) {
            uint8_t *to = genc_kpu_line(&p->map, c, y);
            int32_t from_y = p->rotated ? p->height - 1 - y : y, inside = y < p->height ? p->width : 0;
            const int8_t *from = x + c;
            if (inside) from += (from_y * p->width + (p->rotated ? p->width - 1 : 0)) * p->channels;
            for (int32_t i = 0; i < inside; i++) to[i] = (uint8_t)(from[i * step] + 128);
            for (int32_t i = inside; i < p->map.width; i++) to[i] = (uint8_t)p->fill;
        }
    }
}
