#include "genc_depthwise_3x3_s8.h"

#include "genc_linear.h"
#include "genc_window.h"

/** The three lines of a window. */
typedef struct {
    const int8_t *row[3];
} genc_lines;

/** One kernel row of two windows that overlap by two pixels: four columns serve both. */
#define GENC_ROW_OF_NEIGHBOURS(row, k)                               \
    do {                                                             \
        const int8_t *x = (row);                                     \
        const int32_t w0 = w[k], w1 = w[(k) + 1], w2 = w[(k) + 2];   \
        int32_t v = *x;                                              \
        GENC_MAC(s0, v, w0);                                         \
        v = *(x += step);                                            \
        GENC_MAC(s0, v, w1);                                         \
        GENC_MAC(s1, v, w0);                                         \
        v = *(x += step);                                            \
        GENC_MAC(s0, v, w2);                                         \
        GENC_MAC(s1, v, w1);                                         \
        v = *(x += step);                                            \
        GENC_MAC(s1, v, w2);                                         \
        GENC_FENCE();                                                \
    } while (0)

/** All channels of two neighbouring pixels whose windows are one pixel apart. */
static GENC_NOINLINE void genc_depthwise_neighbours(const genc_depthwise_params *p, const genc_lines *at, int8_t *y)
{
    const int32_t step = p->in_c, low = p->low, high = p->high;
    const int8_t *w = (const int8_t *)p->weights, *a = at->row[0], *b = at->row[1], *c = at->row[2];
    const int32_t *channel = p->channels;
    const int8_t *const end = a + step;
    for (; a != end; a++, b++, c++, y++, w += 9, channel += GENC_CHANNEL_SIZE) {
        int32_t s0 = 0, s1 = 0;
        GENC_ROW_OF_NEIGHBOURS(a, 0);
        GENC_ROW_OF_NEIGHBOURS(b, 3);
        GENC_ROW_OF_NEIGHBOURS(c, 6);
        genc_linear_pair(s0, s1, channel, low, high, y, y + step);
    }
}

/** One kernel row of one window. */
#define GENC_ROW(row, k)                      \
    do {                                      \
        const int8_t *const x = (row);        \
        GENC_MAC(s, x[0], w[k]);              \
        GENC_MAC(s, x[step], w[(k) + 1]);     \
        GENC_MAC(s, x[2 * step], w[(k) + 2]); \
        GENC_FENCE();                         \
    } while (0)

/** All channels of one pixel. */
static GENC_NOINLINE void genc_depthwise_alone(const genc_depthwise_params *p, const genc_lines *at, int8_t *y)
{
    const int32_t step = p->in_c, low = p->low, high = p->high;
    const int8_t *w = (const int8_t *)p->weights, *a = at->row[0], *b = at->row[1], *c = at->row[2];
    const int32_t *channel = p->channels;
    const int8_t *const end = a + step;
    for (; a != end; a++, b++, c++, y++, w += 9, channel += GENC_CHANNEL_SIZE) {
        int32_t s = 0;
        GENC_ROW(a, 0);
        GENC_ROW(b, 3);
        GENC_ROW(c, 6);
        *y = genc_linear_output(s, channel, low, high);
    }
}

/** The image line of kernel row k, NULL outside. */
static const int8_t *genc_depthwise_line(const genc_depthwise_params *p, const int8_t *in, int32_t image, int32_t y)
{
    if (y < 0 || y >= p->in_h) return NULL;
    return genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
}

/** Where the window that begins at column `left` lies: in the lines, or with its padding in the scratch. */
static genc_lines genc_depthwise_window(const genc_depthwise_params *p, const int8_t *const line[3], int32_t left,
                                        int8_t *scratch)
{
    const int32_t bytes = p->window_w * p->in_c, offset = left * p->in_c;
    const int32_t inside = left >= 0 && left + p->window_w <= p->in_w;
    genc_lines at;
    int32_t k;
    if (inside && line[0] != NULL && line[1] != NULL && line[2] != NULL) {
        at.row[0] = line[0] + offset;
        at.row[1] = line[1] + offset;
        at.row[2] = line[2] + offset;
        return at;
    }
    for (k = 0; k < 3; k++, scratch += bytes) {
        at.row[k] = scratch;
        if (inside && line[k] != NULL) at.row[k] = line[k] + offset;
        else genc_window_row(line[k], p->in_w, p->in_c, left, p->window_w, p->pad_value, scratch);
    }
    return at;
}

void genc_depthwise_3x3_s8(const genc_depthwise_3x3_s8_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    int32_t row, x, k;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
        int8_t *y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        const int8_t *line[3];
        for (k = 0; k < 3; k++) line[k] = genc_depthwise_line(p, in, image, top + k);
        for (x = 0; x < p->out_w;) {
            const int32_t left = x * p->stride_w - p->pad_left;
            const genc_lines at = genc_depthwise_window(p, line, left, (int8_t *)scratch);
            if (p->window_w == 4 && x + 1 < p->out_w) {
                genc_depthwise_neighbours(p, &at, y);
                x += 2;
                y += 2 * p->out_c;
            } else {
                genc_depthwise_alone(p, &at, y);
                x++;
                y += p->out_c;
            }
        }
    }
}
