#include "genc_kpu_place.h"

/* A line of the image, from map to map. */
static void move(const genc_kpu_place_params *p, const uint8_t *from, uint8_t *to) {
    for (int32_t i = 0; i < p->width; i++, from += p->stride) *to++ = p->table != NULL ? p->table[*from] : *from;
}

void genc_kpu_place(const genc_kpu_place_params *p, int32_t row_begin, int32_t row_end) {
    int moves = p->from.row != p->to.row || p->channel != 0;
    (void)row_begin;
    (void)row_end;
    for (int32_t c = 0; c < p->channels; c++) {
        for (int32_t line = 0; line < p->to.height; line++) {
            uint8_t *to = genc_kpu_line(&p->to, c + p->channel, line);
            int32_t y = line - p->top, inside = y >= 0 && y < p->height, end = inside ? p->left + p->width : 0;
            for (int32_t i = 0; i < p->to.width; i++) {
                if (i < p->left || i >= end) to[i] = (uint8_t)p->fill;
            }
            if (moves && inside) move(p, genc_kpu_line(&p->from, c, p->from_top + y * p->stride) + p->from_left, to + p->left);
        }
    }
}
