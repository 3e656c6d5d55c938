#include "genc_elementwise_1.h"

void genc_elementwise_1(const genc_elementwise_1_params *p, const void *a, void *y,
                        int32_t row_begin, int32_t row_end)
{
    const void *const given[3] = {a, NULL, NULL};
    genc_elementwise(p, given, y, row_begin, row_end);
}
