#include "genc_transpose_conv_s16.h"

#include "genc_conv_s16.h"

void genc_transpose_conv_s16(const genc_transpose_conv_s16_params *p, const void *in, void *out, void *scratch,
                          int32_t row_begin, int32_t row_end)
{
    genc_transpose_conv_rows(p, (const int8_t *)in, (int8_t *)out, (int8_t *)scratch, row_begin, row_end, genc_conv_s16_pixel);
}
