#include "genc_depthwise_wide_s8_dsp.h"

typedef genc_depthwise_wide_s8_dsp_params genc_wide;

#define GENC_WIDE_CONSTANTS 3 /* int32 of a channel */

/** What a block's functions share. */
typedef struct {
    int32_t begin;    /* first input row that the block sees */
    int32_t end;      /* one past the last one */
    int32_t top;      /* input row of the first tap of the first output row, maybe above the image */
    int32_t stride;   /* along the lines */
    int32_t count;    /* words of weights of a channel, an even number */
    int32_t *planes;
    int32_t *weights; /* behind those of a channel as many zeros as a part has words */
    int32_t *rows;
} genc_wide_block;

/** Pixels [first, first + count) of `lines` lines to their words; those from `inside` on are there. */
static void genc_wide_take(const genc_wide *p, const genc_wide_block *b, const int8_t *x, int32_t *to, int32_t first,
                           int32_t count, int32_t lines, int32_t inside)
{
    const int32_t row_bytes = p->in_w * p->in_c, step = p->upright ? row_bytes : p->in_c;
    const int32_t line = p->upright ? p->in_c : row_bytes;
    genc_digit_pixels pixels;
    int32_t i;
    pixels.step = b->stride * step;
    pixels.plane_bytes = 4 * p->plane;
    pixels.word_step = 4 * b->stride;
    pixels.add = -p->pad_value;
    for (i = 0; i < b->stride && i < count; i++, x += step) {
        const int32_t place = (first + i) / b->stride, sequence = first + i - place * b->stride;
        pixels.count = (count - i - 1) / b->stride + 1;
        pixels.second = place & 1;
        pixels.keep = first + i - b->stride >= inside ? -1 : 0;
        pixels.x_skip = line - pixels.count * pixels.step;
        pixels.to_skip = 4 * p->line - (pixels.second + pixels.count) / 2 * pixels.word_step;
        if (p->in_c >= GENC_DIGIT_PLANES) genc_digits_take(&pixels, x, to + place / 2 * b->stride + sequence, lines);
        else genc_digits_take_few(&pixels, x, to + place / 2 * b->stride + sequence, lines, p->in_c);
    }
}

/** Four channels from `in` on, of what a block sees of an image. */
static void genc_wide_gather(const genc_wide *p, const genc_wide_block *b, const int8_t *in, int32_t image)
{
    const int32_t row_bytes = p->in_w * p->in_c, held = p->in_rows_held;
    const int32_t room = p->line * 2 - p->pad_left, seen = p->in_w < room ? p->in_w : room;
    int32_t i = b->begin;
    while (i < b->end) {
        const int32_t slot = (image * p->in_h + i) % held, left = b->end - i;
        const int32_t run = left < held - slot ? left : held - slot;
        const int8_t *const x = in + slot * row_bytes;
        int32_t *const to = p->upright ? b->planes : b->planes + (i - b->begin) * p->line;
        if (p->upright) genc_wide_take(p, b, x, to, i - b->top, run, p->in_w, b->begin - b->top);
        else if (seen > 0) genc_wide_take(p, b, x, to, p->pad_left, seen, run, p->pad_left);
        i += run;
    }
}

/** Where the lines and the weights of each row of outputs begin. */
static void genc_wide_table(const genc_wide *p, const genc_wide_block *b, int32_t rows)
{
    const int32_t kernel = p->upright ? p->kernel_w : p->kernel_h, size = p->upright ? p->in_w : p->in_h;
    const int32_t step = p->upright ? p->dilation_w : p->dilation_h, stride = p->upright ? p->stride_w : p->stride_h;
    const int32_t base = p->upright ? 0 : b->begin, bytes = 4 * p->words * p->parts;
    int32_t top = p->upright ? -p->pad_left : b->top, *row = b->rows, i;
    for (i = 0; i < rows; i++, top += stride, row += GENC_DIGIT_ROW) {
        const int32_t begin = top < 0 ? (step - 1 - top) / step : 0, room = (size - top + step - 1) / step;
        const int32_t end = room < kernel ? room : kernel;
        row[0] = 0;
        row[1] = 4 * b->count;
        row[2] = row[1] + 4 * p->words;
        if (begin < end) {
            row[0] = 4 * p->line * (top + begin * step - base);
            row[1] = begin * bytes;
            row[2] = end * bytes;
        }
    }
}

/** A byte of a word. */
static inline int32_t genc_wide_byte(uint32_t v, int32_t number)
{
    return (int8_t)(v >> 8 * number & 0xFFu);
}

/** Pairs of weights to numbers of two digits. */
static void genc_wide_weights(const int8_t *w, int32_t count, int32_t *to)
{
    const int8_t *const end = w + 2 * count;
    for (; w != end; w += 4, to += 2) {
        const uint32_t v = genc_load4(w);
        to[0] = genc_wide_byte(v, 0) + genc_wide_byte(v, 1) * (1 << GENC_DIGIT_BITS);
        to[1] = genc_wide_byte(v, 2) + genc_wide_byte(v, 3) * (1 << GENC_DIGIT_BITS);
    }
}

/** A channel's numbers. */
static void genc_wide_begin(const genc_wide *p, const int32_t *constants, genc_digits *d)
{
    const int32_t offset = constants[2] >> 8, shift = constants[2] & 255;
    d->middle = (int32_t)((uint32_t)offset << GENC_DIGIT_BITS);
    d->first = d->middle + offset;
    d->last = (offset >> (32 - GENC_DIGIT_BITS)) + offset * (1 << (2 * GENC_DIGIT_BITS - 32));
    d->bias = (int32_t)(2u * ((uint32_t)constants[0] - (uint32_t)offset));
    d->bias_of_two = (int32_t)((uint32_t)d->bias - 2u * (uint32_t)offset);
    d->multiplier = constants[1];
    d->add = (2 * p->zero_point + 1) * (1 << shift) >> 1;
    d->shift = shift;
}

/** Rows [row, row + rows), which lie in one image and one after the other in memory. */
static void genc_wide_rows(const genc_wide *p, const int8_t *in, int8_t *out, genc_wide_block *b, int32_t row,
                           int32_t rows)
{
    const int32_t image = row / p->out_h, line = p->out_w * p->out_c, lines = p->upright ? p->out_w : rows;
    const int32_t last = (rows - 1) * p->stride_h + (p->kernel_h - 1) * p->dilation_h + 1;
    int8_t *const to = genc_row_out(out, row, p->out_rows_held, line);
    int32_t c, i;
    genc_digits d;
    b->top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    b->begin = genc_clamp(b->top, 0, p->in_h);
    b->end = genc_clamp(b->top + last, b->begin, p->in_h);
    for (i = 0; i < GENC_DIGIT_PLANES * p->plane; i++) b->planes[i] = 0;
    genc_wide_table(p, b, lines);
    d.weights = b->weights;
    d.rows = b->rows;
    d.rows_end = b->rows + GENC_DIGIT_ROW * lines;
    d.count = p->upright ? rows : p->out_w;
    d.y_row = p->upright ? p->out_c : line;
    d.y_step = p->upright ? line : p->out_c;
    d.x_step = 8 * b->stride;
    d.x_line = 4 * (p->parts > 1 ? p->words : p->line * (p->upright ? p->dilation_w : p->dilation_h));
    d.sign = p->low < p->zero_point;
    for (c = 0; c < p->in_c; c++) {
        /* The last four channels may overlap those before, of which the input is still there. */
        const int32_t most = p->in_c - GENC_DIGIT_PLANES, begin = c & ~(GENC_DIGIT_PLANES - 1);
        const int32_t first = begin > most && most >= 0 ? most : begin;
        if (c == begin) genc_wide_gather(p, b, in + first, image);
        genc_wide_begin(p, p->channels + GENC_WIDE_CONSTANTS * c, &d);
        genc_wide_weights(p->weights + 2 * b->count * c, b->count, b->weights);
        d.x = b->planes + (c - first) * p->plane;
        d.y = to + c;
        genc_digits_rows(&d, p->words, b->stride);
    }
    if (p->low > -128 || p->high < 127) genc_dsp_clamp(to, rows * line, p->low, p->high);
}

void genc_depthwise_wide_s8_dsp(const genc_depthwise_wide_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                void *scratch, int32_t row_begin, int32_t row_end)
{
    genc_wide_block b;
    int32_t row = row_begin, i;
    b.stride = p->upright ? p->stride_h : p->stride_w;
    b.count = ((p->upright ? p->kernel_w : p->kernel_h) * p->parts * p->words + 1) & ~1;
    b.planes = (int32_t *)scratch;
    b.weights = b.planes + GENC_DIGIT_PLANES * p->plane;
    b.rows = b.weights + b.count + p->words;
    for (i = 0; i < p->words; i++) b.weights[b.count + i] = 0;
    while (row < row_end) {
        const int32_t image_left = p->out_h - row % p->out_h, ring_left = p->out_rows_held - row % p->out_rows_held;
        int32_t rows = row_end - row < p->block ? row_end - row : p->block;
        if (rows > image_left) rows = image_left;
        if (rows > ring_left) rows = ring_left;
        genc_wide_rows(p, in, out, &b, row, rows);
        row += rows;
    }
}
