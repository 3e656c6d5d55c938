/**
 * @file nnom_local.h
 * @brief A stand-in for NNoM's kernels, for tests.
 *
 * Every function checks its arguments, so that a wrong call cannot pass; the arithmetic is the plainest there is.
 * x is along the width, y along the height.
 */
#ifndef __NNOM_LOCAL_H__
#define __NNOM_LOCAL_H__

#include "nnom.h"

void local_convolve_HWC_q7_nonsquare(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                                     const uint16_t ch_im_in, const q7_t *wt, const uint16_t ch_im_out,
                                     const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                                     const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x,
                                     const uint16_t stride_y, const uint16_t dilation_x, const uint16_t dilation_y,
                                     const q7_t *bias, const nnom_qformat_param_t *bias_shift,
                                     const nnom_qformat_param_t *out_shift, const nnom_qtype_t q_type, q7_t *Im_out,
                                     const uint16_t dim_im_out_x, const uint16_t dim_im_out_y, q15_t *bufferA,
                                     q7_t *bufferB);

void local_depthwise_separable_conv_HWC_q7_nonsquare(
    const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y, const uint16_t ch_im_in,
    const q7_t *wt, const uint16_t ch_im_out, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
    const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x, const uint16_t stride_y,
    const uint16_t dilation_x, const uint16_t dilation_y, const q7_t *bias, const nnom_qformat_param_t *bias_shift,
    const nnom_qformat_param_t *out_shift, const nnom_qtype_t q_type, q7_t *Im_out, const uint16_t dim_im_out_x,
    const uint16_t dim_im_out_y, q15_t *bufferA, q7_t *bufferB);

void local_fully_connected_q7(const q7_t *pV, const q7_t *pM, const uint16_t dim_vec, const uint16_t num_of_rows,
                              const uint16_t bias_shift, const uint16_t out_shift, const q7_t *bias, q7_t *pOut,
                              q15_t *vec_buffer);

void local_maxpool_q7_HWC(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                          const uint16_t ch_im_in, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                          const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x,
                          const uint16_t stride_y, const uint16_t dim_im_out_x, const uint16_t dim_im_out_y,
                          q7_t *bufferA, q7_t *Im_out);

void local_avepool_q7_HWC(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                          const uint16_t ch_im_in, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                          const uint16_t padding_x, const uint16_t padding_y, const uint16_t stride_x,
                          const uint16_t stride_y, const uint16_t dim_im_out_x, const uint16_t dim_im_out_y,
                          const uint16_t output_shift, q7_t *bufferA, q7_t *Im_out);

void local_up_sampling_q7_HWC(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                              const uint16_t ch_im_in, const uint16_t dim_kernel_x, const uint16_t dim_kernel_y,
                              const uint16_t dim_im_out_x, const uint16_t dim_im_out_y, q7_t *bufferA, q7_t *Im_out);

void local_zero_padding_HWC_q7(const q7_t *Im_in, const uint16_t dim_im_in_x, const uint16_t dim_im_in_y,
                               const uint16_t ch_im_in, const uint16_t padding_top, const uint16_t padding_bottom,
                               const uint16_t padding_left, const uint16_t padding_right, q7_t *Im_out,
                               const uint16_t dim_im_out_x, const uint16_t dim_im_out_y);

void local_relu_q7(q7_t *data, uint32_t size);
void local_adv_relu_q7(q7_t *data, q7_t alpha, q7_t max, q7_t threshold, uint32_t size);
void local_add_q7(q7_t *pSrcA, q7_t *pSrcB, q7_t *pDst, const uint16_t out_shift, uint32_t blockSize);
void local_sub_q7(q7_t *pSrcA, q7_t *pSrcB, q7_t *pDst, const uint16_t out_shift, uint32_t blockSize);
void local_mult_q7(q7_t *pSrcA, q7_t *pSrcB, q7_t *pDst, const uint16_t out_shift, uint32_t blockSize);

#endif /* __NNOM_LOCAL_H__ */
