#include "genc_elementwise.h"

typedef struct {
    const void *base;
    const int32_t *rows;
    int32_t held, row_bytes, column_bytes, step;
} operand;

static void fill(operand *o, const void *constant, const void *const **given)
{
    o->base = constant;
    if (o->held > 0 && constant == NULL) o->base = *(*given)++;
}

void genc_elementwise(const genc_elementwise_params *p, const void *const given[3], void *y, int32_t row_begin,
                      int32_t row_end)
{
    operand operands[3] = {
        {NULL, p->a_rows, p->a_held, p->a_row_bytes, p->a_column_bytes, p->a_step},
        {NULL, p->b_rows, p->b_held, p->b_row_bytes, p->b_column_bytes, p->b_step},
        {NULL, p->c_rows, p->c_held, p->c_row_bytes, p->c_column_bytes, p->c_step},
    };
    const int32_t column_bytes = p->channels * p->y_bytes;
    fill(&operands[0], p->a_constant, &given);
    fill(&operands[1], p->b_constant, &given);
    fill(&operands[2], p->c_constant, &given);
    for (int32_t r = row_begin; r < row_end; r++) {
        int8_t *out = genc_row_out(y, r, p->y_held, p->columns * column_bytes);
        const int8_t *in[3] = {NULL, NULL, NULL};
        for (int32_t i = 0; i < 3 && operands[i].held > 0; i++) {
            const operand *o = &operands[i];
            in[i] = genc_row(o->base, o->rows != NULL ? o->rows[r] : r, o->held, o->row_bytes);
        }
        for (int32_t w = 0; w < p->columns; w++) {
            genc_line line = {{NULL, NULL, NULL}, {0, 0, 0}, out + w * column_bytes, p->channels, p->numbers};
            for (int32_t i = 0; i < 3 && operands[i].held > 0; i++) {
                line.in[i] = in[i] + w * operands[i].column_bytes;
                line.step[i] = operands[i].step;
            }
            p->line(&line);
        }
    }
}
