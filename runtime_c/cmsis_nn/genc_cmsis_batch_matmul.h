/**
 * @file genc_cmsis_batch_matmul.h
 * @brief What the adapters to CMSIS-NN's products of matrices have in common.
 */
#ifndef GENC_CMSIS_BATCH_MATMUL_H
#define GENC_CMSIS_BATCH_MATMUL_H

#include <arm_nnfunctions.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** y[batch] = clamp(y_zero + requantize((a - a_zero) (b - b_zero))). */
typedef struct {
    int32_t batches;
    int32_t rows;            /* of a and y */
    int32_t depth;           /* columns of a, rows of b */
    int32_t columns;         /* of b and y */
    int32_t transposed;      /* b lies as [columns, depth] */
    const int32_t *a_first;  /* [batches], where the matrix of a begins, in elements */
    const int32_t *b_first;  /* [batches] */
    int32_t a_offset;        /* minus the zero point of a */
    int32_t b_offset;        /* minus the zero point of b */
    int32_t y_zero;
    int32_t low;
    int32_t high;
    int32_t multiplier;
    int32_t shift;           /* positive to the left */
    int32_t sums_bytes;      /* of scratch for what the library sums, 0 where it sums nothing */
} genc_cmsis_batch_matmul;

/** The library's structs, for one pair of matrices. */
typedef struct {
    cmsis_nn_context context;
    cmsis_nn_bmm_params product;
    cmsis_nn_per_tensor_quant_params scale;
    cmsis_nn_dims left;
    cmsis_nn_dims right;
    cmsis_nn_dims output;
} genc_cmsis_batch_matmul_call;

static inline cmsis_nn_dims genc_cmsis_matrix(int32_t rows, int32_t columns)
{
    cmsis_nn_dims dims;
    dims.n = 1;
    dims.h = 1;
    dims.w = rows;
    dims.c = columns;
    return dims;
}

static inline genc_cmsis_batch_matmul_call genc_cmsis_batch_matmul_call_of(const genc_cmsis_batch_matmul *p, void *scratch)
{
    genc_cmsis_batch_matmul_call call = {
        {NULL, 0}, {false, false, {0, 0, 0, {0, 0}}}, {0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}, {1, 1, 0, 0}};
    if (p->sums_bytes > 0) call.context.buf = scratch;
    call.context.size = p->sums_bytes;
    call.product.fc_params.input_offset = p->a_offset;
    call.product.fc_params.filter_offset = p->b_offset;
    call.product.fc_params.output_offset = p->y_zero;
    call.product.fc_params.activation.min = p->low;
    call.product.fc_params.activation.max = p->high;
    call.scale.multiplier = p->multiplier;
    call.scale.shift = p->shift;
    call.left = genc_cmsis_matrix(p->rows, p->depth);
    call.right = genc_cmsis_matrix(p->columns, p->depth);
    call.output = genc_cmsis_matrix(p->rows, p->columns);
    return call;
}

#endif /* GENC_CMSIS_BATCH_MATMUL_H */
