#ifndef GENC_KPU_PLACE_H
#define GENC_KPU_PLACE_H

#include "genc_kpu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_kpu_place. */
typedef struct {
    genc_kpu_map from;
    genc_kpu_map to;  /**< may be `from` itself */
    int32_t from_top; /**< line of `from` in which the image begins */
    int32_t from_left; /**< and pixel */
    int32_t top;      /**< line of `to` in which the image begins; `from_top` when the maps are the same */
    int32_t left;     /**< and pixel */
    int32_t height;   /**< of the image in both maps */
    int32_t width;    /**< of the image in both maps */
    int32_t channels; /**< of both */
    int32_t stride;   /**< pixels of `from` from one pixel of the image to the next; 1 when the maps are the same */
    int32_t channel;  /**< of `to`, for the image's first one */
    int32_t fill;     /**< the byte around the image in `to`: its zero point plus 128 */
    const uint8_t *table; /**< [256] what pixels become; NULL: they are copied */
} genc_kpu_place_params;

/**
 * Gives an image in KPU RAM a map of another size or another place, or its map a clean margin, which a 3x3 convolution
 * reads; may put each pixel through a function on the way.
 * Row range: the whole image, always.
 */
void genc_kpu_place(const genc_kpu_place_params *p, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_KPU_PLACE_H */
