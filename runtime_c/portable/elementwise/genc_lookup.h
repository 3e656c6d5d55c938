#ifndef GENC_LOOKUP_H
#define GENC_LOOKUP_H

#include "genc_kernel.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_lookup. */
typedef struct {
    int32_t row_bytes;    /**< of x and of y */
    int32_t x_held;       /**< rows kept of x */
    int32_t y_held;       /**< rows kept of y */
    const uint8_t *table; /**< 256 results, indexed by the byte of x as unsigned */
} genc_lookup_params;

/**
 * y[i] = table[x[i]]: any function of one byte.
 * @param x  int8 or uint8, rows of row_bytes
 * @param y  int8 or uint8, the same shape; may be x
 */
void genc_lookup(const genc_lookup_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_LOOKUP_H */
