#include "genc_kpu_place.h"

void genc_kpu_place(const genc_kpu_place_params *p, int32_t row_begin, int32_t row_end) {
    int moves = p->from.row != p->to.row || p->channel != 0;
    (void)row_begin;
    (void)row_end;
    for (int32_t c = 0; c < p->channels; c++) {
        for (int32_t y = 0; y < p->to.height; y++) {
            uint8_t *to = genc_kpu_line(&p->to, c + p->channel, y);
            int32_t inside = y < p->height ? p->width : 0;
            if (moves && inside) {
                const uint8_t *from = genc_kpu_line(&p->from, c, y * p->stride);
                for (int32_t i = 0; i < inside; i++) {
                    uint8_t pixel = from[i * p->stride];
                    to[i] = p->table != NULL ? p->table[pixel] : pixel;
                }
            }
            for (int32_t i = inside; i < p->to.width; i++) to[i] = (uint8_t)p->fill;
        }
    }
}
