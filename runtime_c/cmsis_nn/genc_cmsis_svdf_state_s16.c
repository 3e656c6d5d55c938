#include "genc_cmsis_svdf_state_s16.h"

void genc_cmsis_svdf_state_s16(const genc_cmsis_svdf_state_s16_params *p, const int8_t *x, const int16_t *state, int8_t *y, int16_t *next,
                   void *scratch, int32_t row_begin, int32_t row_end)
{
    const genc_cmsis_svdf_call c = genc_cmsis_svdf_call_of(p, scratch, INT16_MIN, INT16_MAX);
    if (row_begin == row_end) return;
    genc_begin_state(next, state, (size_t)(p->batches * p->filters * p->memory) * sizeof *state);
    (void)arm_svdf_state_s16_s8(&c.products, &c.outputs, &c.svdf, &c.feature, &c.time, &c.input, x, &c.state, next,
          &c.feature_weights, p->feature_weights, &c.time_weights, (const int16_t *)p->time_weights, &c.bias, p->bias,
          &c.output, y);
}
