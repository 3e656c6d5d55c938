/**
 * @file genc_line.h
 * @brief Element-wise functions work on lines: the innermost run of elements that a kernel hands them.
 *
 * A line function is a field of the parameters of genc_elementwise_1, _2 and _3; it is `static inline`, so that a
 * model contains those it names and no others.
 */
#ifndef GENC_LINE_H
#define GENC_LINE_H

#include "genc_kernel.h"

/** A run of elements. */
typedef struct {
    const void *in[3];      /**< first element of each operand; NULL for those that are not there */
    int32_t step[3];        /**< elements from one to the next of each operand: 1, or 0 to repeat it */
    void *out;              /**< where the results go, one after the other; may be an operand of step 1 */
    int32_t count;          /**< elements to compute */
    const int32_t *numbers; /**< constants of the function, as it says; NULL when it has none */
} genc_line;

/** Defines a line function of one operand: `expression` of x, type IN, gives an OUT. */
#define GENC_LINE_1(name, IN, OUT, expression)                                     \
    static inline void name(const genc_line *line)                                 \
    {                                                                              \
        const IN *in = (const IN *)line->in[0];                                    \
        OUT *out = (OUT *)line->out;                                               \
        const int32_t step = line->step[0], count = line->count;                   \
        for (int32_t i = 0; i < count; i++, in += step) {                          \
            const IN x = *in;                                                      \
            out[i] = (OUT)(expression);                                            \
        }                                                                          \
    }

/** Defines a line function of two operands: `expression` of a and b, type IN, gives an OUT. */
#define GENC_LINE_2(name, IN, OUT, expression)                                     \
    static inline void name(const genc_line *line)                                 \
    {                                                                              \
        const IN *in_a = (const IN *)line->in[0];                                  \
        const IN *in_b = (const IN *)line->in[1];                                  \
        OUT *out = (OUT *)line->out;                                               \
        const int32_t a_step = line->step[0], b_step = line->step[1];              \
        const int32_t count = line->count;                                         \
        for (int32_t i = 0; i < count; i++, in_a += a_step, in_b += b_step) {      \
            const IN a = *in_a, b = *in_b;                                         \
            out[i] = (OUT)(expression);                                            \
        }                                                                          \
    }

#endif /* GENC_LINE_H */
