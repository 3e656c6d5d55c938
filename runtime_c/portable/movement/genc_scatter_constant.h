#ifndef GENC_SCATTER_CONSTANT_H
#define GENC_SCATTER_CONSTANT_H

#include "genc_scatter.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_scatter_params genc_scatter_constant_params;

/** genc_scatter with updates that are known at compile time. */
void genc_scatter_constant(const genc_scatter_constant_params *p, const void *indices, void *y, int32_t row_begin,
                        int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_SCATTER_CONSTANT_H */
