#include "genc_depthwise_s8_mve.h"

#include "genc_mve.h"

#define GENC_EIGHT 8

/** Constants of a block of eight channels, as genc_four has them; of channels 0, 2, 4, 6, then of 1, 3, 5, 7. */
typedef struct {
    int32_t bias[GENC_EIGHT];
    int32_t multiplier[GENC_EIGHT];
    int32_t add[GENC_EIGHT];
    int32_t shift[GENC_EIGHT];
} genc_eight;

/** A run of neighbouring output pixels: what the assembly below keeps in memory; it knows the places. */
typedef struct {
    const int32_t *lines; /* bytes from `x` to the kernel row, [kernel_h] */
    int32_t kernel_h;     /* kernel rows */
    int32_t kernel_w;     /* kernel columns */
    int32_t x_step;       /* bytes from a window to its neighbour */
    int32_t y_step;       /* bytes from an output pixel to its neighbour */
    int32_t low;          /* smallest output */
    int32_t high;         /* largest output */
    int32_t tap_step;     /* bytes from a kernel column to the next */
    const int8_t *w;      /* weights of the block at hand */
} genc_depthwise_run;

#if GENC_MVE

/* What the assembly is made of:
     TWO(...)  what is done for the second window of a pair; nothing, for single windows
     IF, T     prefix and suffix of what must not touch channels that do not exist
   q4, q5 hold the sums of even and odd channels of the first window, q6, q7 those of the second. */
#define GENC_PAIR(...) __VA_ARGS__
#define GENC_SINGLE(...)

#define GENC_DEPTHWISE_TAP(TWO, IF, T)                                                                                 \
    "vldrb.s16 q0, [%[w]], #8\n" IF "vldrb" T ".s16 q1, [%[a]]\n" TWO("vldrb" T ".s16 q2, [%[b]]\n")                   \
    "add %[a], %[tap]\n" TWO("add %[b], %[tap]\n")                                                                     \
    "vmullb.s16 q3, q1, q0\n"                                                                                          \
    "vadd.i32 q4, q4, q3\n"                                                                                            \
    "vmullt.s16 q1, q1, q0\n"                                                                                          \
    "vadd.i32 q5, q5, q1\n" TWO("vmullb.s16 q3, q2, q0\n"                                                              \
                                "vadd.i32 q6, q6, q3\n"                                                                \
                                "vmullt.s16 q2, q2, q0\n"                                                              \
                                "vadd.i32 q7, q7, q2\n")

#define GENC_DEPTHWISE_THREE(TWO, IF, T)                                                                               \
    GENC_DEPTHWISE_TAP(TWO, IF, T) GENC_DEPTHWISE_TAP(TWO, IF, T) GENC_DEPTHWISE_TAP(TWO, IF, T)

#define GENC_DEPTHWISE_ANY(TWO, IF, T)                                                                                 \
    "ldr lr, [%[r], #8]\n"                                                                                             \
    "dls lr, lr\n"                                                                                                     \
    "4:\n" GENC_DEPTHWISE_TAP(TWO, IF, T) "le lr, 4b\n"

/* Ties of the multiplication, away from zero. */
#define GENC_DEPTHWISE_TIES(TWO)                                                                                       \
    "vshr.s32 q2, q4, #31\n"                                                                                           \
    "vadd.i32 q4, q4, q2\n"                                                                                            \
    "vshr.s32 q2, q5, #31\n"                                                                                           \
    "vadd.i32 q5, q5, q2\n" TWO("vshr.s32 q2, q6, #31\n"                                                               \
                                "vadd.i32 q6, q6, q2\n"                                                                \
                                "vshr.s32 q2, q7, #31\n"                                                               \
                                "vadd.i32 q7, q7, q2\n")
#define GENC_DEPTHWISE_NO_TIES(TWO)

#define GENC_DEPTHWISE_RUN(TAPS, TIES, TWO, IF, T)                                                                     \
    __asm__ volatile("vctp.16 %[a]\n"                                                                                  \
                     "ldr %[second], [%[r], #12]\n"                                                                    \
                     "ldr %[tap], [%[r], #28]\n"                                                                       \
                     "1:\n" /* one window or two */                                                                    \
                     "vldrw.32 q4, [%[c], #0]\n"                                                                       \
                     "vldrw.32 q5, [%[c], #16]\n"                                                                      \
                     "ldrd %[line], %[k], [%[r], #0]\n"                                                                \
                     "ldr %[w], [%[r], #32]\n" TWO("vmov q6, q4\n"                                                     \
                                                   "vmov q7, q5\n")                                                    \
                     "3:\n" /* kernel row */                                                                           \
                     "ldr %[a], [%[line]], #4\n"                                                                       \
                     "add %[a], %[x]\n" TWO("add %[b], %[a], %[second]\n") TAPS(TWO, IF, T)                            \
                     "subs %[k], #1\n"                                                                                 \
                     "bne 3b\n"                                                                                        \
                     "vldrw.32 q0, [%[c], #32]\n"                                                                      \
                     "vqrdmulh.s32 q4, q4, q0\n"                                                                       \
                     "vldrw.32 q1, [%[c], #48]\n" TWO("vqrdmulh.s32 q6, q6, q0\n")                                     \
                     "vqrdmulh.s32 q5, q5, q1\n" TWO("vqrdmulh.s32 q7, q7, q1\n") TIES(TWO)                            \
                     "vldrw.32 q0, [%[c], #64]\n"                                                                      \
                     "vadd.i32 q4, q4, q0\n"                                                                           \
                     "vldrw.32 q1, [%[c], #80]\n" TWO("vadd.i32 q6, q6, q0\n")                                         \
                     "vldrw.32 q2, [%[c], #96]\n"                                                                      \
                     "vadd.i32 q5, q5, q1\n"                                                                           \
                     "vldrw.32 q3, [%[c], #112]\n" TWO("vadd.i32 q7, q7, q1\n")                                        \
                     "vshl.s32 q4, q4, q2\n" TWO("vshl.s32 q6, q6, q2\n")                                              \
                     "ldrd %[a], %[k], [%[r], #20]\n"                                                                  \
                     "vshl.s32 q5, q5, q3\n"                                                                           \
                     "vdup.16 q0, %[a]\n" TWO("vshl.s32 q7, q7, q3\n")                                                 \
                     "vdup.16 q1, %[k]\n"                                                                              \
                     "vqmovnb.s32 q4, q4\n" TWO("vqmovnb.s32 q6, q6\n")                                                \
                     "ldr %[k], [%[r], #16]\n"                                                                         \
                     "vqmovnt.s32 q4, q5\n" TWO("vqmovnt.s32 q6, q7\n")                                                \
                     "add %[x], %[second]\n" TWO("add %[x], %[second]\n")                                              \
                     "vmax.s16 q4, q4, q0\n" TWO("vmax.s16 q6, q6, q0\n")                                              \
                     "vmin.s16 q4, q4, q1\n" TWO("vmin.s16 q6, q6, q1\n"                                               \
                                                 "add %[a], %[y], %[k]\n")                                             \
                     IF "vstrb" T ".16 q4, [%[y]]\n" TWO("vstrb" T ".16 q6, [%[a]]\n"                                  \
                                                         "add %[y], %[k]\n")                                           \
                     "add %[y], %[k]\n"                                                                                \
                     "subs %[count], #1\n"                                                                             \
                     "bne 1b\n"                                                                                        \
                     : [a] "+&l"(n), [b] "=&l"(b), [line] "=&r"(line), [k] "=&r"(k), [w] "=&l"(w), [tap] "=&r"(tap),   \
                       [second] "=&r"(second), [x] "+&r"(x), [y] "+&l"(y), [count] "+&r"(count)                        \
                     : [r] "r"(r), [c] "r"(c)                                                                          \
                     : "lr", "cc", "memory", "q0", "q1", "q2", "q3", "q4", "q5", "q6", "q7")

/* `count` windows, or pairs of them. */
#define GENC_DEPTHWISE_FUNCTION(NAME, TAPS, TIES, TWO, IF, T)                                                          \
    static GENC_NOINLINE void NAME(const genc_depthwise_run *r, const genc_eight *c, const int8_t *x, int8_t *y,       \
                                   int32_t count, int32_t n)                                                           \
    {                                                                                                                  \
        int32_t b, line, k, w, tap, second;                                                                            \
        GENC_DEPTHWISE_RUN(TAPS, TIES, TWO, IF, T);                                                                    \
    }

GENC_DEPTHWISE_FUNCTION(genc_three_clamped, GENC_DEPTHWISE_THREE, GENC_DEPTHWISE_NO_TIES, GENC_PAIR, "", "")
GENC_DEPTHWISE_FUNCTION(genc_three, GENC_DEPTHWISE_THREE, GENC_DEPTHWISE_TIES, GENC_PAIR, "", "")
GENC_DEPTHWISE_FUNCTION(genc_pairs, GENC_DEPTHWISE_ANY, GENC_DEPTHWISE_TIES, GENC_PAIR, "", "")
GENC_DEPTHWISE_FUNCTION(genc_pairs_of_some, GENC_DEPTHWISE_ANY, GENC_DEPTHWISE_TIES, GENC_PAIR, "vpstt\n", "t")
GENC_DEPTHWISE_FUNCTION(genc_singles, GENC_DEPTHWISE_ANY, GENC_DEPTHWISE_TIES, GENC_SINGLE, "", "")
GENC_DEPTHWISE_FUNCTION(genc_singles_of_some, GENC_DEPTHWISE_ANY, GENC_DEPTHWISE_TIES, GENC_SINGLE, "vpst\n", "t")

#endif

/**
 * One block of channels of a run of pixels.
 * @param r        the run
 * @param c        constants of the block
 * @param x        upper left corner of the first window, less lines[0], first channel of the block
 * @param y        first output pixel, likewise
 * @param count    pixels, > 0
 * @param n        channels of the block, 1 ... 8
 * @param clamped  as in the parameters
 */
static void genc_depthwise_channels(const genc_depthwise_run *r, const genc_eight *c, const int8_t *x, int8_t *y,
                                    int32_t count, int32_t n, int32_t clamped)
{
#if GENC_MVE
    const int32_t pairs = count / 2, all = n == GENC_EIGHT, three = all && r->kernel_w == 3;
    if (pairs > 0) {
        (three ? (clamped ? genc_three_clamped : genc_three) : all ? genc_pairs : genc_pairs_of_some)(r, c, x, y, pairs, n);
    }
    if (count % 2 != 0) {
        x += 2 * pairs * r->x_step;
        y += 2 * pairs * r->y_step;
        (all ? genc_singles : genc_singles_of_some)(r, c, x, y, 1, n);
    }
#else
    int32_t pixel, i, k, j;
    for (pixel = 0; pixel < count; pixel++, x += r->x_step, y += r->y_step) {
        for (i = 0; i < n; i++) {
            const int32_t at = i / 2 + i % 2 * (GENC_EIGHT / 2);
            const int8_t *w = r->w + i;
            int32_t sum = 0, v;
            for (k = 0; k < r->kernel_h; k++) {
                const int8_t *const line = x + r->lines[k] + i;
                for (j = 0; j < r->kernel_w; j++, w += GENC_EIGHT) sum += line[j * r->tap_step] * *w;
            }
            v = genc_high_multiply((int32_t)((uint32_t)sum + (uint32_t)c->bias[at]), c->multiplier[at]);
            v = ((clamped ? v : v + (v >> 31)) + c->add[at]) >> -c->shift[at];
            y[i] = (int8_t)genc_clamp(v, r->low, r->high);
        }
    }
#endif
}

/**
 * What runs of pixels go by.  A kernel one pixel wide is one line of columns where its rows lie at equal distances: a
 * loop of taps costs less than one of lines.
 */
static genc_depthwise_run genc_depthwise_run_of(const genc_depthwise_s8_mve_params *p, const int32_t *lines)
{
    genc_depthwise_run r;
    int32_t equal = 1;
    r.lines = lines;
    r.kernel_h = p->kernel_h;
    r.kernel_w = p->kernel_w;
    r.x_step = p->stride_w * p->in_c;
    r.y_step = p->out_c;
    r.low = p->low;
    r.high = p->high;
    r.tap_step = p->dilation_w * p->in_c;
    r.w = p->weights;
    if (p->kernel_w == 1 && p->kernel_h > 1) {
        while (equal + 1 < p->kernel_h && lines[equal + 1] - lines[equal] == lines[1] - lines[0]) equal++;
        if (equal + 1 == p->kernel_h) {
            r.kernel_h = 1;
            r.kernel_w = p->kernel_h;
            r.tap_step = lines[1] - lines[0];
        }
    }
    return r;
}

/** All channels of a run of pixels. */
static void genc_depthwise_pixels(const genc_depthwise_s8_mve_params *p, const int32_t *lines, const int8_t *x,
                                  int8_t *y, int32_t count)
{
    const genc_eight *c = (const genc_eight *)(const void *)p->channels;
    genc_depthwise_run r = genc_depthwise_run_of(p, lines);
    int32_t done;
    for (done = 0; done < p->in_c; done += GENC_EIGHT, c++) {
        const int32_t n = p->in_c - done < GENC_EIGHT ? p->in_c - done : GENC_EIGHT;
        genc_depthwise_channels(&r, c, x + done, y + done, count, n, p->clamped);
        r.w += GENC_EIGHT * p->kernel_h * p->kernel_w;
    }
}

/** Copies the windows of `count` pixels from column `left` on, with padding; lines are bytes into `to`. */
static void genc_depthwise_gather(const genc_depthwise_s8_mve_params *p, const int8_t *in, int32_t image, int32_t top,
                                  int32_t left, int32_t count, int32_t *lines, int8_t *to)
{
    const int32_t width = (count - 1) * p->stride_w + (p->kernel_w - 1) * p->dilation_w + 1;
    int32_t k;
    for (k = 0; k < p->kernel_h; k++) {
        const int32_t y = top + k * p->dilation_h;
        const int8_t *row = NULL;
        if (y >= 0 && y < p->in_h) row = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        lines[k] = k * width * p->in_c;
        genc_padded_line(row, p->in_w, p->in_c, left, width, p->pad_value, to + lines[k]);
    }
}

/** One output row. */
static void genc_depthwise_row(const genc_depthwise_s8_mve_params *p, const int8_t *in, int8_t *y, int32_t *lines,
                               int32_t row)
{
    const int32_t line = p->in_w * p->in_c, last = (p->kernel_h - 1) * p->dilation_h;
    const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    const int32_t inside = top >= 0 && top + last < p->in_h;
    int8_t *const strip = (int8_t *)(lines + p->kernel_h);
    int32_t x, k, count;
    for (x = 0; x < p->out_w; x += count) {
        const int32_t left = x * p->stride_w - p->pad_left;
        const int8_t *window = strip;
        if (inside && x >= p->inside_begin && x < p->inside_end) {
            count = p->inside_end - x;
            for (k = 0; k < p->kernel_h; k++) {
                lines[k] = (image * p->in_h + top + k * p->dilation_h) % p->in_rows_held * line;
            }
            window = in + left * p->in_c;
        } else {
            const int32_t end = inside && x < p->inside_begin ? p->inside_begin : p->out_w;
            count = end - x < p->strip ? end - x : p->strip;
            genc_depthwise_gather(p, in, image, top, left, count, lines, strip);
        }
        genc_depthwise_pixels(p, lines, window, y + x * p->out_c, count);
    }
}

void genc_depthwise_s8_mve(const genc_depthwise_s8_mve_params *p, const int8_t *in, int8_t *out, void *scratch,
                           int32_t row_begin, int32_t row_end)
{
    int32_t row;
    for (row = row_begin; row < row_end; row++) {
        int8_t *const y = genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c);
        genc_depthwise_row(p, in, y, (int32_t *)scratch, row);
    }
}
