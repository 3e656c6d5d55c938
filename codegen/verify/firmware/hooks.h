/**
 * @file hooks.h
 * @brief Layer hooks for `gen-c bench` and `gen-c verify --layers`: included in front of a generated library, whose macros
 * NAME_LAYER_BEGIN and NAME_LAYER_END the compiler's command line defines as calls of these.
 */
#ifndef HOOKS_H
#define HOOKS_H

#ifdef __cplusplus
extern "C" {
#endif

/** A layer is about to compute. */
void harness_layer_begin(int layer);

/** A layer has computed; a layer that works by rows comes here once for each call. */
void harness_layer_end(int layer);

/** A layer of an instance has computed: `gen-c verify --layers` writes this function, which prints its outputs. */
void harness_tap(const void *instance, int layer);

/** Print the memory of an output as it is now, when it is time to. */
void harness_print_tap(int layer, int output, const void *memory, unsigned long bytes);

#ifdef __cplusplus
}
#endif
#endif /* HOOKS_H */
