#include "genc_cumsum.h"

/* One run of sums; x and y are its first elements in running order. */
static void run(const genc_cumsum_params *p, const int8_t *x, int8_t *y, int32_t step)
{
    const int64_t zero = 0; /* of every type */
    const void *before = &zero;
    for (int32_t i = 0; i < p->length; i++) {
        const int8_t *element = p->exclusive ? (i > 0 ? x + (i - 1) * step : (const int8_t *)&zero) : x + i * step;
        p->add(y + i * step, before, element);
        before = y + i * step;
    }
}

void genc_cumsum(const genc_cumsum_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    const int32_t step = p->inner * p->bytes;
    if (row_begin >= row_end) return;
    for (int32_t o = 0; o < p->outer; o++)
        for (int32_t i = 0; i < p->inner; i++) {
            const int32_t first = o * p->length * step + i * p->bytes + (p->reverse ? (p->length - 1) * step : 0);
            run(p, (const int8_t *)x + first, (int8_t *)y + first, p->reverse ? -step : step);
        }
}
