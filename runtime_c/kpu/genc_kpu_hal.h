/**
 * @file genc_kpu_hal.h
 * @brief What the layers need of the KPU: its memory, and a queue of layers.  Two files implement it.
 *
 * genc_kpu_chip.c drives the chip's registers; genc_kpu_host.c computes every layer (genc_kpu_simulator.h).  The chip
 * is taken where Kendryte's SDK is (its sysctl.h is found), so that the same library runs on a PC and in an emulator;
 * define KPU_SIMULATED to compute on the chip's CPU too.
 *
 * On the chip, GENC_KPU_INTERRUPT makes the CPU sleep until the KPU's interrupt comes (under FreeRTOS: makes the task
 * wait) where it else polls; GENC_KPU_TABLES_CLEAN says that RAM holds the tables from the start.
 */
#ifndef GENC_KPU_HAL_H
#define GENC_KPU_HAL_H

#include "genc_kernel.h"
#include "genc_kpu_layer.h"

#if defined(__riscv) && defined(__has_include) && !defined(KPU_SIMULATED)
#if __has_include(<sysctl.h>)
#define KPU_CHIP 1
#endif
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** Switch the KPU on: before anything else, and before each image. */
void genc_kpu_start(void);

/** KPU RAM as the CPU sees it, GENC_KPU_RAM_BYTES. */
uint8_t *genc_kpu_ram(void);

/** Bring a layer's tables to where the KPU finds them: once, before the layer is submitted for the first time. */
void genc_kpu_prepare(const genc_kpu_layer *layer);

/** Put a layer into the queue, which has room for GENC_KPU_QUEUE; the layer's tables must stay until it is done. */
void genc_kpu_submit(const genc_kpu_layer *layer);

/** Wait until the layer that raises calc_done is done; no more than GENC_KPU_QUEUE may have been submitted before. */
void genc_kpu_wait(void);

#define GENC_KPU_QUEUE 12

#ifdef __cplusplus
}
#endif

#include "genc_kpu_chip.h"
#include "genc_kpu_host.h"

#endif /* GENC_KPU_HAL_H */
