#include "genc_rnn_hybrid.h"

#include "genc_rnn_floats.h"
#include "genc_vector_hybrid.h"

void genc_rnn_hybrid(const genc_rnn_hybrid_params *p, const float *x, const float *hidden, float *y, float *hidden_next,
                     void *scratch, int32_t row_begin, int32_t row_end)
{
    genc_rnn_floats(p, genc_vector_hybrid, genc_product_hybrid, x, hidden, y, hidden_next, scratch, row_begin, row_end);
}
