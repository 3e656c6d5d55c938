/**
 * @file genc_kpu_map.h
 * @brief A feature map in KPU RAM: [C][H][W] of uint8 in rows of 64 bytes.
 */
#ifndef GENC_KPU_MAP_H
#define GENC_KPU_MAP_H

#include "genc_kpu_hal.h"

/** Where a map is, and its geometry. */
typedef struct {
    int32_t row;       /**< of KPU RAM, 64 bytes each */
    int32_t height;    /**< lines */
    int32_t width;     /**< pixels of a line */
    int32_t group;     /**< channels that share a row: 4 up to width 16, 2 up to 32, else 1 */
    int32_t line_rows; /**< rows from line to line */
} genc_kpu_map;

/** Line y of channel c. */
static inline uint8_t *genc_kpu_line(const genc_kpu_map *map, int32_t c, int32_t y) {
    int32_t row = map->row + (c / map->group * map->height + y) * map->line_rows;
    return genc_kpu_ram() + row * GENC_KPU_ROW_BYTES + c % map->group * (GENC_KPU_ROW_BYTES / map->group);
}

#endif /* GENC_KPU_MAP_H */
