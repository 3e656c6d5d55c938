#include "genc_window.h"

#define GENC_CALL_BYTES 16 /* worth a call */

void genc_window_copy(int8_t *to, const int8_t *from, int32_t bytes)
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
        const uint8_t *const x = (const uint8_t *)from; /* loads of unsigned bytes are the shorter ones */
        const uint8_t a = x[0], b = x[1], c = x[2];
        to[0] = (int8_t)a;
        to[1] = (int8_t)b;
        to[2] = (int8_t)c;
    }
    for (; bytes > 0; bytes--) *to++ = *from++;
#endif
}

int8_t *genc_window_row(const int8_t *row, int32_t width, int32_t channels, int32_t left, int32_t count,
                        int32_t pad_value, int8_t *to)
{
    int32_t begin, end;
    if (row != NULL && left >= 0 && left + count <= width) {
        genc_window_copy(to, row + left * channels, count * channels);
        return to + count * channels;
    }
    begin = row == NULL ? count : genc_clamp(-left, 0, count);
    end = row == NULL ? count : genc_clamp(width - left, begin, count);
    if (begin > 0) memset(to, pad_value, (size_t)(begin * channels));
    if (end > begin) genc_window_copy(to + begin * channels, row + (left + begin) * channels, (end - begin) * channels);
    if (count > end) memset(to + end * channels, pad_value, (size_t)((count - end) * channels));
    return to + count * channels;
}
