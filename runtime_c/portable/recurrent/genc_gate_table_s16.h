/**
 * @file genc_gate_table_s16.h
 * @brief Logistic and tanh in 16-bit fixed point from a table: the same values as genc_gates_s16, sooner.
 *
 * Both are made of r(z) = 2 / (1 + exp(-z)), 0 <= z < 8, in Q2, as gemmlowp computes it: its exponential of more
 * integer bits is that of fewer at multiples of the argument.  Entry i is r(i / 4096), i < 32768: a line per 512
 * entries and what the entry is above it, 0 ... 15.  codegen.backends.portable.gate_table fills the table and proves
 * every entry; entry 0 is 8192, as the functions are at zero.
 */
#ifndef GENC_GATE_TABLE_S16_H
#define GENC_GATE_TABLE_S16_H

#include "genc_kernel.h"

#define GENC_GATE_LINES 64      /* words {slope: 15 bits, base / 2 << 16}, before the entries, eight to a word */
#define GENC_GATE_ENTRIES 32768 /* arguments below 8 */

/** r of entry i < GENC_GATE_ENTRIES: 8190 ... 16378. */
static inline int32_t genc_gate_entry(const uint32_t *table, uint32_t i)
{
    const uint32_t line = table[i >> 9], above = table[GENC_GATE_LINES + (i >> 3)] >> (4 * (i & 7));
    const int32_t at = (int32_t)line + (int32_t)(line & 0x7FFFu) * (int32_t)(i & 511);
    return (at >> 15) + (int32_t)(above & 15);
}

/** 1 / (1 + exp(-x)): Q3 to Q0. */
static inline int32_t genc_logistic_entry(const uint32_t *table, int32_t x)
{
    const int32_t size = x < 0 ? -x : x;
    const int32_t y = 2 * genc_gate_entry(table, (uint32_t)(size < GENC_GATE_ENTRIES ? size : GENC_GATE_ENTRIES - 1));
    return x < 0 ? 32767 - y : y;
}

/** tanh(x): Q(2 + doublings) to Q0. */
static inline int32_t genc_tanh_entry(const uint32_t *table, int32_t x, int32_t doublings)
{
    const int32_t i = (x < 0 ? -x : x) * (1 << doublings);
    int32_t y = 32767;
    if (i < GENC_GATE_ENTRIES) {
        y = 4 * (genc_gate_entry(table, (uint32_t)i) - 8192);
    } else if (i < 37460) { /* the three steps that r still makes */
        y = 4 * ((i < 34338 ? 16378 : i < 35608 ? 16379 : 16383) - 8192);
    }
    return x < 0 ? -y : y;
}

/** v[i] = 1 / (1 + exp(-v[i])): Q3 to Q0, count values. */
void genc_logistic_table_s16(const uint32_t *table, int16_t *v, int32_t count);

/**
 * y[i] = tanh(x[i]): Q(2 + doublings) to Q0.
 * @param x          count values
 * @param y          count values; may be x
 * @param doublings  0 ... 4
 */
void genc_tanh_table_s16(const uint32_t *table, const int16_t *x, int16_t *y, int32_t count, int32_t doublings);

#endif /* GENC_GATE_TABLE_S16_H */
