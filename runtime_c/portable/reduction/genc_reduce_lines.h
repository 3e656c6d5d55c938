/**
 * @file genc_reduce_lines.h
 * @brief Functions of genc_reduce: sums, products, extremes, truth, and the place of an extreme.
 *
 * Semantics: TFLite's reference/reduce.h and reference/arg_min_max.h; integer sums and products wrap.
 */
#ifndef GENC_REDUCE_LINES_H
#define GENC_REDUCE_LINES_H

#include "genc_requantize.h"

/** A run of elements to take into one result. */
typedef struct {
    const void *x;          /**< the first element */
    int32_t step;           /**< elements from one to the next */
    int32_t count;          /**< elements, > 0 */
    int32_t first;          /**< 1 for the first run of a result */
    int32_t last;           /**< 1 for the last run of a result: it is final */
    void *y;                /**< the result; holds what is known so far, where the type allows */
    int32_t sum;            /**< what is known so far, where the result's type does not allow it */
    const int32_t *numbers; /**< constants of the function, as it says; NULL when it has none */
} genc_reduce_run;

/** Defines a reduction: `start` is the result of nothing, `expression` takes element v into result r. */
#define GENC_REDUCE_LINE(name, TYPE, start, expression)                      \
    static inline void name(genc_reduce_run *run)                            \
    {                                                                        \
        const TYPE *x = (const TYPE *)run->x;                                \
        TYPE *y = (TYPE *)run->y;                                            \
        TYPE r = run->first ? (start) : *y;                                  \
        for (int32_t i = 0; i < run->count; i++) {                           \
            const TYPE v = x[i * run->step];                                 \
            r = (TYPE)(expression);                                          \
        }                                                                    \
        *y = r;                                                              \
    }

GENC_REDUCE_LINE(genc_sum_f32, float, 0.0f, r + v)
GENC_REDUCE_LINE(genc_sum_i32, int32_t, 0, (uint32_t)r + (uint32_t)v)
GENC_REDUCE_LINE(genc_sum_i64, int64_t, 0, (uint64_t)r + (uint64_t)v)
GENC_REDUCE_LINE(genc_reduce_prod_f32, float, 1.0f, r *v)
GENC_REDUCE_LINE(genc_reduce_prod_i32, int32_t, 1, (uint32_t)r *(uint32_t)v)
GENC_REDUCE_LINE(genc_reduce_prod_i64, int64_t, 1, (uint64_t)r *(uint64_t)v)
GENC_REDUCE_LINE(genc_reduce_any, uint8_t, 0, r != 0 || v != 0)
GENC_REDUCE_LINE(genc_reduce_all, uint8_t, 1, r != 0 && v != 0)

/** Defines the extremes of a type, and their places: the first of equal ones counts. */
#define GENC_EXTREME_LINES(suffix, TYPE)                                         \
    GENC_REDUCE_LINE(genc_reduce_max_##suffix, TYPE, *x, v > r ? v : r)          \
    GENC_REDUCE_LINE(genc_reduce_min_##suffix, TYPE, *x, v < r ? v : r)          \
    static inline int32_t genc_arg_max_##suffix(const genc_reduce_run *run)      \
    {                                                                            \
        const TYPE *x = (const TYPE *)run->x;                                    \
        int32_t best = 0;                                                        \
        for (int32_t i = 1; i < run->count; i++)                                 \
            if (x[i * run->step] > x[best * run->step]) best = i;                \
        return best;                                                             \
    }                                                                            \
    static inline int32_t genc_arg_min_##suffix(const genc_reduce_run *run)      \
    {                                                                            \
        const TYPE *x = (const TYPE *)run->x;                                    \
        int32_t best = 0;                                                        \
        for (int32_t i = 1; i < run->count; i++)                                 \
            if (x[i * run->step] < x[best * run->step]) best = i;                \
        return best;                                                             \
    }                                                                            \
    static inline void genc_arg_max_##suffix##_4(genc_reduce_run *run)           \
    {                                                                            \
        *(int32_t *)run->y = genc_arg_max_##suffix(run);                         \
    }                                                                            \
    static inline void genc_arg_min_##suffix##_4(genc_reduce_run *run)           \
    {                                                                            \
        *(int32_t *)run->y = genc_arg_min_##suffix(run);                         \
    }                                                                            \
    static inline void genc_arg_max_##suffix##_8(genc_reduce_run *run)           \
    {                                                                            \
        *(int64_t *)run->y = genc_arg_max_##suffix(run);                         \
    }                                                                            \
    static inline void genc_arg_min_##suffix##_8(genc_reduce_run *run)           \
    {                                                                            \
        *(int64_t *)run->y = genc_arg_min_##suffix(run);                         \
    }

GENC_EXTREME_LINES(int8, int8_t)
GENC_EXTREME_LINES(uint8, uint8_t)
GENC_EXTREME_LINES(bool, uint8_t)
GENC_EXTREME_LINES(int16, int16_t)
GENC_EXTREME_LINES(int32, int32_t)
GENC_EXTREME_LINES(int64, int64_t)
GENC_EXTREME_LINES(float32, float)

/**
 * Defines the sum of quantised elements, requantised.
 * numbers: elements * zero point of x, multiplier, shift, zero point, low, high of y.
 */
#define GENC_QUANTIZED_SUM_LINE(name, TYPE)                                                    \
    static inline void name(genc_reduce_run *run)                                              \
    {                                                                                          \
        const TYPE *x = (const TYPE *)run->x;                                                  \
        const int32_t *numbers = run->numbers;                                                 \
        int32_t sum = run->first ? -numbers[0] : run->sum;                                     \
        for (int32_t i = 0; i < run->count; i++)                                               \
            sum = (int32_t)((uint32_t)sum + (uint32_t)x[i * run->step]);                       \
        run->sum = sum;                                                                        \
        if (run->last) {                                                                       \
            const int32_t raw = genc_scale(sum, numbers[1], numbers[2]) + numbers[3];          \
            *(TYPE *)run->y = (TYPE)genc_clamp(raw, numbers[4], numbers[5]);                   \
        }                                                                                      \
    }

GENC_QUANTIZED_SUM_LINE(genc_sum_int8, int8_t)
GENC_QUANTIZED_SUM_LINE(genc_sum_uint8, uint8_t)
GENC_QUANTIZED_SUM_LINE(genc_sum_int16, int16_t)

#endif /* GENC_REDUCE_LINES_H */
