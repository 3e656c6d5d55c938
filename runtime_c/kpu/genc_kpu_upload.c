#include "genc_kpu_upload.h"

/* Pixels i to i + 7 of a line, `inside` of which are the image's, as the chip's word. */
static uint64_t word_of(const int8_t *from, int32_t step, int32_t i, int32_t inside, int32_t fill) {
    uint64_t word = 0;
    for (int32_t k = i + 7; k >= i; k--) word = word << 8 | (uint8_t)(k < inside ? from[k * step] + 128 : fill);
    return word;
}

void genc_kpu_upload(const genc_kpu_upload_params *p, const int8_t *x, int32_t row_begin, int32_t row_end) {
    int32_t step = p->rotated ? -p->channels : p->channels;
    (void)row_begin;
    (void)row_end;
    genc_kpu_start();
    for (int32_t c = 0; c < p->channels; c++) {
        for (int32_t y = 0; y < p->map.height; y++) {
            uint64_t *to = (uint64_t *)(void *)genc_kpu_line(&p->map, c, y);
            int32_t from_y = p->rotated ? p->height - 1 - y : y, inside = y < p->height ? p->width : 0;
            const int8_t *from = x + c;
            if (inside) from += (from_y * p->width + (p->rotated ? p->width - 1 : 0)) * p->channels;
            for (int32_t i = 0; i < p->map.width; i += 8) to[i / 8] = word_of(from, step, i, inside, p->fill);
        }
    }
}
