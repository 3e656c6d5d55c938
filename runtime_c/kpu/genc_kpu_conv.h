#ifndef GENC_KPU_CONV_H
#define GENC_KPU_CONV_H

#include "genc_kpu_hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_kpu_conv: a genc_kpu_layer, and whether to wait for it. */
typedef struct {
    const uint64_t *words;      /**< twelve, without the addresses of the tables */
    const uint8_t *weights;     /**< unsigned: an offset is added; see genc_kpu_layer */
    const uint64_t *scaling;    /**< one for each output channel */
    const uint64_t *activation; /**< 16 segments and 16 bytes */
    int32_t wide;               /**< not 0: weights of 16 bits, low byte first */
    int32_t waits;              /**< not 0: this layer raises calc_done; return when it is done */
} genc_kpu_conv_params;

/**
 * One command of the KPU: convolution 1x1 or 3x3, or depthwise, scaled, activated and pooled, from map to map.
 * Row range: the whole map, always.
 */
void genc_kpu_conv(const genc_kpu_conv_params *p, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_KPU_CONV_H */
