#ifndef GENC_KPU_CONV_H
#define GENC_KPU_CONV_H

#include "genc_kpu_hal.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_kpu_conv. */
typedef genc_kpu_layer genc_kpu_conv_params;

/**
 * One command of the KPU: convolution 1x1 or 3x3, or depthwise, scaled, activated and pooled, from map to map.
 * Row range: the whole map, always.
 */
void genc_kpu_conv(const genc_kpu_conv_params *p, int32_t row_begin, int32_t row_end);

/** Before the first layer: the KPU, which reads RAM behind the cache, shall find the layer's tables there. */
void genc_kpu_conv_prepare(const genc_kpu_conv_params *p);

#ifdef __cplusplus
}
#endif
#endif /* GENC_KPU_CONV_H */
