/**
 * @file genc_esp_lookup_s8.h
 * @brief A function of one byte, by esp_nn_logistic_s8 of ESP-NN, which looks it up.
 */
#ifndef GENC_ESP_LOOKUP_S8_H
#define GENC_ESP_LOOKUP_S8_H

#include <esp_nn.h>
#include <stdint.h>

typedef struct {
    int32_t row_bytes;
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    const int8_t *table;       /* [256]: of 0 ... 127, -128 ... -1 */
} genc_esp_lookup_s8_params;

/**
 * Any function of int8, tabulated.
 * @param in   [rows, row_bytes], a ring of in_rows_held
 * @param out  [rows, row_bytes], a ring of out_rows_held; may be the input
 * Semantics: table[x].
 */
void genc_esp_lookup_s8(const genc_esp_lookup_s8_params *p, const int8_t *in, int8_t *out,
                        int32_t row_begin, int32_t row_end);

#endif /* GENC_ESP_LOOKUP_S8_H */
