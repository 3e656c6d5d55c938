/**
 * @file genc_esp_conv_s8.h
 * @brief Convolution, int8, by esp_nn_conv_s8 of ESP-NN.
 */
#ifndef GENC_ESP_CONV_S8_H
#define GENC_ESP_CONV_S8_H

#include "genc_esp_images.h"

typedef genc_esp_images genc_esp_conv_s8_params;

/**
 * CONV_2D without dilation; groups where the weights have fewer channels than the input.
 * @param in       [batches, in_h, in_w, in_c], or a ring of its rows
 * @param out      [batches, out_h, out_w, out_c], or a ring of its rows
 * @param scratch  the function's buffer, by its own rule for the chip; behind it gathered rows
 * A row of the call is `together` output rows.
 * Semantics: sums requantised with double rounding, as TFLite's convolutions are.
 */
void genc_esp_conv_s8(const genc_esp_conv_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_CONV_S8_H */
