#ifndef GENC_GATHER_TABLE_H
#define GENC_GATHER_TABLE_H

#include "genc_gather.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef genc_gather_params genc_gather_table_params;

/** genc_gather from an x that is known at compile time. */
void genc_gather_table(const genc_gather_table_params *p, const void *indices, void *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_GATHER_TABLE_H */
