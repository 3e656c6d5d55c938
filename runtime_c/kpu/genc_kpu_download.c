#include "genc_kpu_download.h"

void genc_kpu_download(const genc_kpu_download_params *p, int8_t *y, int32_t row_begin, int32_t row_end) {
    int32_t step = p->rotated ? -p->channels : p->channels;
    (void)row_begin;
    (void)row_end;
    for (int32_t c = 0; c < p->channels; c++) {
        for (int32_t line = 0; line < p->height; line++) {
            const uint64_t *from = (const uint64_t *)(const void *)genc_kpu_line(&p->map, c, p->top + line * p->stride);
            int32_t to_line = p->rotated ? p->height - 1 - line : line;
            int8_t *to = y + c + (to_line * p->width + (p->rotated ? p->width - 1 : 0)) * p->channels;
            uint64_t word = 0;
            for (int32_t i = 0, at = p->left; i < p->width; i++, at += p->stride) {
                word = i == 0 || at % 8 < p->stride ? from[at / 8] >> at % 8 * 8 : word >> 8 * p->stride;
                *to = (int8_t)((int32_t)(word & 0xFFu) - 128);
                to += step;
            }
        }
    }
}
