/**
 * @file genc_nnom_zero_padding_q7.h
 * @brief Zeros around images, q7, by local_zero_padding_HWC_q7 of NNoM.
 */
#ifndef GENC_NNOM_ZERO_PADDING_Q7_H
#define GENC_NNOM_ZERO_PADDING_Q7_H

#include "genc_nnom.h"

/** Images [batches, in_h, in_w, channels] with rows and columns of zeros around. */
typedef struct {
    int32_t batches;
    int32_t in_h;
    int32_t in_w;
    int32_t channels;
    int32_t top;
    int32_t bottom;
    int32_t left;
    int32_t right;
} genc_nnom_zero_padding_q7_params;

/**
 * PAD of height and width with zeros; exact.
 * @param in   [batches, in_h, in_w, channels]
 * @param out  [batches, top + in_h + bottom, left + in_w + right, channels]
 * There is one row: a call computes all.
 */
void genc_nnom_zero_padding_q7(const genc_nnom_zero_padding_q7_params *p, const int8_t *in, int8_t *out,
                               int32_t row_begin, int32_t row_end);

#endif /* GENC_NNOM_ZERO_PADDING_Q7_H */
