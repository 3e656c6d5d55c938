/**
 * @file genc_esp_fully_connected_s8.h
 * @brief FULLY_CONNECTED, int8, by esp_nn_fully_connected_s8 of ESP-NN.
 */
#ifndef GENC_ESP_FULLY_CONNECTED_S8_H
#define GENC_ESP_FULLY_CONNECTED_S8_H

#include <esp_nn.h>
#include <stdint.h>

typedef struct {
    int32_t depth;
    int32_t outputs;
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    const int8_t *weights;     /* [outputs][depth] */
    const int32_t *bias;       /* [outputs], the zero point of the input folded in */
    int32_t multiplier;
    int32_t shift;             /* positive to the left */
} genc_esp_fully_connected_s8_params;

/**
 * FULLY_CONNECTED, a row at a time, one factor for all outputs.
 * @param in   [rows, depth], a ring of in_rows_held
 * @param out  [rows, outputs], a ring of out_rows_held
 * Semantics: sums requantised with double rounding; the factors are chosen so that it is TFLite's single one.
 */
void genc_esp_fully_connected_s8(const genc_esp_fully_connected_s8_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_FULLY_CONNECTED_S8_H */
