#include "genc_rnn_f32.h"

#include "genc_rnn_floats.h"

void genc_rnn_f32(const genc_rnn_f32_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                  void *scratch, int32_t row_begin, int32_t row_end)
{
    genc_rnn_floats(p, genc_vector_f32, genc_product_f32, x, hidden, y, hidden_next, scratch, row_begin, row_end);
}
