/**
 * @file clock.h
 * @brief Instruction counter of the emulated processors; harness.c includes it, nothing else may.
 *
 * QEMU runs with `-icount`, so that virtual time is a count of instructions:
 * - Cortex-M, shift=6: an instruction takes 64 ns and SysTick counts with the machine's clock.  Every
 *   16.7 million ticks its interrupt adds about ten instructions.
 * - RISC-V, shift=0: minstret.
 * - Xtensa, shift=6: CCOUNT, which ticks every 25 ns; it wraps, so read it every 1.6 billion instructions.
 * A difference of two readings is exact to two instructions.  On a PC the counter stays 0.  CLOCK_SEMIHOSTING: the
 * simulator counts (freestanding.c).
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

#if defined(CLOCK_SEMIHOSTING)

uint64_t clock_instructions(void);

static void clock_start(void) {}

#elif defined(__arm__)

#ifndef CLOCK_HZ
#error "define CLOCK_HZ: the frequency of the machine's SysTick"
#endif
#define SYST_CSR (*(volatile uint32_t *)0xE000E010u)
#define SYST_RVR (*(volatile uint32_t *)0xE000E014u)
#define SYST_CVR (*(volatile uint32_t *)0xE000E018u)
#define SYST_TOP 0xFFFFFFu

static volatile uint32_t clock_wraps;

void SysTick_Handler(void);
void SysTick_Handler(void) { clock_wraps++; }

static void clock_start(void) {
    SYST_RVR = SYST_TOP;
    SYST_CVR = 0;
    SYST_CSR = 7;
    __asm volatile("cpsie i");
}

__attribute__((noinline)) static uint64_t clock_instructions(void) {
    const uint32_t quarter_ns_per_tick = (uint32_t)(4000000000u / CLOCK_HZ); /* an instruction has 256 of them */
    uint32_t wraps, left;
    do {
        wraps = clock_wraps;
        left = SYST_CVR;
    } while (wraps != clock_wraps);
    return ((((uint64_t)wraps << 24) + (SYST_TOP - left)) * quarter_ns_per_tick) >> 8;
}

#elif defined(__riscv)

/* The CSR extension is enabled here: in -march it would select another C library. */
#define READ_CSR(to, name)                                                                                             \
    __asm volatile(".option push\n .option arch,+zicsr\n csrr %0," name "\n .option pop" : "=r"(to))

static void clock_start(void) {}

__attribute__((noinline)) static uint64_t clock_instructions(void) {
#if __riscv_xlen == 64
    uint64_t count;
    READ_CSR(count, "minstret");
    return count;
#else
    uint32_t high, low, again;
    do {
        READ_CSR(high, "minstreth");
        READ_CSR(low, "minstret");
        READ_CSR(again, "minstreth");
    } while (high != again);
    return (uint64_t)high << 32 | low;
#endif
}

#elif defined(__XTENSA__)

static void clock_start(void) {}

__attribute__((noinline)) static uint64_t clock_instructions(void) {
    static uint32_t last, wraps;
    uint32_t now;
    __asm volatile("rsr %0,ccount" : "=r"(now));
    wraps += now < last;
    last = now;
    return (((uint64_t)wraps << 32 | now) * 25) >> 6;
}

#else

static void clock_start(void) {}

static uint64_t clock_instructions(void) { return 0; }

#endif
#endif /* CLOCK_H */
