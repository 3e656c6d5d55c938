#include "genc_gate_table_s16.h"

void genc_logistic_table_s16(const uint32_t *table, int16_t *v, int32_t count)
{
    int32_t i;
    for (i = 0; i < count; i++) v[i] = (int16_t)genc_logistic_entry(table, v[i]);
}

void genc_tanh_table_s16(const uint32_t *table, const int16_t *x, int16_t *y, int32_t count, int32_t doublings)
{
    int32_t i;
    for (i = 0; i < count; i++) y[i] = (int16_t)genc_tanh_entry(table, x[i], doublings);
}
