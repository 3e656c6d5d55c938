#include "genc_cmsis_lstm_s8.h"

#include "genc_gate_table_s16.h"
#include "genc_gates_s16.h"

static void logistic(const uint32_t *table, int16_t *v, int32_t count)
{
    if (table != NULL) {
        genc_logistic_table_s16(table, v, count);
    } else {
        genc_logistic_s16(v, count);
    }
}

static void squash(const uint32_t *table, int16_t *v, int32_t count, int32_t integer_bits)
{
    if (table != NULL) {
        genc_tanh_table_s16(table, v, v, count, integer_bits - 2);
    } else {
        genc_tanh_s16(v, v, count, integer_bits);
    }
}

void genc_cmsis_lstm_s8(const genc_cmsis_lstm_s8_params *p, const int8_t *x, const int8_t *hidden, const int16_t *cell,
                        int8_t *y, int8_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                        int32_t row_end)
{
    static const genc_cmsis_gates gates = {logistic, squash};
    genc_cmsis_lstm_rows(p, &gates, x, hidden, cell, y, hidden_next, cell_next, scratch, row_begin, row_end);
}
