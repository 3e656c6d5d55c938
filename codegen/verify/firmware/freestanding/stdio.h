/** @file stdio.h @brief What harness.c prints with, for compilers without a C library (freestanding.c). */
#ifndef STDIO_H
#define STDIO_H

#include <stddef.h>

#define stdout ((void *)0)

/** Conversions: %c %d %s %ld %lu. */
__attribute__((format(printf, 1, 2))) int printf(const char *format, ...);
size_t fwrite(const void *data, size_t bytes, size_t count, void *stream);

#endif /* STDIO_H */
