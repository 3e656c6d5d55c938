#include "genc_kpu_conv.h"

void genc_kpu_conv_prepare(const genc_kpu_conv_params *p) { genc_kpu_prepare(p); }

void genc_kpu_conv(const genc_kpu_conv_params *p, int32_t row_begin, int32_t row_end) {
    (void)row_begin;
    (void)row_end;
    genc_kpu_submit(p);
    if (p->waits) genc_kpu_wait();
}
