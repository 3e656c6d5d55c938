#include "genc_conv_f32.h"

#include "genc_float.h"
#include "genc_taps.h"

#define GENC_PIXELS 4 /* taken at a time */

#if defined(__thumb2__) && defined(__ARM_FEATURE_FMA) && defined(__GNUC__)

/* What pixel n has: a pointer, two inputs, the sums of four channels.  The weights of two places are s16 to s23. */
#define GENC_PIXEL_0(DO) DO(r1, s24, s25, s0, s1, s2, s3)
#define GENC_PIXEL_1(DO) DO(r4, s26, s27, s4, s5, s6, s7)
#define GENC_PIXEL_2(DO) DO(r5, s28, s29, s8, s9, s10, s11)
#define GENC_PIXEL_3(DO) DO(r6, s30, s31, s12, s13, s14, s15)

#define GENC_EACH_1(DO) GENC_PIXEL_0(DO)
#define GENC_EACH_2(DO) GENC_EACH_1(DO) GENC_PIXEL_1(DO)
#define GENC_EACH_3(DO) GENC_EACH_2(DO) GENC_PIXEL_2(DO)
#define GENC_EACH_4(DO) GENC_EACH_3(DO) GENC_PIXEL_3(DO)

#define GENC_BEGIN(p, x, y, a, b, c, d) "vldmia r7, {" #a "-" #d "}\n add r7, r7, r12\n"
#define GENC_END(p, x, y, a, b, c, d) "vstmia r8!, {" #a "-" #d "}\n"
#define GENC_LOAD_ONE(p, x, y, a, b, c, d) "vldmia " #p "!, {" #x "}\n"
#define GENC_LOAD_TWO(p, x, y, a, b, c, d) "vldmia " #p "!, {" #x ", " #y "}\n"
#define GENC_FIRST(p, x, y, a, b, c, d)                                  \
    "vfma.f32 " #a ", s16, " #x "\n vfma.f32 " #b ", s17, " #x "\n"      \
    "vfma.f32 " #c ", s18, " #x "\n vfma.f32 " #d ", s19, " #x "\n"
#define GENC_SECOND(p, x, y, a, b, c, d)                                 \
    "vfma.f32 " #a ", s20, " #y "\n vfma.f32 " #b ", s21, " #y "\n"      \
    "vfma.f32 " #c ", s22, " #y "\n vfma.f32 " #d ", s23, " #y "\n"

/** The C below, with loads of several registers at once, which GCC does not make of single ones. */
#define GENC_DOT(name, EACH)                                                                       \
    static __attribute__((naked, noinline)) void name(                                             \
        const float *w __attribute__((unused)), const float *x __attribute__((unused)),            \
        int32_t step __attribute__((unused)), int32_t count __attribute__((unused)),               \
        const float *from __attribute__((unused)), float *s __attribute__((unused)))               \
    {                                                                                              \
        __asm__ volatile("push {r4-r8, lr}\n vpush {d8-d15}\n"                                     \
                         "ldr r7, [sp, #88]\n ldr r8, [sp, #92]\n"                                 \
                         "add r4, r1, r2, lsl #2\n add r5, r4, r2, lsl #2\n"                       \
                         "add r6, r5, r2, lsl #2\n"                                                \
                         "mov r12, #0\n cmp r7, r8\n it eq\n moveq r12, #16\n"                    \
                         EACH(GENC_BEGIN)                                                          \
                         "tst r3, #1\n beq 1f\n vldmia r0!, {s16-s19}\n"                          \
                         EACH(GENC_LOAD_ONE) EACH(GENC_FIRST)                                      \
                         "1: lsrs r3, r3, #1\n beq 3f\n"                                          \
                         "2: vldmia r0!, {s16-s23}\n"                                             \
                         EACH(GENC_LOAD_TWO) EACH(GENC_FIRST) EACH(GENC_SECOND)                    \
                         "subs r3, r3, #1\n bne 2b\n"                                             \
                         "3:\n" EACH(GENC_END)                                                     \
                         "vpop {d8-d15}\n pop {r4-r8, pc}\n");                                    \
    }

#else

#define GENC_EACH_1(DO) DO(0)
#define GENC_EACH_2(DO) DO(0) DO(1)
#define GENC_EACH_3(DO) DO(0) DO(1) DO(2)
#define GENC_EACH_4(DO) DO(0) DO(1) DO(2) DO(3)

/* What is done for pixel n: find it, load and store its sums, step on, multiply by the weights of four channels. */
#define GENC_FIND(n) const float *x##n = x + (n) * step;
#define GENC_LOAD(n)                                                                                            \
    float a##n = from[(n) * from_step], b##n = from[(n) * from_step + 1], c##n = from[(n) * from_step + 2];     \
    float d##n = from[(n) * from_step + 3];
#define GENC_STORE(n)      \
    s[4 * (n)] = a##n;     \
    s[4 * (n) + 1] = b##n; \
    s[4 * (n) + 2] = c##n; \
    s[4 * (n) + 3] = d##n;
#define GENC_NEXT(n) x##n++;
#define GENC_NEXT_FOUR(n) x##n += 4;
#define GENC_MULTIPLY(n, k)        \
    {                              \
        const float v = x##n[k];   \
        GENC_FMA(a##n, v, wa);     \
        GENC_FMA(b##n, v, wb);     \
        GENC_FMA(c##n, v, wc);     \
        GENC_FMA(d##n, v, wd);     \
    }
#define GENC_MULTIPLY_0(n) GENC_MULTIPLY(n, 0)
#define GENC_MULTIPLY_1(n) GENC_MULTIPLY(n, 1)
#define GENC_MULTIPLY_2(n) GENC_MULTIPLY(n, 2)
#define GENC_MULTIPLY_3(n) GENC_MULTIPLY(n, 3)

/** All pixels at place k of the patch. */
#define GENC_STEP(EACH, k)                                                                                      \
    {                                                                                                           \
        const float wa = w[4 * (k)], wb = w[4 * (k) + 1], wc = w[4 * (k) + 2], wd = w[4 * (k) + 3];             \
        EACH(GENC_MULTIPLY_##k)                                                                                 \
        GENC_FENCE();                                                                                           \
    }

/** Products of `count` places to the sums of some pixels by four channels, s[4 * pixel + channel], that begin at `from`:
    s itself, or the bias, the same for all pixels. */
#define GENC_DOT(name, EACH)                                                                                    \
    static GENC_NOINLINE void name(const float *w, const float *x, int32_t step, int32_t count, const float *from, \
                                   float *s)                                                                    \
    {                                                                                                           \
        const int32_t from_step = from == s ? 4 : 0;                                                            \
        const float *const end = x + count;                                                                     \
        EACH(GENC_FIND)                                                                                         \
        EACH(GENC_LOAD)                                                                                         \
        for (; (count & 3) != 0; count--, w += 4) {                                                             \
            GENC_STEP(EACH, 0)                                                                                  \
            EACH(GENC_NEXT)                                                                                     \
        }                                                                                                       \
        for (; x0 != end; w += 16) {                                                                            \
            GENC_STEP(EACH, 0)                                                                                  \
            GENC_STEP(EACH, 1)                                                                                  \
            GENC_STEP(EACH, 2)                                                                                  \
            GENC_STEP(EACH, 3)                                                                                  \
            EACH(GENC_NEXT_FOUR)                                                                                \
        }                                                                                                       \
        EACH(GENC_STORE)                                                                                        \
    }

#endif

GENC_DOT(genc_conv_f32_dot1, GENC_EACH_1)
GENC_DOT(genc_conv_f32_dot2, GENC_EACH_2)
GENC_DOT(genc_conv_f32_dot3, GENC_EACH_3)
GENC_DOT(genc_conv_f32_dot4, GENC_EACH_4)

/** Adds the products of one stretch of the patch, for 1 to 4 pixels. */
static void genc_conv_f32_dot(const float *w, const float *x, int32_t step, int32_t count, int32_t pixels,
                              const float *from, float *s)
{
    if (pixels == 4) genc_conv_f32_dot4(w, x, step, count, from, s);
    else if (pixels == 3) genc_conv_f32_dot3(w, x, step, count, from, s);
    else if (pixels == 2) genc_conv_f32_dot2(w, x, step, count, from, s);
    else genc_conv_f32_dot1(w, x, step, count, from, s);
}

/** Neighbouring output pixels whose windows hang over the same edges, and the part of the kernel inside the input. */
typedef struct {
    const float *in; /* the image's tensor, or its ring */
    int32_t pixels;  /* 1 to 4 */
    int32_t line;    /* input row, counted through the batch, of kernel row 0 */
    int32_t left;    /* input column of kernel column 0 of the first pixel */
    int32_t first_h; /* kernel rows [first_h, last_h) lie inside */
    int32_t last_h;
    int32_t first_w; /* kernel columns [first_w, last_w) lie inside, for every pixel */
    int32_t last_w;
} genc_conv_f32_window;

/** Adds up four channels of a group, from the bias on: s[4 * pixel + channel]. */
static void genc_conv_f32_sums(const genc_conv_f32_params *p, const genc_conv_f32_window *at, int32_t group,
                               const float *w, const float *bias, float *s)
{
    const int32_t depth = p->groups == 1 ? p->in_c : p->in_c / p->groups, step = p->stride_w * p->in_c;
    const int32_t joined = p->groups == 1 && p->dilation_w == 1, columns = at->last_w - at->first_w;
    const float *from = bias;
    int32_t y, x;
    for (y = at->first_h; y < at->last_h && columns > 0; y++) {
        const void *line = genc_row(at->in, at->line + y * p->dilation_h, p->in_rows_held, p->in_w * p->in_c * 4);
        const float *row = genc_floats(line) + group * depth;
        const float *row_w = w + 4 * depth * (y * p->kernel_w + at->first_w);
        row += (at->left + at->first_w * p->dilation_w) * p->in_c;
        if (joined) {
            genc_conv_f32_dot(row_w, row, step, columns * depth, at->pixels, from, s);
            from = s;
            continue;
        }
        for (x = 0; x < columns; x++, row += p->dilation_w * p->in_c, row_w += 4 * depth) {
            genc_conv_f32_dot(row_w, row, step, depth, at->pixels, from, s);
            from = s;
        }
    }
    for (x = 0; from == bias && x < at->pixels; x++) memcpy(s + 4 * x, bias, 4 * sizeof(float)); /* all is padding */
}

/** All channels of the pixels of a window, to y. */
static void genc_conv_f32_pixels(const genc_conv_f32_params *p, const genc_conv_f32_window *at, float *y)
{
    const int32_t depth = p->groups == 1 ? p->out_c : p->out_c / p->groups;
    const int32_t taps = p->kernel_h * p->kernel_w * (p->groups == 1 ? p->in_c : p->in_c / p->groups);
    const float *w = p->weights, *bias = p->bias;
    int32_t g, o, i;
    for (g = 0; g < p->groups; g++) {
        for (o = 0; o < depth; o += 4, w += 4 * taps, bias += 4) {
            const int32_t n = depth - o < 4 ? depth - o : 4;
            float s[4 * GENC_PIXELS];
            genc_conv_f32_sums(p, at, g, w, bias, s);
            for (i = 0; i < at->pixels; i++) genc_clamp_row_f32(s + 4 * i, y + i * p->out_c, n, p->low, p->high);
            y += n;
        }
    }
}

/** The window of output column `x`, widened to as many of its neighbours as lie inside as far as it does. */
static int32_t genc_conv_f32_take(const genc_conv_f32_params *p, int32_t x, genc_conv_f32_window *at)
{
    int32_t pixels = GENC_PIXELS, left, over;
    at->left = x * p->stride_w - p->pad_left;
    at->first_w = genc_taps_first(at->left, p->dilation_w);
    at->last_w = genc_taps_last(at->left, p->dilation_w, p->kernel_w, p->in_w);
    for (; pixels > 1; pixels--) {
        left = at->left + (pixels - 1) * p->stride_w;
        over = x + pixels > p->out_w || at->first_w != 0;
        if (!over && genc_taps_last(left, p->dilation_w, p->kernel_w, p->in_w) == p->kernel_w) break;
    }
    at->pixels = pixels;
    return pixels;
}

void genc_conv_f32(const genc_conv_f32_params *p, const float *in, float *out, int32_t row_begin, int32_t row_end)
{
    int32_t row, x;
    for (row = row_begin; row < row_end; row++) {
        const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
        float *y = genc_floats_out(genc_row_out(out, row, p->out_rows_held, p->out_w * p->out_c * 4));
        genc_conv_f32_window at;
        at.in = in;
        at.line = image * p->in_h + top;
        at.first_h = genc_taps_first(top, p->dilation_h);
        at.last_h = genc_taps_last(top, p->dilation_h, p->kernel_h, p->in_h);
        for (x = 0; x < p->out_w; x += at.pixels) {
            genc_conv_f32_take(p, x, &at);
            genc_conv_f32_pixels(p, &at, y + x * p->out_c);
        }
    }
}
