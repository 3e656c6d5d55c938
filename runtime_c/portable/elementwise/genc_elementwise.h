#ifndef GENC_ELEMENTWISE_H
#define GENC_ELEMENTWISE_H

#include "genc_activation_lines.h"
#include "genc_cast_lines.h"
#include "genc_float_lines.h"
#include "genc_function_lines.h"
#include "genc_int16_lines.h"
#include "genc_integer_lines.h"
#include "genc_quantized_lines.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How one operand is walked: output row r reads row rows[r] of it, or row r when rows is NULL. */
#define GENC_OPERAND_FIELDS(name)                                                          \
    const void *name##_constant; /**< the operand, when known at compile time; else NULL */ \
    const int32_t *name##_rows;  /**< row for each output row; NULL for row r */           \
    int32_t name##_held;         /**< rows kept; 0 when there is no such operand */        \
    int32_t name##_row_bytes;    /**< of a row */                                          \
    int32_t name##_column_bytes; /**< from one column to the next, 0 when it has one */    \
    int32_t name##_step;         /**< 1, or 0 when a column is one element */

/** Parameters of genc_elementwise_1, _2 and _3. */
typedef struct {
    void (*line)(const genc_line *line); /**< the function */
    const int32_t *numbers;              /**< its constants, or NULL */
    int32_t columns;                     /**< of a row of y */
    int32_t channels;                    /**< elements of a column; a row of y has columns * channels */
    int32_t y_bytes;                     /**< of an element of y */
    int32_t y_held;                      /**< rows kept of y */
    GENC_OPERAND_FIELDS(a)
    GENC_OPERAND_FIELDS(b)
    GENC_OPERAND_FIELDS(c)
} genc_elementwise_params;

/**
 * y = function(a, b, c), element by element, with broadcasting; serves genc_elementwise_1, _2 and _3.
 * @param given  the operands that are not constant, in their order
 * @param y      rows of columns * channels elements of y_bytes; may lie on an operand of the same size and shape
 */
void genc_elementwise(const genc_elementwise_params *p, const void *const given[3], void *y, int32_t row_begin,
                      int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_ELEMENTWISE_H */
