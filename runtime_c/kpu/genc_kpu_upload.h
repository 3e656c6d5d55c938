#ifndef GENC_KPU_UPLOAD_H
#define GENC_KPU_UPLOAD_H

#include "genc_kpu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_kpu_upload. */
typedef struct {
    genc_kpu_map map;
    int32_t top;      /**< line of the map in which the image begins */
    int32_t left;     /**< and pixel */
    int32_t height;   /**< of the image */
    int32_t width;    /**< of the image */
    int32_t channels; /**< of both */
    int32_t rotated;  /**< not 0: by 180 degrees */
    int32_t fill;     /**< the byte around the image: its zero point plus 128 */
} genc_kpu_upload_params;

/**
 * Writes an image to KPU RAM: int8 [H][W][C] to uint8 planes, 128 added; in words of 8 pixels, for no cache helps there.
 * @param x  int8 [height][width][channels]
 * Row range: the whole image, always.
 */
void genc_kpu_upload(const genc_kpu_upload_params *p, const int8_t *x, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_KPU_UPLOAD_H */
