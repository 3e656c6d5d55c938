#include "genc_gates_s16_dsp.h"

#include "genc_gate_table_s16.h"

#if GENC_DSP

/* r0 table, r1 words, r2 their end, r3 zero; r4 sizes of both lanes, GE: lanes of 0 or more; r5 and r10 become r.
   A line is r5 = {slope, base / 2}; r7 entries; a rotation takes its bits modulo 32. */
#define GENC_GATE_SIZES "sadd16 r5, r4, r3\n qsub16 r5, r3, r4\n sel r4, r4, r5\n"
#define GENC_GATE_LANES                                                                     \
    "ubfx r5, r4, #9, #6\n ldr r5, [r0, r5, lsl #2]\n ubfx r6, r4, #0, #9\n"                \
    "smlabb r5, r5, r6, r5\n ubfx r6, r4, #3, #12\n ldr r6, [r7, r6, lsl #2]\n"             \
    "lsl r8, r4, #2\n ror r6, r6, r8\n and r6, r6, #15\n add r5, r6, r5, lsr #15\n"         \
    "ubfx r10, r4, #25, #6\n ldr r10, [r0, r10, lsl #2]\n ubfx r6, r4, #16, #9\n"           \
    "smlabb r10, r10, r6, r10\n ubfx r6, r4, #19, #12\n ldr r6, [r7, r6, lsl #2]\n"         \
    "lsr r8, r4, #16\n lsl r8, r8, #2\n ror r6, r6, r8\n and r6, r6, #15\n"                 \
    "add r10, r6, r10, lsr #15\n pkhbt r5, r5, r10, lsl #16\n"

GENC_NAKED void genc_logistic_lanes(GENC_IN_ASSEMBLY const uint32_t *table, GENC_IN_ASSEMBLY uint32_t *v,
                                    GENC_IN_ASSEMBLY const uint32_t *end)
{
    __asm__ volatile(
        "push {r4-r8, r10, lr}\n mov r3, #0\n add r7, r0, #256\n mvn r12, #0x80008000\n"
        "1:\n ldr r4, [r1]\n" GENC_GATE_SIZES GENC_GATE_LANES
        "lsl r5, r5, #1\n eor r6, r5, r12\n sel r5, r5, r6\n"
        "str r5, [r1], #4\n cmp r1, r2\n bne 1b\n"
        "pop {r4-r8, r10, pc}\n");
}

/* r9: bits that sizes of 8 and more have, in both lanes.  Stops before a word of which one has; returns the place. */
static GENC_NAKED uint32_t *genc_tanh_below_8(GENC_IN_ASSEMBLY const uint32_t *table, GENC_IN_ASSEMBLY uint32_t *v,
                                              GENC_IN_ASSEMBLY const uint32_t *end, GENC_IN_ASSEMBLY int32_t doublings)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n mov r11, r3\n mov r3, #0\n add r7, r0, #256\n mov r12, #0x20002000\n"
        "mvn r9, #0x7F00\n bic r9, #0xFF\n asr r9, r11\n pkhbt r9, r9, r9, lsl #16\n"
        "1:\n ldr r4, [r1]\n" GENC_GATE_SIZES "tst r4, r9\n bne 2f\n lsl r4, r11\n" GENC_GATE_LANES
        "qsub16 r5, r5, r12\n qadd16 r5, r5, r5\n qadd16 r5, r5, r5\n qsub16 r6, r3, r5\n sel r5, r5, r6\n"
        "str r5, [r1], #4\n cmp r1, r2\n bne 1b\n"
        "2:\n mov r0, r1\n pop {r4-r11, pc}\n");
}

#else

void genc_logistic_lanes(const uint32_t *table, uint32_t *v, const uint32_t *end)
{
    for (; v != end; v++) {
        *v = genc_lanes(genc_logistic_entry(table, genc_low(*v)), genc_logistic_entry(table, genc_high(*v)));
    }
}

static uint32_t *genc_tanh_below_8(const uint32_t *table, uint32_t *v, const uint32_t *end, int32_t doublings)
{
    (void)table;
    (void)end;
    (void)doublings;
    return v;
}

#endif

void genc_tanh_lanes(const uint32_t *table, uint32_t *v, const uint32_t *end, int32_t doublings)
{
    while (v != end && (v = genc_tanh_below_8(table, v, end, doublings)) != end) {
        const int32_t low = genc_tanh_entry(table, genc_low(*v), doublings);
        *v = genc_lanes(low, genc_tanh_entry(table, genc_high(*v), doublings));
        v++;
    }
}
