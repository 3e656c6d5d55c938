#include "genc_strided_copy.h"

#include "genc_odometer.h"

#define CALL_BYTES 12 /* blocks shorter than this are not worth a call of memcpy */

static void copy_line(int8_t *y, const int8_t *x, int32_t block, const int32_t *dim)
{
    for (int32_t i = 0; i < dim[0]; i++) {
        const int8_t *in = x + (ptrdiff_t)i * dim[1];
        int8_t *out = y + (ptrdiff_t)i * dim[2];
        if (block >= CALL_BYTES)
            memcpy(out, in, (size_t)block);
        else
            for (int32_t b = 0; b < block; b++) out[b] = in[b];
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
