#include "genc_cmsis_batch_matmul_s8.h"

/* [depth, columns] to [columns, depth]. */
static void transpose(const genc_cmsis_batch_matmul *p, const int8_t *from, int8_t *to)
{
    int32_t k, column;
    for (column = 0; column < p->columns; column++) {
        for (k = 0; k < p->depth; k++) *to++ = from[k * p->columns + column];
    }
}

void genc_cmsis_batch_matmul_s8(const genc_cmsis_batch_matmul_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                               void *scratch, int32_t row_begin, int32_t row_end)
{
    const genc_cmsis_batch_matmul_call c = genc_cmsis_batch_matmul_call_of(p, scratch);
    int8_t *const turned = (int8_t *)(void *)((uint8_t *)scratch + p->sums_bytes);
    const int8_t *right = turned;
    int32_t batch;
    if (row_begin == row_end) return;
    for (batch = 0; batch < p->batches; batch++, y += p->rows * p->columns) {
        if (p->transposed) {
            right = b + p->b_first[batch];
        } else if (batch == 0 || p->b_first[batch] != p->b_first[batch - 1]) {
            transpose(p, b + p->b_first[batch], turned);
        }
        (void)arm_batch_matmul_s8(&c.context, &c.product, &c.scale, &c.left, a + p->a_first[batch], &c.right, right,
                                 &c.output, y);
    }
}
