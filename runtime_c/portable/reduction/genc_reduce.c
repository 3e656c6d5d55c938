#include "genc_reduce.h"

#include "genc_odometer.h"

static void reduce_one(const genc_reduce_params *p, const int8_t *x, void *y)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    genc_reduce_run run = {x, p->inner_step, p->inner_size, 1, 0, y, 0, p->numbers};
    do {
        run.x = x + offset;
        run.last = !genc_next_position(index, p->reduced, p->reduced_rank, 2, &offset);
        p->function(&run);
        run.first = 0;
    } while (!run.last);
}

void genc_reduce(const genc_reduce_params *p, const void *x, void *y, int32_t row_begin, int32_t row_end)
{
    int32_t index[GENC_BOX_RANK] = {0};
    int32_t offset = 0;
    int8_t *out = (int8_t *)y;
    if (row_begin >= row_end) return;
    do {
        reduce_one(p, (const int8_t *)x + offset, out);
        out += p->y_bytes;
    } while (genc_next_position(index, p->kept, p->kept_rank, 2, &offset));
}
