#include "genc_cmsis_average_pool_s8.h"

void genc_cmsis_average_pool_s8(const genc_cmsis_average_pool_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                                int32_t row_begin, int32_t row_end)
{
    const cmsis_nn_context context = genc_cmsis_context(p, scratch);
    const cmsis_nn_dims window = genc_cmsis_dims(1, p->kernel_h, p->kernel_w, 1);
    cmsis_nn_pool_params pool = genc_cmsis_pool(p);
    int32_t row = row_begin;
    while (row < row_end) {
        const genc_cmsis_band band = genc_cmsis_next(p, in, out, scratch, row, row_end);
        const cmsis_nn_dims input = genc_cmsis_input(p, &band), output = genc_cmsis_output(p, &band, row);
        pool.padding.h = band.pad_top;
        (void)arm_avgpool_s8(&context, &pool, &input, (const int8_t *)band.in, &window, &output, (int8_t *)band.out);
        row = band.end;
    }
}
