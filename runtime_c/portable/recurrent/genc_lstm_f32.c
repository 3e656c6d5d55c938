#include "genc_lstm_f32.h"

#include "genc_lstm_floats.h"

void genc_lstm_f32(const genc_lstm_f32_params *p, const float *x, const float *hidden, const float *cell, float *y,
                   float *hidden_next, float *cell_next, void *scratch, int32_t row_begin, int32_t row_end)
{
    const genc_lstm_operands_f32 at = {x, hidden, cell, y, hidden_next, cell_next, (float *)scratch};
    genc_lstm_floats(p, genc_vector_f32, genc_product_f32, &at, row_begin, row_end);
}
