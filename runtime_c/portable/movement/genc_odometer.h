/**
 * @file genc_odometer.h
 * @brief Walks the positions of a box of up to eight dimensions, innermost dimension fastest.
 */
#ifndef GENC_ODOMETER_H
#define GENC_ODOMETER_H

#include "genc_kernel.h"

/** Most dimensions of a box. */
#define GENC_BOX_RANK 8

/**
 * Step to the next position.
 * @param index    current position, GENC_BOX_RANK entries, zero at the start
 * @param dims     rank groups of `stride` numbers, outermost first: size, then a step in bytes per pointer
 * @param rank     0 ... GENC_BOX_RANK
 * @param stride   numbers per dimension: 2 or 3
 * @param offsets  stride - 1 running offsets in bytes, zero at the start
 * @return 1, or 0 when the box is done
 */
static inline int32_t genc_next_position(int32_t *index, const int32_t *dims, int32_t rank, int32_t stride,
                                         int32_t *offsets)
{
    for (int32_t d = rank - 1; d >= 0; d--) {
        const int32_t *dim = dims + d * stride;
        const int32_t more = index[d] + 1 < dim[0];
        const int32_t steps = more ? 1 : -index[d];
        for (int32_t i = 1; i < stride; i++) offsets[i - 1] += steps * dim[i];
        index[d] += steps;
        if (more) return 1;
    }
    return 0;
}

#endif /* GENC_ODOMETER_H */
