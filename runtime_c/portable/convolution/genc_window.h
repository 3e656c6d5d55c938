/**
 * @file genc_window.h
 * @brief Copying what a sliding window sees, with padding.
 */
#ifndef GENC_WINDOW_H
#define GENC_WINDOW_H

#include "genc_kernel.h"

/** memcpy of what are often a few bytes: the library's sets out for many, and a vector may be at hand. */
void genc_window_copy(int8_t *to, const int8_t *from, int32_t bytes);

/**
 * Copies `count` neighbouring pixels of an image line, padding outside the image.
 * @param row        the line, width * channels bytes; not read when NULL: all padding
 * @param width      pixels of the line
 * @param channels   bytes of a pixel
 * @param left       first pixel wanted, may be negative or past the line
 * @param pad_value  byte of padding, the tensor's zero point
 * @param to         count * channels bytes
 * @return           the end of what was written
 */
int8_t *genc_window_row(const int8_t *row, int32_t width, int32_t channels, int32_t left, int32_t count,
                        int32_t pad_value, int8_t *to);

#endif /* GENC_WINDOW_H */
