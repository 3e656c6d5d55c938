/**
 * @file genc_broadcast.h
 * @brief How the kernels of two operands walk them: rows of columns of channels, with repetition.
 *
 * Output row r, column w, channel c reads element `w * a_column_step + c * a_step` of operand a's row a_rows[r], or of
 * its row r when a_rows is NULL (an operand of one row is then a ring of one).  A step of 0 repeats the operand.
 */
#ifndef GENC_BROADCAST_H
#define GENC_BROADCAST_H

#include "genc_kernel.h"

/** First fields of every two-operand kernel's parameters. */
#define GENC_BROADCAST_FIELDS                                                                     \
    int32_t columns;       /**< of an output row */                                               \
    int32_t channels;      /**< elements of a column; a row of y has columns * channels */        \
    const int32_t *a_rows; /**< row of a for each output row; NULL for row r */                   \
    int32_t a_held;        /**< rows kept of a */                                                 \
    int32_t a_row_bytes;   /**< of a row of a */                                                  \
    int32_t a_column_step; /**< elements, 0 when a has one column */                              \
    int32_t a_step;        /**< 1, or 0 when a has one channel */                                 \
    const int32_t *b_rows; /**< as a_rows, for b */                                               \
    int32_t b_held;        /**< rows kept of b */                                                 \
    int32_t b_row_bytes;   /**< of a row of b */                                                  \
    int32_t b_column_step; /**< elements, 0 when b has one column */                              \
    int32_t b_step;        /**< 1, or 0 when b has one channel */                                 \
    int32_t y_held;        /**< rows kept of y */

/** Row of an operand that output row `row` reads. */
static inline const int8_t *genc_operand_row(const int8_t *base, const int32_t *rows, int32_t row, int32_t held,
                                             int32_t bytes)
{
    return genc_row(base, rows != NULL ? rows[row] : row, held, bytes);
}

#endif /* GENC_BROADCAST_H */
