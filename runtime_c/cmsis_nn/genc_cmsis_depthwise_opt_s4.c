#include "genc_cmsis_depthwise_opt_s4.h"

void genc_cmsis_depthwise_opt_s4(const genc_cmsis_depthwise_opt_s4_params *p, const int8_t *in, int8_t *out, void *scratch,
                                 int32_t row_begin, int32_t row_end)
{
    genc_cmsis_depthwise_bands(p, arm_depthwise_conv_s4_opt, in, out, scratch, row_begin, row_end);
}
