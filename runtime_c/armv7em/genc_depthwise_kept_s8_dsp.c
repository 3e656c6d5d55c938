#include "genc_depthwise_kept_s8_dsp.h"

#include <string.h>

#define GENC_KEPT_ROWS (GENC_PLANE_KERNEL - 1)

/** A block of output rows. */
typedef struct {
    genc_planes_run runs[3]; /* of the input rows it sees: those kept, then the new ones, which may wrap in their ring */
    int32_t run_count;
    const int8_t *last[GENC_KEPT_ROWS]; /* the rows that the next block sees again, to be kept */
    int32_t rows;                       /* output rows */
    int32_t row_bytes;                  /* of all tensors */
} genc_kept_block;

/** `rows` rows of the window, from its row `first` on, that lie from `x` on. */
static void genc_kept_add(const genc_depthwise_s8_dsp_params *p, genc_kept_block *block, const int8_t *x,
                          int16_t *planes, int32_t first, int32_t rows)
{
    const genc_planes_run run = genc_planes_rows(p, x, planes + first * (p->upright ? 1 : p->line), rows);
    if (rows > 0 && run.lines > 0) block->runs[block->run_count++] = run;
}

/** Channels [c, c + channels) of the rows that the next block sees again, to those that are kept. */
static void genc_kept_save(const genc_depthwise_s8_dsp_params *p, const genc_kept_block *block, int8_t *kept,
                           int32_t c, int32_t channels)
{
    const int8_t *first = block->last[0] + c, *second = block->last[1] + c;
    const int32_t row_bytes = block->row_bytes, step = p->in_c;
    const int8_t *const end = kept + row_bytes;
    int32_t i;
    kept += c;
    for (; channels == GENC_PLANES && kept < end; kept += step, first += step, second += step) {
        memcpy(kept, first, GENC_PLANES);
        memcpy(kept + row_bytes, second, GENC_PLANES);
    }
    for (; kept < end; kept += step, first += step, second += step) {
        for (i = 0; i < channels; i++) {
            kept[i] = first[i];
            kept[row_bytes + i] = second[i];
        }
    }
}

/** Rows [row, row + block->rows), which lie one after the other in memory. */
static void genc_kept_rows(const genc_depthwise_s8_dsp_params *p, genc_kept_block *block, const int8_t *in,
                           int8_t *out, int16_t *planes, int8_t *kept, int32_t row)
{
    const int32_t line = block->row_bytes, held = p->in_rows_held;
    const int32_t begin = row - p->pad_top + GENC_KEPT_ROWS; /* first new input row */
    const int32_t after = begin + block->rows, end = after < p->in_h ? after : p->in_h;
    const int32_t slot = (begin + p->in_rows_ahead) % held;
    const int32_t straight = end - begin < held - slot ? end - begin : held - slot;
    int8_t *const to = genc_row_out(out, row + p->out_rows_ahead, p->out_rows_held, line);
    genc_plane plane = genc_planes_begin(p, planes, to, block->rows);
    int32_t c;
    block->run_count = 0;
    genc_kept_add(p, block, kept, planes, 0, GENC_KEPT_ROWS);
    genc_kept_add(p, block, in + slot * line, planes, GENC_KEPT_ROWS, straight);
    genc_kept_add(p, block, in, planes, GENC_KEPT_ROWS + straight, end - begin - straight);
    block->last[0] = kept + line;
    if (block->rows > 1) block->last[0] = genc_row(in, after - 2 + p->in_rows_ahead, held, line);
    block->last[1] = genc_row(in, after - 1 + p->in_rows_ahead, held, line);
    genc_planes_fill(p, (uint32_t *)(void *)planes);
    for (c = 0; c < p->in_c; c += GENC_PLANES) {
        /* The last four channels may overlap those before, which are not looked at again. */
        const int32_t most = p->in_c - GENC_PLANES, first = c > most && most >= 0 ? most : c;
        const int32_t channels = p->in_c - c < GENC_PLANES ? p->in_c - c : GENC_PLANES;
        genc_planes_gather(p, block->runs, block->run_count, first);
        if (row + block->rows < p->out_h) genc_kept_save(p, block, kept, c, channels);
        plane.x = planes + (c - first) * p->plane;
        plane.channels = channels;
        genc_planes_channels(p, &plane);
    }
    if (p->low > -128 || p->high < 127) genc_dsp_clamp(to, block->rows * line, p->low, p->high);
}

/** What the first row sees but its last input row: padding, then the rows at the top. */
static void genc_kept_begin(const genc_depthwise_s8_dsp_params *p, const genc_kept_block *block, const int8_t *in,
                            int8_t *kept)
{
    int32_t i;
    memset(kept, p->pad_value, (size_t)(GENC_KEPT_ROWS * block->row_bytes));
    for (i = 0; i < GENC_KEPT_ROWS - p->pad_top && i < p->in_h; i++) {
        const int8_t *const from = genc_row(in, i + p->in_rows_ahead, p->in_rows_held, block->row_bytes);
        memcpy(kept + (p->pad_top + i) * block->row_bytes, from, (size_t)block->row_bytes);
    }
}

void genc_depthwise_kept_s8_dsp(const genc_depthwise_kept_s8_dsp_params *p, const int8_t *in, int8_t *out,
                                void *scratch, void *kept, int32_t row_begin, int32_t row_end)
{
    genc_kept_block block;
    int32_t row = row_begin;
    block.row_bytes = p->in_w * p->in_c;
    if (row_begin == 0) genc_kept_begin(p, &block, in, (int8_t *)kept);
    for (; row < row_end; row += block.rows) {
        const int32_t left = p->out_rows_held - (row + p->out_rows_ahead) % p->out_rows_held;
        block.rows = row_end - row < p->block ? row_end - row : p->block;
        if (block.rows > left) block.rows = left;
        genc_kept_rows(p, &block, in, out, (int16_t *)scratch, (int8_t *)kept, row);
    }
}
