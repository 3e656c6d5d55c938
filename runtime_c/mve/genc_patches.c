#include "genc_patches.h"

#include "genc_mve.h"
#include "genc_window.h"

/**
 * Copies `count` runs of `bytes` bytes.
 * @param from, from_step  the first run, and bytes from one run to the next
 * @param to, to_step      likewise
 */
static void genc_copy_runs(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t bytes,
                           int32_t count)
{
#if GENC_MVE
    const int8_t *f;
    int8_t *t;
    __asm__ volatile("1:\n"
                     "mov %[f], %[from]\n"
                     "mov %[t], %[to]\n"
                     "dlstp.8 lr, %[bytes]\n"
                     "2:\n"
                     "vldrb.8 q0, [%[f]], #16\n"
                     "vstrb.8 q0, [%[t]], #16\n"
                     "letp lr, 2b\n"
                     "add %[from], %[from_step]\n"
                     "add %[to], %[to_step]\n"
                     "subs %[count], #1\n"
                     "bne 1b\n"
                     : [from] "+r"(from), [to] "+r"(to), [count] "+r"(count), [f] "=&r"(f), [t] "=&r"(t)
                     : [bytes] "r"(bytes), [from_step] "r"(from_step), [to_step] "r"(to_step)
                     : "lr", "cc", "memory", "q0");
#else
    for (; count > 0; count--, from += from_step, to += to_step) memcpy(to, from, (size_t)bytes);
#endif
}

/** One kernel row of `count` patches, from an image line (NULL: padding). */
static void genc_gather_line(const genc_conv_s8_mve_params *p, const int8_t *line, int32_t x, int32_t count,
                             int8_t *to)
{
    const int32_t last = p->in_w - p->kernel_w;
    int32_t left = x * p->stride_w - p->pad_left;
    while (count > 0) {
        int32_t run = 1;
        if (line != NULL && left >= 0 && left <= last) {
            const int32_t inside = (last - left) / p->stride_w + 1;
            run = count < inside ? count : inside;
            genc_copy_runs(line + left * p->in_c, p->stride_w * p->in_c, to, p->patch, p->kernel_w * p->in_c, run);
        } else {
            genc_window_row(line, p->in_w, p->in_c, left, p->kernel_w, p->pad_value, to);
        }
        count -= run;
        left += run * p->stride_w;
        to += run * p->patch;
    }
}

/** The same when kernel columns or channels of a group do not lie side by side, for one patch. */
static void genc_gather_taps(const genc_conv_s8_mve_params *p, const int8_t *line, int32_t x, int8_t *to)
{
    const int32_t depth = p->in_c / p->groups, left = x * p->stride_w - p->pad_left;
    int32_t g, k;
    for (g = 0; g < p->groups; g++, to += p->patch) {
        for (k = 0; k < p->kernel_w; k++) {
            const int32_t column = left + k * p->dilation_w;
            if (line != NULL && column >= 0 && column < p->in_w) {
                memcpy(to + k * depth, line + column * p->in_c + g * depth, (size_t)depth);
            } else {
                memset(to + k * depth, p->pad_value, (size_t)depth);
            }
        }
    }
}

void genc_gather_patches(const genc_conv_s8_mve_params *p, const int8_t *in, int32_t row, int32_t x, int32_t count,
                         int8_t *to)
{
    const int32_t image = row / p->out_h, top = (row - image * p->out_h) * p->stride_h - p->pad_top;
    const int32_t dense = p->dilation_w == 1 && p->groups == 1;
    int32_t k, i;
    for (k = 0; k < p->kernel_h; k++, to += p->kernel_w * p->in_c / p->groups) {
        const int32_t y = top + k * p->dilation_h;
        const int8_t *line = NULL;
        if (y >= 0 && y < p->in_h) line = genc_row(in, image * p->in_h + y, p->in_rows_held, p->in_w * p->in_c);
        if (dense) genc_gather_line(p, line, x, count, to);
        else for (i = 0; i < count; i++) genc_gather_taps(p, line, x + i, to + i * p->groups * p->patch);
    }
}
