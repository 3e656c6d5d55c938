#include "genc_nnom_add_q7.h"

void genc_nnom_add_q7(const genc_nnom_add_q7_params *p, const int8_t *a, const int8_t *b, int8_t *out, int32_t row_begin,
                     int32_t row_end)
{
    if (row_begin == row_end) return;
    /* It only reads a and b, but says so with no const. */
    local_add_q7((int8_t *)a, (int8_t *)b, out, (uint16_t)p->out_shift, (uint32_t)p->size);
    genc_nnom_activate(out, p->size, p->rectified, p->high);
}
