#include "genc_transpose_conv_s8.h"

#include "genc_conv_s8_8x1.h"

void genc_transpose_conv_s8(const genc_transpose_conv_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                         int32_t row_begin, int32_t row_end)
{
    genc_transpose_conv_rows(p, in, out, (int8_t *)scratch, row_begin, row_end, genc_conv_s8_8x1_pixel);
}
