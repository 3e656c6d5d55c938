/**
 * @file genc_kpu_chip.c
 * @brief genc_kpu_hal.h on a K210: registers, by polling.  Not run on silicon yet: docs/kpu.md says what that means.
 *
 * The application sets PLL1, from which the KPU has its clock: sysctl_pll_set_freq(SYSCTL_PLL1, 400000000).
 * Defining GENC_KPU_TABLES_CLEAN says that RAM holds the tables already, behind the cache: no layer copies them then.
 */
#include "genc_kpu_chip.h"

#if defined(KPU_CHIP)
#include <sysctl.h>

#define KPU_BASE 0x40800000u
#define KPU_RAM_BASE 0x40600000u /* uncached */
#define CACHED_BASE 0x80000000u
#define UNCACHED_OFFSET 0x40000000u

/* Registers, in units of 8 bytes. */
enum { LAYER_FIFO = 0, INTERRUPT_RAW = 2, INTERRUPT_MASK, INTERRUPT_CLEAR, FIFO_THRESHOLD, EIGHT_BIT_MODE = 8 };
enum { CALC_DONE = 1, ALL_INTERRUPTS = 7, FULL_AT_12_EMPTY_AT_1 = 12 | 1 << 4 };
enum { WORD_TABLES = 4, WORD_WEIGHTS = 5, WORD_ACTIVATION = 7, TABLE_SHIFT = 32 };

static volatile uint64_t *registers(void) { return (volatile uint64_t *)(uintptr_t)KPU_BASE; }

void genc_kpu_start(void) {
    volatile uint64_t *kpu = registers();
    sysctl_clock_enable(SYSCTL_CLOCK_AI);
    kpu[INTERRUPT_MASK] = ALL_INTERRUPTS;
    kpu[INTERRUPT_CLEAR] = ALL_INTERRUPTS;
    kpu[FIFO_THRESHOLD] = FULL_AT_12_EMPTY_AT_1;
}

uint8_t *genc_kpu_ram(void) { return (uint8_t *)(uintptr_t)KPU_RAM_BASE; }

/** The address by which the KPU reads a table, past the cache: what the cache still holds of it is written first. */
static uint64_t visible(const void *table, size_t bytes) {
    uintptr_t address = (uintptr_t)table;
    const uint64_t *from = (const uint64_t *)table;
    volatile uint64_t *to;
    if (address < CACHED_BASE) return address;
    to = (volatile uint64_t *)(address - UNCACHED_OFFSET);
#if !defined(GENC_KPU_TABLES_CLEAN)
    for (size_t i = 0; i < (bytes + 7) / 8; i++) to[i] = from[i];
#else
    (void)bytes;
    (void)from;
#endif
    return (uint64_t)(uintptr_t)to;
}

static size_t weights_bytes(const uint64_t *words) {
    size_t per_load = (size_t)(words[WORD_WEIGHTS] >> 15 & 0x1FFFFu), channels = (size_t)(words[2] >> 32 & 0x3FFu) + 1;
    return per_load * channels / ((size_t)(words[2] >> 48 & 0x3FFu) + 1);
}

void genc_kpu_submit(const genc_kpu_layer *layer) {
    volatile uint64_t *kpu = registers();
    uint64_t words[GENC_KPU_WORDS];
    size_t channels = (size_t)(layer->words[2] >> 32 & 0x3FFu) + 1;
    memcpy(words, layer->words, sizeof words);
    words[WORD_TABLES] |= visible(layer->scaling, channels * sizeof *layer->scaling) << TABLE_SHIFT;
    words[WORD_WEIGHTS] |= visible(layer->weights, weights_bytes(words)) << TABLE_SHIFT;
    words[WORD_ACTIVATION] |= visible(layer->activation, sizeof *layer->activation) << TABLE_SHIFT;
    __asm__ volatile("fence" ::: "memory");
    kpu[EIGHT_BIT_MODE] = !layer->wide;
    for (int i = 0; i < GENC_KPU_WORDS; i++) kpu[LAYER_FIFO] = words[i];
}

void genc_kpu_wait(void) {
    volatile uint64_t *kpu = registers();
    while (!(kpu[INTERRUPT_RAW] & CALC_DONE)) {
    }
    kpu[INTERRUPT_CLEAR] = ALL_INTERRUPTS;
    __asm__ volatile("fence" ::: "memory"); /* what the chip has written is read behind this */
}

#else
typedef int genc_kpu_chip_is_not_used; /* ISO C wants something here */
#endif
