/**
 * @file genc_patches.h
 * @brief What the output pixels of a convolution see, copied side by side.
 */
#ifndef GENC_PATCHES_H
#define GENC_PATCHES_H

#include "genc_conv_s8_mve.h"

/**
 * Gathers the patches of neighbouring output pixels.
 * @param row    output row; rows count through the batch
 * @param x      first output pixel of that row
 * @param count  pixels, > 0
 * @param to     count * groups * patch bytes
 */
void genc_gather_patches(const genc_conv_s8_mve_params *p, const int8_t *in, int32_t row, int32_t x, int32_t count,
                         int8_t *to);

#endif /* GENC_PATCHES_H */
