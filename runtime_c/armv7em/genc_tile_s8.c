#include "genc_tile_s8.h"

#include "genc_tile_words.h"

/** The same for two pairs, the second one's weights `words` further. */
#if GENC_DSP

/* r0 and r1 weights, r2 inputs, r3 their end, r4-r7 sums, r8-r11 weights of two words of inputs, r12 s, lr inputs. */
#define GENC_TWO_PAIRS(w, w2)                                                       \
    "ldr lr, [r2], #16\n smlad r5, " w ", lr, r5\n sxtb16 " w ", " w "\n smlad r4, " w ", lr, r4\n"       \
    "smlad r7, " w2 ", lr, r7\n sxtb16 " w2 ", " w2 "\n smlad r6, " w2 ", lr, r6\n"

static GENC_NAKED void genc_tile_add_two(GENC_IN_ASSEMBLY const uint32_t *w, GENC_IN_ASSEMBLY ptrdiff_t words,
                                         GENC_IN_ASSEMBLY const uint32_t *x, GENC_IN_ASSEMBLY const uint32_t *end,
                                         GENC_IN_ASSEMBLY int32_t *s)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n ldr r12, [sp, #36]\n add r1, r0, r1, lsl #2\n ldm r12, {r4-r7}\n"
        "1:\n ldrd r8, r9, [r0], #8\n ldrd r10, r11, [r1], #8\n"
        GENC_TWO_PAIRS("r8", "r10") GENC_TWO_PAIRS("r9", "r11")
        "cmp r2, r3\n bne 1b\n"
        "stm r12, {r4-r7}\n pop {r4-r11, pc}\n");
}

#else

static void genc_tile_add_two(const uint32_t *w, ptrdiff_t words, const uint32_t *x, const uint32_t *end, int32_t *s)
{
    (void)genc_tile_add(w, x, end, s);
    (void)genc_tile_add(w + words, x, end, s + 2);
}

#endif

void genc_tile_pixel_s8(const genc_tile *tile, int32_t alone)
{
    const ptrdiff_t words = (tile->x_end - tile->x) / GENC_TILE;
    const uint32_t *w = tile->weights;
    const int32_t *pair = tile->pairs;
    ptrdiff_t left = (tile->pairs_end - pair) / GENC_PAIR_SIZE;
    int8_t *y = tile->y;
    int32_t s[4];
    for (; left > 1; left -= 2, pair += 2 * GENC_PAIR_SIZE, w += 2 * words) {
        const int32_t *const next = pair + GENC_PAIR_SIZE;
        genc_tile_begin(pair, s);
        genc_tile_begin(next, s + 2);
        genc_tile_add_two(w, words, tile->x, tile->x_end, s);
        genc_tile_store(tile, s, pair, y, 1);
        y += pair[GENC_PAIR_SHIFT_B] >> 8;
        genc_tile_store(tile, s + 2, next, y, 1);
        y += next[GENC_PAIR_SHIFT_B] >> 8;
    }
    for (left += alone; left > 0; left--, pair += GENC_PAIR_SIZE) {
        const int32_t both = pair != tile->pairs_end;
        genc_tile_begin(pair, s);
        w = genc_tile_add(w, tile->x, tile->x_end, s);
        genc_tile_store(tile, s, pair, y, both);
        y += pair[GENC_PAIR_SHIFT_B] >> 8;
    }
}

void genc_tile_alone_s8(const genc_tile *tile)
{
    const ptrdiff_t words = (tile->x_end - tile->x) / GENC_TILE;
    const ptrdiff_t pairs = (tile->pairs_end - tile->pairs) / GENC_PAIR_SIZE;
    const uint32_t *const w = tile->weights + words * pairs;
    genc_tile one = *tile;
    const int32_t *pair;
    int32_t i;
    for (pair = tile->pairs; pair != tile->pairs_end; pair += GENC_PAIR_SIZE) one.y += pair[GENC_PAIR_SHIFT_B] >> 8;
    for (i = 0; i < GENC_TILE; i++, one.x_end++, one.y += tile->y_step) {
        int32_t s[2];
        genc_tile_begin(pair, s);
        (void)genc_tile_add(w, tile->x + i, one.x_end, s);
        genc_tile_store(tile, s, pair, one.y, 0);
    }
}

void genc_tile_rest(const genc_lines *lines, const int8_t *from, int32_t bytes, uint32_t *to, int32_t index)
{
    int16_t *const lanes = (int16_t *)(void *)to;
    const int32_t last = index + lines->lines * bytes, step = lines->line_step - bytes;
    int32_t left = bytes;
    for (; index < last; index++) {
        lanes[((index & ~3) | (index & 1) << 1) * GENC_TILE | (index >> 1 & 1)] = *from++;
        if (--left == 0) {
            from += step;
            left = bytes;
        }
    }
}

void genc_tile_last(const int8_t *from, int32_t bytes, uint32_t *to)
{
    uint32_t v = (uint8_t)from[0];
    if (bytes > 1) v |= (uint32_t)(uint8_t)from[1] << 8;
    if (bytes > 2) v |= (uint32_t)(uint8_t)from[2] << 16;
    to[0] = genc_even_bytes(v);
    to[GENC_TILE] = genc_odd_bytes(v);
}

#if GENC_DSP

/* The first one: the sums of all pixels begin at r4 and r8. */
#define GENC_FIRST_WORD                                                             \
    "ldr r2, [r0], #4\n sxtb16 r3, r2\n ldrd r12, lr, [r1, #8]\n"                   \
    "smlad r6, r3, r12, r4\n smlad r10, r2, r12, r8\n"                              \
    "smlad r7, r3, lr, r4\n smlad r11, r2, lr, r8\n ldrd r12, lr, [r1], #16\n"      \
    "smlad r5, r3, lr, r4\n smlad r9, r2, lr, r8\n"                                 \
    "smlad r4, r3, r12, r4\n smlad r8, r2, r12, r8\n"

/* On the stack: y_step, odd, x, fours left over, the pair, its first byte of the output, the end of the pairs, that of
   x. */
#define GENC_TILE_BODY(scale)                                                       \
    "push {r4-r11, lr}\n sub sp, #36\n ldm r0, {r4-r11}\n"                          \
    "sub r12, r5, r4\n lsr r12, #5\n sub r12, #1\n and r12, #3\n"                   \
    "strd r10, r11, [sp]\n strd r4, r12, [sp, #8]\n strd r7, r9, [sp, #16]\n strd r8, r5, [sp, #24]\n" \
    "mov r0, r6\n mov r2, r7\n cmp r7, r8\n beq 6f\n"                               \
    "1:\n ldrd r4, r8, [r2]\n ldr r1, [sp, #8]\n add r8, r4, r8, lsl #8\n"          \
    GENC_FIRST_WORD GENC_WORD GENC_FOURS("12", "28", "14f")                         \
    "ldrd r2, r12, [sp, #16]\n ldrd r1, r3, [r2, #8]\n"                             \
    GENC_OUTPUTS(scale)                                                             \
    "sub r12, #1\n add r12, r12, r3, lsr #8\n ldr r3, [sp, #24]\n"                  \
    "strd r2, r12, [sp, #16]\n cmp r2, r3\n bne 1b\n"                               \
    "6:\n add sp, #36\n pop {r4-r11, pc}\n"

GENC_NAKED void genc_tile_s8(GENC_IN_ASSEMBLY const genc_tile *tile)
{
    __asm__ volatile(GENC_TILE_BODY(GENC_SCALE_SIGN));
}

GENC_NAKED void genc_tile_relu_s8(GENC_IN_ASSEMBLY const genc_tile *tile)
{
    __asm__ volatile(GENC_TILE_BODY(GENC_SCALE_RELU));
}

GENC_NAKED void genc_tile_expand(GENC_IN_ASSEMBLY const genc_lines *lines, GENC_IN_ASSEMBLY const int8_t *from,
                                 GENC_IN_ASSEMBLY uint32_t *to, GENC_IN_ASSEMBLY int32_t count)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n cmp r3, #4\n bne 5f\n"
        /* Four pixels: r0 bytes from one to the next, r3 from the first to the last, r12 fours left, lr lines left; on
           the stack fours of a line, from the end of a line to the next. */
        "ldm r0, {r4-r7}\n sub r6, r6, r4, lsl #2\n push {r4, r6}\n mov lr, r5\n mov r0, r7\n add r3, r7, r7, lsl #1\n"
        "1:\n ldr r12, [sp]\n"
        "2:\n ldr r4, [r1]\n ldr r5, [r1, r0]\n ldr r6, [r1, r0, lsl #1]\n ldr r7, [r1, r3]\n add r1, #4\n"
        "sxtb16 r8, r4\n sxtb16 r9, r5\n sxtb16 r10, r6\n sxtb16 r11, r7\n sxtb16 r4, r4, ror #8\n"
        "sxtb16 r5, r5, ror #8\n sxtb16 r6, r6, ror #8\n sxtb16 r7, r7, ror #8\n"
        "stm r2!, {r8-r11}\n stm r2!, {r4-r7}\n subs r12, #1\n bne 2b\n"
        "ldr r12, [sp, #4]\n add r1, r12\n subs lr, #1\n bne 1b\n add sp, #8\n pop {r4-r11, pc}\n"
        /* Fewer: r1 pixel, r2 its words, r3 pixels left, r0 bytes to the next pixel, r4 from the end of a line to the
           next, r5 lines, r6 fours, r9 lines left, r10 fours left. */
        "5:\n ldrd r6, r5, [r0]\n ldrd r4, r0, [r0, #8]\n sub r4, r4, r6, lsl #2\n"
        "6:\n mov r7, r1\n mov r8, r2\n mov r9, r5\n"
        "7:\n mov r10, r6\n"
        "8:\n ldr r11, [r7], #4\n sxtb16 r12, r11\n sxtb16 lr, r11, ror #8\n"
        "str r12, [r8], #16\n str lr, [r8], #16\n subs r10, #1\n bne 8b\n"
        "add r7, r4\n subs r9, #1\n bne 7b\n"
        "add r1, r0\n add r2, #4\n subs r3, #1\n bne 6b\n"
        "pop {r4-r11, pc}\n");
}

#else

void genc_tile_expand(const genc_lines *lines, const int8_t *from, uint32_t *to, int32_t count)
{
    int32_t pixel, line, i;
    for (pixel = 0; pixel < count; pixel++) {
        uint32_t *word = to + pixel;
        for (line = 0; line < lines->lines; line++) {
            const int8_t *const x = from + pixel * lines->pixel_step + line * lines->line_step;
            for (i = 0; i < lines->fours; i++, word += 2 * GENC_TILE) {
                word[0] = genc_even_bytes(genc_load4(x + 4 * i));
                word[GENC_TILE] = genc_odd_bytes(genc_load4(x + 4 * i));
            }
        }
    }
}

void genc_tile_s8(const genc_tile *tile)
{
    genc_tile pixel = *tile;
    int32_t i;
    for (i = 0; i < GENC_TILE; i++, pixel.x++, pixel.x_end++, pixel.y += tile->y_step) {
        genc_tile_pixel_s8(&pixel, 0);
    }
}

void genc_tile_relu_s8(const genc_tile *tile)
{
    genc_tile_s8(tile);
}

#endif
