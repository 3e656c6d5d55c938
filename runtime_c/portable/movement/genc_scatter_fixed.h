#ifndef GENC_SCATTER_FIXED_H
#define GENC_SCATTER_FIXED_H

#include "genc_scatter.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_scatter_params genc_scatter_fixed_params;

/** genc_scatter with indices that are known at compile time. */
void genc_scatter_fixed(const genc_scatter_fixed_params *p, const void *updates, void *y, int32_t row_begin,
                        int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_SCATTER_FIXED_H */
