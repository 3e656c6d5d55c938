#include "genc_fully_connected_s8_mve.h"

#include "genc_mve.h"

/**
 * Output bytes of up to four sums.
 * @param sums   accumulators
 * @param scale  multiplier[4], add[4], shift[4]
 * @param count  bytes to write, 1 ... 4
 */
static inline void genc_finish_once(const genc_fully_connected_s8_mve_params *p, const int32_t *sums,
                                    const int32_t *scale, int8_t *y, int32_t count)
{
#if GENC_MVE
    int32x4_t v = vmulhq_s32(vshlq_r_s32(vldrwq_s32(sums), p->left), vldrwq_s32(scale));
    v = vshlq_s32(vaddq_s32(v, vldrwq_s32(scale + 4)), vldrwq_s32(scale + 8));
    v = vminq_s32(vmaxq_s32(v, vdupq_n_s32(p->low)), vdupq_n_s32(p->high));
    vstrbq_p_s32(y, v, vctp32q((uint32_t)count));
#else
    int32_t i;
    for (i = 0; i < count; i++) {
        const int32_t sum = (int32_t)((uint32_t)sums[i] << p->left);
        const int32_t v = (int32_t)(((int64_t)sum * scale[i]) >> 32);
        y[i] = (int8_t)genc_clamp((v + scale[4 + i]) >> -scale[8 + i], p->low, p->high);
    }
#endif
}

void genc_fully_connected_s8_mve(const genc_fully_connected_s8_mve_params *p, const int8_t *in, int8_t *out,
                                 int32_t row_begin, int32_t row_end)
{
    const int32_t depth = p->depth, outputs = p->outputs, block = GENC_FOUR * genc_whole_vectors(depth);
    int32_t row, o;
    for (row = row_begin; row < row_end; row++) {
        const int8_t *const x = genc_row(in, row, p->in_rows_held, depth);
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, outputs);
        const int8_t *w = p->weights;
        const int32_t *scale = p->scales;
        for (o = 0; o < outputs; o += GENC_FOUR, w += block, scale += p->scale_step) {
            int32_t sums[GENC_FOUR];
            genc_dot_four(w, x, depth, p->bias + o, sums);
            genc_finish_once(p, sums, scale, y + o, outputs - o < GENC_FOUR ? outputs - o : GENC_FOUR);
        }
    }
}
