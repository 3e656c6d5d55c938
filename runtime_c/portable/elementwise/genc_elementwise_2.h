#ifndef GENC_ELEMENTWISE_2_H
#define GENC_ELEMENTWISE_2_H

#include "genc_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_elementwise_params genc_elementwise_2_params;

/** genc_elementwise of two operands that are not constant; their types and that of y are those of the line function. */
void genc_elementwise_2(const genc_elementwise_2_params *p, const void *a, const void *b, void *y,
                        int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_ELEMENTWISE_2_H */
