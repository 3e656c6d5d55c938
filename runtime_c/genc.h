/**
 * @file genc.h
 * @brief Public types of every library that gen-c writes.
 *
 * This is the one file that generated libraries share, word for word; everything else carries the
 * model's prefix.  Two models in one firmware may each bring a copy.
 */
#ifndef GENC_H
#define GENC_H

#include <stddef.h>
#include <stdint.h>

/** Number of this interface: generated code refuses to compile against another one. */
#define GENC_ABI 1

/** Alignment of a struct member or an array, in bytes. */
#if defined(__GNUC__) || defined(__clang__)
#define GENC_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(__ICCARM__) || defined(__CC_ARM)
#define GENC_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(_MSC_VER)
#define GENC_ALIGNED(bytes) __declspec(align(bytes))
#else
#error "gen-c does not know how this compiler aligns data: define GENC_ALIGNED(bytes) for it"
#endif

/** A check at compile time; `name` says what is checked and must be unique in its file. */
#define GENC_STATIC_ASSERT(condition, name) typedef char genc_assert_##name[(condition) ? 1 : -1]

#ifdef __cplusplus
extern "C" {
#endif

/** Result of a call: 0 is success, errors are negative, a positive one says what is wanted. */
typedef enum {
    GENC_MORE = 1, /**< more rows of the input are wanted before there is a result */
    GENC_OK = 0,
    GENC_ERR_ARG = -1,  /**< the instance is NULL or not aligned */
    GENC_ERR_ABORT = -2 /**< a layer hook asked to stop */
} genc_status;

/** Element types. */
typedef enum {
    GENC_INT8 = 0,
    GENC_UINT8 = 1,
    GENC_INT16 = 2,
    GENC_INT32 = 3,
    GENC_INT64 = 4,
    GENC_FLOAT32 = 5,
    GENC_BOOL = 6
} genc_dtype;

/** One input or output of a model. */
typedef struct {
    const char *name;              /**< as in the model file */
    genc_dtype dtype;              /**< element type */
    int32_t rank;                  /**< number of dimensions */
    const int32_t *shape;          /**< `rank` dimensions, outermost first, row-major */
    int32_t size;                  /**< elements */
    int32_t bytes;                 /**< size * bytes of one element */
    float scale;                   /**< real = scale * (q - zero_point); 0 when not quantised */
    int32_t zero_point;            /**< 0 when not quantised */
    void *(*data)(void *instance); /**< where the tensor lies in an instance; NULL when its rows are pushed */
} genc_tensor;

/** One layer, for reports and profilers. */
typedef struct {
    const char *name;      /**< as in the model file */
    const char *op;        /**< operator, "conv_2d" */
    const char *kernel;    /**< C function that computes it; "" for a view, which costs nothing */
    uint32_t macs;         /**< multiply-accumulates of one run */
    int32_t output_offset; /**< of its first output in the instance, bytes; -1: in its slow part */
    int32_t output_bytes;  /**< of its first output */
} genc_layer_info;

/** A model, for code that works with any: benches, test rigs, menus. */
typedef struct {
    const char *name;                   /**< prefix of the library */
    size_t instance_bytes;              /**< sizeof(NAME_t): all the RAM there is but for `slow_bytes` */
    size_t instance_align;              /**< alignment an instance needs */
    size_t arena_bytes;                 /**< scratch: worthless between runs */
    size_t state_bytes;                 /**< must survive between runs */
    int32_t input_count;                /**< number of inputs */
    int32_t output_count;               /**< number of outputs */
    const genc_tensor *inputs;          /**< `input_count` of them */
    const genc_tensor *outputs;         /**< `output_count` of them */
    genc_status (*init)(void *instance);/**< once, before anything else; NULL when there is `init_slow` */
    genc_status (*run)(void *instance); /**< one inference; consumes the inputs; NULL when rows are pushed */
    void (*reset)(void *instance);      /**< clear the recurrent state */
    int32_t layer_count;                /**< number of layers */
    const genc_layer_info *layers;      /**< `layer_count` of them */
    int32_t push_rows;                  /**< rows of the input to push for one inference; 0: it is written whole */
    int32_t push_row_bytes;             /**< bytes of a row */
    /** Take the next row of the input: GENC_MORE, or GENC_OK after the last one; NULL when it is written whole. */
    genc_status (*push_row)(void *instance, const void *row);
    size_t slow_bytes;                  /**< sizeof(NAME_slow_t), for a slower memory; 0: an instance is one piece */
    /** Once, before anything else, for an instance in two pieces, both aligned to `instance_align`; or NULL. */
    genc_status (*init_slow)(void *instance, void *slow);
} genc_model;

#ifdef __cplusplus
}
#endif
#endif /* GENC_H */
