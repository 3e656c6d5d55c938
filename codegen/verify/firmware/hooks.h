/**
 * @file hooks.h
 * @brief Layer hooks for `gen-c bench`: included in front of a generated library, whose macros
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

#ifdef __cplusplus
}
#endif
#endif /* HOOKS_H */
