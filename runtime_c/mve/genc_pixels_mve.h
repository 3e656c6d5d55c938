/**
 * @file genc_pixels_mve.h
 * @brief Sums and maxima over neighbouring pixels, a vector of channels at a time.
 */
#ifndef GENC_PIXELS_MVE_H
#define GENC_PIXELS_MVE_H

#include "genc_mve.h"

#if GENC_MVE

/**
 * Adds up to four channels of `count` pixels to their sums.
 * @param x      first channel of the first pixel, int8
 * @param step   bytes from one pixel to the next
 * @param lanes  channels there are
 */
static inline int32x4_t genc_add_pixels(int32x4_t sums, const int8_t *x, int32_t step, int32_t count,
                                        mve_pred16_t lanes)
{
    __asm__ volatile("vmsr p0, %[lanes]\n"
                     "wls lr, %[count], 2f\n"
                     "1:\n"
                     "vpst\n"
                     "vldrbt.s32 q0, [%[x]]\n"
                     "add %[x], %[step]\n"
                     "vadd.i32 %q[sums], %q[sums], q0\n"
                     "le lr, 1b\n"
                     "2:\n"
                     : [x] "+&l"(x), [sums] "+&w"(sums)
                     : [step] "r"(step), [count] "r"(count), [lanes] "r"((int32_t)lanes)
                     : "lr", "memory", "q0");
    return sums;
}

/** The same for the largest of up to sixteen channels. */
static inline int8x16_t genc_max_pixels(int8x16_t largest, const int8_t *x, int32_t step, int32_t count,
                                        mve_pred16_t lanes)
{
    __asm__ volatile("vmsr p0, %[lanes]\n"
                     "wls lr, %[count], 2f\n"
                     "1:\n"
                     "vpst\n"
                     "vldrbt.8 q0, [%[x]]\n"
                     "add %[x], %[step]\n"
                     "vmax.s8 %q[largest], %q[largest], q0\n"
                     "le lr, 1b\n"
                     "2:\n"
                     : [x] "+&r"(x), [largest] "+&w"(largest)
                     : [step] "r"(step), [count] "r"(count), [lanes] "r"((int32_t)lanes)
                     : "lr", "memory", "q0");
    return largest;
}

#endif

/** As genc_add_rows of genc_row_sums.h. */
static inline void genc_add_rows_mve(const int8_t *x, int32_t held, int32_t ahead, int32_t columns, int32_t channels,
                                     int32_t *sums, int32_t start, int32_t row_begin, int32_t row_end)
{
    int32_t r, c;
    for (c = 0; c < channels && row_begin == 0; c++) sums[c] = start;
    for (r = row_begin; r < row_end; r++) {
        const int8_t *const row = genc_row(x, r + ahead, held, columns * channels);
#if GENC_MVE
        for (c = 0; c < channels; c += GENC_FOUR) {
            const mve_pred16_t lanes = vctp32q((uint32_t)(channels - c));
            const int32x4_t before = vldrwq_z_s32(sums + c, lanes);
            vstrwq_p_s32(sums + c, genc_add_pixels(before, row + c, channels, columns, lanes), lanes);
        }
#else
        for (c = 0; c < columns * channels; c++) sums[c % channels] += row[c];
#endif
    }
}

#endif /* GENC_PIXELS_MVE_H */
