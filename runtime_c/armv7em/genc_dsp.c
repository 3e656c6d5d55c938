#include "genc_dsp.h"

void genc_dsp_clamp(int8_t *y, int32_t count, int32_t low, int32_t high)
{
    const uint32_t low4 = (uint8_t)low * 0x01010101u, high4 = (uint8_t)high * 0x01010101u;
    int8_t *const end = y + (count & ~3);
    int32_t i;
    for (; y != end; y += 4) {
        const uint32_t v = genc_smaller_bytes(genc_larger_bytes(genc_load4(y), low4), high4);
        memcpy(y, &v, 4);
    }
    for (i = 0; i < (count & 3); i++) y[i] = (int8_t)genc_clamp(y[i], low, high);
}
