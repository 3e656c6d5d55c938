#ifndef GENC_MAX_MIN_S8_H
#define GENC_MAX_MIN_S8_H

#include "genc_broadcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_max_min_s8 and genc_max_min_constant_s8. */
typedef struct {
    GENC_BROADCAST_FIELDS
    int32_t take_larger;    /**< 1: maximum, 0: minimum */
    const int8_t *constant; /**< b, when it is known at compile time; NULL in genc_max_min_s8 */
} genc_max_min_s8_params;

/**
 * y = max(a, b) or min(a, b), with broadcasting; all of one quantisation.
 * Semantics: TFLite MAXIMUM and MINIMUM int8 (reference/maximum_minimum.h).
 * @param a  int8, laid out as genc_broadcast.h says
 * @param b  int8, likewise
 * @param y  int8, rows of columns * channels; may be an operand of the same shape
 */
void genc_max_min_s8(const genc_max_min_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y, int32_t row_begin,
                     int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_MAX_MIN_S8_H */
