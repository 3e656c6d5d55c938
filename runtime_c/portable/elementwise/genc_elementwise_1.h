#ifndef GENC_ELEMENTWISE_1_H
#define GENC_ELEMENTWISE_1_H

#include "genc_elementwise.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_elementwise_params genc_elementwise_1_params;

/** genc_elementwise of one operand that is not constant; their types and that of y are those of the line function. */
void genc_elementwise_1(const genc_elementwise_1_params *p, const void *a, void *y,
                        int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_ELEMENTWISE_1_H */
