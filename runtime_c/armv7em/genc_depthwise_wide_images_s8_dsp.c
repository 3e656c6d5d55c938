#include "genc_depthwise_wide_images_s8_dsp.h"

void genc_depthwise_wide_images_s8_dsp(const genc_depthwise_wide_images_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                       void *scratch, int32_t row_begin, int32_t row_end)
{
    genc_depthwise_wide_s8_dsp(p, in, out, scratch, row_begin * p->out_h, row_end * p->out_h);
}
