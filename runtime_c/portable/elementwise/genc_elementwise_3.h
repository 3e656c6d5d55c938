#ifndef GENC_ELEMENTWISE_3_H
#define GENC_ELEMENTWISE_3_H

#include "genc_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_elementwise_params genc_elementwise_3_params;

/** genc_elementwise of three operands, none constant; their types and that of y are those of the line function. */
void genc_elementwise_3(const genc_elementwise_3_params *p, const void *a, const void *b, const void *c, void *y,
                        int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_ELEMENTWISE_3_H */
