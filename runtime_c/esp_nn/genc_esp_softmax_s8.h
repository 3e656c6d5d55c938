/**
 * @file genc_esp_softmax_s8.h
 * @brief SOFTMAX, int8, by esp_nn_softmax_s8 of ESP-NN.
 */
#ifndef GENC_ESP_SOFTMAX_S8_H
#define GENC_ESP_SOFTMAX_S8_H

#include <esp_nn.h>
#include <stdint.h>

typedef struct {
    int32_t depth;
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    int32_t multiplier;        /* of the differences to the largest, in Q5.26 */
    int32_t shift;             /* to the left */
    int32_t diff_min;          /* smaller differences count as zero */
} genc_esp_softmax_s8_params;

/**
 * SOFTMAX of distributions, a row each; the output has scale 1/256 and zero point -128.
 * @param in   [rows, depth], a ring of in_rows_held
 * @param out  [rows, depth], a ring of out_rows_held; may be the input
 * @param scratch  4 * depth bytes, aligned to 4
 * Semantics: TFLite's SOFTMAX, exponentials and reciprocal in fixed point.
 */
void genc_esp_softmax_s8(const genc_esp_softmax_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                         int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_SOFTMAX_S8_H */
