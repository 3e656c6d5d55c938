/**
 * @file genc_esp_max_pool_s8.h
 * @brief MAX_POOL_2D, int8, by esp_nn_max_pool_s8 of ESP-NN.
 */
#ifndef GENC_ESP_MAX_POOL_S8_H
#define GENC_ESP_MAX_POOL_S8_H

#include "genc_esp_images.h"

typedef genc_esp_images genc_esp_max_pool_s8_params;

/**
 * MAX_POOL_2D.
 * @param in       [batches, in_h, in_w, in_c], or a ring of its rows
 * @param out      [batches, out_h, out_w, out_c], or a ring of its rows
 * @param scratch  for gathered rows
 * Semantics: the largest of the window inside the image, clamped.
 */
void genc_esp_max_pool_s8(const genc_esp_max_pool_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                          int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_MAX_POOL_S8_H */
