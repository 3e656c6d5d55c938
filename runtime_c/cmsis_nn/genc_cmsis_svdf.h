/**
 * @file genc_cmsis_svdf.h
 * @brief What the adapters to CMSIS-NN's SVDF have in common.
 */
#ifndef GENC_CMSIS_SVDF_H
#define GENC_CMSIS_SVDF_H

#include <arm_nnfunctions.h>

#include "genc_lstm.h"

/** Newest entry of each filter = requantize(sum of (x + input_offset) * w); y = clamp(zero_point + requantize(bias + ...)). */
typedef struct {
    int32_t batches;              /* B */
    int32_t depth;                /* I, elements of a row of x */
    int32_t filters;              /* F, a multiple of the rank */
    int32_t memory;               /* M, entries kept of a filter */
    int32_t rank;                 /* filters of an output */
    int32_t input_offset;         /* the zero point of the input, whose sign the library turns itself */
    int32_t zero_point;           /* of the output */
    int32_t feature_multiplier;
    int32_t feature_shift;        /* positive to the left */
    int32_t time_multiplier;
    int32_t time_shift;           /* positive to the left */
    const int8_t *feature_weights; /* [F][I] */
    const void *time_weights;     /* [F][M], of the state's type */
    const int32_t *bias;          /* [F / rank], or NULL */
    const int32_t *sums;          /* [F], minus the zero point times the sum of the weights; NULL where it is not asked for */
} genc_cmsis_svdf;

/** The library's structs. */
typedef struct {
    cmsis_nn_context sums;
    cmsis_nn_context products;
    cmsis_nn_context outputs;
    cmsis_nn_svdf_params svdf;
    cmsis_nn_per_tensor_quant_params feature;
    cmsis_nn_per_tensor_quant_params time;
    cmsis_nn_dims input;
    cmsis_nn_dims state;
    cmsis_nn_dims feature_weights;
    cmsis_nn_dims time_weights;
    cmsis_nn_dims bias;
    cmsis_nn_dims output;
} genc_cmsis_svdf_call;

static inline cmsis_nn_dims genc_cmsis_svdf_dims(int32_t n, int32_t h)
{
    cmsis_nn_dims dims;
    dims.n = n;
    dims.h = h;
    dims.w = 1;
    dims.c = 1;
    return dims;
}

/** @param low, high  limits of an entry of the state */
static inline genc_cmsis_svdf_call genc_cmsis_svdf_call_of(const genc_cmsis_svdf *p, void *scratch, int32_t low, int32_t high)
{
    const int32_t units = p->filters / p->rank, products = p->batches * p->filters;
    genc_cmsis_svdf_call call;
    call.sums.buf = (void *)p->sums; /* only read */
    call.sums.size = p->sums != NULL ? p->filters * (int32_t)sizeof *p->sums : 0;
    call.products.buf = scratch;
    call.products.size = products * (int32_t)sizeof(int32_t);
    call.outputs.buf = (int32_t *)scratch + products;
    call.outputs.size = p->batches * units * (int32_t)sizeof(int32_t);
    call.svdf.rank = p->rank;
    call.svdf.input_offset = p->input_offset;
    call.svdf.output_offset = p->zero_point;
    call.svdf.input_activation.min = low;
    call.svdf.input_activation.max = high;
    call.svdf.output_activation.min = INT8_MIN;
    call.svdf.output_activation.max = INT8_MAX;
    call.feature.multiplier = p->feature_multiplier;
    call.feature.shift = p->feature_shift;
    call.time.multiplier = p->time_multiplier;
    call.time.shift = p->time_shift;
    call.input = genc_cmsis_svdf_dims(p->batches, p->depth);
    call.state = genc_cmsis_svdf_dims(p->batches, p->filters * p->memory);
    call.feature_weights = genc_cmsis_svdf_dims(p->filters, p->depth);
    call.time_weights = genc_cmsis_svdf_dims(p->filters, p->memory);
    call.bias = genc_cmsis_svdf_dims(units, 1);
    call.output = genc_cmsis_svdf_dims(p->batches, units);
    return call;
}

#endif /* GENC_CMSIS_SVDF_H */
