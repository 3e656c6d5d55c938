/**
 * @file genc_cmsis_transpose_conv_s8.h
 * @brief Transposed convolution, int8, by arm_transpose_conv_s8 of CMSIS-NN.
 */
#ifndef GENC_CMSIS_TRANSPOSE_CONV_S8_H
#define GENC_CMSIS_TRANSPOSE_CONV_S8_H

#include <arm_nnfunctions.h>
#include <stddef.h>
#include <stdint.h>

/** Input pixel (i, j) times the kernel is added at (i, j) * stride - pad of the output; everything is final. */
typedef struct {
    int32_t batches;
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_h;
    int32_t out_w;
    int32_t out_c;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t input_offset;      /* minus the zero point of the input */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    int32_t scratch_bytes;     /* rows of sums */
    const int8_t *weights;     /* [out_c][kernel_h][kernel_w][in_c] */
    const int32_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c] */
    const int32_t *shift;      /* [out_c], positive to the left */
} genc_cmsis_transpose_conv_s8_params;

/**
 * TRANSPOSE_CONV, all images in one call: there is one row.
 * @param in       [batches, in_h, in_w, in_c]
 * @param out      [batches, out_h, out_w, out_c]
 * @param scratch  scratch_bytes: as many rows of sums as the kernel or the stride has
 * Semantics: sums requantised with double rounding, as TFLite's are.
 */
void genc_cmsis_transpose_conv_s8(const genc_cmsis_transpose_conv_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                  int32_t row_begin, int32_t row_end);

#endif /* GENC_CMSIS_TRANSPOSE_CONV_S8_H */
