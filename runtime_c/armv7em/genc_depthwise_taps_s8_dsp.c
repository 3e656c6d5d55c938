#include "genc_depthwise_taps_s8_dsp.h"

/**
 * Adds `count` taps, 1 or more, to the sums of four channels; returns the end of their weights.
 * @param x     four channels of the first tap, at any address
 * @param step  bytes from one tap to the next
 */
#if GENC_DSP

/* r12 and lr at work: four channels x of a tap by their weights w, to r4-r7. */
#define GENC_TAPS_TAP(x, w)                                                                          \
    "sxtb16 r12, " x "\n sxtb16 lr, " w "\n smlabb r4, r12, lr, r4\n smlatt r6, r12, lr, r6\n"       \
    "sxtb16 r12, " x ", ror #8\n sxtb16 lr, " w ", ror #8\n smlabb r5, r12, lr, r5\n smlatt r7, r12, lr, r7\n"

static GENC_NAKED const uint32_t *genc_taps_add(GENC_IN_ASSEMBLY const int8_t *x, GENC_IN_ASSEMBLY int32_t step,
                                                GENC_IN_ASSEMBLY int32_t count, GENC_IN_ASSEMBLY const uint32_t *w,
                                                GENC_IN_ASSEMBLY int32_t *sums)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n ldr r12, [sp, #36]\n ldm r12, {r4-r7}\n"
        "tst r2, #1\n beq 1f\n ldr r8, [r0]\n add r0, r1\n ldr r10, [r3], #4\n" GENC_TAPS_TAP("r8", "r10")
        "subs r2, #1\n beq 2f\n"
        "1:\n ldr r8, [r0]\n ldr r9, [r0, r1]\n add r0, r0, r1, lsl #1\n ldrd r10, r11, [r3], #8\n"
        GENC_TAPS_TAP("r8", "r10") GENC_TAPS_TAP("r9", "r11") "subs r2, #2\n bne 1b\n"
        "2:\n mov r0, r3\n ldr r12, [sp, #36]\n stm r12, {r4-r7}\n pop {r4-r11, pc}\n");
}

#else

static const uint32_t *genc_taps_add(const int8_t *x, int32_t step, int32_t count, const uint32_t *w, int32_t *sums)
{
    for (;; x += step) {
        const uint32_t v = genc_load4(x), even = genc_even_bytes(v), odd = genc_odd_bytes(v);
        const uint32_t w_even = genc_even_bytes(*w), w_odd = genc_odd_bytes(*w);
        sums[0] += genc_low(even) * genc_low(w_even);
        sums[1] += genc_low(odd) * genc_low(w_odd);
        sums[2] += genc_high(even) * genc_high(w_even);
        sums[3] += genc_high(odd) * genc_high(w_odd);
        w++;
        if (--count == 0) return w; /* no pointer past the end */
    }
}

#endif

/** The sums of a block: `left` bytes into the rows, of which the first one has number `row`. */
static const uint32_t *genc_taps_sums(const genc_depthwise_taps_s8_dsp_params *p, const int8_t *in, int32_t row,
                                      int32_t left, const uint32_t *w, int32_t *sums)
{
    const int32_t row_bytes = p->in_w * p->in_c;
    int32_t k = 0, slot = row % p->in_rows_held;
    while (k < p->kernel_h) {
        const int8_t *const from = in + slot * row_bytes + left;
        int32_t rows = 1;
        if (p->kernel_w == 1) { /* rows until the ring's end */
            const int32_t straight = (p->in_rows_held - 1 - slot) / p->dilation_h + 1;
            rows = straight < p->kernel_h - k ? straight : p->kernel_h - k;
            w = genc_taps_add(from, row_bytes * p->dilation_h, rows, w, sums);
        } else {
            w = genc_taps_add(from, p->in_c * p->dilation_w, p->kernel_w, w, sums);
        }
        k += rows;
        slot += rows * p->dilation_h;
        while (slot >= p->in_rows_held) slot -= p->in_rows_held;
    }
    return w;
}

void genc_depthwise_taps_s8_dsp(const genc_depthwise_taps_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                int32_t row_begin, int32_t row_end)
{
    const int32_t blocks = (p->in_c + GENC_TAPS_CHANNELS - 1) / GENC_TAPS_CHANNELS, odd = 2 * p->zero_point + 1;
    int32_t row, x, block, i;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, top = image * p->in_h + (row - image * p->out_h) * p->stride_h;
        int8_t *const start = genc_row_out(out, row, p->out_rows_held, p->out_w * p->in_c);
        int8_t *y = start;
        for (x = 0; x < p->out_w; x++, y += p->in_c) {
            const uint32_t *w = p->weights;
            const int32_t *channel = p->channels;
            for (block = 0; block < blocks; block++) {
                const int32_t last = p->in_c - GENC_TAPS_CHANNELS;
                const int32_t at = block * GENC_TAPS_CHANNELS < last ? block * GENC_TAPS_CHANNELS : last;
                int32_t sums[GENC_TAPS_CHANNELS];
                for (i = 0; i < GENC_TAPS_CHANNELS; i++) sums[i] = channel[i * GENC_TAPS_CHANNEL];
                w = genc_taps_sums(p, in, top, x * p->stride_w * p->in_c + at, w, sums);
                for (i = 0; i < GENC_TAPS_CHANNELS; i++, channel += GENC_TAPS_CHANNEL) {
                    const int32_t shift = channel[2];
                    y[at + i] = genc_dsp_output(sums[i], channel[1], odd * (1 << shift) >> 1, shift);
                }
            }
        }
        if (p->low > -128 || p->high < 127) genc_dsp_clamp(start, p->out_w * p->in_c, p->low, p->high);
    }
}
