#include "genc_strided_copy.h"

#include "genc_odometer.h"

#if defined(__GNUC__)
#define ALIGNED(pointer, bytes) __builtin_assume_aligned(pointer, bytes)
#else
#define ALIGNED(pointer, bytes) (pointer)
#endif

/* A line of blocks of a size that the compiler knows, at addresses that are multiples of it. */
#define COPY_LINE(bytes)                                                                             \
    do {                                                                                             \
        for (int32_t i = 0; i < count; i++) {                                                        \
            memcpy(ALIGNED(y + i * y_step, bytes), ALIGNED(x + i * x_step, bytes), (size_t)(bytes)); \
        }                                                                                            \
    } while (0)

#define COPY_WORD(n) memcpy(ALIGNED(y + 4 * (n), 4), ALIGNED(x + 4 * (n), 4), 4)

#define CALL_BYTES 12 /* blocks shorter than this are not worth a call of memcpy */

void genc_copy_block(int8_t *GENC_RESTRICT y, const int8_t *GENC_RESTRICT x, int32_t bytes)
{
    if ((((uintptr_t)x | (uintptr_t)y) & 3u) == 0) {
        for (; bytes >= 16; bytes -= 16, x += 16, y += 16) {
            COPY_WORD(0);
            COPY_WORD(1);
            COPY_WORD(2);
            COPY_WORD(3);
        }
        for (; bytes >= 4; bytes -= 4, x += 4, y += 4) COPY_WORD(0);
    } else if (bytes >= CALL_BYTES) {
        memcpy(y, x, (size_t)bytes);
        return;
    }
    for (; bytes > 0; bytes--) *y++ = *x++;
}

static void copy_line(int8_t *y, const int8_t *x, int32_t block, const int32_t *dim)
{
    const int32_t count = dim[0], x_step = dim[1], y_step = dim[2];
    const uintptr_t places = (uintptr_t)x | (uintptr_t)y | (uintptr_t)(intptr_t)x_step | (uintptr_t)(intptr_t)y_step;
    if (block == 1) {
        COPY_LINE(1);
    } else if (block == 2 && (places & 1u) == 0) {
        COPY_LINE(2);
    } else if (block == 4 && (places & 3u) == 0) {
        COPY_LINE(4);
    } else {
        for (int32_t i = 0; i < count; i++) genc_copy_block(y + i * y_step, x + i * x_step, block);
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
