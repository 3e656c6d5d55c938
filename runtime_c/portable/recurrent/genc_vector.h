/**
 * @file genc_vector.h
 * @brief Matrix times vector in recurrent layers of floats: float32 weights, or, in hybrid layers, int8 ones.
 */
#ifndef GENC_VECTOR_H
#define GENC_VECTOR_H

#include "genc_dot_f32.h"

/** What matrices are multiplied with. */
typedef struct {
    const float *x;     /**< the elements */
    const int8_t *q;    /**< in hybrid layers, the same in 8 bits: x = scale * (q - zero_point) */
    int32_t count;      /**< of elements */
    int32_t zero_point; /**< of q */
    float scale;        /**< of q */
} genc_vector;

/** A vector of `count` elements; in hybrid layers it is quantised into q, symmetrically or not. */
typedef genc_vector (*genc_vector_maker)(const float *x, int32_t count, int32_t asymmetric, int8_t *q);

/** y[r] += w[r] * v; w [blocks of 4 rows][count][4], of `scale` where it is int8. */
typedef void (*genc_vector_product)(const void *w, float scale, const genc_vector *v, float *y, int32_t rows);

/** genc_vector_maker of layers with float32 weights. */
static inline genc_vector genc_vector_f32(const float *x, int32_t count, int32_t asymmetric, int8_t *q)
{
    genc_vector v = {NULL, NULL, 0, 0, 1.0f};
    (void)asymmetric;
    (void)q;
    v.x = x;
    v.count = count;
    return v;
}

/** genc_vector_product of float32 weights. */
static inline void genc_product_f32(const void *w, float scale, const genc_vector *v, float *y, int32_t rows)
{
    (void)scale;
    genc_dot_f32((const float *)w, v->x, v->count, y, rows);
}

/** The scale of matrix `index`; 1 where there are none. */
static inline float genc_matrix_scale(const float *scales, int32_t index)
{
    return scales != NULL ? scales[index] : 1.0f;
}

#endif /* GENC_VECTOR_H */
