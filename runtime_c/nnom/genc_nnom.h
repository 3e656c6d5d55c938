/**
 * @file genc_nnom.h
 * @brief What the adapters to NNoM's kernels have in common.  NNoM itself is the user's (docs/backends.md).
 */
#ifndef GENC_NNOM_H
#define GENC_NNOM_H

#include <nnom.h>
#include <nnom_local.h>
#include <stdint.h>
#include <string.h>

#ifdef NNOM_TRUNCATE
#error "this library was generated for NNoM's rounding: build NNoM without NNOM_TRUNCATE"
#endif

#define GENC_NNOM_HIGHEST 127

/** A convolution of whole images [batches, h, w, c], q7; scales are powers of two and zero points 0. */
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
    int32_t dilation_h;
    int32_t dilation_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t rectified;         /* 1: outputs are limited to 0 ... high */
    int32_t high;              /* largest output; 127 unless rectified */
    const int8_t *weights;     /* [out_c][kernel_h][kernel_w][in_c], depthwise [kernel_h][kernel_w][out_c] */
    const int8_t *bias;        /* [out_c] */
    const int32_t *bias_shift; /* [out_c], to the left */
    const int32_t *out_shift;  /* [out_c], to the right */
} genc_nnom_images;

/** A window over whole images [batches, h, w, c], q7. */
typedef struct {
    int32_t batches;
    int32_t in_h;
    int32_t in_w;
    int32_t channels;
    int32_t out_h;
    int32_t out_w;
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t rectified; /* 1: outputs are limited to 0 ... high */
    int32_t high;      /* largest output; 127 unless rectified */
} genc_nnom_window;

/** Two tensors of one size, element by element, q7: out = (a op b) / 2^out_shift, ties up. */
typedef struct {
    int32_t size;
    int32_t out_shift; /* to the right */
    int32_t rectified; /* 1: outputs are limited to 0 ... high */
    int32_t high;      /* largest output; 127 unless rectified */
} genc_nnom_pair;

/** The fused activation, in place. */
static inline void genc_nnom_activate(int8_t *out, int32_t size, int32_t rectified, int32_t high)
{
    if (!rectified) return;
    if (high == GENC_NNOM_HIGHEST) {
        local_relu_q7(out, (uint32_t)size);
    } else {
        local_adv_relu_q7(out, 0, (int8_t)high, 0, (uint32_t)size);
    }
}

#endif /* GENC_NNOM_H */
