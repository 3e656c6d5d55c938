/* A stand-in for CMSIS-NN's recurrent layers: see arm_nnfunctions.h.  A wrong call ends the program. */
#include "arm_nnsupportfunctions.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined(__ARM_FEATURE_MVE)
enum { MVE = 1 };
#else
enum { MVE = 0 };
#endif

#define demand(is) demand_at(is, __LINE__)

static void demand_at(int is, int line)
{
    if (is) return;
    fprintf(stderr, "CMSIS-NN's double of recurrent layers, line %d: wrong call\n", line);
    abort();
}

static int64_t clamp(int64_t v, int64_t low, int64_t high)
{
    return v < low ? low : v > high ? high : v;
}

static int64_t shift_right_ties_up(int64_t v, int32_t shift)
{
    return shift == 0 ? v : ((v >> (shift - 1)) + 1) >> 1;
}

/* The doubling high multiply, then the shift, which takes ties away from zero. */
static int32_t requantize(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int64_t shifted = shift > 0 ? sum * ((int64_t)1 << shift) : sum;
    const int64_t high = shift_right_ties_up(shifted * multiplier, 31);
    demand(multiplier >= 0 && shift >= -31 && shift <= 30 && shifted == (int32_t)shifted);
    if (shift >= 0) return (int32_t)high;
    return (int32_t)(high < 0 ? -shift_right_ties_up(-high, -shift) : shift_right_ties_up(high, -shift));
}

arm_cmsis_nn_status arm_nn_vec_mat_mul_result_acc_s8_s16(const int8_t *lhs, const int8_t *rhs,
                                                         const int32_t *effective_bias, int16_t *dst,
                                                         const int32_t dst_multiplier, const int32_t dst_shift,
                                                         const int32_t rhs_cols, const int32_t rhs_rows,
                                                         const int32_t batches, const int32_t batch_offset)
{
    int32_t b, row, k;
    demand(lhs && rhs && effective_bias && dst && rhs_cols > 0 && rhs_rows > 0 && batches > 0 && batch_offset > 0);
    for (b = 0; b < batches; b++, lhs += rhs_cols * batch_offset) {
        for (row = 0; row < rhs_rows; row++, dst++) {
            int64_t sum = effective_bias[row];
            for (k = 0; k < rhs_cols; k++) sum += lhs[k] * rhs[row * rhs_cols + k];
            *dst = (int16_t)clamp((int64_t)*dst + requantize(sum, dst_multiplier, dst_shift), INT16_MIN, INT16_MAX);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                            const int32_t input_1_offset, const int32_t input_2_offset,
                                            int16_t *output, const int32_t out_offset, const int32_t out_mult,
                                            const int32_t out_shift, const int32_t out_activation_min,
                                            const int32_t out_activation_max, const int32_t block_size)
{
    int32_t i;
    demand(input_1_vect && input_2_vect && output && input_1_offset == 0 && input_2_offset == 0 && out_offset == 0);
    demand(out_activation_min <= out_activation_max && block_size > 0);
    for (i = 0; i < block_size; i++) {
        const int32_t v = requantize((int64_t)input_1_vect[i] * input_2_vect[i], out_mult, out_shift);
        output[i] = (int16_t)clamp(v, out_activation_min, out_activation_max);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_acc_s16(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                                const int32_t input_1_offset, const int32_t input_2_offset,
                                                int16_t *output, const int32_t out_offset, const int32_t out_mult,
                                                const int32_t out_shift, const int32_t out_activation_min,
                                                const int32_t out_activation_max, const int32_t block_size)
{
    const int clipped = out_activation_max > 0; /* 0: no clip */
    int32_t i;
    demand(input_1_vect && input_2_vect && output && input_1_offset == 0 && input_2_offset == 0 && out_offset == 0);
    demand(block_size > 0);
    for (i = 0; i < block_size; i++) {
        const int64_t v = requantize((int64_t)input_1_vect[i] * input_2_vect[i], out_mult, out_shift) + (int64_t)output[i];
        output[i] = (int16_t)clamp(v, clipped ? out_activation_min : INT16_MIN, clipped ? out_activation_max : INT16_MAX);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s16_s8(const int16_t *input_1_vect, const int16_t *input_2_vect,
                                               int8_t *output, const int32_t out_offset, const int32_t out_mult,
                                               const int32_t out_shift, const int32_t block_size,
                                               const int32_t batch_size, const int32_t batch_offset)
{
    int32_t b, i;
    demand(input_1_vect && input_2_vect && output && block_size > 0 && batch_size > 0 && batch_offset > 0);
    demand(out_offset >= INT8_MIN && out_offset <= INT8_MAX);
    for (b = 0; b < batch_size; b++, output += block_size * batch_offset) {
        for (i = 0; i < block_size; i++) {
            const int32_t v = requantize((int64_t)*input_1_vect++ * *input_2_vect++, out_mult, out_shift);
            output[i] = (int8_t)clamp(v + out_offset, INT8_MIN, INT8_MAX);
        }
    }
    return ARM_CMSIS_NN_SUCCESS;
}

/* 1 / (1 + exp(-x)) of x >= 0: the exponential by its series at x / 64, which no table of 16 bits can tell from it. */
static double sigmoid(double x)
{
    double term = 1.0, sum = 1.0;
    int i;
    for (i = 1; i < 30; i++) {
        term *= -x / 64.0 / i;
        sum += term;
    }
    for (i = 0; i < 6; i++) sum *= sum;
    return 1.0 / (1.0 + sum);
}

/* Entry of the table in Q16, of multiples of 1 / 24: raised by half of what a straight line lacks in the middle. */
static int64_t entry(int64_t i)
{
    const double left = sigmoid(i / 24.0), middle = sigmoid((i + 0.5) / 24.0), right = sigmoid((i + 1) / 24.0);
    return i >= 255 ? 65535 : (int64_t)(65536.0 * (left + (middle - (left + right) / 2.0) / 2.0) + 0.5);
}

/* The table at `size` steps, of which 2^bits lie between two entries, in Q(16 + bits). */
static int64_t interpolated(int64_t size, int32_t bits)
{
    const int64_t i = size >> bits, part = size & (((int64_t)1 << bits) - 1);
    return i >= 255 ? -1 : (entry(i) << bits) + part * (entry(i + 1) - entry(i));
}

/* Of v / 4096 * 2^shift. */
static int16_t activation(int32_t v, int32_t shift, arm_nn_activation_type type)
{
    const int64_t x = shift_right_ties_up((int64_t)3 * v * ((int64_t)1 << (shift > 0 ? shift : 0)), shift < 0 ? -shift : 0);
    const int64_t size = x < 0 ? -x : x;
    int64_t y = interpolated(size, type == ARM_SIGMOID ? 9 : 8);
    if (type == ARM_SIGMOID) {
        if (y < 0) y = (int64_t)0x7FFF << 10;
        return (int16_t)((x >= 0 ? y + 512 : ((int64_t)1 << 25) - y + 511) >> 10);
    }
    if (y < 0) y = (int64_t)0xFFFF << 8;
    y -= 1 << 23;
    return (int16_t)(((x >= 0 ? y : -y - 1) + 128) >> 8);
}

/* Sums of 64 bits by a multiplier of 16. */
static int64_t requantize_wide(int64_t sum, int32_t multiplier, int32_t shift)
{
    const int64_t narrow = multiplier < 0x7FFF0000 ? (multiplier + (1 << 15)) >> 16 : 0x7FFF;
    const int64_t twice = sum * narrow >> (14 - shift);
    demand(shift >= -31 && shift <= 7 && sum == (int32_t)sum && twice == (int32_t)twice);
    return (twice + 1) >> 1;
}

/* One gate of one batch at one step. */
static int16_t gate_value(const cmsis_nn_lstm_params *p, const cmsis_nn_lstm_gate *gate, const int16_t *x,
                          const int16_t *h, int32_t cell)
{
    const int8_t *w = (const int8_t *)gate->input_weights + cell * p->input_size;
    const int8_t *r = (const int8_t *)gate->hidden_weights + cell * p->hidden_size;
    int64_t own = ((const int64_t *)gate->input_effective_bias)[cell];
    int64_t past = ((const int64_t *)gate->hidden_effective_bias)[cell];
    int32_t k;
    for (k = 0; k < p->input_size; k++) own += x[k] * w[k];
    for (k = 0; k < p->hidden_size; k++) past += h[k] * r[k];
    own = clamp(requantize_wide(own, gate->input_multiplier, gate->input_shift), INT16_MIN, INT16_MAX);
    own += requantize_wide(past, gate->hidden_multiplier, gate->hidden_shift);
    return activation((int32_t)clamp(own, INT16_MIN, INT16_MAX), 0, gate->activation_type);
}

/* One step of one batch: y from x and h, c in place. */
static void lstm_step(const cmsis_nn_lstm_params *p, const int16_t *x, const int16_t *h, int16_t *c, int16_t *y)
{
    const int32_t limit = p->cell_clip > 0 ? p->cell_clip : INT16_MAX;
    int32_t i;
    for (i = 0; i < p->hidden_size; i++) {
        const int32_t forget = gate_value(p, &p->forget_gate, x, h, i), in = gate_value(p, &p->input_gate, x, h, i);
        const int32_t update = gate_value(p, &p->cell_gate, x, h, i), out = gate_value(p, &p->output_gate, x, h, i);
        int64_t v = clamp(requantize((int64_t)forget * c[i], p->forget_to_cell_multiplier, p->forget_to_cell_shift),
                          INT16_MIN, INT16_MAX);
        v += requantize((int64_t)in * update, p->input_to_cell_multiplier, p->input_to_cell_shift);
        c[i] = (int16_t)clamp(v, p->cell_clip > 0 ? -limit : INT16_MIN, limit);
        v = requantize((int64_t)out * activation(c[i], p->cell_scale_power + 12, ARM_TANH), p->output_multiplier,
                       p->output_shift);
        y[i] = (int16_t)clamp(v + p->output_offset, INT16_MIN, INT16_MAX);
    }
}

arm_cmsis_nn_status arm_lstm_unidirectional_s16(const int16_t *input, int16_t *output,
                                                const cmsis_nn_lstm_params *params, cmsis_nn_lstm_context *buffers)
{
    const int32_t steps = params->time_steps, cells = params->hidden_size, values = params->batch_size * cells;
    int32_t b, t;
    demand(input && output && steps > 0 && values > 0 && params->input_size > 0 && params->input_offset == 0);
    demand(buffers->temp1 && buffers->temp2 && buffers->cell_state && buffers->hidden_state);
    memset(buffers->temp1, 0xA5, (size_t)values * sizeof(int16_t));
    memset(buffers->temp2, 0xA5, (size_t)values * sizeof(int16_t));
    for (b = 0; b < params->batch_size; b++) {
        int16_t *const kept = (int16_t *)buffers->hidden_state + b * cells, *h = kept;
        for (t = 0; t < steps; t++) {
            const int32_t row = params->time_major ? t * params->batch_size + b : b * steps + t;
            int16_t *const y = output + row * cells;
            lstm_step(params, input + row * params->input_size, h, (int16_t *)buffers->cell_state + b * cells, y);
            h = y;
        }
        memcpy(kept, h, (size_t)cells * sizeof *kept);
    }
    return ARM_CMSIS_NN_SUCCESS;
}

/** SVDF with a state of either type. */
typedef struct {
    const cmsis_nn_svdf_params *params;
    const cmsis_nn_per_tensor_quant_params *feature, *time;
    const cmsis_nn_dims *in, *filter, *memory;
    const int8_t *x, *w;
    const int32_t *bias;
    int8_t *y;
} svdf;

static void check_svdf(const svdf *s, const cmsis_nn_context *products, const cmsis_nn_context *outputs,
                       const cmsis_nn_dims *out)
{
    const int32_t batches = s->in->n, filters = s->filter->n, units = filters / s->params->rank;
    demand(batches > 0 && s->params->rank > 0 && filters % s->params->rank == 0 && s->filter->h == s->in->h);
    demand(s->memory->n == filters && s->memory->h > 0 && s->x && s->w && s->y);
    demand(out->n == batches && out->h == units);
    demand(s->params->input_offset >= -128 && s->params->input_offset <= 127);
    demand(s->params->output_offset >= -128 && s->params->output_offset <= 127);
    demand(products->buf && products->size == batches * filters * (int32_t)sizeof(int32_t));
    demand(outputs->buf && outputs->size == batches * units * (int32_t)sizeof(int32_t));
    demand((uintptr_t)products->buf % 4 == 0 && (uintptr_t)outputs->buf % 4 == 0);
    memset(products->buf, 0xA5, (size_t)products->size);
    memset(outputs->buf, 0xA5, (size_t)outputs->size);
}

static int64_t entry_of(const svdf *s, int32_t batch, int32_t filter)
{
    int64_t sum = 0;
    int32_t k;
    for (k = 0; k < s->in->h; k++) {
        sum += (s->x[batch * s->in->h + k] - s->params->input_offset) * s->w[filter * s->in->h + k];
    }
    return clamp(requantize(sum, s->feature->multiplier, s->feature->shift), s->params->input_activation.min,
                 s->params->input_activation.max);
}

static void finish_unit(const svdf *s, int32_t index, int64_t sum)
{
    const int32_t units = s->filter->n / s->params->rank;
    const int64_t all = sum + (s->bias ? s->bias[index % units] : 0);
    const int64_t v = requantize(all, s->time->multiplier, s->time->shift) + (int64_t)s->params->output_offset;
    s->y[index] = (int8_t)clamp(v, s->params->output_activation.min, s->params->output_activation.max);
}

/* The rest, for a state of TYPE. */
#define SVDF(TYPE, state, weights)                                                                       \
    do {                                                                                                 \
        const int32_t filters = s.filter->n, memory = s.memory->h, each = s.params->rank * memory;       \
        const int32_t units = filters / s.params->rank * s.in->n;                                        \
        int32_t i, k;                                                                                    \
        demand((state) && (weights));                                                                    \
        for (i = 0; i < filters * s.in->n; i++) {                                                        \
            TYPE *const kept = (state) + i * memory;                                                     \
            memmove(kept, kept + 1, (size_t)(memory - 1) * sizeof *kept);                                \
            kept[memory - 1] = (TYPE)entry_of(&s, i / filters, i % filters);                             \
        }                                                                                                \
        for (i = 0; i < units; i++) {                                                                    \
            int64_t sum = 0;                                                                             \
            for (k = 0; k < each; k++) sum += (state)[i * each + k] * (weights)[(i * each + k) % (filters * memory)]; \
            finish_unit(&s, i, sum);                                                                     \
        }                                                                                                \
    } while (0)

#define SVDF_OF                                                                                                 \
    {                                                                                                           \
        svdf_params, input_quant_params, output_quant_params, input_dims, weights_feature_dims,                 \
            weights_time_dims, input_data, weights_feature_data, bias_data, output_data                         \
    }

arm_cmsis_nn_status arm_svdf_s8(const cmsis_nn_context *ctx, const cmsis_nn_context *input_ctx,
                                const cmsis_nn_context *output_ctx, const cmsis_nn_svdf_params *svdf_params,
                                const cmsis_nn_per_tensor_quant_params *input_quant_params,
                                const cmsis_nn_per_tensor_quant_params *output_quant_params,
                                const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                const cmsis_nn_dims *state_dims, int8_t *state_data,
                                const cmsis_nn_dims *weights_feature_dims, const int8_t *weights_feature_data,
                                const cmsis_nn_dims *weights_time_dims, const int8_t *weights_time_data,
                                const cmsis_nn_dims *bias_dims, const int32_t *bias_data,
                                const cmsis_nn_dims *output_dims, int8_t *output_data)
{
    const svdf s = SVDF_OF;
    const int32_t *sums = (const int32_t *)ctx->buf;
    int32_t f, k;
    check_svdf(&s, input_ctx, output_ctx, output_dims);
    demand(state_dims->n == s.in->n && bias_dims->n * svdf_params->rank == s.filter->n);
    demand(MVE ? sums && ctx->size == s.filter->n * (int32_t)sizeof *sums : !sums && ctx->size == 0);
    for (f = 0; sums && f < s.filter->n; f++) {
        int32_t sum = 0;
        for (k = 0; k < s.in->h; k++) sum -= s.w[f * s.in->h + k] * svdf_params->input_offset;
        demand(sums[f] == sum);
    }
    SVDF(int8_t, state_data, weights_time_data);
    return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_svdf_state_s16_s8(const cmsis_nn_context *input_ctx, const cmsis_nn_context *output_ctx,
                                          const cmsis_nn_svdf_params *svdf_params,
                                          const cmsis_nn_per_tensor_quant_params *input_quant_params,
                                          const cmsis_nn_per_tensor_quant_params *output_quant_params,
                                          const cmsis_nn_dims *input_dims, const int8_t *input_data,
                                          const cmsis_nn_dims *state_dims, int16_t *state_data,
                                          const cmsis_nn_dims *weights_feature_dims,
                                          const int8_t *weights_feature_data, const cmsis_nn_dims *weights_time_dims,
                                          const int16_t *weights_time_data, const cmsis_nn_dims *bias_dims,
                                          const int32_t *bias_data, const cmsis_nn_dims *output_dims,
                                          int8_t *output_data)
{
    const svdf s = SVDF_OF;
    check_svdf(&s, input_ctx, output_ctx, output_dims);
    demand(state_dims->n == s.in->n && bias_dims->n * svdf_params->rank == s.filter->n);
    SVDF(int16_t, state_data, weights_time_data);
    return ARM_CMSIS_NN_SUCCESS;
}
