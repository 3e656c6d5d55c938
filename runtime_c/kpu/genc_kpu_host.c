/**
 * @file genc_kpu_host.c
 * @brief genc_kpu_hal.h on anything else: KPU RAM is an array, a layer is computed when it is submitted.
 *
 * A layer that the chip would not understand ends the program: such a library must not reach a chip.
 */
#include "genc_kpu_host.h"

#if !defined(KPU_CHIP)
#include <stdlib.h>

#include "genc_kpu_simulator.h"

static uint64_t memory[GENC_KPU_RAM_BYTES / sizeof(uint64_t)];

void genc_kpu_start(void) {}

uint8_t *genc_kpu_ram(void) { return (uint8_t *)memory; }

void genc_kpu_prepare(const genc_kpu_layer *layer) { (void)layer; }

void genc_kpu_submit(const genc_kpu_layer *layer) {
    const genc_kpu_rules silicon = {0, 0};
    if (genc_kpu_simulate(layer, &silicon, genc_kpu_ram(), NULL) != GENC_KPU_OK) abort();
}

void genc_kpu_wait(void) {}

#else
typedef int genc_kpu_host_is_not_used; /* ISO C wants something here */
#endif
