/**
 * @file genc_cast_lines.h
 * @brief Line functions of CAST: from every element type to every other.
 *
 * Semantics: static_cast of TFLite on x86: integers are cut to their low bits; a float is cut to its integer part, and
 * one beyond the range (or NaN) counts as the smallest int32 (int64 for int64) before its low bits are taken.
 */
#ifndef GENC_CAST_LINES_H
#define GENC_CAST_LINES_H

#include "genc_line.h"

/** The integer part of a float. */
static inline int32_t genc_whole_i32(float x)
{
    return x >= -2147483648.0f && x < 2147483648.0f ? (int32_t)x : INT32_MIN;
}

/** The integer part of a float. */
static inline int64_t genc_whole_i64(float x)
{
    return x >= -9223372036854775808.0f && x < 9223372036854775808.0f ? (int64_t)x : INT64_MIN;
}

/** From an integer type (or bool, held as 0 and 1) to all others. */
#define GENC_CAST_LINES(from, FROM)                                        \
    GENC_LINE_1(genc_cast_##from##_bool, FROM, uint8_t, x != 0)            \
    GENC_LINE_1(genc_cast_##from##_int8, FROM, int8_t, x)                  \
    GENC_LINE_1(genc_cast_##from##_uint8, FROM, uint8_t, x)                \
    GENC_LINE_1(genc_cast_##from##_int16, FROM, int16_t, x)                \
    GENC_LINE_1(genc_cast_##from##_int32, FROM, int32_t, x)                \
    GENC_LINE_1(genc_cast_##from##_int64, FROM, int64_t, x)                \
    GENC_LINE_1(genc_cast_##from##_float32, FROM, float, x)

GENC_CAST_LINES(bool, uint8_t)
GENC_CAST_LINES(int8, int8_t)
GENC_CAST_LINES(uint8, uint8_t)
GENC_CAST_LINES(int16, int16_t)
GENC_CAST_LINES(int32, int32_t)
GENC_CAST_LINES(int64, int64_t)

GENC_LINE_1(genc_cast_float32_bool, float, uint8_t, x != 0.0f)
GENC_LINE_1(genc_cast_float32_int8, float, int8_t, genc_whole_i32(x))
GENC_LINE_1(genc_cast_float32_uint8, float, uint8_t, genc_whole_i32(x))
GENC_LINE_1(genc_cast_float32_int16, float, int16_t, genc_whole_i32(x))
GENC_LINE_1(genc_cast_float32_int32, float, int32_t, genc_whole_i32(x))
GENC_LINE_1(genc_cast_float32_int64, float, int64_t, genc_whole_i64(x))
GENC_LINE_1(genc_cast_float32_float32, float, float, x)

#endif /* GENC_CAST_LINES_H */
