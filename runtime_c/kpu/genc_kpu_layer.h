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
#define GENC_KPU_ACTIVATION_BYTES (8 * GENC_KPU_SEGMENTS + GENC_KPU_SEGMENTS)

/** A layer. */
typedef struct {
    /** [GENC_KPU_WORDS] in the order of the chip's FIFO, without the addresses of the tables. */
    const uint64_t *words;
    /** [output channels][input channels][k][k] (depthwise: [channels][k][k]), 8 bits, or 16 little-endian; 128-byte
     *  aligned. */
    const uint8_t *weights;
    /** A word per output channel: multiplier [23:0] signed, addend [55:24] signed, shift [59:56]; 128-byte aligned. */
    const uint64_t *scaling;
    /** The piecewise linear function behind the sums: 16 words, shift [7:0], slope [23:8] signed, start [59:24] signed;
     *  16 bytes of what is added; 256-byte aligned. */
    const uint64_t *activation;
    /** Not 0: weights have 16 bits.  Only when no layer of the other kind is in the queue. */
    int32_t wide;
    /** Not 0: this layer raises calc_done, and the CPU waits for it before it goes on. */
    int32_t waits;
} genc_kpu_layer;

#endif /* GENC_KPU_LAYER_H */
