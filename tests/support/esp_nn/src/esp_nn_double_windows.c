/* A stand-in for ESP-NN, convolutions and pools: see esp_nn.h.  A wrong call ends the program. */
#include "esp_nn_double.h"

static char *conv_buffer, *depthwise_buffer;

void esp_nn_set_conv_scratch_buf(const void *buf)
{
    conv_buffer = (char *)buf;
}

void esp_nn_set_depthwise_conv_scratch_buf(const void *buf)
{
    depthwise_buffer = (char *)buf;
}

typedef struct {
    const data_dims_t *in, *filter, *out;
    data_2d_t stride, padding;
    act_params_t range;
    int32_t in_offset, out_offset;
    int32_t ch_mult; /* 0: not depthwise */
    const quant_data_t *quant;
    const int32_t *bias;
    const int8_t *x, *w;
} layer;

static int32_t up(int32_t size, int32_t multiple)
{
    return (size + multiple - 1) / multiple * multiple;
}

static int32_t most(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* Bytes of the buffer of a convolution, as the chip's function lays it out. */
static int32_t conv_bytes(const layer *p)
{
    const int32_t c = p->in->channels, o = p->out->channels, kw = p->filter->width, kh = p->filter->height;
    const int32_t w = p->in->width, h = p->in->height, window = kw * kh * c, row = kw * c;
    const int plain = p->padding.width == 0 && p->padding.height == 0;
    const int pointwise = plain && kw == 1 && kh == 1 && p->stride.width == 1 && p->stride.height == 1;
    const int32_t wide = most(p->out->width * p->stride.width + kw - 1, w);
    const int32_t tall = most(p->out->height * p->stride.height + kh - 1, h);
    int32_t bytes;
    if (!S3 && !P4) return 0;
    if (pointwise && P4 && c < 16) return 4 * o + 16 * o + 64;
    if (pointwise) {
        bytes = up(c, 8) * o + (w * h >= 8 ? 16 * up(c, 8) : 0) + (c % 8 ? w * h * up(c, 8) : 0);
        return bytes + (S3 ? 64 : 32);
    }
    if (S3 && row < 16 && window >= 16) return 4 * o + 32 + (o + 1) * up(window, 16) + 64;
    if (S3) {
        bytes = kw * kh * up(c, 16) * o + up(row, 16) * kh * o + 64 + 4 * o;
        if (!plain) bytes += (w + 2 * p->padding.width) * (h + 2 * p->padding.height) * c;
        return bytes + (wide > w || tall > h ? wide * tall * c : 0);
    }
    if (plain && row >= 16) return kw * kh * up(c, 16) * o + 32 + 4 * o;
    if (window >= 16) return 4 * o + window + 32;
    demand(plain);
    return 4 * o + kw * kh * up((15 + kw) / kw, 16) * o + w * h * up((15 + kw) / kw, 16) + 32;
}

/* Bytes of the buffer of a depthwise convolution on ESP32-S3. */
static int32_t depthwise_bytes(const layer *p)
{
    const int32_t c = p->in->channels, kw = p->filter->width, kh = p->filter->height, w = p->in->width;
    const int32_t h = p->in->height, pw = p->padding.width, ph = p->padding.height, filters = kw * kh * p->out->channels;
    const int32_t wide = most(p->out->width * p->stride.width + kw - 1, w);
    const int32_t tall = most(p->out->height * p->stride.height + kh - 1, h), pixels = p->out->width * p->out->height;
    if (!S3) return 0;
    if (p->ch_mult == 1 && c % 8 == 0 && kw == 3 && kh == 3) {
        if (c == 8) return 2 * (filters + w * h * c) + 32;
        if (c % 16 == 0 && pw == 1 && ph == 1) {
            const int32_t all = (w + 2) * (h + 2) * c;
            return filters + (all <= 40960 ? all : 3 * (w + 2) * c) + 16;
        }
        if (c % 16 == 0 && pw == 0 && ph == 0) return filters + (wide > w || tall > h ? wide * tall * c : 0) + 16;
        return 9 * up(c, 16) + (wide + 2 * pw) * (tall + 2 * ph) * up(c, 16) + pixels * up(c, 16) + 64;
    }
    if (p->ch_mult == 1 && c % 8 == 0) return 2 * (filters + (filters + w * h * c <= 24576 ? w * h : w * kh) * c) + 32;
    if (p->ch_mult == 1 && c > 3) {
        const int32_t all = up(c, 8);
        return up(up(up(2 * kw * kh * all, 16) + 2 * w * h * all, 16) + pixels * all, 16) + 12 * all + 16;
    }
    return p->ch_mult % 4 == 0 ? 2 * (filters + w * h * c) + 32 : 32;
}

static void check_layer(const layer *p, char *buffer, int32_t bytes, const int8_t *y)
{
    int32_t o;
    demand(p->in_offset >= -127 && p->in_offset <= 128 && zero_point(p->out_offset));
    check_range(p->range.min, p->range.max);
    demand(lies(p->x, ALIGN) && lies(p->w, ALIGN) && lies(y, ALIGN) && lies(p->bias, ALIGN > 4 ? ALIGN : 4));
    demand(lies(p->quant->mult, 4) && lies(p->quant->shift, 4));
    demand(p->in->width > 0 && p->in->height > 0 && p->in->channels > 0 && p->out->width > 0 && p->out->height > 0);
    demand(p->in->width < 32768 && p->in->height < 32768 && p->in->channels < 32768 && p->out->channels < 32768);
    demand(p->filter->width > 0 && p->filter->height > 0 && p->stride.width > 0 && p->stride.height > 0);
    demand(p->padding.width >= 0 && p->padding.height >= 0);
    demand(p->padding.width < p->filter->width && p->padding.height < p->filter->height);
    for (o = 0; o < p->out->channels; o++) demand(p->quant->mult[o] >= 0 && abs(p->quant->shift[o]) <= 31);
    if (!S3 && !P4) return;
    demand(lies(buffer, ALIGN));
    memset(buffer, 0xA5, (size_t)bytes);
}

/* One output: all taps inside the image, of the channels of its group. */
static int32_t sum_of(const layer *p, int32_t oy, int32_t ox, int32_t o)
{
    const int32_t each = p->ch_mult ? 1 : p->filter->channels;
    const int32_t first = p->ch_mult ? o / p->ch_mult : o / (p->out->channels / (p->in->channels / each)) * each;
    int32_t sum = p->bias[o], ky, kx, c;
    for (ky = 0; ky < p->filter->height; ky++) {
        for (kx = 0; kx < p->filter->width; kx++) {
            const int32_t y = oy * p->stride.height - p->padding.height + ky;
            const int32_t x = ox * p->stride.width - p->padding.width + kx, tap = ky * p->filter->width + kx;
            const int8_t *pixel = p->x + (y * p->in->width + x) * p->in->channels + first;
            if (y < 0 || y >= p->in->height || x < 0 || x >= p->in->width) continue;
            for (c = 0; c < each; c++) {
                const int32_t at = p->ch_mult ? tap * p->out->channels + o
                                              : (o * p->filter->height * p->filter->width + tap) * each + c;
                sum += (pixel[c] + p->in_offset) * p->w[at];
            }
        }
    }
    return sum;
}

static void compute(const layer *p, int8_t *out)
{
    int32_t y, x, o;
    for (y = 0; y < p->out->height; y++)
        for (x = 0; x < p->out->width; x++)
            for (o = 0; o < p->out->channels; o++)
                *out++ = clamped(scaled(sum_of(p, y, x, o), p->quant->mult[o], p->quant->shift[o]) + p->out_offset,
                                 p->range.min, p->range.max);
}

void esp_nn_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                    const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims, int8_t *output,
                    const conv_params_t *params, const quant_data_t *quant)
{
    const layer p = {input_dims,         filter_dims,       output_dims,        params->stride, params->padding,
                     params->activation, params->in_offset, params->out_offset, 0,              quant,
                     bias,               input,             filter};
    demand(params->dilation.width == 1 && params->dilation.height == 1);
    demand(filter_dims->channels > 0 && input_dims->channels % filter_dims->channels == 0);
    if (filter_dims->channels != input_dims->channels) demand(!P4 && filter_dims->width * filter_dims->height > 1);
    if (filter_dims->width * filter_dims->height == 1) demand(p.padding.width == 0 && p.padding.height == 0);
    check_layer(&p, conv_buffer, conv_bytes(&p), output);
    compute(&p, output);
}

void esp_nn_depthwise_conv_s8(const data_dims_t *input_dims, const int8_t *input, const data_dims_t *filter_dims,
                              const int8_t *filter, const int32_t *bias, const data_dims_t *output_dims,
                              int8_t *output, const dw_conv_params_t *params, const quant_data_t *quant)
{
    const layer p = {input_dims,         filter_dims,       output_dims,        params->stride,  params->padding,
                     params->activation, params->in_offset, params->out_offset, params->ch_mult, quant,
                     bias,               input,             filter};
    demand(params->dilation.width == 1 && params->dilation.height == 1 && params->ch_mult > 0);
    demand(output_dims->channels == input_dims->channels * params->ch_mult);
    demand(!P4 || params->ch_mult > 1 || input_dims->channels <= 256);
    check_layer(&p, depthwise_buffer, depthwise_bytes(&p), output);
    compute(&p, output);
}

typedef struct {
    int32_t in_w, in_h, out_w, out_h, stride_w, stride_h, kernel_w, kernel_h, pad_w, pad_h, low, high, channels;
} pool;

static void compute_pool(const pool *p, const int8_t *x, int8_t *y, int mean)
{
    int32_t oy, ox, c, iy, ix;
    demand(lies(x, ALIGN) && lies(y, ALIGN) && p->in_w > 0 && p->in_h > 0 && p->channels > 0);
    demand(p->stride_w > 0 && p->stride_h > 0 && p->pad_w < p->kernel_w && p->pad_h < p->kernel_h);
    demand(!S3 || (mean ? p->kernel_w * p->kernel_h <= 255 : p->channels % 4 == 0));
    check_range(p->low, p->high);
    for (oy = 0; oy < p->out_h; oy++) {
        for (ox = 0; ox < p->out_w; ox++) {
            for (c = 0; c < p->channels; c++) {
                const int32_t top = oy * p->stride_h - p->pad_h, left = ox * p->stride_w - p->pad_w;
                int32_t sum = 0, count = 0, largest = -128;
                for (iy = most(top, 0); iy < p->in_h && iy < top + p->kernel_h; iy++) {
                    for (ix = most(left, 0); ix < p->in_w && ix < left + p->kernel_w; ix++) {
                        const int32_t value = x[(iy * p->in_w + ix) * p->channels + c];
                        sum += value;
                        count++;
                        largest = most(largest, value);
                    }
                }
                demand(count > 0);
                if (mean) largest = sum > 0 ? (sum + count / 2) / count : (sum - count / 2) / count;
                *y++ = clamped(largest, p->low, p->high);
            }
        }
    }
}

#define POOL                                                                                                          \
    {                                                                                                                 \
        input_wd, input_ht, output_wd, output_ht, stride_wd, stride_ht, filter_wd, filter_ht, pad_wd, pad_ht, low,    \
            high, channels                                                                                            \
    }

void esp_nn_avg_pool_s8(const int8_t *input, uint16_t input_wd, uint16_t input_ht, int8_t *output, uint16_t output_wd,
                        uint16_t output_ht, uint16_t stride_wd, uint16_t stride_ht, uint16_t filter_wd,
                        uint16_t filter_ht, uint16_t pad_wd, uint16_t pad_ht, int32_t low, int32_t high,
                        uint16_t channels)
{
    const pool p = POOL;
    compute_pool(&p, input, output, 1);
}

void esp_nn_max_pool_s8(const int8_t *input, uint16_t input_wd, uint16_t input_ht, int8_t *output, uint16_t output_wd,
                        uint16_t output_ht, uint16_t stride_wd, uint16_t stride_ht, uint16_t filter_wd,
                        uint16_t filter_ht, uint16_t pad_wd, uint16_t pad_ht, int32_t low, int32_t high,
                        uint16_t channels)
{
    const pool p = POOL;
    compute_pool(&p, input, output, 0);
}
