#include "genc_fully_connected_s16_mve.h"

#include "genc_dot_s16_mve.h"

/** round(sum * factor), ties away from zero, limited to [low, high]. */
static int16_t genc_scaled_s16(int32_t sum, double factor, int32_t low, int32_t high)
{
    const double value = (double)sum * factor;
    int32_t whole;
    double rest;
    if (value <= low) return (int16_t)low;
    if (value >= high) return (int16_t)high;
    whole = (int32_t)value;
    rest = value - whole;
    if (rest >= 0.5) whole++;
    if (rest <= -0.5) whole--;
    return (int16_t)whole;
}

void genc_fully_connected_s16_mve(const genc_fully_connected_s16_mve_params *p, const void *in, void *out,
                                  int32_t row_begin, int32_t row_end)
{
    const int32_t block = GENC_FOUR / 2 * genc_whole_vectors(2 * p->depth);
    int32_t row, o, i;
    for (row = row_begin; row < row_end; row++) {
        const int16_t *x = (const int16_t *)(const void *)genc_row(in, row, p->in_rows_held, p->depth * 2);
        int16_t *y = (int16_t *)(void *)genc_row_out(out, row, p->out_rows_held, p->outputs * 2);
        const int8_t *w = p->weights;
        const double *factor = p->factors;
        for (o = 0; o < p->outputs; o += GENC_FOUR, w += block) {
            int32_t s[GENC_FOUR];
            genc_dot_four_s16(w, x, p->depth, p->bias + o, s);
            for (i = 0; i < GENC_FOUR && o + i < p->outputs; i++, factor += p->factor_step) {
                y[o + i] = genc_scaled_s16(s[i], *factor, p->low, p->high);
            }
        }
    }
}
