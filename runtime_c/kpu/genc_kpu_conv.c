#include "genc_kpu_conv.h"

void genc_kpu_conv(const genc_kpu_conv_params *p, int32_t row_begin, int32_t row_end) {
    genc_kpu_layer layer;
    (void)row_begin;
    (void)row_end;
    memcpy(layer.words, p->words, sizeof layer.words);
    layer.weights = p->weights;
    layer.scaling = p->scaling;
    layer.activation = (const genc_kpu_activation *)(const void *)p->activation;
    layer.wide = p->wide;
    genc_kpu_submit(&layer);
    if (p->waits) genc_kpu_wait();
}
