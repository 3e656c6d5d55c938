#include "genc_elementwise_3.h"

void genc_elementwise_3(const genc_elementwise_3_params *p, const void *a, const void *b, const void *c, void *y,
                        int32_t row_begin, int32_t row_end)
{
    const void *const given[3] = {a, b, c};
    genc_elementwise(p, given, y, row_begin, row_end);
}
