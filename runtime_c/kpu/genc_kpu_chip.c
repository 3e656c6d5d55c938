/**
 * @file genc_kpu_chip.c
 * @brief genc_kpu_hal.h on a K210: the chip's registers.  Not run on silicon yet: docs/kpu.md says what that means.
 *
 * For Kendryte's standalone SDK and its FreeRTOS SDK.  The application sets PLL1, from which the KPU has its clock:
 * sysctl_pll_set_freq(SYSCTL_PLL1, 400000000); with GENC_KPU_INTERRUPT it also calls plic_init() and
 * sysctl_enable_irq(), as the standalone SDK's drivers want it.
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
enum { WORD_SCALING = 4, WORD_WEIGHTS = 5, WORD_ACTIVATION = 7, TABLE_SHIFT = 32 };

static volatile uint64_t *registers(void) { return (volatile uint64_t *)(uintptr_t)KPU_BASE; }

static int is_done(void) { return (registers()[INTERRUPT_RAW] & CALC_DONE) != 0; }

/* ---- waiting: a way to be told of the interrupt, and one to sleep until it came --------------------------------- */

#if !defined(GENC_KPU_INTERRUPT)
static void listen_done(void) {}

static void wait_done(void) {
    while (!is_done()) {
    }
}

#elif __has_include(<FreeRTOS.h>)
#include <FreeRTOS.h>
#include <hal.h>
#include <task.h>

static void on_done(void *task) {
    BaseType_t switches = pdFALSE;
    registers()[INTERRUPT_MASK] = ALL_INTERRUPTS;
    vTaskNotifyGiveFromISR((TaskHandle_t)task, &switches);
    if (switches) portYIELD_FROM_ISR();
}

static void listen_done(void) {
    pic_set_irq_handler(IRQN_AI_INTERRUPT, on_done, xTaskGetCurrentTaskHandle());
    pic_set_irq_priority(IRQN_AI_INTERRUPT, 2);
    pic_set_irq_enable(IRQN_AI_INTERRUPT, 1);
}

static void wait_done(void) {
    while (!is_done()) {
        registers()[INTERRUPT_MASK] = ALL_INTERRUPTS & ~CALC_DONE;
        ulTaskNotifyTake(pdTRUE, portMAX_DELAY);
    }
}

#else
#include <plic.h>

enum { MIE = 8 };

static int on_done(void *unused) {
    (void)unused;
    registers()[INTERRUPT_MASK] = ALL_INTERRUPTS;
    return 0;
}

static void listen_done(void) {
    plic_set_priority(IRQN_AI_INTERRUPT, 1);
    plic_irq_register(IRQN_AI_INTERRUPT, on_done, NULL);
    plic_irq_enable(IRQN_AI_INTERRUPT);
}

/** Between the look at the KPU and the sleep no interrupt is taken, so that none is missed: WFI wakes up all the same. */
static void wait_done(void) {
    registers()[INTERRUPT_MASK] = ALL_INTERRUPTS & ~CALC_DONE;
    for (int done = 0; !done;) {
        uint64_t before;
        __asm__ volatile("csrrci %0, mstatus, 8" : "=r"(before) : : "memory");
        done = is_done();
        if (!done) __asm__ volatile("wfi" ::: "memory");
        __asm__ volatile("csrs mstatus, %0" : : "r"(before & MIE) : "memory");
    }
    registers()[INTERRUPT_MASK] = ALL_INTERRUPTS;
}
#endif

/* ---- layers ----------------------------------------------------------------------------------------------------- */

void genc_kpu_start(void) {
    volatile uint64_t *kpu = registers();
    sysctl_clock_enable(SYSCTL_CLOCK_AI);
    kpu[INTERRUPT_MASK] = ALL_INTERRUPTS;
    kpu[INTERRUPT_CLEAR] = ALL_INTERRUPTS;
    kpu[FIFO_THRESHOLD] = FULL_AT_12_EMPTY_AT_1;
    listen_done();
}

uint8_t *genc_kpu_ram(void) { return (uint8_t *)(uintptr_t)KPU_RAM_BASE; }

/** The address at which the KPU reads a table: past the cache. */
static uint64_t uncached(const void *table) {
    uintptr_t address = (uintptr_t)table;
    return (uint64_t)(address < CACHED_BASE ? address : address - UNCACHED_OFFSET);
}

#if defined(GENC_KPU_TABLES_CLEAN)
void genc_kpu_prepare(const genc_kpu_layer *layer) { (void)layer; }
#else
/** Write a table to RAM past the cache, which may hold it still: the KPU does not see the cache. */
static void clean(const void *table, size_t bytes) {
    const uint64_t *from = (const uint64_t *)table;
    volatile uint64_t *to = (volatile uint64_t *)(uintptr_t)uncached(table);
    for (size_t i = 0; to != from && i < (bytes + 7) / 8; i++) to[i] = from[i];
}

void genc_kpu_prepare(const genc_kpu_layer *layer) {
    const uint64_t *words = layer->words;
    size_t outputs = (size_t)(words[2] >> 32 & 0x3FFu) + 1, per_load = (size_t)(words[2] >> 48 & 0x3FFu) + 1;
    clean(layer->weights, (size_t)(words[WORD_WEIGHTS] >> 15 & 0x1FFFFu) * outputs / per_load);
    clean(layer->scaling, outputs * sizeof *layer->scaling);
    clean(layer->activation, GENC_KPU_ACTIVATION_BYTES);
    __asm__ volatile("fence" ::: "memory");
}
#endif

void genc_kpu_submit(const genc_kpu_layer *layer) {
    volatile uint64_t *kpu = registers();
    __asm__ volatile("fence" ::: "memory");
    kpu[EIGHT_BIT_MODE] = !layer->wide;
    for (int i = 0; i < GENC_KPU_WORDS; i++) {
        uint64_t word = layer->words[i];
        if (i == WORD_SCALING) word |= uncached(layer->scaling) << TABLE_SHIFT;
        if (i == WORD_WEIGHTS) word |= uncached(layer->weights) << TABLE_SHIFT;
        if (i == WORD_ACTIVATION) word |= uncached(layer->activation) << TABLE_SHIFT;
        kpu[LAYER_FIFO] = word;
    }
}

void genc_kpu_wait(void) {
    wait_done();
    registers()[INTERRUPT_CLEAR] = ALL_INTERRUPTS;
    __asm__ volatile("fence" ::: "memory"); /* what the chip has written is read behind this */
}

#else
typedef int genc_kpu_chip_is_not_used; /* ISO C wants something here */
#endif
