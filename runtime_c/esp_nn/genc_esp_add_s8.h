/**
 * @file genc_esp_add_s8.h
 * @brief ADD, int8, by esp_nn_add_elementwise_s8 of ESP-NN.
 */
#ifndef GENC_ESP_ADD_S8_H
#define GENC_ESP_ADD_S8_H

#include <esp_nn.h>
#include <stdint.h>

typedef struct {
    int32_t row_bytes;
    int32_t a_held;            /* rows of each in memory, >= 1 */
    int32_t b_held;
    int32_t y_held;
    int32_t a_offset;          /* minus the zero point */
    int32_t b_offset;
    int32_t a_multiplier;
    int32_t b_multiplier;
    int32_t a_shift;           /* <= 0 */
    int32_t b_shift;           /* <= 0 */
    int32_t left_shift;        /* of both, before anything is scaled */
    int32_t y_multiplier;
    int32_t y_shift;           /* positive to the left */
    int32_t y_zero;
    int32_t low;
    int32_t high;
} genc_esp_add_s8_params;

/**
 * ADD of two tensors of one shape.
 * @param a, b  [rows, row_bytes], rings of a_held and b_held
 * @param y     [rows, row_bytes], a ring of y_held; may be a or b
 * Semantics: TFLite's ADD: both scaled, added, scaled, each with double rounding.
 */
void genc_esp_add_s8(const genc_esp_add_s8_params *p, const int8_t *a, const int8_t *b, int8_t *y,
                     int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_ADD_S8_H */
