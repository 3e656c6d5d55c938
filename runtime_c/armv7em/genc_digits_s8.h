/**
 * @file genc_digits_s8.h
 * @brief One channel of a depthwise convolution, int8, by products of numbers with two digits: four taps at a time.
 *
 * With B = 2^21, (x0 + x1 B) (w1 + w0 B) = x0 w1 + (x0 w0 + x1 w1) B + x1 w0 B^2: all taps of two inputs and two
 * weights, sorted by output.  Of outputs 2i - 1, 2i and 2i + 1 a sum of such products holds a part, all, and a part;
 * the parts meet: the last digit of a sum is where the first one of the next sum begins.  Digits begin at an offset
 * that keeps them at 0 or above; gen-c proves that they stay below B.
 *
 * With outputs `stride` inputs apart, each of `stride` sequences of inputs is a line of its own: word k * stride + s
 * holds x0 = input 2 k stride + s and x1 = input (2 k + 1) stride + s, each less its zero point.
 */
#ifndef GENC_DIGITS_S8_H
#define GENC_DIGITS_S8_H

#include "genc_dsp.h"

#define GENC_DIGIT_BITS 21
#define GENC_DIGIT_PLANES 4 /* channels taken apart together */

/** Pixels, `stride` apart, to be taken apart.  The assembly knows the places of the fields. */
typedef struct {
    int32_t count;       /* pixels of a line, 1 or more */
    int32_t step;        /* bytes from one pixel to the next */
    int32_t plane_bytes; /* from one plane to the next */
    int32_t word_step;   /* bytes from one word to the next: 4 * stride */
    int32_t x_skip;      /* bytes from behind the last pixel of a line to the first one of the next */
    int32_t to_skip;     /* bytes from the first word that is not filled to the first one of the next line */
    int32_t add;         /* minus the zero point */
    int32_t second;      /* 1: the first pixel is the second digit of its word */
    int32_t keep;        /* -1: then the first digit is there already; 0: it is 0 */
} genc_digit_pixels;

/**
 * Four channels of pixels to four planes.
 * @param x      first of the channels of the first pixel, at any address
 * @param to     its word in the first plane
 * @param lines  1 or more
 */
void genc_digits_take(const genc_digit_pixels *pixels, const int8_t *x, int32_t *to, int32_t lines);

/** The same for fewer channels than four; the other planes are left alone. */
void genc_digits_take_few(const genc_digit_pixels *pixels, const int8_t *x, int32_t *to, int32_t lines,
                          int32_t channels);

#define GENC_DIGIT_ROW 3 /* of rows: bytes to the first tap, to the weights of its line, to the end of weights */

/** A channel's rows of outputs.  The assembly knows the places of the fields. */
typedef struct {
    const int32_t *x;        /* plane */
    const int32_t *weights;  /* [line][words], w1 + w0 B */
    const int32_t *rows;     /* [row][GENC_DIGIT_ROW], a line or more each */
    const int32_t *rows_end;
    int32_t count;           /* outputs of a row */
    int8_t *y;               /* first output */
    int32_t y_row;           /* bytes from one row of outputs to the next */
    int32_t y_step;          /* bytes from one output to the next */
    int32_t x_step;          /* bytes of words of two sums: 8 * stride */
    int32_t x_line;          /* bytes from one line to the next */
    int32_t middle;          /* offset << 21, low word: a sum begins at offset * (1 + B + B^2) */
    int32_t last;            /* offset * (1 + B + B^2), high word */
    int32_t first;           /* the same, low word */
    int32_t bias;            /* 2 * (bias - offset) */
    int32_t bias_of_two;     /* 2 * (bias - 2 * offset) */
    int32_t multiplier;      /* 2^30 ... 2^31 - 1, or 0 */
    int32_t add;             /* 2^(shift - 1) + zero point * 2^shift */
    int32_t shift;           /* to the right, 1 ... 30; the low byte counts */
    int32_t sign;            /* 0: outputs are going to be clamped at the zero point or above */
} genc_digits;

/**
 * Rows of a channel.
 * @param words   of a line of the kernel, 1 or more
 * @param stride  inputs from one output to the next
 * Semantics: codegen.reference.linear.depthwise_conv_2d, clamped to int8.
 */
void genc_digits_rows(const genc_digits *digits, int32_t words, int32_t stride);

#endif /* GENC_DIGITS_S8_H */
