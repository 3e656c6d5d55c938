/**
 * @file genc_tile_parts_s8.h
 * @brief genc_tile_s8 in parts: inputs that come one after the other.
 */
#ifndef GENC_TILE_PARTS_S8_H
#define GENC_TILE_PARTS_S8_H

#include "genc_tile_s8.h"

/*
 * The same in parts: sums [pair][8], A of the four pixels, then P, are begun, added to part by part of the inputs (x,
 * x_end and weights are those of the part), and ended.  There is no channel alone.
 */

/** Sums before the first product. */
void genc_tile_begin_s8(const genc_tile *tile, int32_t *sums);

/** Adds the products of a part of the inputs. */
void genc_tile_add_s8(const genc_tile *tile, int32_t *sums);

/** Sums to bytes, as genc_tile_s8 does it. */
void genc_tile_end_s8(const genc_tile *tile, const int32_t *sums);

/** The same for outputs that are going to be clamped at the zero point or above. */
void genc_tile_end_relu_s8(const genc_tile *tile, const int32_t *sums);

#endif /* GENC_TILE_PARTS_S8_H */
