#include "genc_tile_parts_s8.h"

#include "genc_tile_words.h"

void genc_tile_begin_s8(const genc_tile *tile, int32_t *sums)
{
    const int32_t *pair;
    for (pair = tile->pairs; pair != tile->pairs_end; pair += GENC_PAIR_SIZE, sums += 2 * GENC_TILE) {
        int32_t s[2];
        genc_tile_begin(pair, s);
        sums[0] = sums[1] = sums[2] = sums[3] = s[0];
        sums[4] = sums[5] = sums[6] = sums[7] = s[1];
    }
}

#if GENC_DSP

/* On the stack: x, fours left over, the sums of the pair, their end, the end of x. */
GENC_NAKED void genc_tile_add_s8(GENC_IN_ASSEMBLY const genc_tile *tile, GENC_IN_ASSEMBLY int32_t *sums)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #20\n ldm r0, {r4-r8}\n sub r12, r5, r4\n lsr r12, #5\n and r12, #3\n"
        "sub r8, r7\n mov r3, #24\n udiv r8, r8, r3\n add r8, r1, r8, lsl #5\n"
        "strd r4, r12, [sp]\n strd r1, r8, [sp, #8]\n str r5, [sp, #16]\n mov r0, r6\n cmp r1, r8\n beq 4f\n"
        "1:\n ldm r1, {r4-r11}\n ldr r1, [sp]\n" GENC_FOURS("4", "16", "10f")
        "ldrd r1, r12, [sp, #8]\n stm r1!, {r4-r11}\n str r1, [sp, #8]\n cmp r1, r12\n bne 1b\n"
        "4:\n add sp, #20\n pop {r4-r11, pc}\n");
}

/* On the stack: y_step, odd, the sums of the pair, the end of the pairs. */
#define GENC_TILE_END(scale)                                                         \
    "push {r4-r11, lr}\n sub sp, #20\n ldrd r2, r3, [r0, #12]\n ldrd r12, r4, [r0, #20]\n ldr r5, [r0, #28]\n" \
    "strd r4, r5, [sp]\n strd r1, r3, [sp, #8]\n cmp r2, r3\n beq 2f\n"              \
    "1:\n ldr r3, [sp, #8]\n ldm r3!, {r4-r11}\n str r3, [sp, #8]\n ldrd r1, r3, [r2, #8]\n" \
    GENC_OUTPUTS(scale)                                                              \
    "sub r12, #1\n add r12, r12, r3, lsr #8\n ldr r3, [sp, #12]\n cmp r2, r3\n bne 1b\n" \
    "2:\n add sp, #20\n pop {r4-r11, pc}\n"

GENC_NAKED void genc_tile_end_s8(GENC_IN_ASSEMBLY const genc_tile *tile, GENC_IN_ASSEMBLY const int32_t *sums)
{
    __asm__ volatile(GENC_TILE_END(GENC_SCALE_SIGN));
}

GENC_NAKED void genc_tile_end_relu_s8(GENC_IN_ASSEMBLY const genc_tile *tile, GENC_IN_ASSEMBLY const int32_t *sums)
{
    __asm__ volatile(GENC_TILE_END(GENC_SCALE_RELU));
}

#else

void genc_tile_add_s8(const genc_tile *tile, int32_t *sums)
{
    const uint32_t *w = tile->weights;
    const int32_t *pair;
    for (pair = tile->pairs; pair != tile->pairs_end; pair += GENC_PAIR_SIZE, sums += 2 * GENC_TILE) {
        const uint32_t *after = w;
        int32_t i;
        for (i = 0; i < GENC_TILE; i++) {
            int32_t s[2] = {sums[i], sums[GENC_TILE + i]};
            after = genc_tile_add(w, tile->x + i, tile->x_end + i, s);
            sums[i] = s[0];
            sums[GENC_TILE + i] = s[1];
        }
        w = after;
    }
}

void genc_tile_end_s8(const genc_tile *tile, const int32_t *sums)
{
    const int32_t *pair;
    int8_t *y = tile->y;
    for (pair = tile->pairs; pair != tile->pairs_end; pair += GENC_PAIR_SIZE, sums += 2 * GENC_TILE) {
        int32_t i;
        for (i = 0; i < GENC_TILE; i++) {
            const int32_t s[2] = {sums[i], sums[GENC_TILE + i]};
            genc_tile_store(tile, s, pair, y + i * tile->y_step, 1);
        }
        y += pair[GENC_PAIR_SHIFT_B] >> 8;
    }
}

void genc_tile_end_relu_s8(const genc_tile *tile, const int32_t *sums)
{
    genc_tile_end_s8(tile, sums);
}

#endif
