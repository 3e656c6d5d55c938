#include "genc_dot_s8.h"

/** sum += x * w, finished before the next begins: it needs one register for the weight. */
#define GENC_IN_ORDER(sum, x, w) \
    do {                         \
        (sum) += (x) * (w);      \
        GENC_KEEP(sum);          \
    } while (0)

#define GENC_FOUR(k)                          \
    do {                                      \
        const int32_t v = x[k];               \
        GENC_IN_ORDER(a, v, w[4 * (k)]);      \
        GENC_IN_ORDER(b, v, w[4 * (k) + 1]);  \
        GENC_IN_ORDER(c, v, w[4 * (k) + 2]);  \
        GENC_IN_ORDER(d, v, w[4 * (k) + 3]);  \
        GENC_FENCE();                         \
    } while (0)

void genc_dot_s8_four(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t *s)
{
    const int8_t *const end = x + depth, *const end4 = x + (depth & ~3);
    int32_t a = start, b = start, c = start, d = start;
    for (; x != end4; x += 4, w += 16) {
        GENC_FOUR(0);
        GENC_FOUR(1);
        GENC_FOUR(2);
        GENC_FOUR(3);
    }
    for (; x != end; x++, w += 4) GENC_FOUR(0);
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
}

#if defined(__ARM_ARCH_6M__) && defined(__GNUC__)

/* Place k of eight rows: four sums in low registers, four in high ones, which can only be added to. */
#define GENC_EIGHT(k, w0, w1, w2, w3, w4, w5, w6, w7)                \
    "ldrb r2, [r1, #" #k "]\n sxtb r2, r2\n"                         \
    "ldrb r7, [r0, #" #w0 "]\n muls r7, r2\n adds r3, r3, r7\n"      \
    "ldrb r7, [r0, #" #w1 "]\n muls r7, r2\n adds r4, r4, r7\n"      \
    "ldrb r7, [r0, #" #w2 "]\n muls r7, r2\n adds r5, r5, r7\n"      \
    "ldrb r7, [r0, #" #w3 "]\n muls r7, r2\n adds r6, r6, r7\n"      \
    "ldrb r7, [r0, #" #w4 "]\n muls r7, r2\n add r8, r8, r7\n"       \
    "ldrb r7, [r0, #" #w5 "]\n muls r7, r2\n add r9, r9, r7\n"       \
    "ldrb r7, [r0, #" #w6 "]\n muls r7, r2\n add r10, r10, r7\n"     \
    "ldrb r7, [r0, #" #w7 "]\n muls r7, r2\n add r11, r11, r7\n"

/** The loop of the C below, which compilers cannot keep in the registers of ARMv6-M. */
__attribute__((naked)) void genc_dot_s8_eight(const uint8_t *w __attribute__((unused)),
                                              const int8_t *x __attribute__((unused)),
                                              int32_t depth __attribute__((unused)),
                                              int32_t start __attribute__((unused)),
                                              int32_t *s __attribute__((unused)))
{
    __asm__ volatile(".syntax unified\n"
                     "push {r4-r7, lr}\n"
                     "mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n"
                     "push {r4-r7}\n"
                     "adds r4, r1, r2\n mov lr, r4\n" /* end of x */
                     "lsrs r2, r2, #2\n lsls r2, r2, #2\n adds r2, r2, r1\n mov r12, r2\n"
                     "mov r4, r3\n mov r5, r3\n mov r6, r3\n"
                     "mov r8, r3\n mov r9, r3\n mov r10, r3\n mov r11, r3\n"
                     "b 2f\n"
                     "1:\n" /* four places */
                     GENC_EIGHT(0, 0, 1, 2, 3, 4, 5, 6, 7)
                     GENC_EIGHT(1, 8, 9, 10, 11, 12, 13, 14, 15)
                     GENC_EIGHT(2, 16, 17, 18, 19, 20, 21, 22, 23)
                     GENC_EIGHT(3, 24, 25, 26, 27, 28, 29, 30, 31)
                     "adds r1, #4\n adds r0, #32\n"
                     "2: cmp r1, r12\n bne 1b\n"
                     "b 4f\n"
                     "3:\n" /* one place */
                     GENC_EIGHT(0, 0, 1, 2, 3, 4, 5, 6, 7)
                     "adds r1, #1\n adds r0, #8\n"
                     "4: cmp r1, lr\n bne 3b\n"
                     "ldr r7, [sp, #36]\n"
                     "stmia r7!, {r3-r6}\n"
                     "mov r3, r8\n mov r4, r9\n mov r5, r10\n mov r6, r11\n"
                     "stmia r7!, {r3-r6}\n"
                     "pop {r4-r7}\n"
                     "mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n"
                     "pop {r4-r7, pc}\n");
}

#else

#define GENC_EIGHT(k)                         \
    do {                                      \
        const int32_t v = x[k];               \
        GENC_IN_ORDER(a, v, w[8 * (k)]);      \
        GENC_IN_ORDER(b, v, w[8 * (k) + 1]);  \
        GENC_IN_ORDER(c, v, w[8 * (k) + 2]);  \
        GENC_IN_ORDER(d, v, w[8 * (k) + 3]);  \
        GENC_IN_ORDER(e, v, w[8 * (k) + 4]);  \
        GENC_IN_ORDER(f, v, w[8 * (k) + 5]);  \
        GENC_IN_ORDER(g, v, w[8 * (k) + 6]);  \
        GENC_IN_ORDER(h, v, w[8 * (k) + 7]);  \
        GENC_FENCE();                         \
    } while (0)

void genc_dot_s8_eight(const uint8_t *w, const int8_t *x, int32_t depth, int32_t start, int32_t *s)
{
    const int8_t *const end = x + depth, *const end4 = x + (depth & ~3);
    int32_t a = start, b = start, c = start, d = start, e = start, f = start, g = start, h = start;
    for (; x != end4; x += 4, w += 32) {
        GENC_EIGHT(0);
        GENC_EIGHT(1);
        GENC_EIGHT(2);
        GENC_EIGHT(3);
    }
    for (; x != end; x++, w += 8) GENC_EIGHT(0);
    s[0] = a;
    s[1] = b;
    s[2] = c;
    s[3] = d;
    s[4] = e;
    s[5] = f;
    s[6] = g;
    s[7] = h;
}

#endif

int32_t genc_dot_s8_start(const int8_t *x, int32_t depth, int32_t offset)
{
    const int8_t *const end = x + depth;
    int32_t sum = 0;
    for (; end - x >= 4; x += 4) sum -= x[0] + x[1] + x[2] + x[3];
    for (; x != end; x++) sum -= *x;
    return sum * offset;
}
