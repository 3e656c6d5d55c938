/**
 * @file genc_esp_mean_s8.h
 * @brief MEAN over height and width, int8, by esp_nn_mean_nhwc_s8 of ESP-NN.
 */
#ifndef GENC_ESP_MEAN_S8_H
#define GENC_ESP_MEAN_S8_H

#include <esp_nn.h>
#include <stdint.h>

typedef struct {
    int32_t height;
    int32_t width;
    int32_t channels;
    int32_t x_zero;
    int32_t y_zero;
    int32_t multiplier;        /* the number of elements divided out */
    int32_t shift;             /* positive to the left */
} genc_esp_mean_s8_params;

/**
 * MEAN of each channel of an image; a row is an image.
 * @param in   [rows, height, width, channels]
 * @param out  [rows, channels]
 * Semantics: TFLite's MEAN: the sum scaled with double rounding.
 */
void genc_esp_mean_s8(const genc_esp_mean_s8_params *p, const int8_t *in, int8_t *out,
                      int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_MEAN_S8_H */
