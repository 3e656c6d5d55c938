/**
 * @file blocks.c
 * @brief Counts how often each block of a program runs: the hook of Unicorn that codegen/verify/simulator.py loads.
 *
 * A block is an address and a length in bytes.  The blocks stand in the order in which they were first met, so that
 * the reader sums over few of them; a table by hash finds them again.
 */
#include <stdint.h>

#define CAPACITY (1u << 17)

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

typedef struct {
    uint64_t address, runs;
    uint32_t bytes, instructions; /* the latter is filled in by the reader */
} block;

EXPORT block blocks[CAPACITY];
EXPORT uint32_t block_count;
EXPORT uint64_t blocks_lost; /* runs of blocks for which there was no room */

static uint32_t places[2 * CAPACITY]; /* number of a block plus one, by hash */

EXPORT void block_runs(void *engine, uint64_t address, uint32_t bytes, void *user) {
    uint32_t at = ((uint32_t)(address >> 1) * 2654435761u + bytes * 40503u) & (2 * CAPACITY - 1);
    (void)engine;
    (void)user;
    for (; places[at]; at = (at + 1) & (2 * CAPACITY - 1)) {
        block *found = &blocks[places[at] - 1];
        if (found->address == address && found->bytes == bytes) {
            found->runs++;
            return;
        }
    }
    if (block_count == CAPACITY) {
        blocks_lost++;
        return;
    }
    blocks[block_count] = (block){address, 1, bytes, 0};
    places[at] = ++block_count;
}
