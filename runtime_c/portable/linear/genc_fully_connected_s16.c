#include "genc_fully_connected_s16.h"

#include "genc_linear_s16.h"

/** round(sum * factor), ties away from zero, limited to [low, high]. */
static int16_t genc_fully_connected_s16_output(int64_t sum, double factor, int32_t low, int32_t high)
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

void genc_fully_connected_s16(const genc_fully_connected_s16_params *p, const void *in, void *out, int32_t row_begin,
                              int32_t row_end)
{
    int32_t row, o, i;
    for (row = row_begin; row < row_end; row++) {
        const int16_t *x = (const int16_t *)(const void *)genc_row(in, row, p->in_rows_held, p->depth * 2);
        int16_t *y = (int16_t *)(void *)genc_row_out(out, row, p->out_rows_held, p->outputs * 2);
        const int8_t *w = p->weights;
        const double *factor = p->factors;
        for (o = 0; o < p->outputs; o += 4, w += 4 * p->depth) {
            const int32_t n = p->outputs - o < 4 ? p->outputs - o : 4;
            int64_t s[4];
            genc_linear_s16_sums(w, x, p->depth, s);
            for (i = 0; i < n; i++, factor += p->factor_step) {
                int64_t sum = s[i] + p->bias[o + i];
                if (p->wraps) sum = (int32_t)(uint32_t)(uint64_t)sum;
                y[o + i] = genc_fully_connected_s16_output(sum, *factor, p->low, p->high);
            }
        }
    }
}
