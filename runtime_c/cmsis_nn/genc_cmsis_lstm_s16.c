#include "genc_cmsis_lstm_s16.h"

static cmsis_nn_lstm_gate gate_of(const genc_cmsis_lstm_s16_params *p, int32_t index, arm_nn_activation_type function)
{
    const int32_t *f = p->gate_factors + 4 * index;
    cmsis_nn_lstm_gate gate;
    gate.input_multiplier = f[0];
    gate.input_shift = f[1];
    gate.input_weights = p->input_weights + index * p->cells * p->depth;
    gate.input_effective_bias = p->biases + index * p->cells;
    gate.hidden_multiplier = f[2];
    gate.hidden_shift = f[3];
    gate.hidden_weights = p->recurrent_weights + index * p->cells * p->cells;
    gate.hidden_effective_bias = p->biases + 4 * p->cells;
    gate.bias = gate.input_effective_bias;
    gate.activation_type = function;
    return gate;
}

void genc_cmsis_lstm_s16(const genc_cmsis_lstm_s16_params *p, const int16_t *x, const int16_t *hidden, const int16_t *cell,
                         int16_t *y, int16_t *hidden_next, int16_t *cell_next, void *scratch, int32_t row_begin,
                         int32_t row_end)
{
    const int32_t values = p->batches * p->cells;
    cmsis_nn_lstm_params lstm;
    cmsis_nn_lstm_context buffers;
    if (row_begin == row_end) return;
    genc_begin_state(hidden_next, hidden, (size_t)values * sizeof *hidden);
    genc_begin_state(cell_next, cell, (size_t)values * sizeof *cell);
    buffers.temp1 = scratch;
    buffers.temp2 = (int16_t *)scratch + values;
    buffers.cell_state = cell_next;
    buffers.hidden_state = hidden_next;
    lstm.time_major = p->time_major;
    lstm.batch_size = p->batches;
    lstm.time_steps = p->steps;
    lstm.input_size = p->depth;
    lstm.hidden_size = p->cells;
    lstm.input_offset = 0;
    lstm.forget_to_cell_multiplier = p->factors[0];
    lstm.forget_to_cell_shift = p->factors[1];
    lstm.input_to_cell_multiplier = p->factors[2];
    lstm.input_to_cell_shift = p->factors[3];
    lstm.cell_clip = p->cell_clip;
    lstm.cell_scale_power = p->cell_power;
    lstm.output_multiplier = p->factors[4];
    lstm.output_shift = p->factors[5];
    lstm.output_offset = 0;
    lstm.forget_gate = gate_of(p, 0, ARM_SIGMOID);
    lstm.input_gate = gate_of(p, 1, ARM_SIGMOID);
    lstm.cell_gate = gate_of(p, 2, ARM_TANH);
    lstm.output_gate = gate_of(p, 3, ARM_SIGMOID);
    (void)arm_lstm_unidirectional_s16(x, y, &lstm, &buffers);
}
