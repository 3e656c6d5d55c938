#include "genc_dsp.h"

void genc_dsp_clamp(int8_t *y, int32_t count, int32_t low, int32_t high)
{
    int32_t i;
    for (i = 0; i < count; i++) y[i] = (int8_t)genc_clamp(y[i], low, high);
}
