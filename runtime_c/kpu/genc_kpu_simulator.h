/**
 * @file genc_kpu_simulator.h
 * @brief The K210's KPU in C: what a layer leaves in KPU RAM and streams out, bit for bit.
 *
 * Semantics: what a real chip printed where it decides, else nncase's host kernels (docs/kpu.md says which is which).
 */
#ifndef GENC_KPU_SIMULATOR_H
#define GENC_KPU_SIMULATOR_H

#include "genc_kpu_layer.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Points on which the chip and the vendor's simulator differ, or that no chip has decided. */
typedef struct {
    /** Not 0: the products with arg_x and arg_w are shifted after the sum over input channels, as nncase does;
     *  0: before it, as the chip does. */
    int shift_after_sum;
    /** Not 0: an exact half is rounded up, as nncase v0.1 does; 0: to even. */
    int half_up;
} genc_kpu_rules;

/** Why a layer was not computed: the chip would do something that nobody knows. */
typedef enum {
    GENC_KPU_OK = 0,
    GENC_KPU_BAD_WORD,      /**< a field that is never used, or fields that contradict each other */
    GENC_KPU_BAD_ADDRESS,   /**< a map reaches beyond KPU RAM, or input and output overlap */
    GENC_KPU_BAD_ALIGNMENT, /**< of a table */
    GENC_KPU_OVERFLOW       /**< a sum or a scaled sum of more than 36 bits */
} genc_kpu_status;

/**
 * Compute one layer.
 *
 * @param layer   the layer
 * @param rules   see there
 * @param ram     KPU RAM, GENC_KPU_RAM_BYTES: holds the input map, receives the output map.  A map [C][H][W] of uint8
 *                stands in rows of 64 bytes: (c, y, x) at ((c div g) * rl * H + y * rl) * 64 + (c mod g) * 64 / g + x,
 *                with g = 4, rl = 1 up to width 16; 2, 1 up to 32; else 1, ceil(W div 64).
 * @param stream  where send_data_out sends the output [C][H][W], or NULL when the layer does not
 * @return what was wrong; the output is then undefined
 */
genc_kpu_status genc_kpu_simulate(const genc_kpu_layer *layer, const genc_kpu_rules *rules, uint8_t *ram,
                                  uint8_t *stream);

#ifdef __cplusplus
}
#endif
#endif /* GENC_KPU_SIMULATOR_H */
