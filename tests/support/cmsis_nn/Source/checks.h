/* What the stand-in for CMSIS-NN checks everywhere, and its scaling.  A wrong call ends the program. */
#ifndef CHECKS_H
#define CHECKS_H

#include "arm_nnfunctions.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__ARM_FEATURE_MVE)
enum { MVE = 1, DSP = 1 };
#elif defined(__ARM_FEATURE_DSP)
enum { MVE = 0, DSP = 1 };
#else
enum { MVE = 0, DSP = 0 };
#endif

#define demand(is) demand_at(is, __LINE__)

static inline void demand_at(int is, int line)
{
    if (is) return;
    fprintf(stderr, "CMSIS-NN's double, line %d: wrong call\n", line);
    abort();
}

static inline void check_buffer(const cmsis_nn_context *ctx, int32_t bytes)
{
    demand(ctx != NULL && ctx->size == bytes);
    if (bytes == 0) return;
    demand(ctx->buf != NULL && (uintptr_t)ctx->buf % (MVE ? 16 : 4) == 0);
    memset(ctx->buf, 0xA5, (size_t)bytes);
}

static inline int32_t requantize(int32_t sum, int32_t multiplier, int32_t shift)
{
    const int32_t left = shift > 0 ? shift : 0, right = shift > 0 ? 0 : -shift;
    const int64_t high = ((int64_t)(int32_t)((uint32_t)sum << left) * multiplier + (1 << 30)) >> 31;
    const int64_t mask = ((int64_t)1 << right) - 1;
    demand(shift >= -31 && shift <= 30 && multiplier >= 0 && (int64_t)sum << left == (int32_t)((uint32_t)sum << left));
    return (int32_t)((high >> right) + ((high & mask) > (mask >> 1) + (high < 0)));
}

#endif /* CHECKS_H */
