/**
 * @file genc_lstm.h
 * @brief Where the rows of a sequence and the states of its batches lie.
 */
#ifndef GENC_LSTM_H
#define GENC_LSTM_H

#include "genc_kernel.h"

/** The batch of a row: rows are [batch][time], or [time][batch]. */
static inline int32_t genc_batch_of(int32_t row, int32_t steps, int32_t batches, int32_t time_major)
{
    return time_major ? row % batches : row / steps;
}

/** Rows of the sequence before row r of the call: of a layer that runs backward, the call has one row for all. */
static inline int32_t genc_sequence_rows(int32_t r, int32_t steps, int32_t batches, int32_t backward)
{
    return backward ? r * steps * batches : r;
}

/** The row computed `index`-th. */
static inline int32_t genc_sequence_row(int32_t index, int32_t steps, int32_t batches, int32_t backward)
{
    return backward ? steps * batches - 1 - index : index;
}

/** Takes over a state before the first row, unless its next value lies in the same place. */
static inline void genc_begin_state(void *next, const void *state, size_t bytes)
{
    if (next != state) memcpy(next, state, bytes);
}

#endif /* GENC_LSTM_H */
