/**
 * @file genc_conv_mve.h
 * @brief What the convolutions for Helium share: parameters, patches copied side by side, the walk over rows.
 */
#ifndef GENC_CONV_MVE_H
#define GENC_CONV_MVE_H

#include "genc_mve.h"

/**
 * A convolution, NHWC.
 *
 * A patch is what one output pixel sees: [groups][kernel_h * kernel_w][channels of a group], padding filled with the
 * zero point.  Output channels of a group go in blocks of four.
 */
typedef struct {
    int32_t in_h;            /* input rows of one image */
    int32_t in_w;            /* input pixels per row */
    int32_t in_c;            /* bytes of an input pixel */
    int32_t in_rows_held;    /* rows of the input's ring */
    int32_t out_h;           /* output rows of one image */
    int32_t out_w;           /* output pixels per row */
    int32_t out_c;           /* bytes of an output pixel */
    int32_t out_rows_held;   /* rows of the output's ring */
    int32_t kernel_h;        /* kernel rows */
    int32_t kernel_w;        /* kernel columns */
    int32_t stride_h;        /* input rows per output row */
    int32_t stride_w;        /* input pixels per output pixel */
    int32_t dilation_h;      /* input rows between kernel rows */
    int32_t dilation_w;      /* input pixels between kernel columns */
    int32_t pad_top;         /* padding rows above */
    int32_t pad_left;        /* padding pixels to the left */
    int32_t pad_value;       /* zero point of the input */
    int32_t groups;          /* channel groups */
    int32_t patch;           /* bytes of one group's patch: kernel_h * kernel_w * in_c / groups */
    int32_t depth;           /* output channels of a group */
    int32_t tile;            /* patches gathered together; 0: a 1x1 kernel without padding, read where it lies */
    int32_t weights_offset;  /* what every weight lacks: genc_conv_s8_wide_mve adds it */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t clamped;         /* 1: `low` is the zero point or above it, so that ties below need no care */
    const int8_t *weights;   /* [groups][blocks][elements of a patch by vectors, rounded up][4 channels][elements of a
                                vector], filled up with zeros */
    const int32_t *channels; /* genc_four [groups][blocks], see genc_mve.h */
} genc_conv_mve_params;

/** A run of pixels of one group; the assembly of the kernels knows the places. */
typedef struct {
    int32_t x_gap;           /* bytes from the end of one patch, in whole vectors, to the next */
    int32_t y_step;          /* bytes from one output pixel to the next */
    int32_t sums[GENC_FOUR]; /* of the pixel at hand */
    const int8_t *x;         /* patch of the first pixel */
    int32_t count;           /* pixels, > 0 */
    int8_t *y;               /* first pixel, channel at hand */
    int32_t channels;        /* left to compute, > 0 */
    int32_t low;             /* smallest output */
    int32_t high;            /* largest output */
    int32_t patch;           /* as in the parameters */
    int32_t weights_offset;  /* likewise */
} genc_conv_run;

/**
 * Computes all channels of a run: block by block, so that a block's constants serve every pixel.
 * @param w     weights of the group
 * @param four  constants of its blocks
 * @return      the next group's weights
 */
typedef const int8_t *(*genc_conv_channels)(const genc_conv_mve_params *p, genc_conv_run *b, const int8_t *w,
                                            const genc_four *four);

/**
 * Output rows [row_begin, row_end).
 * @param scratch  tile * groups * patch bytes, aligned to the elements of `in`
 */
void genc_conv_rows_mve(const genc_conv_mve_params *p, const int8_t *in, int8_t *out, int8_t *scratch,
                        int32_t row_begin, int32_t row_end, genc_conv_channels channels);

#if GENC_MVE

/*
 * All channels of a run: 21 instructions for four channels of a pixel, and 10 for a vector of inputs.
 *   START     starts the loop over the inputs; `more` is in its hands, and in that of the others
 *   LOAD_X    loads q0 from [x], and goes on; LOAD_W(Q) loads Q from [v], low, and goes on
 *   MULTIPLY  multiplies and adds up
 *   SCALE     multiplies q0 by q5; may change q1 and s2
 *   STORE     stores elements of y, predicated; Y_BLOCK: bytes of four of them
 */
#define GENC_CONV_RUN(START, LOAD_X, LOAD_W, MULTIPLY, SCALE, STORE, Y_BLOCK)                                          \
    __asm__ volatile("ldrd %[s0], %[s1], [%[b], #40]\n"                                                                \
                     "vdup.32 q3, %[s1]\n" /* high */                                                                  \
                     "vdup.32 q4, %[s0]\n" /* low */                                                                   \
                     "1:\n" /* block of four channels */                                                               \
                     "ldrd %[x], %[count], [%[b], #24]\n"                                                              \
                     "ldrd %[y], %[s0], [%[b], #32]\n"                                                                 \
                     "vctp.32 %[s0]\n"                                                                                 \
                     "vldrw.32 q5, [%[c], #16]\n" /* multiplier */                                                     \
                     "vldrw.32 q6, [%[c], #32]\n" /* add */                                                            \
                     "vldrw.32 q7, [%[c], #48]\n" /* shift */                                                          \
                     "2:\n" /* pixel */                                                                                \
                     "ldrd %[s0], %[s1], [%[c], #0]\n"                                                                 \
                     "ldrd %[s2], %[s3], [%[c], #8]\n"                                                                 \
                     "mov %[v], %[w]\n"                                                                                \
                     START                                                                                             \
                     "3:\n"                                                                                            \
                     LOAD_X                                                                                            \
                     LOAD_W(q1)                                                                                        \
                     MULTIPLY " %[s0], q1, q0\n"                                                                       \
                     LOAD_W(q2)                                                                                        \
                     MULTIPLY " %[s1], q2, q0\n"                                                                       \
                     LOAD_W(q1)                                                                                        \
                     MULTIPLY " %[s2], q1, q0\n"                                                                       \
                     LOAD_W(q2)                                                                                        \
                     MULTIPLY " %[s3], q2, q0\n"                                                                       \
                     "letp lr, 3b\n"                                                                                   \
                     "strd %[s0], %[s1], [%[b], #8]\n" /* VMOV of two lanes: QEMU 7.2 swaps them */                    \
                     "strd %[s2], %[s3], [%[b], #16]\n"                                                                \
                     "vldrw.32 q0, [%[b], #8]\n"                                                                       \
                     "ldrd %[s0], %[s1], [%[b], #0]\n"                                                                 \
                     SCALE "vadd.i32 q0, q0, q6\n"                                                                     \
                     "add %[x], %[s0]\n"                                                                               \
                     "vshl.s32 q0, q0, q7\n"                                                                           \
                     "vmax.s32 q0, q0, q4\n"                                                                           \
                     "vmin.s32 q0, q0, q3\n"                                                                           \
                     "vpst\n"                                                                                          \
                     STORE " q0, [%[y]]\n"                                                                             \
                     "add %[y], %[s1]\n"                                                                               \
                     "subs %[count], #1\n"                                                                             \
                     "bne 2b\n"                                                                                        \
                     "mov %[w], %[v]\n"                                                                                \
                     "ldrd %[y], %[s0], [%[b], #32]\n"                                                                 \
                     "add %[c], #64\n"                                                                                 \
                     "adds %[y], #" Y_BLOCK "\n"                                                                       \
                     "subs %[s0], #4\n"                                                                                \
                     "strd %[y], %[s0], [%[b], #32]\n"                                                                 \
                     "bgt 1b\n"                                                                                        \
                     : [s0] "=&Te"(s0), [s1] "=&Te"(s1), [s2] "=&Te"(s2), [s3] "=&Te"(s3), [x] "=&r"(x),               \
                       [y] "=&l"(y), [count] "=&r"(count), [v] "=&l"(v), [w] "+&r"(w), [c] "+&r"(c),                   \
                       [more] "+&Te"(more)                                                                             \
                     : [b] "r"(b)                                                                                      \
                     : "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7")

#endif

#endif /* GENC_CONV_MVE_H */
