/**
 * @file freestanding.c
 * @brief The few functions of a C library that harness.c and the start-up code call, for compilers without one, and
 * the instruction counter of codegen/verify/simulator.py.  Input and output are semihosting calls.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYS_WRITE0 4
#define SYS_EXIT_EXTENDED 0x20
#define SYS_ELAPSED 0x30
#define STOPPED_BY_EXIT 0x20026

static void semihosting(long operation, const void *argument) {
#if defined(__arm__)
    register long r0 __asm("r0") = operation;
    register const void *r1 __asm("r1") = argument;
    __asm volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
#else
    register long a0 __asm("a0") = operation;
    register const void *a1 __asm("a1") = argument;
    __asm volatile(".balign 16\n.option push\n.option norvc\n slli zero,zero,0x1f\n ebreak\n srai zero,zero,7\n"
                   ".option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
#endif
}

/** Instructions executed so far, the current block of the program included. */
uint64_t clock_instructions(void) {
    volatile uint64_t count = 0;
    semihosting(SYS_ELAPSED, (const void *)&count);
    return count;
}

void exit(int status) {
    const uintptr_t reason[2] = {STOPPED_BY_EXIT, (uintptr_t)status};
    semihosting(SYS_EXIT_EXTENDED, reason);
    for (;;) {
    }
}

void initialise_monitor_handles(void);
void initialise_monitor_handles(void) {}
void __libc_init_array(void);
void __libc_init_array(void) {}

int memcmp(const void *a, const void *b, size_t bytes) {
    const uint8_t *left = a, *right = b;
    for (size_t i = 0; i < bytes; i++) {
        if (left[i] != right[i]) return left[i] - right[i];
    }
    return 0;
}

size_t fwrite(const void *data, size_t bytes, size_t count, void *stream) {
    const char *from = data;
    char text[65];
    (void)stream;
    for (size_t left = bytes * count; left > 0;) {
        size_t part = left < sizeof text - 1 ? left : sizeof text - 1;
        memcpy(text, from, part);
        text[part] = 0;
        semihosting(SYS_WRITE0, text);
        from += part;
        left -= part;
    }
    return count;
}

static void print_number(unsigned long value, int negative) {
    char text[24], *at = text + sizeof text - 1;
    *at = 0;
    do {
        *--at = (char)('0' + value % 10u);
        value /= 10u;
    } while (value != 0);
    if (negative) *--at = '-';
    semihosting(SYS_WRITE0, at);
}

static void print_signed(long value) {
    print_number(value < 0 ? 0ul - (unsigned long)value : (unsigned long)value, value < 0);
}

int printf(const char *format, ...) {
    va_list values;
    va_start(values, format);
    for (; *format; format++) {
        char letter[2] = {*format, 0};
        if (*format != '%') {
            semihosting(SYS_WRITE0, letter);
            continue;
        }
        format++;
        if (*format == 'c') {
            letter[0] = (char)va_arg(values, int);
            semihosting(SYS_WRITE0, letter);
        } else if (*format == 's') {
            semihosting(SYS_WRITE0, va_arg(values, const char *));
        } else if (*format == 'd') {
            print_signed(va_arg(values, int));
        } else if (*++format == 'd') {
            print_signed(va_arg(values, long));
        } else {
            print_number(va_arg(values, unsigned long), 0);
        }
    }
    va_end(values);
    return 0;
}
