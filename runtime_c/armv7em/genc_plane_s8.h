/**
 * @file genc_plane_s8.h
 * @brief One channel of a depthwise convolution, int8, from a plane of int16: the inside of the kernel for DSP cores.
 */
#ifndef GENC_PLANE_S8_H
#define GENC_PLANE_S8_H

#include "genc_dsp.h"

#define GENC_PLANE_KERNEL 3   /* lines of the kernel, and taps of a line */
#define GENC_PLANES 4         /* channels taken apart together */

/** Pixels to be taken apart into planes.  The assembly knows the places of the fields. */
typedef struct {
    int32_t count;       /* pixels of a line, 1 or more */
    int32_t step;        /* bytes from one pixel to the next */
    int32_t plane_bytes; /* from one plane to the next, a multiple of 4 */
    int32_t x_skip;      /* bytes from behind the last pixel of a line to the first one of the next */
    int32_t to_skip;     /* the same of a line of a plane */
} genc_pixels;

/**
 * Four channels of pixels to four planes.
 * @param x      first of the channels of the first pixel
 * @param to     its place in the first plane
 * @param lines  1 or more
 */
void genc_plane_take(const genc_pixels *pixels, const int8_t *x, int16_t *to, int32_t lines);

/** The same for fewer channels than four; the other planes get zeros. */
void genc_plane_take_few(const genc_pixels *pixels, const int8_t *x, int16_t *to, int32_t lines, int32_t channels);

/* Constants of a channel, int32. */
#define GENC_PLANE_BIAS 0       /* input zero point folded in */
#define GENC_PLANE_MULTIPLIER 1 /* 2^30 ... 2^31 - 1, or 0 */
#define GENC_PLANE_SHIFT 2      /* to the right, 1 ... 30 */
#define GENC_PLANE_SIZE 3

/** Channels: their planes, their constants, where their bytes go.  The assembly knows the places of the fields. */
typedef struct {
    const int16_t *x;  /* first tap of the first output, aligned to 4 */
    int32_t x_line;    /* bytes from one line of the kernel to the next */
    int32_t x_row;     /* bytes from the first taps of one row of outputs to those of the next */
    int32_t count;     /* outputs of a row */
    int32_t rows;      /* rows of outputs */
    int8_t *y;         /* first output */
    int32_t y_step;    /* bytes from one output to the next */
    int32_t y_row;     /* bytes from one row of outputs to the next */
    int32_t bias;      /* input zero point folded in, twice as much; this and the next three are of one channel */
    int32_t multiplier;
    int32_t add;       /* 2^(shift - 1) + zero point * 2^shift */
    int32_t shift;     /* to the right, 1 ... 30 */
    const int8_t *weights;    /* [channel][line][4], the last tap 0 */
    const int32_t *constants; /* [channel][GENC_PLANE_SIZE] */
    int32_t channels;         /* 1 or more */
    int32_t plane_bytes;      /* from the plane of one channel to that of the next */
    int32_t odd;              /* 2 * zero point + 1, so that odd << shift >> 1 = add */
} genc_plane;

/**
 * Kernel 3x3, outputs one tap apart, channel after channel.  x, y, weights and constants move on behind the last one.
 * Reads, but does not use, lanes past the last window, to a whole pair of outputs.
 * Semantics: codegen.reference.linear.depthwise_conv_2d, clamped to int8.
 */
void genc_plane_3x3_s8(genc_plane *plane);

/** The same for outputs that are going to be clamped at the zero point or above. */
void genc_plane_3x3_relu_s8(genc_plane *plane);

/** The same, outputs two taps apart. */
void genc_plane_3x3_stride_2_s8(genc_plane *plane);

/** Both: two taps apart, and going to be clamped at the zero point or above. */
void genc_plane_3x3_stride_2_relu_s8(genc_plane *plane);

#endif /* GENC_PLANE_S8_H */
