#include "genc_dsp.h"

/** Four bytes limited to [low, high], which hold the limit four times. */
static inline uint32_t genc_dsp_clamp4(uint32_t v, uint32_t low, uint32_t high)
{
#if GENC_DSP
    uint32_t r;
    __asm__("ssub8 %0, %1, %2\n sel %1, %1, %2\n ssub8 %0, %3, %1\n sel %1, %1, %3"
            : "=&r"(r), "+r"(v) : "r"(low), "r"(high));
    return v;
#else
    uint32_t y = 0;
    int32_t i;
    for (i = 0; i < 32; i += 8) {
        const int32_t byte = (int8_t)(v >> i & 0xFFu);
        y |= (uint32_t)(uint8_t)genc_clamp(byte, (int8_t)(low & 0xFFu), (int8_t)(high & 0xFFu)) << i;
    }
    return y;
#endif
}

void genc_dsp_clamp(int8_t *y, int32_t count, int32_t low, int32_t high)
{
    const uint32_t low4 = (uint8_t)low * 0x01010101u, high4 = (uint8_t)high * 0x01010101u;
    int8_t *const end = y + (count & ~3);
    int32_t i;
    for (; y != end; y += 4) {
        const uint32_t v = genc_dsp_clamp4(genc_load4(y), low4, high4);
        memcpy(y, &v, 4);
    }
    for (i = 0; i < (count & 3); i++) y[i] = (int8_t)genc_clamp(y[i], low, high);
}
