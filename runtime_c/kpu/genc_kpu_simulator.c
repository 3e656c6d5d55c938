/**
 * @file genc_kpu_simulator.c
 * @brief See genc_kpu_simulator.h.  Order of the chip: convolution, scaling, activation, pool, write back.
 */
#include "genc_kpu_simulator.h"

#include <stddef.h>

#define RAM_ROWS (GENC_KPU_RAM_BYTES / GENC_KPU_ROW_BYTES)
#define LIMIT_36_BITS ((int64_t)1 << 35)
#define MAX_LOADS 64

/** A feature map in KPU RAM. */
typedef struct {
    int32_t channels, height, width;
    int32_t group;     /* channels in a row of 64 bytes */
    int32_t row_step;  /* rows of 64 bytes from line to line */
    int32_t channel_step; /* rows of 64 bytes from group to group */
    uint8_t *at;
} map_t;

/** What a layer's words say. */
typedef struct {
    map_t in, out;
    int32_t depthwise, kernel, pool, pad_value, stream;
    int32_t x_shift, w_shift;
    int64_t x_factor, w_factor, addend;
} layer_t;

/** Bits [low, low + count) of a word. */
static uint64_t bits(uint64_t word, int low, int count) { return (word >> low) & (((uint64_t)1 << count) - 1u); }

/** The same as a signed number in two's complement. */
static int64_t signed_bits(uint64_t word, int low, int count) {
    int64_t value = (int64_t)bits(word, low, count);
    return value >= ((int64_t)1 << (count - 1)) ? value - ((int64_t)1 << count) : value;
}

/** floor(value / 2^shift), for negative values too. */
static int64_t floor_shift(int64_t value, int shift) {
    return value >= 0 ? value >> shift : -((-value + (((int64_t)1 << shift) - 1)) >> shift);
}

typedef enum { PICK, MOST, MEAN } pooling;

/** By pool_type; a pick takes the pixel `column` to the right of the window's first one. */
static const struct {
    pooling kind;
    uint8_t window, stride, column;
} pools[] = {{PICK, 1, 1, 0}, {MOST, 2, 2, 0}, {MEAN, 2, 2, 0}, {MOST, 4, 4, 0}, {MEAN, 4, 4, 0},
             {PICK, 1, 2, 0}, {PICK, 1, 2, 1}, {PICK, 1, 4, 0}, {MEAN, 2, 1, 0}, {MOST, 2, 1, 0}};

/* ---- reading the words ---------------------------------------------------------------------------------------- */

static int map_is_sound(const map_t *map) {
    int32_t group = map->width <= 16 ? 4 : map->width <= 32 ? 2 : 1;
    int32_t step = group > 1 ? 1 : (map->width + 63) / 64;
    return map->group == group && map->row_step == step && map->channel_step == step * map->height;
}

static int32_t map_rows(const map_t *map) {
    return map->channel_step * ((map->channels + map->group - 1) / map->group);
}

static genc_kpu_status place_maps(layer_t *l, const uint64_t *words, uint8_t *ram) {
    int32_t in = (int32_t)bits(words[1], 0, 15), out = (int32_t)bits(words[1], 32, 15);
    int32_t in_end = in + map_rows(&l->in), out_end = out + map_rows(&l->out);
    l->in.at = ram + (size_t)in * GENC_KPU_ROW_BYTES;
    l->out.at = ram + (size_t)out * GENC_KPU_ROW_BYTES;
    if (in_end > RAM_ROWS || out_end > RAM_ROWS) return GENC_KPU_BAD_ADDRESS;
    return in < out_end && out < in_end ? GENC_KPU_BAD_ADDRESS : GENC_KPU_OK;
}

/** Weights must come in at most 64 loads of whole output channels; a depthwise layer's in one. */
static int loads_are_sound(const layer_t *l, const uint64_t *words, int wide) {
    int32_t per_load = (int32_t)bits(words[2], 48, 10) + 1, loads = (int32_t)bits(words[5], 1, 6) + 1;
    int32_t per_channel = (l->depthwise ? 1 : l->in.channels) * l->kernel * l->kernel * (wide ? 2 : 1);
    int32_t outputs = l->out.channels, needed = (outputs + per_load - 1) / per_load;
    if ((int64_t)bits(words[5], 15, 17) != (int64_t)per_load * per_channel) return 0;
    return l->depthwise ? loads == 1 && per_load >= outputs : loads == needed && loads <= MAX_LOADS;
}

/** Fields of which only one value is known to work. */
static int constants_are_sound(const uint64_t *words) {
    if (bits(words[0], 1, 2) != 0 || bits(words[4], 0, 3) > 1 || bits(words[4], 3, 1) || bits(words[4], 8, 2)) return 0;
    return bits(words[4], 10, 1) && bits(words[5], 0, 1) && bits(words[7], 31, 1) && words[6] == 0;
}

static int sizes_are_sound(const layer_t *l, const uint64_t *words) {
    int64_t pixels = (int64_t)l->out.width * l->out.height;
    int32_t stride;
    if (l->pool >= (int32_t)(sizeof pools / sizeof pools[0])) return 0;
    if (l->depthwise && (l->pool != 0 || l->in.channels != l->out.channels)) return 0;
    stride = pools[l->pool].stride;
    if (l->out.width != l->in.width / stride || l->out.height != l->in.height / stride) return 0;
    if (!map_is_sound(&l->in) || !map_is_sound(&l->out)) return 0;
    return (int64_t)bits(words[11], 16, 16) + 1 == pixels &&
           (int64_t)bits(words[11], 32, 32) + 1 == pixels * l->out.channels;
}

static genc_kpu_status decode(layer_t *l, const uint64_t *words, int wide, uint8_t *ram) {
    l->depthwise = (int32_t)bits(words[0], 3, 1);
    l->in.channels = (int32_t)bits(words[2], 0, 10) + 1;
    l->out.channels = (int32_t)bits(words[2], 32, 10) + 1;
    l->in.width = (int32_t)bits(words[3], 0, 10) + 1;
    l->in.height = (int32_t)bits(words[3], 10, 9) + 1;
    l->out.width = (int32_t)bits(words[3], 32, 10) + 1;
    l->out.height = (int32_t)bits(words[3], 42, 9) + 1;
    l->kernel = bits(words[4], 0, 3) == 1 ? 3 : 1;
    l->pool = (int32_t)bits(words[4], 4, 4);
    l->pad_value = (int32_t)bits(words[4], 24, 8);
    l->in.channel_step = (int32_t)bits(words[7], 0, 15);
    l->in.row_step = (int32_t)bits(words[7], 16, 4);
    l->in.group = (int32_t)bits(words[7], 28, 3);
    l->out.channel_step = (int32_t)bits(words[8], 0, 15);
    l->out.row_step = (int32_t)bits(words[8], 16, 4);
    l->out.group = (int32_t)bits(words[8], 20, 3);
    l->w_shift = (int32_t)bits(words[9], 0, 4);
    l->x_shift = (int32_t)bits(words[9], 4, 4);
    l->w_factor = signed_bits(words[9], 8, 24);
    l->x_factor = signed_bits(words[9], 32, 24);
    l->addend = signed_bits(words[10], 0, 40);
    l->stream = (int32_t)bits(words[11], 0, 1);

    if (!constants_are_sound(words) || !loads_are_sound(l, words, wide) || !sizes_are_sound(l, words)) {
        return GENC_KPU_BAD_WORD;
    }
    return place_maps(l, words, ram);
}

/* ---- arithmetic ----------------------------------------------------------------------------------------------- */

static uint8_t *pixel(const map_t *map, int32_t c, int32_t y, int32_t x) {
    int32_t pitch = GENC_KPU_ROW_BYTES / map->group;
    int32_t row = c / map->group * map->channel_step + y * map->row_step;
    return map->at + (size_t)row * GENC_KPU_ROW_BYTES + (size_t)(c % map->group * pitch + x);
}

static int32_t weight(const uint8_t *weights, size_t index, int wide) {
    return wide ? weights[2 * index] | weights[2 * index + 1] << 8 : weights[index];
}

/** A layer at work. */
typedef struct {
    layer_t l;
    const genc_kpu_layer *layer;
    const genc_kpu_rules *rules;
} job_t;

/** Sums over the taps of one input channel at position `at` (c, y, x): products, pixels, weights. */
static void tap_sums(const job_t *job, size_t first, const int32_t at[3], int64_t sums[3]) {
    const layer_t *l = &job->l;
    int32_t reach = l->kernel / 2;
    for (int32_t dy = -reach; dy <= reach; dy++) {
        for (int32_t dx = -reach; dx <= reach; dx++, first++) {
            int32_t y = at[1] + dy, x = at[2] + dx;
            int inside = y >= 0 && y < l->in.height && x >= 0 && x < l->in.width;
            int32_t value = inside ? *pixel(&l->in, at[0], y, x) : l->pad_value;
            int32_t factor = weight(job->layer->weights, first, job->layer->wide);
            sums[0] += value * (int64_t)factor;
            sums[1] += value;
            sums[2] += factor;
        }
    }
}

/** The convolution at one position of an output channel. */
static int64_t convolve(const job_t *job, int32_t o, int32_t y, int32_t x) {
    const layer_t *l = &job->l;
    int32_t first = l->depthwise ? o : 0, count = l->depthwise ? 1 : l->in.channels;
    size_t taps = (size_t)(l->kernel * l->kernel);
    size_t base = (l->depthwise ? (size_t)o : (size_t)o * (size_t)count) * taps;
    int64_t total = 0, pixels = 0, factors = 0;
    for (int32_t c = 0; c < count; c++) {
        const int32_t at[3] = {first + c, y, x};
        int64_t sums[3] = {0, 0, 0};
        tap_sums(job, base + (size_t)c * taps, at, sums);
        total += sums[0] + l->addend;
        if (job->rules->shift_after_sum) {
            pixels += sums[1];
            factors += sums[2];
        } else {
            total += floor_shift(l->x_factor * sums[1], l->x_shift) + floor_shift(l->w_factor * sums[2], l->w_shift);
        }
    }
    return total + floor_shift(l->x_factor * pixels, l->x_shift) + floor_shift(l->w_factor * factors, l->w_shift);
}

/** value / 2^shift to the nearest; the chip's simulators take one away from a negative value instead of adding it. */
static int64_t round_shift(int64_t value, int shift, int half_up) {
    int64_t quotient = floor_shift(value, shift);
    int64_t twice = 2 * (value - quotient * ((int64_t)1 << shift)), whole = (int64_t)1 << shift;
    int up = twice > whole || (twice == whole && (half_up || (quotient & 1)));
    return up ? quotient + (value < 0 ? -1 : 1) : quotient;
}

static uint8_t activate(const uint64_t *table, int64_t value, int half_up) {
    const uint8_t *bias = (const uint8_t *)(table + GENC_KPU_SEGMENTS);
    int segment = GENC_KPU_SEGMENTS - 1;
    while (segment > 0 && value <= signed_bits(table[segment], 24, 36)) segment--;
    int64_t distance = value - signed_bits(table[segment], 24, 36);
    int64_t result = round_shift(distance * signed_bits(table[segment], 8, 16), (int)bits(table[segment], 0, 8), half_up);
    result += bias[segment];
    return (uint8_t)(result < 0 ? 0 : result > 255 ? 255 : result);
}

/** Convolution, scaling and activation at one position; what goes wrong is left in `*status`. */
static uint8_t compute(const job_t *job, int32_t o, int32_t y, int32_t x, genc_kpu_status *status) {
    uint64_t scaling = job->layer->scaling[o];
    int64_t sum = convolve(job, o, y, x);
    int64_t value;
    if (sum < -LIMIT_36_BITS || sum >= LIMIT_36_BITS) *status = GENC_KPU_OVERFLOW;
    if (*status != GENC_KPU_OK) return 0;
    value = floor_shift(sum * signed_bits(scaling, 0, 24), (int)bits(scaling, 56, 4)) + signed_bits(scaling, 24, 32);
    if (value < -LIMIT_36_BITS || value >= LIMIT_36_BITS) *status = GENC_KPU_OVERFLOW;
    return *status == GENC_KPU_OK ? activate(job->layer->activation, value, job->rules->half_up) : 0;
}

/* ---- pools ---------------------------------------------------------------------------------------------------- */

/** One output pixel: the pool of what the layer computes under its window. */
static uint8_t pooled(const job_t *job, int32_t o, int32_t y, int32_t x, genc_kpu_status *status) {
    const map_t *in = &job->l.in;
    int32_t stride = pools[job->l.pool].stride, window = pools[job->l.pool].window, sum = 0, most = 0;
    pooling kind = pools[job->l.pool].kind;
    x = x * stride + pools[job->l.pool].column;
    if (x >= in->width) return 0;
    for (int32_t dy = 0; dy < window; dy++) {
        for (int32_t dx = 0; dx < window; dx++) {
            int32_t at_y = y * stride + dy, at_x = x + dx, value;
            /* Outside the map: a mean takes the nearest pixel, for a maximum that changes nothing. */
            if (at_y >= in->height) at_y = in->height - 1;
            if (at_x >= in->width) at_x = in->width - 1;
            value = compute(job, o, at_y, at_x, status);
            sum += value;
            if (value > most) most = value;
        }
    }
    return (uint8_t)(kind == MEAN ? sum / (window * window) : most);
}

static int is_aligned(const void *address, uintptr_t bytes) { return (uintptr_t)address % bytes == 0; }

genc_kpu_status genc_kpu_simulate(const genc_kpu_layer *layer, const genc_kpu_rules *rules, uint8_t *ram,
                                  uint8_t *stream) {
    job_t job;
    const map_t *out = &job.l.out;
    genc_kpu_status status = decode(&job.l, layer->words, layer->wide, ram);
    if (status != GENC_KPU_OK) return status;
    if ((job.l.stream != 0) != (stream != NULL)) return GENC_KPU_BAD_WORD;
    if (!is_aligned(layer->weights, 128) || !is_aligned(layer->scaling, 128) || !is_aligned(layer->activation, 256)) {
        return GENC_KPU_BAD_ALIGNMENT;
    }
    job.layer = layer;
    job.rules = rules;
    for (int32_t o = 0; o < out->channels; o++) {
        for (int32_t y = 0; y < out->height; y++) {
            for (int32_t x = 0; x < out->width && status == GENC_KPU_OK; x++) {
                uint8_t value = pooled(&job, o, y, x, &status);
                *pixel(out, o, y, x) = value;
                if (stream != NULL) *stream++ = value;
            }
        }
    }
    return status;
}
