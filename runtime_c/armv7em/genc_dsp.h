/**
 * @file genc_dsp.h
 * @brief The DSP instructions of Cortex-M4, M7 and M33 that the kernels use, each beside C that defines it.
 *
 * A word is two int16 lanes, low and high.  Sums wrap modulo 2^32, as in the processor.
 */
#ifndef GENC_DSP_H
#define GENC_DSP_H

#include "genc_requantize.h"

#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__) && !defined(__ARM_BIG_ENDIAN)
#define GENC_DSP 1
#else
#define GENC_DSP 0
#endif

/** A function that is all assembly, its arguments and results by the procedure call standard. */
#define GENC_NAKED __attribute__((naked, noinline))
#define GENC_IN_ASSEMBLY __attribute__((unused))

/** Lane of two signed halves. */
static inline uint32_t genc_lanes(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | (uint32_t)high << 16;
}

/** The low lane, signed. */
static inline int32_t genc_low(uint32_t v)
{
    return (int16_t)(v & 0xFFFFu);
}

/** The high lane, signed. */
static inline int32_t genc_high(uint32_t v)
{
    return (int16_t)(v >> 16);
}

/** Four bytes from any address, the first one lowest. */
static inline uint32_t genc_load4(const void *from)
{
    uint32_t v;
    memcpy(&v, from, 4);
    return v;
}

/** Bytes 0 and 2 of a word as lanes. */
static inline uint32_t genc_even_bytes(uint32_t v)
{
#if GENC_DSP
    uint32_t r;
    __asm__("sxtb16 %0, %1" : "=r"(r) : "r"(v));
    return r;
#else
    return genc_lanes((int8_t)(v & 0xFFu), (int8_t)(v >> 16 & 0xFFu));
#endif
}

/** Bytes 1 and 3 of a word as lanes. */
static inline uint32_t genc_odd_bytes(uint32_t v)
{
#if GENC_DSP
    uint32_t r;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(r) : "r"(v));
    return r;
#else
    return genc_even_bytes(v >> 8);
#endif
}

/** The low lanes of a and b. */
static inline uint32_t genc_low_lanes(uint32_t a, uint32_t b)
{
#if GENC_DSP
    uint32_t r;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(r) : "r"(a), "r"(b));
    return r;
#else
    return (a & 0xFFFFu) | b << 16;
#endif
}

/** The high lanes of a and b. */
static inline uint32_t genc_high_lanes(uint32_t a, uint32_t b)
{
#if GENC_DSP
    uint32_t r;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(r) : "r"(b), "r"(a));
    return r;
#else
    return a >> 16 | (b & 0xFFFF0000u);
#endif
}

/** The low lane of a and the high lane of b. */
static inline uint32_t genc_low_high(uint32_t a, uint32_t b)
{
#if GENC_DSP
    uint32_t r;
    __asm__("pkhbt %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
#else
    return (a & 0xFFFFu) | (b & 0xFFFF0000u);
#endif
}

/** Both lanes times two, each modulo 2^16. */
static inline uint32_t genc_double_lanes(uint32_t a)
{
#if GENC_DSP
    uint32_t r;
    __asm__("sadd16 %0, %1, %1" : "=r"(r) : "r"(a));
    return r;
#else
    return genc_lanes(2 * genc_low(a), 2 * genc_high(a));
#endif
}

/** sum + a.low * b.low + a.high * b.high. */
static inline int32_t genc_dual_mac(uint32_t a, uint32_t b, int32_t sum)
{
#if GENC_DSP
    int32_t r;
    __asm__("smlad %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
#else
    const uint32_t low = (uint32_t)(genc_low(a) * genc_low(b)), high = (uint32_t)(genc_high(a) * genc_high(b));
    return (int32_t)((uint32_t)sum + low + high);
#endif
}

/** sum + floor(a * b / 2^32). */
static inline int32_t genc_high_mac(int32_t a, int32_t b, int32_t sum)
{
#if GENC_DSP
    int32_t r;
    __asm__("smmla %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
#else
    return sum + (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/** sum + floor(a * b.low / 2^16). */
static inline int32_t genc_wide_mac_low(int32_t a, uint32_t b, int32_t sum)
{
#if GENC_DSP
    int32_t r;
    __asm__("smlawb %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
#else
    return sum + (int32_t)(((int64_t)a * genc_low(b)) >> 16);
#endif
}

/** sum + floor(a * b.high / 2^16). */
static inline int32_t genc_wide_mac_high(int32_t a, uint32_t b, int32_t sum)
{
#if GENC_DSP
    int32_t r;
    __asm__("smlawt %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
#else
    return sum + (int32_t)(((int64_t)a * genc_high(b)) >> 16);
#endif
}

/** Both lanes of a minus those of b, each modulo 2^16. */
static inline uint32_t genc_subtract_lanes(uint32_t a, uint32_t b)
{
#if GENC_DSP
    uint32_t r;
    __asm__("ssub16 %0, %1, %2" : "=r"(r) : "r"(a), "r"(b));
    return r;
#else
    return genc_lanes(genc_low(a) - genc_low(b), genc_high(a) - genc_high(b));
#endif
}

/** The larger (or smaller) one of each pair of signed bytes. */
static inline uint32_t genc_larger_bytes(uint32_t a, uint32_t b)
{
#if GENC_DSP
    uint32_t r;
    __asm__("ssub8 %0, %1, %2\n sel %0, %1, %2" : "=&r"(r) : "r"(a), "r"(b));
    return r;
#else
    uint32_t r = 0;
    int32_t i;
    for (i = 0; i < 32; i += 8) {
        const int32_t one = (int8_t)(a >> i & 0xFFu), other = (int8_t)(b >> i & 0xFFu);
        r |= (uint32_t)(uint8_t)(one > other ? one : other) << i;
    }
    return r;
#endif
}

/** Likewise. */
static inline uint32_t genc_smaller_bytes(uint32_t a, uint32_t b)
{
    return ~genc_larger_bytes(~a, ~b);
}

#define GENC_QUAD_FRACTION 20 /* bits behind the point of what genc_quad_bytes rounds down */

/** Two values of GENC_QUAD_FRACTION bits, rounded down and limited to int8, as lanes. */
static inline uint32_t genc_byte_lanes(int32_t low, int32_t high)
{
#if GENC_DSP
    uint32_t r;
    __asm__("pkhtb %0, %1, %2, asr #20" : "=r"(r) : "r"(high >> 4), "r"(low));
    __asm__("ssat16 %0, #8, %0" : "+r"(r));
    return r;
#else
    const int32_t first = genc_clamp(low >> GENC_QUAD_FRACTION, -128, 127);
    return genc_lanes(first, genc_clamp(high >> GENC_QUAD_FRACTION, -128, 127));
#endif
}

/** Four such values, as bytes, the first one lowest. */
static inline uint32_t genc_quad_bytes(int32_t v0, int32_t v1, int32_t v2, int32_t v3)
{
    return (genc_byte_lanes(v0, v2) & 0xFF00FFu) | (genc_byte_lanes(v1, v3) & 0xFF00FFu) << 8;
}

/** sum + round(a * b / 2^32), ties up. */
static inline int32_t genc_high_mac_round(int32_t a, int32_t b, int32_t sum)
{
#if GENC_DSP
    int32_t r;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(r) : "r"(a), "r"(b), "r"(sum));
    return r;
#else
    return sum + (int32_t)(((int64_t)a * b + (int64_t)0x80000000) >> 32);
#endif
}

/** Four int16 values, limited to int8, as bytes, the first one lowest. */
static inline uint32_t genc_saturated_bytes(int32_t v0, int32_t v1, int32_t v2, int32_t v3)
{
#if GENC_DSP
    uint32_t even = genc_low_lanes((uint32_t)v0, (uint32_t)v2), odd = genc_low_lanes((uint32_t)v1, (uint32_t)v3);
    __asm__("ssat16 %0, #8, %0" : "+r"(even));
    __asm__("ssat16 %0, #8, %0" : "+r"(odd));
#else
    const uint32_t even = genc_lanes(genc_clamp(v0, -128, 127), genc_clamp(v2, -128, 127));
    const uint32_t odd = genc_lanes(genc_clamp(v1, -128, 127), genc_clamp(v3, -128, 127));
#endif
    return (even & 0xFF00FFu) | (odd & 0xFF00FFu) << 8;
}

/** The value, limited to int8. */
static inline int32_t genc_saturate8(int32_t value)
{
#if GENC_DSP
    int32_t r;
    __asm__("ssat %0, #8, %1" : "=r"(r) : "r"(value));
    return r;
#else
    return genc_clamp(value, -128, 127);
#endif
}

/** The value, limited to int16. */
static inline int32_t genc_saturate16(int32_t value)
{
#if GENC_DSP
    int32_t r;
    __asm__("ssat %0, #16, %1" : "=r"(r) : "r"(value));
    return r;
#else
    return genc_clamp(value, -32768, 32767);
#endif
}

/**
 * From accumulator to output byte; genc_linear.h has the semantics.
 * @param sum         inside +-2^30
 * @param multiplier  0 ... 2^31 - 1
 * @param add         2^(shift - 1) + zero_point * 2^shift
 * @param shift       1 ... 30
 */
static inline int8_t genc_dsp_output(int32_t sum, int32_t multiplier, int32_t add, int32_t shift)
{
    const int32_t y = genc_high_multiply(sum, multiplier);
    return (int8_t)genc_saturate8((y + (y >> 31) + add) >> shift); /* y >> 31: ties away from zero */
}

/** `count` bytes limited to [low, high], in place: for layers whose clamp is not that of int8. */
void genc_dsp_clamp(int8_t *y, int32_t count, int32_t low, int32_t high);

#endif /* GENC_DSP_H */
