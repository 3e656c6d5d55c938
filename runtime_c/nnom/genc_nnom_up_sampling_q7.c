#include "genc_nnom_up_sampling_q7.h"

void genc_nnom_up_sampling_q7(const genc_nnom_up_sampling_q7_params *p, const int8_t *in, int8_t *out, int32_t row_begin,
                              int32_t row_end)
{
    const int32_t size = p->in_h * p->in_w * p->channels;
    const uint16_t factor = (uint16_t)p->factor;
    int32_t n;
    if (row_begin == row_end) return;
    for (n = 0; n < p->batches; n++, in += size, out += size * p->factor * p->factor) {
        local_up_sampling_q7_HWC(in, (uint16_t)p->in_w, (uint16_t)p->in_h, (uint16_t)p->channels, factor, factor,
                                 (uint16_t)(p->in_w * p->factor), (uint16_t)(p->in_h * p->factor), NULL, out);
    }
}
