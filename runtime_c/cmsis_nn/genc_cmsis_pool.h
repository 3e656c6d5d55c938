/**
 * @file genc_cmsis_pool.h
 * @brief What the adapters to CMSIS-NN's pools have in common.
 */
#ifndef GENC_CMSIS_POOL_H
#define GENC_CMSIS_POOL_H

#include "genc_cmsis_images.h"

/** Without the padding above, which is each band's. */
static inline cmsis_nn_pool_params genc_cmsis_pool(const genc_cmsis_images *p)
{
    cmsis_nn_pool_params pool;
    pool.stride = genc_cmsis_tile(p->stride_w, p->stride_h);
    pool.padding = genc_cmsis_tile(p->pad_left, 0);
    pool.activation = genc_cmsis_activation(p->low, p->high);
    return pool;
}

#endif /* GENC_CMSIS_POOL_H */
