#ifndef GENC_KPU_DOWNLOAD_H
#define GENC_KPU_DOWNLOAD_H

#include "genc_kpu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Parameters of genc_kpu_download. */
typedef struct {
    genc_kpu_map map;
    int32_t top;      /**< line of the map in which the image begins */
    int32_t left;     /**< and pixel */
    int32_t height;   /**< of the image */
    int32_t width;    /**< of the image */
    int32_t channels; /**< of both */
    int32_t stride;   /**< 1 or 2: pixels of the map from one pixel of the image to the next */
    int32_t rotated;  /**< not 0: the map is rotated by 180 degrees */
} genc_kpu_download_params;

/**
 * Reads an image from KPU RAM: uint8 planes to int8 [H][W][C], 128 taken away; in words, for no cache helps there.
 * @param y  int8 [height][width][channels]
 * Row range: the whole image, always.
 */
void genc_kpu_download(const genc_kpu_download_params *p, int8_t *y, int32_t row_begin, int32_t row_end);

#ifdef __cplusplus
}
#endif
#endif /* GENC_KPU_DOWNLOAD_H */
