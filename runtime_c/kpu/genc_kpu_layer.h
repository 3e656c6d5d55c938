/**
 * @file genc_kpu_layer.h
 * @brief One layer of the K210's KPU, as the chip takes it: twelve words and three tables.
 *
 * Fields and numbers: docs/kpu.md.  The words are final but for the addresses of the tables, which the driver puts in
 * when it sends them.
 */
#ifndef GENC_KPU_LAYER_H
#define GENC_KPU_LAYER_H

#include <stdint.h>

#define GENC_KPU_WORDS 12
#define GENC_KPU_RAM_BYTES 0x200000
#define GENC_KPU_ROW_BYTES 64 /* the unit of addresses in KPU RAM */
#define GENC_KPU_SEGMENTS 16

/** The piecewise linear function behind the sums: the chip reads 144 bytes. */
typedef struct {
    /** shift [7:0], multiplier [23:8] signed, start [59:24] signed. */
    uint64_t segments[GENC_KPU_SEGMENTS];
    uint8_t bias[GENC_KPU_SEGMENTS];
} genc_kpu_activation;

/** A layer; `words` in the order of the chip's FIFO. */
typedef struct {
    uint64_t words[GENC_KPU_WORDS];
    /** [output channels][input channels][k][k] (depthwise: [channels][k][k]), 8 bits, or 16 little-endian; 128-byte
     *  aligned. */
    const uint8_t *weights;
    /** A word per output channel: multiplier [23:0] signed, addend [55:24] signed, shift [59:56]; 128-byte aligned. */
    const uint64_t *scaling;
    /** 256-byte aligned. */
    const genc_kpu_activation *activation;
    /** Not 0: weights have 16 bits.  Only when no layer of the other kind is in the queue. */
    int32_t wide;
} genc_kpu_layer;

#endif /* GENC_KPU_LAYER_H */
