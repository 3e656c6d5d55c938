#include "genc_window.h"

int8_t *genc_window_row(const int8_t *row, int32_t width, int32_t channels, int32_t left, int32_t count,
                        int32_t pad_value, int8_t *to)
{
    int32_t begin = genc_clamp(-left, 0, count), end = genc_clamp(width - left, begin, count);
    if (row == NULL) begin = end = count;
    if (begin > 0) memset(to, pad_value, (size_t)(begin * channels));
    if (end > begin) memcpy(to + begin * channels, row + (left + begin) * channels, (size_t)((end - begin) * channels));
    if (count > end) memset(to + end * channels, pad_value, (size_t)((count - end) * channels));
    return to + count * channels;
}
