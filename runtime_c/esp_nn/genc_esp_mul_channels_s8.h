/**
 * @file genc_esp_mul_channels_s8.h
 * @brief MUL of an image with a number for each channel, int8, by esp_nn_mul_broadcast_channel_s8 of ESP-NN.
 */
#ifndef GENC_ESP_MUL_CHANNELS_S8_H
#define GENC_ESP_MUL_CHANNELS_S8_H

#include <esp_nn.h>
#include <stdint.h>

typedef struct {
    int32_t columns;
    int32_t channels;
    int32_t a_held;            /* rows of each in memory, >= 1 */
    int32_t y_held;
    int32_t a_offset;          /* minus the zero point */
    int32_t b_offset;
    int32_t y_multiplier;
    int32_t y_shift;           /* positive to the left */
    int32_t y_zero;
    int32_t low;
    int32_t high;
} genc_esp_mul_channels_s8_params;

/**
 * MUL of [rows, columns, channels] with [channels].
 * @param a  [rows, columns, channels], a ring of a_held
 * @param b  [channels]
 * @param y  [rows, columns, channels], a ring of y_held; may be a
 * Semantics: TFLite's MUL: the product scaled with double rounding.
 */
void genc_esp_mul_channels_s8(const genc_esp_mul_channels_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                              int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_MUL_CHANNELS_S8_H */
