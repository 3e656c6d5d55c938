/* What the parts of the stand-in for ESP-NN share: see esp_nn.h. */
#ifndef ESP_NN_DOUBLE_PARTS_H
#define ESP_NN_DOUBLE_PARTS_H

#include "esp_nn.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(CONFIG_IDF_TARGET_ESP32S3)
enum { S3 = 1, P4 = 0, ALIGN = 16 };
#elif defined(CONFIG_IDF_TARGET_ESP32P4)
enum { S3 = 0, P4 = 1, ALIGN = 16 };
#else
enum { S3 = 0, P4 = 0, ALIGN = 1 };
#endif

#define demand(is) demand_at(is, __FILE__, __LINE__)

static inline void demand_at(int is, const char *file, int line)
{
    if (is) return;
    fprintf(stderr, "ESP-NN's double, %s:%d: wrong call\n", file, line);
    abort();
}

static inline int lies(const void *address, unsigned align)
{
    return address != NULL && (uintptr_t)address % align == 0;
}

static inline int32_t rounded_high(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

static inline int32_t rounded_shift(int32_t x, int32_t right)
{
    const int32_t mask = (int32_t)(((int64_t)1 << right) - 1);
    return (x >> right) + ((x & mask) > (mask >> 1) + (x < 0));
}

static inline int32_t scaled(int32_t x, int32_t mult, int32_t shift)
{
    demand(shift >= -31 && shift <= 30 && mult >= 0);
    return rounded_shift(rounded_high((int32_t)((uint32_t)x << (shift > 0 ? shift : 0)), mult), shift > 0 ? 0 : -shift);
}

static inline int8_t clamped(int32_t y, int32_t low, int32_t high)
{
    return (int8_t)(y < low ? low : y > high ? high : y);
}

static inline void check_range(int32_t low, int32_t high)
{
    demand(low >= -128 && low <= high && high <= 127);
}

static inline int zero_point(int32_t z)
{
    return z >= -128 && z <= 127;
}

#endif
