/**
 * @file genc_taps.h
 * @brief Which elements of a window lie inside the input, along one axis.
 */
#ifndef GENC_TAPS_H
#define GENC_TAPS_H

#include "genc_kernel.h"

/** The first kernel element, of those `dilation` apart from `start` on, that lies at 0 or after. */
static inline int32_t genc_taps_first(int32_t start, int32_t dilation)
{
    return start >= 0 ? 0 : (dilation - 1 - start) / dilation;
}

/** One past the last of `kernel` elements, `dilation` apart from `start` on, that lies before `size`. */
static inline int32_t genc_taps_last(int32_t start, int32_t dilation, int32_t kernel, int32_t size)
{
    const int32_t last = size <= start ? 0 : (size - start + dilation - 1) / dilation;
    return last < kernel ? last : kernel;
}

#endif /* GENC_TAPS_H */
