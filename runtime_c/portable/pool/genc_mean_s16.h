#ifndef GENC_MEAN_S16_H
#define GENC_MEAN_S16_H

#include "genc_mean_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_mean_s16: those of genc_mean_s8, sizes and steps in elements. */
typedef genc_mean_s8_params genc_mean_s16_params;

/**
 * Mean over any axes, requantised; the count is in the multiplier.
 * Semantics: TFLite MEAN int16 (reference/reduce.h).
 * @param x  int16, any shape; one row
 * @param y  int16; one row
 */
void genc_mean_s16(const genc_mean_s16_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MEAN_S16_H */
