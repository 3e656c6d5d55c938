/* A stand-in for NNoM's kernels: see nnom_local.h.  A wrong call ends the program. */
#include "nnom_local.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define demand(is) demand_at(is, __LINE__)

static void demand_at(int is, int line)
{
    if (is) return;
    fprintf(stderr, "NNoM's double, line %d: wrong call\n", line);
    abort();
}

/** A window over an image; NNoM says x and y. */
typedef struct {
    int32_t in_w, in_h, channels, kernel_w, kernel_h, pad_w, pad_h, stride_w, stride_h, dilation_w, dilation_h, out_w, out_h;
} window;

static void check_window(const window *w, const void *in, const void *out)
{
    demand(in && out && in != out && w->in_w > 0 && w->in_h > 0 && w->channels > 0 && w->out_w > 0 && w->out_h > 0);
    demand(w->kernel_w > 0 && w->kernel_h > 0 && w->stride_w > 0 && w->stride_h > 0 && w->dilation_w > 0 && w->dilation_h > 0);
    /* The last window begins in the image, or right below it. */
    demand((w->out_h - 1) * w->stride_h - w->pad_h <= w->in_h && (w->out_w - 1) * w->stride_w - w->pad_w <= w->in_w);
}

/* Where tap (i, j) of output (y, x) lies; -1 outside. */
static int32_t place(const window *w, int32_t y, int32_t x, int32_t i, int32_t j)
{
    const int32_t row = y * w->stride_h - w->pad_h + i * w->dilation_h;
    const int32_t column = x * w->stride_w - w->pad_w + j * w->dilation_w;
    return row < 0 || row >= w->in_h || column < 0 || column >= w->in_w ? -1 : row * w->in_w + column;
}

/* A sum in units of 2^shift, ties up. */
static q7_t finish(int64_t sum, int32_t shift)
{
    const int64_t rounded = (sum + (((int64_t)1 << shift) >> 1)) >> shift;
    demand(shift >= 0 && shift <= 30 && sum == (int32_t)sum);
    return (q7_t)(rounded < -128 ? -128 : rounded > 127 ? 127 : rounded);
}

static int64_t bias_of(const q7_t *bias, int32_t shift, int32_t i)
{
    demand(bias && shift >= 0 && shift <= 24);
    return bias[i] * ((int64_t)1 << shift);
}

void local_convolve_HWC_q7_nonsquare(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                                     const uint16_t ch_im_in, const q7_t *wt, const uint16_t ch_im_out,
                                     const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                                     const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x,
                                     const uint16_t stride_y, const uint16_t dilation_x, const uint16_t dilation_y,
                                     const q7_t *bias, const nnom_qformat_param_t *bias_shift,
                                     const nnom_qformat_param_t *out_shift, const nnom_qtype_t q_type, q7_t *Im_out,
                                     const uint16_t dim_im_out_x, const uint16_t dim_im_out_y, q15_t *bufferA,
                                     q7_t *bufferB)
{
    const window w = {dim_im_in_x, dim_im_in_y, ch_im_in,   dim_kernel_x, dim_kernel_y, padding_x,   padding_y,
                      stride_x,    stride_y,    dilation_x, dilation_y,   dim_im_out_x, dim_im_out_y};
    int32_t y, x, o, i, j, c;
    (void)bufferA;
    (void)bufferB;
    check_window(&w, Im_in, Im_out);
    demand(wt && ch_im_out > 0 && q_type == NNOM_QTYPE_PER_AXIS);
    for (y = 0; y < w.out_h; y++)
        for (x = 0; x < w.out_w; x++)
            for (o = 0; o < ch_im_out; o++) {
                int64_t sum = bias_of(bias, bias_shift[o], o);
                for (i = 0; i < w.kernel_h; i++)
                    for (j = 0; j < w.kernel_w; j++) {
                        const int32_t at = place(&w, y, x, i, j);
                        const q7_t *k = wt + ((o * w.kernel_h + i) * w.kernel_w + j) * ch_im_in;
                        for (c = 0; at >= 0 && c < ch_im_in; c++) sum += Im_in[at * ch_im_in + c] * k[c];
                    }
                *Im_out++ = finish(sum, out_shift[o]);
            }
}

void local_depthwise_separable_conv_HWC_q7_nonsquare(
    const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y, const uint16_t ch_im_in,
    const q7_t *wt, const uint16_t ch_im_out, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
    const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x, const uint16_t stride_y,
    const uint16_t dilation_x, const uint16_t dilation_y, const q7_t *bias, const nnom_qformat_param_t *bias_shift,
    const nnom_qformat_param_t *out_shift, const nnom_qtype_t q_type, q7_t *Im_out, const uint16_t dim_im_out_x,
    const uint16_t dim_im_out_y, q15_t *bufferA, q7_t *bufferB)
{
    const window w = {dim_im_in_x, dim_im_in_y, ch_im_in,   dim_kernel_x, dim_kernel_y, padding_x,   padding_y,
                      stride_x,    stride_y,    dilation_x, dilation_y,   dim_im_out_x, dim_im_out_y};
    int32_t y, x, o, i, j;
    (void)bufferA;
    (void)bufferB;
    check_window(&w, Im_in, Im_out);
    demand(wt && ch_im_out > 0 && ch_im_out % ch_im_in == 0 && q_type == NNOM_QTYPE_PER_AXIS);
    for (y = 0; y < w.out_h; y++)
        for (x = 0; x < w.out_w; x++)
            for (o = 0; o < ch_im_out; o++) {
                int64_t sum = bias_of(bias, bias_shift[o], o);
                for (i = 0; i < w.kernel_h; i++)
                    for (j = 0; j < w.kernel_w; j++) {
                        const int32_t at = place(&w, y, x, i, j), c = o / (ch_im_out / ch_im_in);
                        if (at >= 0) sum += Im_in[at * ch_im_in + c] * wt[(i * w.kernel_w + j) * ch_im_out + o];
                    }
                *Im_out++ = finish(sum, out_shift[o]);
            }
}

void local_fully_connected_q7(const q7_t *pV, const q7_t *pM, const uint16_t dim_vec, const uint16_t num_of_rows,
                              const uint16_t bias_shift, const uint16_t out_shift, const q7_t *bias, q7_t *pOut,
                              q15_t *vec_buffer)
{
    int32_t o, k;
    (void)vec_buffer;
    demand(pV && pM && pOut && pV != pOut && dim_vec > 0 && num_of_rows > 0);
    for (o = 0; o < num_of_rows; o++) {
        int64_t sum = bias_of(bias, bias_shift, o);
        for (k = 0; k < dim_vec; k++) sum += pV[k] * pM[o * dim_vec + k];
        pOut[o] = finish(sum, out_shift);
    }
}

void local_maxpool_q7_HWC(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                          const uint16_t ch_im_in, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                          const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x,
                          const uint16_t stride_y, const uint16_t dim_im_out_x, const uint16_t dim_im_out_y,
                          q7_t *bufferA, q7_t *Im_out)
{
    const window w = {dim_im_in_x, dim_im_in_y, ch_im_in, dim_kernel_x, dim_kernel_y, padding_x,   padding_y,
                      stride_x,    stride_y,    1,        1,            dim_im_out_x, dim_im_out_y};
    int32_t y, x, c, i, j;
    (void)bufferA;
    check_window(&w, Im_in, Im_out);
    demand(w.in_w <= INT16_MAX && w.in_h <= INT16_MAX && w.channels <= INT16_MAX);
    for (y = 0; y < w.out_h; y++)
        for (x = 0; x < w.out_w; x++)
            for (c = 0; c < w.channels; c++) {
                int32_t best = -129;
                for (i = 0; i < w.kernel_h; i++)
                    for (j = 0; j < w.kernel_w; j++) {
                        const int32_t at = place(&w, y, x, i, j);
                        if (at >= 0 && Im_in[at * w.channels + c] > best) best = Im_in[at * w.channels + c];
                    }
                demand(best >= -128);
                *Im_out++ = (q7_t)best;
            }
}

void local_avepool_q7_HWC(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                          const uint16_t ch_im_in, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                          const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x,
                          const uint16_t stride_y, const uint16_t dim_im_out_x, const uint16_t dim_im_out_y,
                          const uint16_t output_shift, q7_t *bufferA, q7_t *Im_out)
{
    const window w = {dim_im_in_x, dim_im_in_y, ch_im_in, dim_kernel_x, dim_kernel_y, padding_x,   padding_y,
                      stride_x,    stride_y,    1,        1,            dim_im_out_x, dim_im_out_y};
    int32_t y, x, c, i, j;
    (void)bufferA;
    check_window(&w, Im_in, Im_out);
    demand(output_shift == 0 && w.in_w <= INT16_MAX && w.in_h <= INT16_MAX && w.channels <= INT16_MAX);
    for (y = 0; y < w.out_h; y++)
        for (x = 0; x < w.out_w; x++)
            for (c = 0; c < w.channels; c++) {
                int32_t sum = 0, count = 0;
                for (i = 0; i < w.kernel_h; i++)
                    for (j = 0; j < w.kernel_w; j++) {
                        const int32_t at = place(&w, y, x, i, j);
                        if (at < 0) continue;
                        sum += Im_in[at * w.channels + c];
                        count++;
                    }
                demand(count > 0);
                *Im_out++ = (q7_t)(sum / count);
            }
}

void local_up_sampling_q7_HWC(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                              const uint16_t ch_im_in, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                              const uint16_t dim_im_out_x, const uint16_t dim_im_out_y, q7_t *bufferA, q7_t *Im_out)
{
    int32_t y, x;
    (void)bufferA;
    demand(Im_in && Im_out && dim_kernel_x > 0 && dim_kernel_x == dim_kernel_y); /* else its rows overlap */
    demand(dim_im_out_x == dim_im_in_x * dim_kernel_x && dim_im_out_y == dim_im_in_y * dim_kernel_y);
    for (y = 0; y < dim_im_out_y; y++)
        for (x = 0; x < dim_im_out_x; x++) {
            const int32_t from = y / dim_kernel_y * dim_im_in_x + x / dim_kernel_x;
            memcpy(Im_out + (y * dim_im_out_x + x) * ch_im_in, Im_in + from * ch_im_in, ch_im_in);
        }
}

void local_zero_padding_HWC_q7(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                               const uint16_t ch_im_in, const uint16_t padding_top, const uint16_t padding_bottom,
                               const uint16_t padding_left, const uint16_t padding_right, q7_t *Im_out,
                               const uint16_t dim_im_out_x, const uint16_t dim_im_out_y)
{
    int32_t y;
    demand(Im_in && Im_out && dim_im_out_x == padding_left + dim_im_in_x + padding_right);
    demand(dim_im_out_y == padding_top + dim_im_in_y + padding_bottom);
    memset(Im_out, 0, (size_t)(dim_im_out_x * dim_im_out_y * ch_im_in));
    for (y = 0; y < dim_im_in_y; y++) {
        const int32_t to = (y + padding_top) * dim_im_out_x + padding_left;
        memcpy(Im_out + to * ch_im_in, Im_in + y * dim_im_in_x * ch_im_in, (size_t)(dim_im_in_x * ch_im_in));
    }
}

void local_relu_q7(q7_t *data, uint32_t size)
{
    local_adv_relu_q7(data, 0, 127, 0, size);
}

void local_adv_relu_q7(q7_t *data, q7_t alpha, q7_t max, q7_t threshold, uint32_t size)
{
    uint32_t i;
    demand(data && alpha == 0 && threshold == 0 && max >= 0);
    for (i = 0; i < size; i++) data[i] = (q7_t)(data[i] < 0 ? 0 : data[i] > max ? max : data[i]);
}

void local_add_q7(q7_t *pSrcA, q7_t *pSrcB, q7_t *pDst, const uint16_t out_shift, uint32_t blockSize)
{
    uint32_t i;
    demand(pSrcA && pSrcB && pDst && blockSize > 0);
    for (i = 0; i < blockSize; i++) pDst[i] = finish(pSrcA[i] + pSrcB[i], out_shift);
}

void local_sub_q7(q7_t *pSrcA, q7_t *pSrcB, q7_t *pDst, const uint16_t out_shift, uint32_t blockSize)
{
    uint32_t i;
    demand(pSrcA && pSrcB && pDst && blockSize > 0);
    for (i = 0; i < blockSize; i++) pDst[i] = finish(pSrcA[i] - pSrcB[i], out_shift);
}

void local_mult_q7(q7_t *pSrcA, q7_t *pSrcB, q7_t *pDst, const uint16_t out_shift, uint32_t blockSize)
{
    uint32_t i;
    demand(pSrcA && pSrcB && pDst && blockSize > 0);
    for (i = 0; i < blockSize; i++) pDst[i] = finish(pSrcA[i] * pSrcB[i], out_shift);
}
