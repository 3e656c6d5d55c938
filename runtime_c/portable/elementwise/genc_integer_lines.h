/**
 * @file genc_integer_lines.h
 * @brief Line functions on plain integers and truth values: arithmetic that wraps, comparison, choice.
 *
 * Semantics: TFLite's reference kernels.  What these leave open is defined here: overflow wraps, a division by zero
 * gives 0.
 */
#ifndef GENC_INTEGER_LINES_H
#define GENC_INTEGER_LINES_H

#include "genc_line.h"

#define GENC_WRAP_32(a, op, b) (int32_t)((uint32_t)(a)op(uint32_t)(b))
#define GENC_WRAP_64(a, op, b) (int64_t)((uint64_t)(a)op(uint64_t)(b))

/** a / b toward zero. */
static inline int32_t genc_quotient_i32(int32_t a, int32_t b)
{
    return b == 0 ? 0 : b == -1 ? GENC_WRAP_32(0, -, a) : a / b;
}

/** a / b rounded down. */
static inline int32_t genc_floor_quotient_i32(int32_t a, int32_t b)
{
    if (b == 0 || b == -1) return genc_quotient_i32(a, b);
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/** What is left of it, with the sign of b; 0 for b == 0. */
static inline int32_t genc_floor_rest_i32(int32_t a, int32_t b)
{
    if (b == 0 || b == -1) return 0;
    const int32_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/** a / b toward zero. */
static inline int64_t genc_quotient_i64(int64_t a, int64_t b)
{
    return b == 0 ? 0 : b == -1 ? GENC_WRAP_64(0, -, a) : a / b;
}

/** a / b rounded down. */
static inline int64_t genc_floor_quotient_i64(int64_t a, int64_t b)
{
    if (b == 0 || b == -1) return genc_quotient_i64(a, b);
    return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

/** What is left of it, with the sign of b; 0 for b == 0. */
static inline int64_t genc_floor_rest_i64(int64_t a, int64_t b)
{
    if (b == 0 || b == -1) return 0;
    const int64_t rest = a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

/** Limits to numbers[0] ... numbers[1]; no limits when NULL. */
static inline int32_t genc_limited_i32(int32_t value, const int32_t *numbers)
{
    return numbers == NULL ? value : genc_clamp(value, numbers[0], numbers[1]);
}

/** Limits to numbers[0] ... numbers[1], INT32_MAX being none; no limits when NULL. */
static inline int64_t genc_limited_i64(int64_t value, const int32_t *numbers)
{
    if (numbers == NULL) return value;
    if (value < numbers[0]) return numbers[0];
    return value > numbers[1] && numbers[1] != INT32_MAX ? numbers[1] : value;
}

GENC_LINE_1(genc_abs_i32, int32_t, int32_t, x < 0 ? GENC_WRAP_32(0, -, x) : x)
GENC_LINE_1(genc_neg_i16, int16_t, int16_t, x == INT16_MIN ? x : -x)
GENC_LINE_1(genc_neg_i32, int32_t, int32_t, GENC_WRAP_32(0, -, x))
GENC_LINE_1(genc_neg_i64, int64_t, int64_t, GENC_WRAP_64(0, -, x))
GENC_LINE_1(genc_logical_not, uint8_t, uint8_t, x == 0)

GENC_LINE_2(genc_add_i32, int32_t, int32_t, genc_limited_i32(GENC_WRAP_32(a, +, b), line->numbers))
GENC_LINE_2(genc_sub_i32, int32_t, int32_t, genc_limited_i32(GENC_WRAP_32(a, -, b), line->numbers))
GENC_LINE_2(genc_mul_i32, int32_t, int32_t, genc_limited_i32(GENC_WRAP_32(a, *, b), line->numbers))
GENC_LINE_2(genc_div_i32, int32_t, int32_t, genc_limited_i32(genc_quotient_i32(a, b), line->numbers))
GENC_LINE_2(genc_maximum_i32, int32_t, int32_t, a > b ? a : b)
GENC_LINE_2(genc_minimum_i32, int32_t, int32_t, a < b ? a : b)
GENC_LINE_2(genc_floor_div_i8, int8_t, int8_t, a == INT8_MIN && b == -1 ? a : genc_floor_quotient_i32(a, b))
GENC_LINE_2(genc_floor_mod_i8, int8_t, int8_t, genc_floor_rest_i32(a, b))
GENC_LINE_2(genc_floor_div_i16, int16_t, int16_t, a == INT16_MIN && b == -1 ? a : genc_floor_quotient_i32(a, b))
GENC_LINE_2(genc_floor_mod_i16, int16_t, int16_t, genc_floor_rest_i32(a, b))
GENC_LINE_2(genc_floor_div_i32, int32_t, int32_t, genc_floor_quotient_i32(a, b))
GENC_LINE_2(genc_floor_mod_i32, int32_t, int32_t, genc_floor_rest_i32(a, b))
GENC_LINE_2(genc_squared_difference_i32, int32_t, int32_t, GENC_WRAP_32(GENC_WRAP_32(a, -, b), *, GENC_WRAP_32(a, -, b)))

GENC_LINE_2(genc_add_i64, int64_t, int64_t, genc_limited_i64(GENC_WRAP_64(a, +, b), line->numbers))
GENC_LINE_2(genc_sub_i64, int64_t, int64_t, genc_limited_i64(GENC_WRAP_64(a, -, b), line->numbers))
GENC_LINE_2(genc_mul_i64, int64_t, int64_t, genc_limited_i64(GENC_WRAP_64(a, *, b), line->numbers))
GENC_LINE_2(genc_div_i64, int64_t, int64_t, genc_limited_i64(genc_quotient_i64(a, b), line->numbers))
GENC_LINE_2(genc_maximum_i64, int64_t, int64_t, a > b ? a : b)
GENC_LINE_2(genc_minimum_i64, int64_t, int64_t, a < b ? a : b)
GENC_LINE_2(genc_floor_div_i64, int64_t, int64_t, genc_floor_quotient_i64(a, b))
GENC_LINE_2(genc_floor_mod_i64, int64_t, int64_t, genc_floor_rest_i64(a, b))

GENC_LINE_2(genc_logical_and, uint8_t, uint8_t, a != 0 && b != 0)
GENC_LINE_2(genc_logical_or, uint8_t, uint8_t, a != 0 || b != 0)

/** Comparisons of one type; less and less_equal are these with the operands exchanged. */
#define GENC_COMPARISON_LINES(suffix, TYPE)                               \
    GENC_LINE_2(genc_equal_##suffix, TYPE, uint8_t, a == b)               \
    GENC_LINE_2(genc_not_equal_##suffix, TYPE, uint8_t, a != b)           \
    GENC_LINE_2(genc_greater_##suffix, TYPE, uint8_t, a > b)              \
    GENC_LINE_2(genc_greater_equal_##suffix, TYPE, uint8_t, a >= b)

GENC_COMPARISON_LINES(bool, uint8_t)
GENC_COMPARISON_LINES(i16, int16_t)
GENC_COMPARISON_LINES(i32, int32_t)
GENC_COMPARISON_LINES(i64, int64_t)
GENC_COMPARISON_LINES(f32, float)

/** Defines a choice between elements of some bytes: where operand 0, a truth value, holds, operand 1, else 2. */
#define GENC_SELECT_LINE(name, bytes)                                              \
    static inline void name(const genc_line *line)                                 \
    {                                                                              \
        const uint8_t *condition = (const uint8_t *)line->in[0];                   \
        const int8_t *a = (const int8_t *)line->in[1];                             \
        const int8_t *b = (const int8_t *)line->in[2];                             \
        int8_t *out = (int8_t *)line->out;                                         \
        for (int32_t i = 0; i < line->count; i++) {                                \
            int8_t element[bytes]; /* the result may lie on an operand */          \
            memcpy(element, *condition != 0 ? a : b, bytes);                       \
            memcpy(out + i * (bytes), element, bytes);                             \
            condition += line->step[0];                                            \
            a += line->step[1] * (bytes);                                          \
            b += line->step[2] * (bytes);                                          \
        }                                                                          \
    }

GENC_SELECT_LINE(genc_select_1, 1)
GENC_SELECT_LINE(genc_select_2, 2)
GENC_SELECT_LINE(genc_select_4, 4)
GENC_SELECT_LINE(genc_select_8, 8)

#endif /* GENC_INTEGER_LINES_H */
