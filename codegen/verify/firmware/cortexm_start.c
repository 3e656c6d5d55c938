/**
 * @file cortexm_start.c
 * @brief Start-up for QEMU's Cortex-M machines; output and exit by semihosting (newlib's rdimon).
 *
 * A fault prints its cause and exits with 139.  On v6-M every unaligned access faults, as on the real core: the
 * machine has a Cortex-M3, so CCR.UNALIGN_TRP is set.
 */
#include <stdint.h>
#include <stdlib.h>

#define CCR (*(volatile uint32_t *)0xE000ED14u)
#define CFSR (*(volatile uint32_t *)0xE000ED28u)
#define BFAR (*(volatile uint32_t *)0xE000ED38u)
#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define SYS_WRITE0 4
#define SYS_EXIT_EXTENDED 0x20

extern uint32_t __stack, __data_load, __data_start, __data_end, __bss_start, __bss_end;
extern int main(void);
extern void initialise_monitor_handles(void);
extern void __libc_init_array(void);

void _init(void) {}
void _fini(void) {}
__attribute__((noreturn)) void Reset_Handler(void);
__attribute__((weak)) void SysTick_Handler(void) {}

static void semihosting(int operation, const void *argument) {
    register int r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
}

static void print_hex(const char *label, uint32_t value) {
    char text[9];
    for (int i = 0; i < 8; i++) text[i] = "0123456789abcdef"[(value >> (28 - 4 * i)) & 15];
    text[8] = 0;
    semihosting(SYS_WRITE0, label);
    semihosting(SYS_WRITE0, text);
}

/* frame: r0-r3, r12, lr, pc, xpsr as the core stacked them */
__attribute__((used)) static void fault_report(const uint32_t *frame) {
    print_hex("\nfault processor: pc=", frame[6]);
    print_hex(" lr=", frame[5]);
#if __ARM_ARCH >= 7
    print_hex(" cfsr=", CFSR);
    print_hex(" address=", BFAR);
#endif
    semihosting(SYS_WRITE0, "\n");
    const uint32_t exit_139[2] = {0x20026, 139};
    semihosting(SYS_EXIT_EXTENDED, exit_139);
    for (;;) {
    }
}

__attribute__((naked)) static void Fault(void) { __asm volatile("mrs r0,msp\n ldr r1,=fault_report\n bx r1"); }

__attribute__((section(".vectors"), used)) static const void *vectors[16] = {
    &__stack, Reset_Handler, Fault, Fault, Fault, Fault, Fault, Fault, [15] = SysTick_Handler};

void Reset_Handler(void) {
    __asm volatile("cpsid i");
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
    CPACR |= 0xFu << 20;
    __asm volatile("dsb\n isb");
#endif
#if __ARM_ARCH < 7
    CCR |= 8u;
    __asm volatile("dsb\n isb");
#endif
    for (uint32_t *from = &__data_load, *to = &__data_start; to < &__data_end;) *to++ = *from++;
    for (uint32_t *to = &__bss_start; to < &__bss_end;) *to++ = 0;
    initialise_monitor_handles();
    __libc_init_array();
    exit(main());
}
