/**
 * @file genc_cmsis_pairs.h
 * @brief What the adapters to CMSIS-NN's sums and products of two tensors have in common.
 */
#ifndef GENC_CMSIS_PAIRS_H
#define GENC_CMSIS_PAIRS_H

#include <arm_nnfunctions.h>
#include <stddef.h>
#include <stdint.h>

/** Two tensors of one shape, element by element; those of a product and of an extremum have no factors of their own. */
typedef struct {
    int32_t elements;     /* of a row */
    int32_t a_rows_held;  /* rows in memory, >= 1, likewise */
    int32_t b_rows_held;
    int32_t y_rows_held;
    int32_t left_shift;   /* of a sum's operands, before their factors */
    int32_t a_offset;     /* minus the zero point */
    int32_t a_multiplier;
    int32_t a_shift;      /* positive to the left */
    int32_t b_offset;
    int32_t b_multiplier;
    int32_t b_shift;
    int32_t y_offset;     /* the zero point */
    int32_t y_multiplier;
    int32_t y_shift;
    int32_t low;          /* smallest result */
    int32_t high;         /* largest result */
} genc_cmsis_pairs;

/** Rows from `row` on that lie together in all three rings, at most up to row_end. */
static inline int32_t genc_cmsis_together(const genc_cmsis_pairs *p, int32_t row, int32_t row_end)
{
    const int32_t a = p->a_rows_held - row % p->a_rows_held, b = p->b_rows_held - row % p->b_rows_held;
    const int32_t y = p->y_rows_held - row % p->y_rows_held, rows = row_end - row, ab = a < b ? a : b;
    const int32_t held = ab < y ? ab : y;
    return rows < held ? rows : held;
}

/** Elements before a row in its ring. */
static inline int32_t genc_cmsis_place(const genc_cmsis_pairs *p, int32_t row, int32_t held)
{
    return row % held * p->elements;
}

#endif /* GENC_CMSIS_PAIRS_H */
