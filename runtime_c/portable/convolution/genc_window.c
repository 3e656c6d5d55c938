#include "genc_window.h"

#define GENC_CALL_BYTES 16 /* worth a call */

/** memcpy of a few bytes: a call costs more than the copy where a vector is at hand. */
static void genc_window_copy(int8_t *to, const int8_t *from, int32_t bytes)
{
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__) && defined(__OPTIMIZE__)
    __asm__ volatile("wlstp.8 lr, %[n], 2f\n"
                     "1:\n"
                     "vldrb.8 q0, [%[from]], #16\n"
                     "vstrb.8 q0, [%[to]], #16\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [to] "+r"(to), [from] "+r"(from)
                     : [n] "r"(bytes)
                     : "lr", "q0", "memory");
#else
    if (bytes >= GENC_CALL_BYTES) {
        memcpy(to, from, (size_t)bytes);
        return;
    }
    for (; bytes >= 3; bytes -= 3, from += 3, to += 3) {
        const int8_t a = from[0], b = from[1], c = from[2];
        to[0] = a;
        to[1] = b;
        to[2] = c;
    }
    for (; bytes > 0; bytes--) *to++ = *from++;
#endif
}

int8_t *genc_window_row(const int8_t *row, int32_t width, int32_t channels, int32_t left, int32_t count,
                        int32_t pad_value, int8_t *to)
{
    int32_t begin = genc_clamp(-left, 0, count), end = genc_clamp(width - left, begin, count);
    if (row == NULL) begin = end = count;
    if (begin > 0) memset(to, pad_value, (size_t)(begin * channels));
    if (end > begin) genc_window_copy(to + begin * channels, row + (left + begin) * channels, (end - begin) * channels);
    if (count > end) memset(to + end * channels, pad_value, (size_t)((count - end) * channels));
    return to + count * channels;
}
