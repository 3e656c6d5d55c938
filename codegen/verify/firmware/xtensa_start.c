/**
 * @file xtensa_start.c
 * @brief Start-up for QEMU's Xtensa machine `sim` with the lx106 core (call0 ABI, picolibc); output and exit by
 * SIMCALL.
 *
 * An exception (an unaligned access, for example) prints its cause and exits with 139.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define SIMCALL_EXIT 1
#define SIMCALL_WRITE 4

extern char __stack[], __data_load[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern void (*__init_array_start[])(void), (*__init_array_end[])(void);
extern int main(void);

static char buffer[256];
static int buffered;

static void simcall(int number, int a, int b, int c) {
    register int r2 __asm("a2") = number, r3 __asm("a3") = a, r4 __asm("a4") = b, r5 __asm("a5") = c;
    __asm volatile("simcall" : "+r"(r2), "+r"(r3) : "r"(r4), "r"(r5) : "memory");
}

static void flush(void) {
    if (buffered) simcall(SIMCALL_WRITE, 1, (int)buffer, buffered);
    buffered = 0;
}

static int put(char c, FILE *file) {
    (void)file;
    buffer[buffered++] = c;
    if (c == '\n' || buffered == (int)sizeof buffer) flush();
    return (unsigned char)c;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE *const stdout = &console;
FILE *const stderr = &console;
FILE *const stdin = &console;

__attribute__((noreturn)) void _exit(int code) {
    flush();
    simcall(SIMCALL_EXIT, code, 0, 0);
    for (;;) {
    }
}

static void print(const char *text) {
    while (*text) put(*text++, NULL);
}

static void print_hex(const char *label, uint32_t value) {
    print(label);
    for (int i = 28; i >= 0; i -= 4) put("0123456789abcdef"[(value >> i) & 15], NULL);
}

__attribute__((used, noreturn)) void firmware_trap(void) {
    uint32_t cause, pc, address;
    __asm volatile("rsr %0,exccause\n rsr %1,epc1\n rsr %2,excvaddr" : "=r"(cause), "=r"(pc), "=r"(address));
    print_hex("\nfault processor: exccause=", cause);
    print_hex(" pc=", pc);
    print_hex(" address=", address);
    print("\n");
    _exit(139);
}

__attribute__((used, noreturn)) void firmware_start(void) {
    for (uint32_t *from = (uint32_t *)__data_load, *to = (uint32_t *)__data_start; to < (uint32_t *)__data_end;)
        *to++ = *from++;
    for (uint32_t *to = (uint32_t *)__bss_start; to < (uint32_t *)__bss_end;) *to++ = 0;
    for (void (**function)(void) = __init_array_start; function < __init_array_end; function++) (*function)();
    exit(main());
}

/* The CPU starts at the reset vector and ignores the ELF entry: _start must come first in the image.  Every
   exception vector leads to firmware_trap on a fresh stack. */
__asm(".section .vectors,\"ax\"\n"
      " .global _start\n"
      " .align 4\n"
      "_start: j 1f\n"
      " .align 4\n"
      ".Lstack: .word __stack\n"
      ".Lvectors: .word firmware_vectors\n"
      ".Lstart: .word firmware_start\n"
      ".Ltrap: .word firmware_trap\n"
      ".Lps: .word 0\n"
      "1: l32r a2,.Lvectors\n"
      " wsr a2,vecbase\n"
      " l32r a2,.Lps\n"
      " wsr a2,ps\n"
      " rsync\n"
      " l32r a1,.Lstack\n"
      " l32r a0,.Lstart\n"
      " jx a0\n"
      " .align 4\n"
      "to_trap: l32r a1,.Lstack\n"
      " l32r a0,.Ltrap\n"
      " jx a0\n"
      " .align 256\n"
      "firmware_vectors:\n"
      " .org firmware_vectors+0x10\n j to_trap\n"
      " .org firmware_vectors+0x20\n j to_trap\n"
      " .org firmware_vectors+0x30\n j to_trap\n"
      " .org firmware_vectors+0x50\n j to_trap\n"
      " .org firmware_vectors+0x70\n j to_trap\n"
      " .text\n");
