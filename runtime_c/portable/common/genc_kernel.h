/**
 * @file genc_kernel.h
 * @brief What every kernel includes first: fixed-point arithmetic and row addressing.
 *
 * Private to the kernels.  gen-c copies it with the model's prefix, like every kernel.
 */
#ifndef GENC_KERNEL_H
#define GENC_KERNEL_H

/* Arduino and most IDE projects build with -Os; the kernels are worth -O2 (docs/kernels.md).
   First in the file: GCC does not inline across different levels. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE_SIZE__) && !defined(GENC_KEEP_OS)
#pragma GCC optimize("O2")
#endif

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
#define GENC_RESTRICT __restrict
#else
#define GENC_RESTRICT restrict
#endif

/* For the inner loops: keep a function out of line, so that it has the registers for itself, and keep
   the compiler from loading ahead (fence) or renaming an accumulator (keep) until it has to spill. */
#if defined(__GNUC__) || defined(__clang__)
#define GENC_NOINLINE __attribute__((noinline))
#define GENC_FENCE() __asm__ volatile("" ::: "memory")
#define GENC_KEEP(variable) __asm__ volatile("" : "+r"(variable))
#else
#define GENC_NOINLINE
#define GENC_FENCE() ((void)0)
#define GENC_KEEP(variable) ((void)(variable))
#endif

/**
 * Address of a row of a tensor of which `held` rows are kept as a ring.
 * @param base  the ring's first byte
 * @param row   row of the tensor, >= 0
 * @param held  rows kept, > 0; all of them when the tensor is held whole
 * @param bytes of one row
 */
static inline const int8_t *genc_row(const void *base, int32_t row, int32_t held, int32_t bytes)
{
    if (row >= held) row %= held;
    return (const int8_t *)base + (ptrdiff_t)row * bytes;
}

/** The same, to be written. */
static inline int8_t *genc_row_out(void *base, int32_t row, int32_t held, int32_t bytes)
{
    if (row >= held) row %= held;
    return (int8_t *)base + (ptrdiff_t)row * bytes;
}

/** How many of the rows [row, end) lie one after the other: up to the ring's end. */
static inline int32_t genc_rows_ahead(int32_t row, int32_t end, int32_t held)
{
    const int32_t ahead = held - row % held;
    return end - row < ahead ? end - row : ahead;
}

/** The value, limited to [low, high]. */
static inline int32_t genc_clamp(int32_t value, int32_t low, int32_t high)
{
    if (value < low) return low;
    return value > high ? high : value;
}

#endif /* GENC_KERNEL_H */
