/**
 * @file genc_tile_s8.h
 * @brief Matrix product of four pixels with pairs of channels: the inside of int8 convolutions on DSP cores.
 *
 * Two output channels A and B share the lanes of a word, lane = 256 * B + A, so that one load and one SXTB16 serve
 * both: with P the sum of products of the lanes and A that of their low bytes, B = (P - A) / 256, exactly as long as
 * B, the accumulator with its bias, stays inside +-2^23, which gen-c proves for every input; everything else is
 * modulo 2^32.  A channel without such a proof is an A whose B has weights of zero and is written over.
 *
 * Inputs go by four: word 2g holds bytes 4g and 4g + 2, word 2g + 1 holds bytes 4g + 1 and 4g + 3, which is how SXTB16
 * takes them apart.
 */
#ifndef GENC_TILE_S8_H
#define GENC_TILE_S8_H

#include "genc_dsp.h"

#define GENC_TILE 4 /* pixels of a tile */

/* Constants of a pair of channels, int32. */
#define GENC_PAIR_BIAS_A 0 /* input zero point folded in */
#define GENC_PAIR_BIAS_B 1
#define GENC_PAIR_MULTIPLIER_A 2 /* 2^30 ... 2^31 - 1, or 0 */
#define GENC_PAIR_SHIFT_A 3      /* to the right, less 1: 0 ... 29 */
#define GENC_PAIR_MULTIPLIER_B 4
#define GENC_PAIR_SHIFT_B 5 /* shift less 1 + 256 * how many channels the next pair lies ahead: 1 or 2 */
#define GENC_PAIR_SIZE 6

/** A tile and what it is multiplied by.  The assembly knows the places of the fields. */
typedef struct {
    const uint32_t *x;       /* [inputs / 2][4 pixels], int16 lanes, aligned to 8 bytes */
    const uint32_t *x_end;   /* its end: inputs are a multiple of 4, 4 or more, padded with weights of zero */
    const uint32_t *weights; /* [pair][inputs / 2], see above */
    const int32_t *pairs;    /* [pair][GENC_PAIR_SIZE] */
    const int32_t *pairs_end;
    int8_t *y;               /* first channel of the first pixel */
    int32_t y_step;          /* bytes from one pixel to the next */
    int32_t odd;             /* 2 * zero point + 1: odd << shift - 1 is 2^(shift - 1) + zero point * 2^shift */
} genc_tile;

/**
 * All pairs of channels of four pixels.  Pairs write both of their channels, in order.
 * Semantics: codegen.reference.linear, clamped to int8.
 */
void genc_tile_s8(const genc_tile *tile);

/** The same for outputs that are going to be clamped at the zero point or above. */
void genc_tile_relu_s8(const genc_tile *tile);

/**
 * One pixel of a tile, of which y_step is not looked at.
 * @param tile   x is that of the pixel: words lie 4 apart
 * @param alone  1: a channel follows the pairs whose B is not to be written
 */
void genc_tile_pixel_s8(const genc_tile *tile, int32_t alone);

/** The channel behind the pairs, of all four pixels. */
void genc_tile_alone_s8(const genc_tile *tile);

/** Lines of bytes that pixels see.  The assembly knows the places of the fields. */
typedef struct {
    int32_t fours;      /* bytes of a line / 4 */
    int32_t lines;      /* lines of a pixel, 1 or more */
    int32_t line_step;  /* bytes from one line to the next */
    int32_t pixel_step; /* bytes from one pixel's first line to that of the next */
} genc_lines;

/**
 * Whole fours of `count` neighbouring pixels to words of a tile.
 * @param lines  with fours of 1 or more
 * @param from   first line of the first pixel, at any address
 * @param to     first word of the first pixel
 * @param count  pixels, 1 ... 4
 */
void genc_tile_expand(const genc_lines *lines, const int8_t *from, uint32_t *to, int32_t count);

/**
 * What is not in whole fours, of one pixel.
 * @param from   the first such byte
 * @param bytes  of a line, 1 ... 3
 * @param to     where the whole fours of the pixel ended
 * @param index  of the first byte, counted from `to`
 */
void genc_tile_rest(const genc_lines *lines, const int8_t *from, int32_t bytes, uint32_t *to, int32_t index);

/** The same of a pixel of one line. */
void genc_tile_last(const int8_t *from, int32_t bytes, uint32_t *to);

#endif /* GENC_TILE_S8_H */
