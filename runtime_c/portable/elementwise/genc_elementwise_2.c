#include "genc_elementwise_2.h"

void genc_elementwise_2(const genc_elementwise_2_params *p, const void *a, const void *b, void *y,
                        int32_t row_begin, int32_t row_end)
{
    const void *const given[3] = {a, b, NULL};
    genc_elementwise(p, given, y, row_begin, row_end);
}
