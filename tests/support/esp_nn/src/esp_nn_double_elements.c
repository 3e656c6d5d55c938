/* A stand-in for ESP-NN, matrix products and what has no windows: see esp_nn.h.  A wrong call ends the program. */
#include "esp_nn_double.h"

void esp_nn_fully_connected_per_ch_s8(const int8_t *input, int32_t input_offset, uint16_t row_len,
                                      const int8_t *filter, int32_t filter_offset, const int32_t *bias,
                                      int8_t *output, uint16_t outputs, int32_t out_offset, const int32_t *shift,
                                      const int32_t *mult, int32_t low, int32_t high)
{
    int32_t o, k;
    demand(lies(input, 1) && lies(filter, ALIGN) && lies(bias, 4) && lies(output, 1) && lies(shift, 4) && lies(mult, 4));
    demand(row_len > 0 && outputs > 0 && filter_offset == 0 && input_offset >= -127 && input_offset <= 128);
    demand(zero_point(out_offset));
    check_range(low, high);
    for (o = 0; o < outputs; o++) {
        int32_t sum = bias[o];
        for (k = 0; k < row_len; k++) sum += (input[k] + input_offset) * filter[o * row_len + k];
        output[o] = clamped(scaled(sum, mult[o], shift[o]) + out_offset, low, high);
    }
}

void esp_nn_fully_connected_s8(const int8_t *input, int32_t input_offset, uint16_t row_len, const int8_t *filter,
                               int32_t filter_offset, const int32_t *bias, int8_t *output, uint16_t outputs,
                               int32_t out_offset, int32_t shift, int32_t mult, int32_t low, int32_t high)
{
    int32_t o;
    for (o = 0; o < outputs; o++) {
        const int8_t *row = filter + o * row_len;
        int32_t sum = bias[o], k;
        demand(row_len > 0 && filter_offset == 0 && lies(filter, ALIGN) && lies(bias, 4) && zero_point(out_offset));
        check_range(low, high);
        for (k = 0; k < row_len; k++) sum += (input[k] + input_offset) * row[k];
        output[o] = clamped(scaled(sum, mult, shift) + out_offset, low, high);
    }
}

static void check_elements(const int8_t *a, const int8_t *b, const int8_t *y, int32_t a_offset, int32_t b_offset,
                           int32_t out_offset, int32_t out_shift, int32_t low, int32_t high, int32_t size)
{
    demand(lies(a, ALIGN) && lies(b, ALIGN) && lies(y, ALIGN) && size > 0);
    demand(zero_point(-a_offset) && zero_point(-b_offset) && zero_point(out_offset) && out_shift <= 0);
    check_range(low, high);
}

void esp_nn_add_elementwise_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset, int32_t a_mult,
                               int32_t b_mult, int32_t a_shift, int32_t b_shift, int32_t left_shift, int8_t *output,
                               int32_t out_offset, int32_t out_mult, int32_t out_shift, int32_t low, int32_t high,
                               int32_t size)
{
    int32_t i;
    check_elements(a, b, output, a_offset, b_offset, out_offset, out_shift, low, high, size);
    demand(a_shift <= 0 && b_shift <= 0 && left_shift == 20);
    for (i = 0; i < size; i++) {
        const int32_t x = scaled((a[i] + a_offset) * (1 << left_shift), a_mult, a_shift);
        const int32_t y = scaled((b[i] + b_offset) * (1 << left_shift), b_mult, b_shift);
        output[i] = clamped(scaled(x + y, out_mult, out_shift) + out_offset, low, high);
    }
}

void esp_nn_mul_elementwise_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset, int8_t *output,
                               int32_t out_offset, int32_t out_mult, int32_t out_shift, int32_t low, int32_t high,
                               int32_t size)
{
    int32_t i;
    check_elements(a, b, output, a_offset, b_offset, out_offset, out_shift, low, high, size);
    for (i = 0; i < size; i++) {
        const int32_t product = (a[i] + a_offset) * (b[i] + b_offset);
        output[i] = clamped(scaled(product, out_mult, out_shift) + out_offset, low, high);
    }
}

void esp_nn_mul_broadcast_channel_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset,
                                     int8_t *output, int32_t out_offset, int32_t out_mult, int32_t out_shift,
                                     int32_t low, int32_t high, int32_t total_spatial, int32_t channels)
{
    int32_t i;
    demand(!S3 && channels > 0);
    check_elements(a, b, output, a_offset, b_offset, out_offset, out_shift, low, high, total_spatial);
    for (i = 0; i < total_spatial * channels; i++) {
        const int32_t product = (a[i] + a_offset) * (b[i % channels] + b_offset);
        output[i] = clamped(scaled(product, out_mult, out_shift) + out_offset, low, high);
    }
}

void esp_nn_mean_nhwc_s8(const int8_t *input, int8_t *output, int32_t height, int32_t width, int32_t channels,
                         int32_t input_zero_point, int32_t output_zero_point, int32_t mult, int32_t shift)
{
    int32_t c, i;
    demand(lies(input, ALIGN) && lies(output, 1) && height > 0 && width > 0 && channels > 0);
    demand(zero_point(input_zero_point) && zero_point(output_zero_point));
    for (c = 0; c < channels; c++) {
        int32_t sum = 0;
        for (i = 0; i < height * width; i++) sum += input[i * channels + c] - input_zero_point;
        output[c] = clamped(scaled(sum, mult, shift) + output_zero_point, -128, 127);
    }
}

void esp_nn_logistic_s8(const int8_t *input, int8_t *output, int32_t size, const int8_t *table)
{
    int32_t i;
    demand(lies(input, 1) && lies(output, 1) && lies(table, 1) && size > 0);
    for (i = 0; i < size; i++) output[i] = table[(uint8_t)input[i]];
}

static int32_t *softmax_buffer;

void esp_nn_set_softmax_scratch_buf(void *buffer)
{
    softmax_buffer = (int32_t *)buffer;
}

/* exp(x) in Q0.31 of x <= 0 in Q5.26: Taylor's series around -1/8, times powers of e. */
static int32_t exp_of(int32_t x)
{
    static const int32_t powers[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t quarter = 1 << 24, within = (x & (quarter - 1)) - quarter, t = within * 32 + (1 << 28);
    const int32_t t2 = rounded_high(t, t), t3 = rounded_high(t2, t), t4 = rounded_shift(rounded_high(t2, t2), 2);
    int32_t y = t + rounded_shift(rounded_high(t4 + t3, 715827883) + t2, 1), bit;
    y = 1895147668 + rounded_high(1895147668, y);
    for (bit = 0; bit < 7; bit++)
        if ((within - x) & (quarter << bit)) y = rounded_high(y, powers[bit]);
    return x == 0 ? INT32_MAX : y;
}

static int32_t times_four(int32_t x)
{
    return x > INT32_MAX / 4 ? INT32_MAX : x < INT32_MIN / 4 ? INT32_MIN : x * 4;
}

/* 1 / (1 + x) in Q0.31 of x in [0, 1]: three steps of Newton's. */
static int32_t reciprocal(int32_t x)
{
    const int32_t half = (int32_t)(((int64_t)x + INT32_MAX + 1) / 2);
    int32_t y = 1515870810 + rounded_high(half, -1010580540), step;
    for (step = 0; step < 3; step++) y += times_four(rounded_high(y, (1 << 29) - rounded_high(half, y)));
    return y > INT32_MAX / 2 ? INT32_MAX : y * 2;
}

void esp_nn_softmax_s8(const int8_t *input, int32_t height, int32_t width, int32_t mult, int32_t shift,
                       int32_t diff_min, int8_t *output)
{
    int32_t row, i;
    demand(lies(input, 1) && lies(output, 1) && height > 0 && width > 0 && width < 4096 && shift >= 0 && shift < 31);
    demand(lies(softmax_buffer, 4) && (ALIGN == 1 || width < (S3 ? 32 : 16) || lies(input, 16)));
    memset(softmax_buffer, 0xA5, 4 * (size_t)width);
    for (row = 0; row < height; row++, input += width, output += width) {
        int32_t largest = -128, sum = 0, zeros = 0, scale;
        for (i = 0; i < width; i++) largest = input[i] > largest ? input[i] : largest;
        for (i = 0; i < width; i++) {
            if (input[i] - largest < diff_min) continue;
            softmax_buffer[i] = exp_of(rounded_high((int32_t)((uint32_t)(input[i] - largest) << shift), mult));
            sum += rounded_shift(softmax_buffer[i], 12);
        }
        while (!((uint32_t)sum << zeros >> 31)) zeros++;
        scale = reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
        for (i = 0; i < width; i++) {
            const int counts = input[i] - largest >= diff_min;
            output[i] = -128;
            if (counts) output[i] = clamped(rounded_shift(rounded_high(scale, softmax_buffer[i]), 35 - zeros) - 128, -128, 127);
        }
    }
}
