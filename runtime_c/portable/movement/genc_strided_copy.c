#include "genc_strided_copy.h"

#include "genc_odometer.h"

#define CALL_BYTES 12 /* blocks shorter than this are not worth a call of memcpy */

static void copy_line(int8_t *y, const int8_t *x, int32_t block, const int32_t *dim)
{
    const int32_t count = dim[0], x_step = dim[1], y_step = dim[2];
    for (int32_t i = 0; i < count; i++) {
        if (block >= CALL_BYTES)
            memcpy(y, x, (size_t)block);
        else
            for (int32_t b = 0; b < block; b++) y[b] = x[b];
        if (i + 1 == count) break; /* no pointer past the end */
        x += x_step;
        y += y_step;
    }
}

void genc_strided_copy(int8_t *y, const int8_t *x, int32_t block, int32_t rank, const int32_t *dims)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offsets[2] = {0, 0};
    do {
        copy_line(y + offsets[1], x + offsets[0], block, dims + 3 * (rank - 1));
    } while (genc_next_position(index, dims, rank - 1, 3, offsets));
}
