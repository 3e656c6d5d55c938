/**
 * @file genc_integer.h
 * @brief Reading integers whose type is a parameter, for the kernels at a model's borders.
 */
#ifndef GENC_INTEGER_H
#define GENC_INTEGER_H

#include "genc_kernel.h"

/** Element `i` of an array of int8 (bytes 1), uint8 (bytes 1, is_unsigned), int16 (bytes 2) or int32 (bytes 4). */
static inline int32_t genc_integer_at(const void *base, int32_t i, int32_t bytes, int32_t is_unsigned)
{
    if (bytes == 4) return ((const int32_t *)base)[i];
    if (bytes == 2) return ((const int16_t *)base)[i];
    return is_unsigned ? ((const uint8_t *)base)[i] : ((const int8_t *)base)[i];
}

#endif /* GENC_INTEGER_H */
