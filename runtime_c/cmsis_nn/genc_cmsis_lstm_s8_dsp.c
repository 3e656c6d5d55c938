#include "genc_cmsis_lstm_s8_dsp.h"

#include "genc_gates_s16_dsp.h"

static void logistic(const uint32_t *table, int16_t *v, int32_t count)
{
    uint32_t *const words = (uint32_t *)(void *)v;
    genc_logistic_lanes(table, words, words + (count + 1) / 2);
}

static void squash(const uint32_t *table, int16_t *v, int32_t count, int32_t integer_bits)
{
    uint32_t *const words = (uint32_t *)(void *)v;
    genc_tanh_lanes(table, words, words + (count + 1) / 2, integer_bits - 2);
}

void genc_cmsis_lstm_s8_dsp(const genc_cmsis_lstm_s8_dsp_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                        int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                        int32_t row_end)
{
    static const genc_cmsis_gates gates = {logistic, squash};
    genc_cmsis_lstm_rows(p, &gates, x, hidden, cell, y, hidden_next, cell_next, scratch, row_begin, row_end);
}
