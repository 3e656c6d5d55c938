/*
 * A stand-in for ESP-NN in tests, written from its documentation: the prototypes that gen-c calls.  Every function checks
 * its arguments, the alignment that the chip asks for and the buffer it was given, and computes in the plainest way.
 * CONFIG_IDF_TARGET_ESP32S3 and CONFIG_IDF_TARGET_ESP32P4 choose the chip, as they do in the library.
 */
#ifndef ESP_NN_DOUBLE_H
#define ESP_NN_DOUBLE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct data_dims {
    int32_t width, height, channels, extra;
} data_dims_t;

typedef struct data_2d {
    int32_t width, height;
} data_2d_t;

typedef struct act_params {
    int32_t min, max;
} act_params_t;

typedef struct quant_data {
    int32_t *shift, *mult;
} quant_data_t;

typedef struct conv_params {
    int32_t in_offset, out_offset;
    data_2d_t stride, padding, dilation;
    act_params_t activation;
} conv_params_t;

typedef struct dw_conv_params {
    int32_t in_offset, out_offset, ch_mult;
    data_2d_t stride, padding, dilation;
    act_params_t activation;
} dw_conv_params_t;

void esp_nn_set_conv_scratch_buf(const void *buf);
void esp_nn_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                    const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims, int8_t *output,
                    const conv_params_t *params, const quant_data_t *quant);

void esp_nn_set_depthwise_conv_scratch_buf(const void *buf);
void esp_nn_depthwise_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                              const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims,
                              int8_t *output, const dw_conv_params_t *params, const quant_data_t *quant);

void esp_nn_avg_pool_s8(const int8_t *input, uint16_t input_wd, uint16_t input_ht, int8_t *output, uint16_t output_wd,
                        uint16_t output_ht, uint16_t stride_wd, uint16_t stride_ht, uint16_t filter_wd,
                        uint16_t filter_ht, uint16_t pad_wd, uint16_t pad_ht, int32_t low, int32_t high,
                        uint16_t channels);
void esp_nn_max_pool_s8(const int8_t *input, uint16_t input_wd, uint16_t input_ht, int8_t *output, uint16_t output_wd,
                        uint16_t output_ht, uint16_t stride_wd, uint16_t stride_ht, uint16_t filter_wd,
                        uint16_t filter_ht, uint16_t pad_wd, uint16_t pad_ht, int32_t low, int32_t high,
                        uint16_t channels);

void esp_nn_fully_connected_s8(const int8_t *input, int32_t input_offset, uint16_t row_len, const int8_t *filter,
                               int32_t filter_offset, const int32_t *bias, int8_t *output, uint16_t outputs,
                               int32_t out_offset, int32_t shift, int32_t mult, int32_t low, int32_t high);
void esp_nn_fully_connected_per_ch_s8(const int8_t *input, int32_t input_offset, uint16_t row_len,
                                      const int8_t *filter, int32_t filter_offset, const int32_t *bias,
                                      int8_t *output, uint16_t outputs, int32_t out_offset, const int32_t *shift,
                                      const int32_t *mult, int32_t low, int32_t high);

void esp_nn_add_elementwise_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset, int32_t a_mult,
                               int32_t b_mult, int32_t a_shift, int32_t b_shift, int32_t left_shift, int8_t *output,
                               int32_t out_offset, int32_t out_mult, int32_t out_shift, int32_t low, int32_t high,
                               int32_t size);
void esp_nn_mul_elementwise_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset, int8_t *output,
                               int32_t out_offset, int32_t out_mult, int32_t out_shift, int32_t low, int32_t high,
                               int32_t size);
void esp_nn_mul_broadcast_channel_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset,
                                     int8_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
                                     int32_t low, int32_t high, int32_t total_spatial, int32_t channels);

void esp_nn_mean_nhwc_s8(const int8_t *input, int8_t *output, int32_t height, int32_t width, int32_t channels,
                         int32_t input_zero_point, int32_t output_zero_point, int32_t mult, int32_t shift);

void esp_nn_set_softmax_scratch_buf(void *buffer);
void esp_nn_softmax_s8(const int8_t *input, int32_t height, int32_t width, int32_t mult, int32_t shift,
                       int32_t diff_min, int8_t *output);

void esp_nn_logistic_s8(const int8_t *input, int8_t *output, int32_t size, const int8_t *table);

#ifdef __cplusplus
}
#endif

#endif /* ESP_NN_DOUBLE_H */
