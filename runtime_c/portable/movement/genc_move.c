#include "genc_move.h"

void genc_move(const genc_move_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    int32_t r = row_begin;
    while (r < row_end) {
        const int32_t x_rows = p->x_held - r % p->x_held;
        const int32_t y_rows = p->y_held - r % p->y_held;
        int32_t rows = row_end - r;
        if (rows > x_rows) rows = x_rows;
        if (rows > y_rows) rows = y_rows;
        int8_t *out = genc_row_out(y, r, p->y_held, p->row_bytes);
        const int8_t *in = genc_row(x, r, p->x_held, p->row_bytes);
        if (out != in) memmove(out, in, (size_t)rows * (size_t)p->row_bytes);
        r += rows;
    }
}
