/**
 * @file genc_row_sums.h
 * @brief Sums over all rows and columns of an image, carried from row to row: for means that need not see it whole.
 */
#ifndef GENC_ROW_SUMS_H
#define GENC_ROW_SUMS_H

#include "genc_kernel.h"

/**
 * Adds rows of x to the sums of its channels; the call with row 0 starts them.
 * @param x          int8 [rows, columns, channels], a ring of `held` rows; row r lies in place (r + ahead) % held
 * @param sums       int32 [channels], kept from call to call
 * @param start      what the sums start with
 * @param row_begin  first row to add
 * @param row_end    one past the last
 */
static inline void genc_add_rows(const int8_t *x, int32_t held, int32_t ahead, int32_t columns, int32_t channels,
                                 int32_t *sums, int32_t start, int32_t row_begin, int32_t row_end)
{
    for (int32_t c = 0; c < channels && row_begin == 0; c++) sums[c] = start;
    for (int32_t r = row_begin; r < row_end; r++) {
        const int8_t *in = genc_row(x, r + ahead, held, columns * channels);
        for (int32_t w = 0; w < columns; w++) {
            for (int32_t c = 0; c < channels; c++) sums[c] += *in++;
        }
    }
}

#endif /* GENC_ROW_SUMS_H */
