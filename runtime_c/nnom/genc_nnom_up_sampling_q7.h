/**
 * @file genc_nnom_up_sampling_q7.h
 * @brief Every pixel several times, q7, by local_up_sampling_q7_HWC of NNoM.
 */
#ifndef GENC_NNOM_UP_SAMPLING_Q7_H
#define GENC_NNOM_UP_SAMPLING_Q7_H

#include "genc_nnom.h"

/** Images [batches, in_h, in_w, channels] to [batches, in_h * factor, in_w * factor, channels]. */
typedef struct {
    int32_t batches;
    int32_t in_h;
    int32_t in_w;
    int32_t channels;
    int32_t factor;
} genc_nnom_up_sampling_q7_params;

/**
 * RESIZE_NEAREST_NEIGHBOR by a whole factor; exact.  One factor for both axes: with two, NNoM's rows overlap.
 * @param in   [batches, in_h, in_w, channels]
 * @param out  [batches, in_h * factor, in_w * factor, channels]
 * There is one row: a call computes all.
 */
void genc_nnom_up_sampling_q7(const genc_nnom_up_sampling_q7_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                              int32_t row_end);

#endif /* GENC_NNOM_UP_SAMPLING_Q7_H */
