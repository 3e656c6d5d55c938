/**
 * @file riscv_start.c
 * @brief Start-up for QEMU's RISC-V machine `virt`; output and exit by semihosting (picolibc).
 *
 * A trap prints its cause and exits with 139.
 */
#include <stdint.h>
#include <stdlib.h>

#define SYS_WRITE0 4
#define SYS_EXIT 0x18
#define SYS_EXIT_EXTENDED 0x20

extern char __stack[], __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);
extern int main(void);

static void semihosting(long operation, const void *argument) {
    register long a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = argument;
    __asm volatile(".balign 16\n.option push\n.option norvc\n slli zero,zero,0x1f\n ebreak\n srai zero,zero,7\n"
                   ".option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
}

static void print_hex(const char *label, uintptr_t value) {
    char text[2 * sizeof value + 1];
    int digits = (int)sizeof value * 2;
    for (int i = 0; i < digits; i++) text[i] = "0123456789abcdef"[(value >> (4 * (digits - 1 - i))) & 15];
    text[digits] = 0;
    semihosting(SYS_WRITE0, label);
    semihosting(SYS_WRITE0, text);
}

__attribute__((used, aligned(4))) static void trap(void) {
    uintptr_t cause, pc, address;
    __asm volatile(".option push\n .option arch,+zicsr\n csrr %0,mcause\n csrr %1,mepc\n csrr %2,mtval\n .option pop"
                   : "=r"(cause), "=r"(pc), "=r"(address));
    print_hex("\nfault processor: mcause=", cause);
    print_hex(" pc=", pc);
    print_hex(" address=", address);
    semihosting(SYS_WRITE0, "\n");
    const uintptr_t exit_139[2] = {0x20026, 139};
    semihosting(sizeof(long) == 8 ? SYS_EXIT : SYS_EXIT_EXTENDED, exit_139);
    for (;;) {
    }
}

__attribute__((used, noreturn)) static void start(void) {
    for (uint32_t *from = (uint32_t *)__data_load, *to = (uint32_t *)__data_start; to < (uint32_t *)__data_end;)
        *to++ = *from++;
    for (uint32_t *to = (uint32_t *)__bss_start; to < (uint32_t *)__bss_end;) *to++ = 0;
    for (void (**function)(void) = __init_array_start; function < __init_array_end; function++) (*function)();
    exit(main());
}

__attribute__((naked, section(".text.init"), used)) void _start(void) {
    __asm volatile(".option push\n.option norelax\n la gp,__global_pointer$\n.option pop\n"
                   ".option arch,+zicsr\n la sp,__stack\n la t0,%0\n csrw mtvec,t0" ::"i"(trap));
#ifdef __riscv_flen
    __asm volatile(".option arch,+zicsr\n li t0,0x6000\n csrs mstatus,t0\n csrw fcsr,zero");
#endif
    __asm volatile(".option arch,+zicsr\n csrr t0,mhartid\n1: bnez t0,1b\n j start");
}
