/**
 * @file genc_esp_images.h
 * @brief What the adapters to ESP-NN's windows over images share: our parameters as its structs, bands of rows.
 *
 * ESP-NN itself is not here: its headers and sources are the user's (docs/backends.md).
 *
 * The library computes one whole image in a call.  It is called for bands of it: an image of the rows that a band
 * reads, with padding above only where the band begins above, gives the same rows.
 */
#ifndef GENC_ESP_IMAGES_H
#define GENC_ESP_IMAGES_H

#include <esp_nn.h>
#include <stddef.h>
#include <stdint.h>

/** A convolution or a pool of int8 images [batches, h, w, c]; everything is final. */
typedef struct {
    int32_t in_h;
    int32_t in_w;
    int32_t in_c;
    int32_t out_h;
    int32_t out_w;
    int32_t out_c;
    int32_t filter_c;          /* input channels of an output: in_c / groups; 1 in depthwise layers and pools */
    int32_t kernel_h;
    int32_t kernel_w;
    int32_t stride_h;
    int32_t stride_w;
    int32_t pad_top;
    int32_t pad_left;
    int32_t together;          /* output rows in a row of the call: 1, or all of them */
    int32_t band;              /* most output rows that are computed together; none goes past a multiple of it */
    int32_t gathered_at;       /* bytes of the scratch before gathered rows */
    int32_t in_rows_held;      /* rows of the input in memory, >= 1 */
    int32_t out_rows_held;     /* rows of the output in memory, >= 1 */
    int32_t input_offset;      /* minus the zero point of the input, or 0 when the bias has it */
    int32_t zero_point;        /* of the output */
    int32_t low;               /* smallest output */
    int32_t high;              /* largest output */
    const int8_t *weights;     /* [out_c][kernel_h][kernel_w][filter_c], depthwise [kernel_h][kernel_w][out_c] */
    const int32_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c] */
    const int32_t *shift;      /* [out_c], positive to the left */
} genc_esp_images;

/** Output rows that the library computes in one call, all of one image. */
typedef struct {
    int32_t end;      /* the row after the last one */
    int32_t out_rows;
    int32_t in_rows;  /* input rows that they read */
    int32_t pad_top;  /* rows of padding above them */
    const int8_t *in; /* the first of them */
    int8_t *out;
} genc_esp_band;

/**
 * The next band of an image.
 * @param in       rows of in_w * in_c bytes, a ring of in_rows_held
 * @param out      rows of out_w * out_c bytes, a ring of out_rows_held
 * @param scratch  from gathered_at on: gathers the window of a single row that does not lie together
 * @param row      first row of the band; rows count through the images
 * @param row_end  no row of the band is at or behind it; above `row`
 */
genc_esp_band genc_esp_next(const genc_esp_images *p, const int8_t *in, int8_t *out, void *scratch, int32_t row,
                            int32_t row_end);

static inline data_dims_t genc_esp_dims(int32_t width, int32_t height, int32_t channels)
{
    data_dims_t dims;
    dims.width = width;
    dims.height = height;
    dims.channels = channels;
    dims.extra = 1;
    return dims;
}

static inline data_2d_t genc_esp_pair(int32_t width, int32_t height)
{
    data_2d_t pair;
    pair.width = width;
    pair.height = height;
    return pair;
}

static inline act_params_t genc_esp_range(int32_t low, int32_t high)
{
    act_params_t range;
    range.min = low;
    range.max = high;
    return range;
}

/* The library only reads them, but says so with no const. */
static inline quant_data_t genc_esp_scales(const genc_esp_images *p)
{
    quant_data_t scales;
    scales.shift = (int32_t *)p->shift;
    scales.mult = (int32_t *)p->multiplier;
    return scales;
}

#endif /* GENC_ESP_IMAGES_H */
