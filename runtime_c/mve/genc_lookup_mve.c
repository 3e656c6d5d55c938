#include "genc_lookup_mve.h"

#include "genc_mve.h"

static void genc_lookup_line(const uint8_t *table, const int8_t *x, int8_t *y, int32_t count)
{
#if GENC_MVE
    __asm__ volatile("dlstp.8 lr, %[count]\n"
                     "1:\n"
                     "vldrb.8 q0, [%[x]], #16\n"
                     "vldrb.u8 q1, [%[table], q0]\n"
                     "vstrb.8 q1, [%[y]], #16\n"
                     "letp lr, 1b\n"
                     : [x] "+&r"(x), [y] "+&r"(y)
                     : [count] "r"(count), [table] "r"(table)
                     : "lr", "memory", "q0", "q1");
#else
    int32_t i;
    for (i = 0; i < count; i++) y[i] = (int8_t)table[(uint8_t)x[i]];
#endif
}

void genc_lookup_mve(const genc_lookup_mve_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    int32_t r;
    for (r = row_begin; r < row_end; r++) {
        genc_lookup_line(p->table, genc_row(x, r, p->x_held, p->row_bytes), genc_row_out(y, r, p->y_held, p->row_bytes),
                         p->row_bytes);
    }
}
