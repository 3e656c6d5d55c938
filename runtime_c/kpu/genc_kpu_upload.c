#include "genc_kpu_upload.h"

/* Pixels i to i + 7 of a line as the chip's word; `from` is pixel 0, [left, end) are the image's. */
static uint64_t word_of(const genc_kpu_upload_params *p, const int8_t *from, int32_t step, int32_t i, int32_t end) {
    uint64_t word = 0;
    for (int32_t k = i + 7; k >= i; k--) {
        word = word << 8 | (uint8_t)(k >= p->left && k < end ? from[(k - p->left) * step] + 128 : p->fill);
    }
    return word;
}

void genc_kpu_upload(const genc_kpu_upload_params *p, const int8_t *x, int32_t row_begin, int32_t row_end) {
    int32_t step = p->rotated ? -p->channels : p->channels;
    (void)row_begin;
    (void)row_end;
    genc_kpu_start();
    for (int32_t c = 0; c < p->channels; c++) {
        for (int32_t line = 0; line < p->map.height; line++) {
            uint64_t *to = (uint64_t *)(void *)genc_kpu_line(&p->map, c, line);
            int32_t y = line - p->top, inside = y >= 0 && y < p->height, end = inside ? p->left + p->width : 0;
            const int8_t *from = x + c;
            if (p->rotated) y = p->height - 1 - y;
            if (inside) from += (y * p->width + (p->rotated ? p->width - 1 : 0)) * p->channels;
            for (int32_t i = 0; i < p->map.width; i += 8) to[i / 8] = word_of(p, from, step, i, end);
        }
    }
}
