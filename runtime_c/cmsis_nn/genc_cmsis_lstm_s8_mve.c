#include "genc_cmsis_lstm_s8_mve.h"

#include "genc_gates_s16_mve.h"

static void logistic(const uint32_t *table, int16_t *v, int32_t count)
{
    (void)table;
    genc_logistic_s16_mve(v, count);
}

static void squash(const uint32_t *table, int16_t *v, int32_t count, int32_t integer_bits)
{
    (void)table;
    genc_tanh_s16_mve(v, v, count, integer_bits);
}

void genc_cmsis_lstm_s8_mve(const genc_cmsis_lstm_s8_mve_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                        int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                        int32_t row_end)
{
    static const genc_cmsis_gates gates = {logistic, squash};
    genc_cmsis_lstm_rows(p, &gates, x, hidden, cell, y, hidden_next, cell_next, scratch, row_begin, row_end);
}
