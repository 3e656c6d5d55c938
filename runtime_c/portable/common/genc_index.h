/**
 * @file genc_index.h
 * @brief Places named by indices that are computed at run time.
 */
#ifndef GENC_INDEX_H
#define GENC_INDEX_H

#include "genc_kernel.h"

/**
 * Byte offset of the place that a tuple of indices names; an index outside its axis counts as the nearest inside.
 * @param axes         depth pairs: size of the axis, bytes from one index to the next
 * @param depth        indices of the tuple
 * @param tuple        signed integers of index_bytes, aligned
 * @param index_bytes  2, 4 or 8
 */
static inline int32_t genc_index(const int32_t *axes, int32_t depth, const int8_t *tuple, int32_t index_bytes)
{
    int32_t offset = 0;
    for (int32_t k = 0; k < depth; k++) {
        const void *at = tuple + k * index_bytes;
        const int32_t size = axes[2 * k], step = axes[2 * k + 1];
        const int64_t index = index_bytes == 8   ? *(const int64_t *)at
                              : index_bytes == 4 ? *(const int32_t *)at
                                                 : *(const int16_t *)at;
        offset += (index < 0 ? 0 : index < size ? (int32_t)index : size - 1) * step;
    }
    return offset;
}

#endif /* GENC_INDEX_H */
