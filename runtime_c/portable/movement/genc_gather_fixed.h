#ifndef GENC_GATHER_FIXED_H
#define GENC_GATHER_FIXED_H

#include "genc_gather.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_gather_params genc_gather_fixed_params;

/** genc_gather by indices that are known at compile time. */
void genc_gather_fixed(const genc_gather_fixed_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_GATHER_FIXED_H */
