#ifndef GENC_UPDATE_SLICE_CONSTANT_H
#define GENC_UPDATE_SLICE_CONSTANT_H

#include "genc_update_slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_update_slice_params genc_update_slice_constant_params;

/** genc_update_slice of an update that is known at compile time. */
void genc_update_slice_constant(const genc_update_slice_constant_params *p, const void *start, void *y,
                                int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_UPDATE_SLICE_CONSTANT_H */
