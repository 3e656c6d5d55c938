#ifndef GENC_COPY_CONSTANT_H
#define GENC_COPY_CONSTANT_H

#include "genc_copy.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_copy_constant. */
typedef genc_copy_params genc_copy_constant_params;

/**
 * genc_copy with x in the parameters: an output of the model that does not depend on its inputs, or a constant part
 * of a concatenation.
 * @param y  rows of y_row_bytes, the element type of the constant
 */
void genc_copy_constant(const genc_copy_constant_params *p, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_COPY_CONSTANT_H */
