#ifndef GENC_MEAN_F32_H
#define GENC_MEAN_F32_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_mean_f32. */
typedef struct {
    int32_t kept_rank;       /**< dimensions of y without its innermost, 0 ... 7 */
    const int32_t *kept;     /**< kept_rank pairs: size, step in x in elements; outermost first */
    int32_t inner_size;      /**< innermost dimension of y */
    int32_t inner_step;      /**< its step in x, elements */
    int32_t reduced_rank;    /**< dimensions summed over, 1 ... 8 */
    const int32_t *reduced;  /**< reduced_rank pairs: size, step in x in elements; outermost first */
    float count;             /**< elements summed */
} genc_mean_f32_params;

/**
 * Mean over any set of dimensions; sums are in float.
 * Semantics: TFLite MEAN float (reference/reduce.h, Mean).
 * @param x  float32, whole
 * @param y  float32, the dimensions of `kept`, then the innermost; one row
 */
void genc_mean_f32(const genc_mean_f32_params *p, const float *x, float *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MEAN_F32_H */
