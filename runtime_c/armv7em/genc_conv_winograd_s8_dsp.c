#include "genc_conv_winograd_s8_dsp.h"

#define GENC_WINOGRAD_FOUR 12      /* words of V of four inputs: [point][2] */
#define GENC_WINOGRAD_THIRD 0xAAAAAAABu /* 1 / 3 modulo 2^32 */

/** Six columns of a row and what becomes of them.  The assembly knows the places of the fields. */
typedef struct {
    const int8_t *columns[GENC_WINOGRAD_POINTS]; /* in_c bytes each, at any address */
    uint32_t centre;                             /* lanes of 6 * zero point of the input: a column of zero points is 0 */
    int32_t inputs;                              /* in_c */
    uint32_t *v;                                 /* [in_c / 4][point][2] */
} genc_winograd_columns;

/** The product of V with blocks of channels.  The assembly knows the places of the fields. */
typedef struct {
    const uint32_t *weights; /* [block][point][fours + gap / 64][2][channel of the block] */
    const uint32_t *v;       /* [fours][point][2] */
    int32_t fours;           /* inputs / 4, of all kernel rows together, 1 or more */
    int32_t gap;             /* bytes of weights that are left out behind each point */
    int32_t *sums;           /* [block][point][channel of the block] */
    int32_t *sums_end;
} genc_winograd_product;

/** From sums to bytes.  The assembly knows the places of the fields. */
typedef struct {
    const int32_t *sums;     /* [point][GENC_WINOGRAD_BLOCK] */
    const int32_t *channels; /* [count][GENC_WINOGRAD_CHANNEL] */
    int8_t *y;               /* first channel of the first pixel */
    int32_t count;           /* channels, 1 ... GENC_WINOGRAD_BLOCK */
    int32_t y_step;          /* bytes from one pixel to the next */
    int32_t odd;             /* 2 * zero point + 1, see genc_tile_s8.h */
    uint32_t third;          /* GENC_WINOGRAD_THIRD */
} genc_winograd_output;

#if GENC_DSP

/* r4-r9 bytes of four inputs of the six columns, r1 V, the centre at sp + 4; the even ones, or after a rotation the odd
   ones, at work in r0, r3, r10-r12, lr. */
#define GENC_WINOGRAD_LANES(odd, v0, v1, v2, v3, v4, v5)                                             \
    "sxtb16 r0, r6" odd "\n sxtb16 r3, r8" odd "\n ssub16 r10, r3, r0\n"                             \
    "sadd16 r11, r0, r0\n sadd16 r11, r11, r11\n ssub16 r11, r3, r11\n"                              \
    "sxtb16 r3, r4" odd "\n ssub16 r3, r3, r0\n sadd16 r3, r3, r3\n sadd16 r3, r3, r3\n"             \
    "sadd16 r3, r3, r10\n str r3, [r1, #" v0 "]\n"                                                   \
    "sxtb16 r0, r5" odd "\n sxtb16 r3, r7" odd "\n"                                                  \
    "sadd16 r12, r0, r0\n sadd16 r12, r12, r12\n ssub16 r12, r3, r12\n"                              \
    "ssub16 r0, r3, r0\n sadd16 r0, r0, r0\n sadd16 lr, r11, r12\n"                                  \
    "ssub16 r11, r11, r12\n str r11, [r1, #" v2 "]\n"                                                \
    "ldr r11, [sp, #4]\n sadd16 lr, lr, r11\n str lr, [r1, #" v1 "]\n"                               \
    "sadd16 lr, r10, r0\n str lr, [r1, #" v3 "]\n ssub16 r10, r10, r0\n str r10, [r1, #" v4 "]\n"     \
    "sxtb16 r12, r9" odd "\n ssub16 r12, r12, r3\n sadd16 r0, r0, r0\n ssub16 r12, r12, r0\n"         \
    "str r12, [r1, #" v5 "]\n"

/* On the stack: the columns, the centre, the inputs. */
static GENC_NAKED void genc_winograd_transform(GENC_IN_ASSEMBLY const genc_winograd_columns *columns)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #12\n ldrd r2, r3, [r0, #24]\n ldr r1, [r0, #32]\n"
        "str r0, [sp]\n strd r2, r3, [sp, #4]\n mov r2, #0\n"
        "1:\n ldr r0, [sp]\n ldrd r4, r5, [r0]\n ldrd r6, r7, [r0, #8]\n ldrd r8, r9, [r0, #16]\n"
        "ldr r4, [r4, r2]\n ldr r5, [r5, r2]\n ldr r6, [r6, r2]\n"
        "ldr r7, [r7, r2]\n ldr r8, [r8, r2]\n ldr r9, [r9, r2]\n"
        GENC_WINOGRAD_LANES("", "0", "8", "16", "24", "32", "40")
        GENC_WINOGRAD_LANES(", ror #8", "4", "12", "20", "28", "36", "44")
        "add r1, #48\n add r2, #4\n ldr r0, [sp, #8]\n cmp r2, r0\n bne 1b\n"
        "add sp, #12\n pop {r4-r11, pc}\n");
}

/* r0 weights, r1 V, r4-r11 sums of eight channels, r2, r3, r12 and lr at work: one word of V, then those of four
   inputs, 24 instructions of four bytes. */
#define GENC_WINOGRAD_WORD(step)                                                                     \
    "ldr.w lr, [r1], #" step "\n"                                                                    \
    "ldm.w r0!, {r2, r3, r12}\n smlad r4, r2, lr, r4\n smlad r5, r3, lr, r5\n smlad r6, r12, lr, r6\n" \
    "ldm.w r0!, {r2, r3, r12}\n smlad r7, r2, lr, r7\n smlad r8, r3, lr, r8\n smlad r9, r12, lr, r9\n" \
    "ldrd r2, r3, [r0], #8\n smlad r10, r2, lr, r10\n smlad r11, r3, lr, r11\n"
#define GENC_WINOGRAD_MAC GENC_WINOGRAD_WORD("4") GENC_WINOGRAD_WORD("44")

/* On the stack: the sums, where to begin with the first of four steps, the end of V of a point and the gap, the bytes
   of V back to the next point, the end of the block's sums, the end of all, V, the end of V of the first point. */
static GENC_NAKED void genc_winograd_add(GENC_IN_ASSEMBLY const genc_winograd_product *product)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n sub sp, #36\n ldm r0, {r4-r9}\n"
        "add r2, r6, r6, lsl #1\n lsl r2, #4\n add r3, r5, r2\n sub r3, #8\n sub r2, #8\n"
        "strd r5, r3, [sp, #28]\n strd r3, r7, [sp, #8]\n strd r2, r8, [sp, #16]\n strd r9, r8, [sp, #24]\n"
        "str r5, [sp, #28]\n str r8, [sp]\n mov r0, r4\n"
        /* Of 4n - k steps, the first k are jumped over, 96 bytes each. */
        "rsb r6, r6, #0\n and r6, #3\n mov r2, #96\n mul r6, r6, r2\n adr r2, 2f\n add r2, r6\n orr r2, #1\n str r2, [sp, #4]\n"
        "0:\n ldrd r1, r2, [sp, #28]\n ldr r3, [sp, #20]\n str r2, [sp, #8]\n add r3, #192\n str r3, [sp, #20]\n"
        "1:\n ldrd r12, lr, [sp]\n ldr r2, [sp, #8]\n ldm r12, {r4-r11}\n add r2, #8\n str r2, [sp, #8]\n bx lr\n"
        ".balign 4\n"
        "2:\n" GENC_WINOGRAD_MAC GENC_WINOGRAD_MAC GENC_WINOGRAD_MAC GENC_WINOGRAD_MAC
        "ldrd r2, r3, [sp, #8]\n cmp r1, r2\n bne 2b\n"
        "ldr r12, [sp]\n add r0, r3\n ldrd r2, r3, [sp, #16]\n stm r12!, {r4-r11}\n sub r1, r2\n str r12, [sp]\n"
        "cmp r12, r3\n bne 1b\n"
        "ldr r2, [sp, #24]\n cmp r12, r2\n bne 0b\n"
        "add sp, #36\n pop {r4-r11, pc}\n");
}

/* r0 the sums of a channel, r1 its constants, r2 its first byte, r3 channels left; on the stack y_step, odd, third. */
#define GENC_WINOGRAD_SIGN(s) "add " s ", " s ", " s ", asr #31\n"
#define GENC_WINOGRAD_NO_SIGN(s)
#define GENC_WINOGRAD_ROUND(s) "add " s ", r9\n asr " s ", r7\n ssat " s ", #8, " s "\n"
#define GENC_WINOGRAD_EACH(way) way("r4") way("r11") way("r10") way("r5")
#define GENC_WINOGRAD_TWICE(s) "mul " s ", r12, " s "\n asr " s ", #2\n"
#define GENC_WINOGRAD_HIGH(s) "smmulr " s ", " s ", r6\n"

#define GENC_WINOGRAD_END(sign)                                                                      \
    "push {r4-r11, lr}\n sub sp, #12\n ldrd r4, r5, [r0, #16]\n ldr r12, [r0, #24]\n"                \
    "strd r4, r5, [sp]\n ldm r0, {r0-r3}\n"                                                          \
    "1:\n ldr r5, [r0, #32]\n ldr r6, [r0, #64]\n ldr r10, [r1], #4\n ldr r7, [r0, #96]\n ldr r8, [r0, #128]\n" \
    "ldr r9, [r0, #160]\n ldr r4, [r0], #4\n"                                                        \
    "add r5, r10\n add r10, r5, r6\n sub r5, r6\n add r6, r7, r8\n sub r7, r8\n"                     \
    "add r4, r10\n add r4, r6\n add r10, r10, r6, lsl #2\n add r11, r5, r7, lsl #1\n"                \
    "add r5, r5, r7, lsl #3\n add r5, r9\n"                                                          \
    GENC_WINOGRAD_EACH(GENC_WINOGRAD_TWICE)                                                          \
    "ldrd r6, r7, [r1], #8\n ldrd r8, r9, [sp]\n lsl r9, r7\n asr r9, #1\n"                          \
    GENC_WINOGRAD_EACH(GENC_WINOGRAD_HIGH) GENC_WINOGRAD_EACH(sign) GENC_WINOGRAD_EACH(GENC_WINOGRAD_ROUND) \
    "strb r4, [r2]\n strb r11, [r2, r8]\n strb r10, [r2, r8, lsl #1]\n add lr, r2, r8\n"             \
    "strb r5, [lr, r8, lsl #1]\n add r2, #1\n subs r3, #1\n bne 1b\n"                                \
    "add sp, #12\n pop {r4-r11, pc}\n"

static GENC_NAKED void genc_winograd_end(GENC_IN_ASSEMBLY const genc_winograd_output *output)
{
    __asm__ volatile(GENC_WINOGRAD_END(GENC_WINOGRAD_SIGN));
}

/** The same for outputs that are going to be clamped at the zero point or above. */
static GENC_NAKED void genc_winograd_end_relu(GENC_IN_ASSEMBLY const genc_winograd_output *output)
{
    __asm__ volatile(GENC_WINOGRAD_END(GENC_WINOGRAD_NO_SIGN));
}

/** Sums of zero. */
static GENC_NAKED void genc_winograd_begin(GENC_IN_ASSEMBLY int32_t *sums, GENC_IN_ASSEMBLY const int32_t *end)
{
    __asm__ volatile(
        "push {r4-r11}\n mov r4, #0\n mov r5, #0\n mov r6, #0\n mov r7, #0\n"
        "mov r8, #0\n mov r9, #0\n mov r10, #0\n mov r11, #0\n"
        "1:\n stm r0!, {r4-r11}\n stm r0!, {r4-r11}\n cmp r0, r1\n bne 1b\n"
        "pop {r4-r11}\n bx lr\n");
}

#else

/** V of four inputs, lanes of two of them: `odd` ones or even ones. */
static void genc_winograd_lanes(const genc_winograd_columns *q, int32_t from, int32_t odd, uint32_t *v)
{
    uint32_t d[GENC_WINOGRAD_POINTS], fall, rise, sum, turn;
    int32_t i;
    for (i = 0; i < GENC_WINOGRAD_POINTS; i++) {
        const uint32_t bytes = genc_load4(q->columns[i] + from);
        d[i] = odd ? genc_odd_bytes(bytes) : genc_even_bytes(bytes);
    }
    fall = genc_subtract_lanes(d[4], d[2]);
    rise = genc_double_lanes(genc_subtract_lanes(d[3], d[1]));
    sum = genc_subtract_lanes(d[4], genc_double_lanes(genc_double_lanes(d[2])));
    turn = genc_subtract_lanes(genc_double_lanes(genc_double_lanes(d[1])), d[3]);
    v[0] = genc_subtract_lanes(fall, genc_double_lanes(genc_double_lanes(genc_subtract_lanes(d[2], d[0]))));
    v[2] = genc_subtract_lanes(sum, genc_subtract_lanes(turn, q->centre));
    v[4] = genc_subtract_lanes(genc_double_lanes(sum), genc_subtract_lanes(sum, turn));
    v[6] = genc_subtract_lanes(fall, genc_subtract_lanes(0, rise));
    v[8] = genc_subtract_lanes(fall, rise);
    v[10] = genc_subtract_lanes(genc_subtract_lanes(d[5], d[3]), genc_double_lanes(rise));
}

static void genc_winograd_transform(const genc_winograd_columns *columns)
{
    uint32_t *v = columns->v;
    int32_t i;
    for (i = 0; i < columns->inputs; i += 4, v += GENC_WINOGRAD_FOUR) {
        genc_winograd_lanes(columns, i, 0, v);
        genc_winograd_lanes(columns, i, 1, v + 1);
    }
}

static void genc_winograd_add(const genc_winograd_product *product)
{
    const uint32_t *w = product->weights;
    int32_t *sums = product->sums;
    int32_t point, i, n;
    for (; sums != product->sums_end;) {
        for (point = 0; point < GENC_WINOGRAD_POINTS; point++, sums += GENC_WINOGRAD_BLOCK, w += product->gap / 4) {
            const uint32_t *v = product->v + 2 * point;
            for (i = 0; i < product->fours; i++, v += GENC_WINOGRAD_FOUR, w += 2 * GENC_WINOGRAD_BLOCK) {
                for (n = 0; n < GENC_WINOGRAD_BLOCK; n++) {
                    sums[n] = genc_dual_mac(w[n], v[0], sums[n]);
                    sums[n] = genc_dual_mac(w[GENC_WINOGRAD_BLOCK + n], v[1], sums[n]);
                }
            }
        }
    }
}

/** A byte, from 24 times its accumulator. */
static int8_t genc_winograd_byte(const genc_winograd_output *q, uint32_t sum, const int32_t *channel)
{
    const int32_t accumulator = (int32_t)(sum * q->third) >> 3, shift = channel[2];
    return genc_dsp_output(accumulator, channel[1], q->odd * (1 << shift) >> 1, shift);
}

static void genc_winograd_end(const genc_winograd_output *output)
{
    const int32_t *channel = output->channels;
    int8_t *y = output->y;
    int32_t i, n;
    for (n = 0; n < output->count; n++, channel += GENC_WINOGRAD_CHANNEL, y++) {
        uint32_t m[GENC_WINOGRAD_POINTS], near_sum, near_step, far_sum, far_step;
        for (i = 0; i < GENC_WINOGRAD_POINTS; i++) m[i] = (uint32_t)output->sums[i * GENC_WINOGRAD_BLOCK + n];
        m[1] += (uint32_t)channel[0]; /* which all four outputs take over */
        near_sum = m[1] + m[2];
        near_step = m[1] - m[2];
        far_sum = m[3] + m[4];
        far_step = m[3] - m[4];
        y[0] = genc_winograd_byte(output, m[0] + near_sum + far_sum, channel);
        y[output->y_step] = genc_winograd_byte(output, near_step + 2u * far_step, channel);
        y[2 * output->y_step] = genc_winograd_byte(output, near_sum + 4u * far_sum, channel);
        y[3 * output->y_step] = genc_winograd_byte(output, near_step + 8u * far_step + m[5], channel);
    }
}

static void genc_winograd_end_relu(const genc_winograd_output *output)
{
    genc_winograd_end(output);
}

static void genc_winograd_begin(int32_t *sums, const int32_t *end)
{
    while (sums != end) *sums++ = 0;
}

#endif

/** V of some kernel rows, `lines` of them in the image, for the four outputs from column `x` on. */
static void genc_winograd_gather(const genc_conv_winograd_s8_dsp_params *p, const int8_t *const *rows, int32_t lines,
                                 int32_t x, const int8_t *padding, genc_winograd_columns *q, uint32_t *v)
{
    const int32_t left = x - p->pad_left, step = p->in_c;
    int32_t i, k;
    q->v = v;
    for (k = 0; k < lines; k++, q->v += step * (GENC_WINOGRAD_FOUR / 4)) {
        if (left >= 0 && left + GENC_WINOGRAD_POINTS <= p->in_w) {
            const int8_t *from = rows[k] + left * step;
            q->columns[0] = from;
            for (i = 1; i < GENC_WINOGRAD_POINTS; i++) q->columns[i] = from += step;
        } else {
            for (i = 0; i < GENC_WINOGRAD_POINTS; i++) {
                q->columns[i] = left + i >= 0 && left + i < p->in_w ? rows[k] + (left + i) * step : padding;
            }
        }
        genc_winograd_transform(q);
    }
}

/** A group of channels of a tile: sums to bytes. */
static void genc_winograd_store(const genc_conv_winograd_s8_dsp_params *p, const int32_t *sums, int32_t first,
                                int32_t last, int8_t *y)
{
    genc_winograd_output output = {sums,     p->channels + first * GENC_WINOGRAD_CHANNEL, y + first, 0,
                                   p->out_c, 2 * p->zero_point + 1,                       GENC_WINOGRAD_THIRD};
    for (; first < last; first += GENC_WINOGRAD_BLOCK) {
        output.count = last - first < GENC_WINOGRAD_BLOCK ? last - first : GENC_WINOGRAD_BLOCK;
        if (p->low >= p->zero_point) genc_winograd_end_relu(&output);
        else genc_winograd_end(&output);
        output.sums += GENC_WINOGRAD_POINTS * GENC_WINOGRAD_BLOCK;
        output.channels += GENC_WINOGRAD_BLOCK * GENC_WINOGRAD_CHANNEL;
        output.y += GENC_WINOGRAD_BLOCK;
    }
}

/** The input rows that an output row sees: those of kernel rows [first, return value), the only ones in the image. */
static int32_t genc_winograd_rows(const genc_conv_winograd_s8_dsp_params *p, const int8_t *in, int32_t row,
                                  const int8_t **rows, int32_t *first)
{
    const int32_t image = row / p->out_h;
    int32_t y = (row - image * p->out_h) * p->stride_h - p->pad_top, last = 0, k;
    *first = p->kernel_h;
    for (k = 0; k < p->kernel_h; k++, y += p->dilation_h) {
        if (y < 0 || y >= p->in_h) continue;
        rows[k] = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        if (*first == p->kernel_h) *first = k;
        last = k + 1;
    }
    return last;
}

void genc_conv_winograd_s8_dsp(const genc_conv_winograd_s8_dsp_params *p, const int8_t *in, int8_t *out, void *scratch,
                               int32_t row_begin, int32_t row_end)
{
    const int32_t fours = p->in_c / 4, blocks = (p->out_c + GENC_WINOGRAD_BLOCK - 1) / GENC_WINOGRAD_BLOCK;
    const int32_t line_words = fours * (2 * GENC_WINOGRAD_BLOCK), six = 6 * p->pad_value;
    uint32_t *const v = (uint32_t *)scratch;
    int32_t *const sums = (int32_t *)scratch + p->part * fours * GENC_WINOGRAD_FOUR;
    int8_t *const padding = (int8_t *)(sums + p->group * GENC_WINOGRAD_POINTS);
    genc_winograd_columns columns = {{NULL, NULL, NULL, NULL, NULL, NULL}, genc_lanes(six, six), p->in_c, v};
    genc_winograd_product product = {p->weights, v, 0, 0, sums, sums};
    int32_t row, x, channel, k;
    memset(padding, p->pad_value, (size_t)p->in_c);
    for (row = row_begin; row < row_end; row++) {
        const int8_t *rows[GENC_WINOGRAD_LINES];
        int32_t first, last = genc_winograd_rows(p, in, row, rows, &first);
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        for (x = 0; x < p->out_w; x += GENC_WINOGRAD_PIXELS) {
            /* The last tile of a row begins so early that it is a whole one: some pixels are computed twice. */
            const int32_t at = x < p->out_w - GENC_WINOGRAD_PIXELS ? x : p->out_w - GENC_WINOGRAD_PIXELS;
            for (channel = 0; channel < p->out_c; channel += p->group) {
                const int32_t left = p->out_c - channel, count = left < p->group ? left : p->group;
                const int32_t block = channel / GENC_WINOGRAD_BLOCK;
                product.sums_end = sums + (count + GENC_WINOGRAD_BLOCK - 1) / GENC_WINOGRAD_BLOCK *
                                              (GENC_WINOGRAD_POINTS * GENC_WINOGRAD_BLOCK);
                genc_winograd_begin(sums, product.sums_end);
                for (k = 0; k < p->kernel_h; k += p->part) {
                    const int32_t begin = k > first ? k : first, end = k + p->part < last ? k + p->part : last;
                    if (begin >= end) continue;
                    if (channel == 0 || p->part < p->kernel_h) {
                        genc_winograd_gather(p, rows + begin, end - begin, at, padding, &columns, v);
                    }
                    product.fours = (end - begin) * fours;
                    product.gap = (p->part - (end - begin)) * line_words * 4;
                    product.weights = p->weights + (k * blocks + block * p->part) * GENC_WINOGRAD_POINTS * line_words +
                                      (begin - k) * line_words;
                    genc_winograd_add(&product);
                }
                genc_winograd_store(p, sums, channel, channel + count, y + at * p->out_c);
            }
        }
        if (p->low > -128 || p->high < 127) genc_dsp_clamp(y, p->out_w * p->out_c, p->low, p->high);
    }
}
