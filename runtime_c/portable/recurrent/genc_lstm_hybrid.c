#include "genc_lstm_hybrid.h"

#include "genc_lstm_floats.h"
#include "genc_vector_hybrid.h"

void genc_lstm_hybrid(const genc_lstm_hybrid_params *p, const float *x, const float *hidden, const float *cell, float *y,
                      float *hidden_next, float *cell_next, void *scratch, int32_t row_begin, int32_t row_end)
{
    const genc_lstm_operands_f32 at = {x, hidden, cell, y, hidden_next, cell_next, (float *)scratch};
    genc_lstm_floats(p, genc_vector_hybrid, genc_product_hybrid, &at, row_begin, row_end);
}
