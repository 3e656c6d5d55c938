/**
 * @file harness.c
 * @brief Runs any library that gen-c wrote on recorded inputs and prints what happened.
 *
 * The same file serves the PC and every emulator.  codegen/verify/build.py defines
 *   HARNESS_HEADER    "kws.h"
 *   HARNESS_INSTANCE  kws_t
 *   HARNESS_MODEL     kws_model
 * and HARNESS_SLOW_BYTES as the name of the macro that the header has for a model in two memories,
 * and writes the array harness_cases: uint32 number of cases, then for each case uint32 number of steps and,
 * step after step, the bytes of all inputs in order (little-endian).  A case starts with init; its steps share state.
 *
 * Two instances run interleaved, A through the cases in order and B in reverse, so that anything they shared would
 * show.  Each stands between guard zones and is filled with garbage before init.
 *
 * Output, one fact a line, read by codegen/verify/run.py:
 *   instance BYTES                   all the RAM of an instance
 *   output I DTYPE DIM...            of the descriptor, for each output
 *   data INSTANCE CASE STEP I HEX    bytes of output I
 *   run CASE STEP INSTRUCTIONS STACK of one run of instance A; 0 0 on a PC
 *   layer LAYER INSTRUCTIONS         of the first run of instance A; only when HARNESS_LAYERS is defined (hooks.h)
 *   tap LAYER OUTPUT HEX             memory of an output after a turn of its layer, before the line of the run: with taps
 *   fault TEXT                       something that must not happen
 *   done                             the last line, when nothing crashed
 */
#include <stdio.h>
#include <string.h>

#include HARNESS_HEADER
#include "clock.h"

#define GUARD_BYTES 4096
#define GUARD_BYTE 0xA7
#define STACK_PAINT 0xA5C35A3Cu

typedef struct {
    uint8_t before[GUARD_BYTES];
    HARNESS_INSTANCE instance;
    uint8_t after[GUARD_BYTES];
} guarded;

extern const genc_model HARNESS_MODEL;
extern const unsigned char harness_cases[];

static guarded instances[2];

#if HARNESS_SLOW_BYTES
/* The other memory of each instance. */
static struct {
    uint8_t before[GUARD_BYTES];
    GENC_ALIGNED(16) uint8_t part[HARNESS_SLOW_BYTES];
    uint8_t after[GUARD_BYTES];
} slow_parts[2];
#endif
static const genc_model *const model = &HARNESS_MODEL;

/* ---- guard zones -------------------------------------------------------------------------------------------- */

#if defined(__SANITIZE_ADDRESS__)
/* AddressSanitizer then reports a stray access where it happens, reads included. */
void __asan_poison_memory_region(void const volatile *, size_t);
void __asan_unpoison_memory_region(void const volatile *, size_t);
#else
#define __asan_poison_memory_region(address, bytes) ((void)(address))
#define __asan_unpoison_memory_region(address, bytes) ((void)(address))
#endif

static void guard_set(uint8_t *zone) {
    memset(zone, GUARD_BYTE, GUARD_BYTES);
    __asan_poison_memory_region(zone, GUARD_BYTES);
}

static void guard_check(const uint8_t *zone, const char *where, int which) {
    __asan_unpoison_memory_region(zone, GUARD_BYTES);
    for (int i = 0; i < GUARD_BYTES; i++) {
        if (zone[i] == GUARD_BYTE) continue;
        printf("fault instance %c: byte %d of the guard zone %s it was written\n", 'A' + which, i, where);
        return;
    }
}

/* ---- layers: hooks.h makes the library call these ------------------------------------------------------------ */

static uint64_t clock_overhead;

#ifdef HARNESS_LAYERS
#include "hooks.h"

static uint64_t layer_counts[HARNESS_LAYERS], layer_start;

void harness_layer_begin(int layer) {
    (void)layer;
    layer_start = clock_instructions();
}

void harness_layer_end(int layer) { layer_counts[layer] += clock_instructions() - layer_start - clock_overhead; }

static void layers_print(void) {
    static int printed;
    for (int i = 0; i < HARNESS_LAYERS && !printed; i++) printf("layer %d %lu\n", i, (unsigned long)layer_counts[i]);
    printed = 1;
}
#else
static void layers_print(void) {}
#endif

/* ---- taps: hooks.h makes the library call harness_tap(), which calls this ------------------------------------- */

static void print_hex(const uint8_t *bytes, size_t count);
static int tapping;

void harness_print_tap(int layer, int output, const void *memory, unsigned long bytes);

void harness_print_tap(int layer, int output, const void *memory, unsigned long bytes) {
    if (!tapping) return;
    printf("tap %d %d ", layer, output);
    print_hex((const uint8_t *)memory, bytes);
}

/* ---- stack and time ----------------------------------------------------------------------------------------- */

#if defined(__arm__) || defined(__riscv) || defined(__XTENSA__)
extern uint32_t __stack_low[];

/** Paint the stack below the caller's frame; the result is where that frame ends. */
__attribute__((noinline)) static uintptr_t stack_paint(void) {
    uintptr_t top = (uintptr_t)__builtin_frame_address(0);
    for (volatile uint32_t *word = __stack_low; (uintptr_t)word < top - 64; word++) *word = STACK_PAINT;
    return top;
}

static unsigned long stack_used(uintptr_t top) {
    const volatile uint32_t *word = __stack_low;
    while ((uintptr_t)word < top && *word == STACK_PAINT) word++;
    return (unsigned long)(top - (uintptr_t)word);
}
#else
static uintptr_t stack_paint(void) { return 0; }

static unsigned long stack_used(uintptr_t top) { return (unsigned long)top; }
#endif

/** One inference: a run, or all rows pushed, from wherever write_inputs() found them. */
static genc_status infer(void *instance, const unsigned char *rows) {
    if (model->push_row == NULL) return model->run(instance);
    for (int32_t r = 1; r < model->push_rows; r++, rows += model->push_row_bytes) {
        genc_status status = model->push_row(instance, rows);
        if (status != GENC_MORE) return status == GENC_OK ? GENC_ERR_ARG : status; /* ready too early */
    }
    return model->push_row(instance, rows);
}

/** Run an instance on inputs that are written or, when they are pushed, lie at `rows`; prints instructions and stack when `measure` says so. */
__attribute__((noinline)) static genc_status run_measured(void *instance, const unsigned char *rows, unsigned long at[2],
                                                         int measure) {
    uintptr_t top = stack_paint();
    uint64_t start = clock_instructions();
    tapping = measure;
    genc_status status = infer(instance, rows);
    tapping = 0;
    uint64_t count = clock_instructions() - start - clock_overhead;
    unsigned long stack = stack_used(top);
    if (measure) printf("run %lu %lu %lu %lu\n", at[0], at[1], (unsigned long)count, stack);
    layers_print();
    return status;
}

static void clock_calibrate(void) {
    clock_start();
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < 4; i++) {
        uint64_t start = clock_instructions();
        uint64_t passed = clock_instructions() - start;
        if (passed < least) least = passed;
    }
    clock_overhead = least;
}

/* ---- cases -------------------------------------------------------------------------------------------------- */

static uint32_t word_at(const unsigned char *bytes) {
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static size_t step_bytes(void) {
    size_t bytes = 0;
    for (int32_t i = 0; i < model->input_count; i++) bytes += (size_t)model->inputs[i].bytes;
    return bytes;
}

/** Where a case starts: its number of steps, then its data. */
static const unsigned char *find_case(unsigned long wanted) {
    const unsigned char *at = harness_cases + 4;
    while (wanted--) at += 4 + (size_t)word_at(at) * step_bytes();
    return at;
}

/** Write the inputs of a step, unless they are pushed; returns them, NULL when the case has no such step. */
static const unsigned char *write_inputs(void *instance, unsigned long number, unsigned long step) {
    const unsigned char *at = find_case(number), *inputs;
    if (step >= word_at(at)) return NULL;
    at += 4 + step * step_bytes();
    inputs = at;
    for (int32_t i = 0; i < model->input_count && model->push_row == NULL; i++) {
        memcpy(model->inputs[i].data(instance), at, (size_t)model->inputs[i].bytes);
        at += model->inputs[i].bytes;
    }
    return inputs;
}

static void print_hex(const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    char line[256];
    size_t length = 0;
    for (size_t k = 0; k < count; k++) {
        line[length++] = digits[bytes[k] >> 4];
        line[length++] = digits[bytes[k] & 15];
        if (length < sizeof line && k + 1 < count) continue;
        fwrite(line, 1, length, stdout);
        length = 0;
    }
    printf("\n");
}

static void print_outputs(void *instance, int which, unsigned long number, unsigned long step) {
    for (int32_t i = 0; i < model->output_count; i++) {
        const genc_tensor *tensor = &model->outputs[i];
        printf("data %c %lu %lu %ld ", 'A' + which, number, step, (long)i);
        print_hex((const uint8_t *)tensor->data(instance), (size_t)tensor->bytes);
    }
}

static void print_descriptor(void) {
    printf("instance %lu\n", (unsigned long)(sizeof(HARNESS_INSTANCE) + model->slow_bytes));
    for (int32_t i = 0; i < model->output_count; i++) {
        const genc_tensor *tensor = &model->outputs[i];
        printf("output %ld %d", (long)i, (int)tensor->dtype);
        for (int32_t d = 0; d < tensor->rank; d++) printf(" %ld", (long)tensor->shape[d]);
        printf("\n");
    }
    if (model->instance_bytes != sizeof(HARNESS_INSTANCE)) {
        printf("fault the descriptor's instance_bytes is %lu, the instance has %lu\n",
               (unsigned long)model->instance_bytes, (unsigned long)sizeof(HARNESS_INSTANCE));
    }
}

static int begin(int which, unsigned long number) {
    int garbage = (int)(0x55u + 0x3Bu * number + 0x80u * (unsigned)which) & 0xFF;
    memset(&instances[which].instance, garbage, sizeof instances[which].instance);
#if HARNESS_SLOW_BYTES
    memset(slow_parts[which].part, garbage, sizeof slow_parts[which].part);
    genc_status status = model->init_slow(&instances[which].instance, slow_parts[which].part);
#else
    genc_status status = model->init(&instances[which].instance);
#endif
    if (status != GENC_OK) printf("fault instance %c: init returned %d\n", 'A' + which, (int)status);
    return status == GENC_OK;
}

/** One step of both instances: both get their inputs, both run, then both are read. */
static int step_both(const unsigned long numbers[2], unsigned long step) {
    const unsigned char *active[2];
    for (int i = 0; i < 2; i++) active[i] = write_inputs(&instances[i].instance, numbers[i], step);
    for (int i = 0; i < 2; i++) {
        unsigned long at[2] = {numbers[i], step};
        genc_status status = active[i] ? run_measured(&instances[i].instance, active[i], at, i == 0) : GENC_OK;
        if (status != GENC_OK) printf("fault instance %c: run returned %d\n", 'A' + i, (int)status);
    }
    for (int i = 0; i < 2; i++) {
        if (active[i]) print_outputs(&instances[i].instance, i, numbers[i], step);
    }
    return active[0] || active[1];
}

int main(void) {
    unsigned long count = word_at(harness_cases);
    clock_calibrate();
    print_descriptor();
    for (int i = 0; i < 2; i++) {
        guard_set(instances[i].before);
        guard_set(instances[i].after);
#if HARNESS_SLOW_BYTES
        guard_set(slow_parts[i].before);
        guard_set(slow_parts[i].after);
#endif
    }
    for (unsigned long k = 0; k < count; k++) {
        unsigned long numbers[2] = {k, count - 1 - k};
        if (!begin(0, numbers[0]) || !begin(1, numbers[1])) return 1;
        for (unsigned long step = 0; step_both(numbers, step);) step++;
    }
    for (int i = 0; i < 2; i++) {
        guard_check(instances[i].before, "before", i);
        guard_check(instances[i].after, "after", i);
#if HARNESS_SLOW_BYTES
        guard_check(slow_parts[i].before, "before the slow part of", i);
        guard_check(slow_parts[i].after, "after the slow part of", i);
#endif
    }
    printf("done\n");
    return 0;
}
