/**
 * @file genc_plane_wide_s8.h
 * @brief One channel of a depthwise convolution from a plane: kernels of other sizes than 3x3, four outputs at a time.
 */
#ifndef GENC_PLANE_WIDE_S8_H
#define GENC_PLANE_WIDE_S8_H

#include "genc_plane_s8.h"

/**
 * Any kernel, outputs `stride` taps apart.
 * @param plane    bias twice as much; its weights are not looked at
 * @param weights  [lines][words], twice as much: lanes of neighbouring taps, the last one 0 if there is no tap for it
 * @param words    of a line
 * Reads, but does not use, taps of the windows of as many as four outputs of a row.
 * Semantics: codegen.reference.linear.depthwise_conv_2d, clamped to int8.
 */
void genc_plane_wide_s8(const genc_plane *plane, const uint32_t *weights, int32_t lines, int32_t words, int32_t stride);

#endif /* GENC_PLANE_WIDE_S8_H */
