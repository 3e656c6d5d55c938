#include "genc_conv_s16_dsp.h"

#include "genc_window.h"

/** Four pixels and what they are multiplied by.  The assembly knows the places of the fields. */
typedef struct {
    const uint32_t *x;       /* [words][4 pixels], lanes of two inputs, aligned to 8 bytes */
    const uint32_t *x_end;   /* its end */
    const uint32_t *weights; /* [pair][words] */
    const int32_t *pairs;    /* [pair][GENC_S16_PAIR_SIZE] */
    const int32_t *pairs_end;
    int8_t *y;               /* first channel of the first pixel */
    int32_t y_step;          /* bytes from one pixel to the next */
} genc_s16_tile;

#if GENC_DSP

/* r0 weights, r1 x, r4-r7 sums of the first channel of the four pixels, r8-r11 those of the second, r2 and r3 weights,
   r12 and lr inputs of two pixels. */
#define GENC_S16_WORD                                                               \
    "ldr r2, [r0], #4\n ldrd r12, lr, [r1], #8\n sxtb16 r3, r2, ror #8\n sxtb16 r2, r2\n" \
    "smlad r4, r2, r12, r4\n smlad r8, r3, r12, r8\n smlad r5, r2, lr, r5\n smlad r9, r3, lr, r9\n" \
    "ldrd r12, lr, [r1], #8\n"                                                      \
    "smlad r6, r2, r12, r6\n smlad r10, r3, r12, r10\n smlad r7, r2, lr, r7\n smlad r11, r3, lr, r11\n"

#define GENC_S16_EACH(way, s0, s1, s2, s3) way(s0) way(s1) way(s2) way(s3)
#define GENC_S16_SCALE(s) "smmla " s ", " s ", r3, r1\n"
#define GENC_S16_SHIFTED(s) "asr " s ", r3\n ssat " s ", #16, " s "\n"

/* r2 the pair, r12 the output, lr from one pixel to the next: four pixels of a channel. */
#define GENC_S16_OUTPUT(multiplier, add, shift, s0, s1, s2, s3)                     \
    "ldr r3, [r2, #" multiplier "]\n ldr r1, [r2, #" add "]\n"                      \
    GENC_S16_EACH(GENC_S16_SCALE, s0, s1, s2, s3) "ldr r3, [r2, #" shift "]\n"      \
    GENC_S16_EACH(GENC_S16_SHIFTED, s0, s1, s2, s3)                                 \
    "strh " s0 ", [r12]\n strh " s1 ", [r12, lr]\n strh " s2 ", [r12, lr, lsl #1]\n" \
    "add r1, r12, lr\n strh " s3 ", [r1, lr, lsl #1]\n"

/* On the stack: x, its end, the pair, the end of the pairs, y, y_step. */
static GENC_NAKED void genc_s16_product(GENC_IN_ASSEMBLY const genc_s16_tile *tile)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #28\n ldm r0, {r1-r7}\n"
        "strd r1, r2, [sp]\n strd r4, r5, [sp, #8]\n strd r6, r7, [sp, #16]\n mov r0, r3\n mov r2, r4\n"
        "1:\n ldr r4, [r2]\n ldr r8, [r2, #16]\n ldr r1, [sp]\n"
        "mov r5, r4\n mov r6, r4\n mov r7, r4\n mov r9, r8\n mov r10, r8\n mov r11, r8\n"
        "2:\n" GENC_S16_WORD GENC_S16_WORD "ldr r2, [sp, #4]\n cmp r1, r2\n bne 2b\n"
        "ldr r2, [sp, #8]\n ldrd r12, lr, [sp, #16]\n"
        GENC_S16_OUTPUT("4", "8", "12", "r4", "r5", "r6", "r7") "add r12, #2\n"
        GENC_S16_OUTPUT("20", "24", "28", "r8", "r9", "r10", "r11")
        "ldr r3, [r2, #32]\n add r12, r3\n str r12, [sp, #16]\n"
        "add r2, #36\n str r2, [sp, #8]\n ldr r3, [sp, #12]\n cmp r2, r3\n bne 1b\n"
        "add sp, #28\n pop {r4-r11, pc}\n");
}

#else

/** A channel of a pixel, the `second` of its pair or the first. */
static void genc_s16_channel(const genc_s16_tile *tile, int32_t pixel, const uint32_t *w, int32_t second,
                             const int32_t *channel, int8_t *y)
{
    const uint32_t *x;
    int32_t sum = channel[GENC_S16_PAIR_BIAS];
    int16_t value;
    for (x = tile->x + pixel; x < tile->x_end; x += GENC_S16_TILE, w++) {
        sum = genc_dual_mac(second ? genc_odd_bytes(*w) : genc_even_bytes(*w), *x, sum);
    }
    sum = genc_high_mac(sum, channel[GENC_S16_PAIR_MULTIPLIER], channel[GENC_S16_PAIR_ADD]);
    value = (int16_t)genc_saturate16(sum >> channel[GENC_S16_PAIR_SHIFT]);
    memcpy(y, &value, sizeof value);
}

static void genc_s16_product(const genc_s16_tile *tile)
{
    const ptrdiff_t words = (tile->x_end - tile->x) / GENC_S16_TILE;
    const uint32_t *w = tile->weights;
    const int32_t *pair;
    int8_t *y = tile->y;
    int32_t i;
    for (pair = tile->pairs; pair != tile->pairs_end; pair += GENC_S16_PAIR_SIZE, w += words) {
        for (i = 0; i < GENC_S16_TILE; i++) {
            genc_s16_channel(tile, i, w, 0, pair, y + i * tile->y_step);
            genc_s16_channel(tile, i, w, 1, pair + GENC_S16_PAIR_SECOND, y + i * tile->y_step + 2);
        }
        y += 2 + pair[GENC_S16_PAIR_NEXT];
    }
}

#endif

/** Words to every fourth place. */
static uint32_t *genc_s16_spread(const int8_t *from, int32_t words, uint32_t *to)
{
    for (; words >= 2; words -= 2, from += 8, to += 2 * GENC_S16_TILE) {
        to[0] = genc_load4(from);
        to[GENC_S16_TILE] = genc_load4(from + 4);
    }
    if (words != 0) {
        *to = genc_load4(from);
        to += GENC_S16_TILE;
    }
    return to;
}

/** What a pixel sees, to every fourth word from `to` on. */
static void genc_s16_gather(const genc_conv_s16_dsp_params *p, const void *in, int32_t row, int32_t column,
                            uint32_t *to, int8_t *patch)
{
    const int32_t image = row / p->out_h, left = column * p->stride_w - p->pad_left, line = p->kernel_w * p->in_c;
    const int32_t inside = (line & 3) == 0 && left >= 0 && left + p->kernel_w <= p->in_w;
    int32_t y = (row - image * p->out_h) * p->stride_h - p->pad_top, k;
    int8_t *end = patch;
    for (k = 0; k < p->kernel_h; k++, y += p->dilation_h) {
        const int8_t *from = NULL;
        if (y >= 0 && y < p->in_h) from = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        if (inside && from != NULL) {
            to = genc_s16_spread(from + left * p->in_c, line / 4, to);
        } else {
            end = genc_window_row(from, p->in_w, p->in_c, left, p->kernel_w, 0, end);
            if ((line & 3) == 0) {
                to = genc_s16_spread(patch, line / 4, to);
                end = patch;
            }
        }
    }
    if ((line & 3) != 0) {
        memset(end, 0, (size_t)(patch + 4 * p->words - end));
        (void)genc_s16_spread(patch, p->words, to);
    } else if (p->kernel_h * line != 4 * p->words) {
        *to = 0;
    }
}

void genc_conv_s16_dsp(const genc_conv_s16_dsp_params *p, const void *in, void *out, void *scratch, int32_t row_begin,
                       int32_t row_end)
{
    uint32_t *const x = (uint32_t *)scratch;
    int8_t *const patch = (int8_t *)(x + p->words * GENC_S16_TILE), *const last = patch + 4 * p->words;
    genc_s16_tile tile = {x, x + p->words * GENC_S16_TILE, p->weights, p->pairs,
                          p->pairs + p->pair_count * GENC_S16_PAIR_SIZE, NULL, p->out_c};
    int32_t begin, step, i, n;
    /* Rows that lie one after the other are one long row: no half-filled tile at the end of each. */
    for (begin = row_begin; begin < row_end; begin += step) {
        step = genc_rows_ahead(begin, row_end, p->out_rows_held);
        int8_t *y = genc_row_out(out, begin, p->out_rows_held, p->out_w * p->out_c);
        int32_t row = begin, column = 0, left = step * p->out_w;
        for (; left > 0; left -= GENC_S16_TILE, y += GENC_S16_TILE * p->out_c) {
            const int32_t count = left < GENC_S16_TILE ? left : GENC_S16_TILE, bytes = count * p->out_c;
            for (i = 0; i < count; i++) {
                genc_s16_gather(p, in, row, column, x + i, patch);
                if (++column == p->out_w) {
                    column = 0;
                    row++;
                }
            }
            tile.y = count == GENC_S16_TILE ? y : last;
            genc_s16_product(&tile);
            if (count != GENC_S16_TILE) memcpy(y, last, (size_t)bytes);
            if (p->low <= -32768 && p->high >= 32767) continue;
            for (n = 0; n < bytes / 2; n++) {
                int16_t *const value = (int16_t *)(void *)y + n;
                *value = (int16_t)genc_clamp(*value, p->low, p->high);
            }
        }
    }
}
