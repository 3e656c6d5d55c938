/**
 * @file genc_lookup_mve.h
 * @brief A function of a byte, from its table, sixteen elements at a time.
 */
#ifndef GENC_LOOKUP_MVE_H
#define GENC_LOOKUP_MVE_H

#include "genc_lookup.h"

/** As genc_lookup.h has it. */
typedef genc_lookup_params genc_lookup_mve_params;

/** The same as genc_lookup, byte for byte; arguments likewise. */
void genc_lookup_mve(const genc_lookup_mve_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end);

#endif /* GENC_LOOKUP_MVE_H */
