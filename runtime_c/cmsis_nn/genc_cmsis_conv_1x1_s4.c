#include "genc_cmsis_conv_1x1_s4.h"

void genc_cmsis_conv_1x1_s4(const genc_cmsis_conv_1x1_s4_params *p, const int8_t *in, int8_t *out, void *scratch,
                            int32_t row_begin, int32_t row_end)
{
    genc_cmsis_conv_bands(p, arm_convolve_1x1_s4_fast, in, out, scratch, row_begin, row_end);
}
