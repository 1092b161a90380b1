// Who voted what on what: people and statements in order of first appearance, the last vote on a statement counts. Sparse
// rows, sorted by column; kept up vote by vote. What it holds depends on the votes and their order, not on how many came
// at a time.
//
// A cell is a code: column << 2 | vote, where vote is 0 agree, 1 pass, 2 disagree. Polis's internal sign, which the
// formulas use, is vote - 1: agree -1, disagree +1.
#ifndef WORKER_OPINION_VOTES_H
#define WORKER_OPINION_VOTES_H

#include "base/err.h"
#include "worker/opinion/ids.h"
#include "worker/opinion/opinion.h"

enum { VOTE_AGREE = 0, VOTE_PASS = 1, VOTE_DISAGREE = 2, VOTES_BLOCK = 1024, VOTE_BYTES = 17 };

static inline uint32_t code_column(uint32_t code)
{
    return code >> 2;
}

static inline uint32_t code_vote(uint32_t code)
{
    return code & 3;
}

struct votes_row {
    uint32_t *codes;
    uint32_t n, capacity;
};

// What a fit reads: the rows as they are, or any choice of them (a resample).
struct view {
    uint32_t n_rows, n_columns;
    uint64_t n_cells;
    const struct votes_row *rows;
    const uint32_t *counts;    // how many cells have each code, 4 a column
    const uint8_t *moderation; // enum opinion_moderation of each column
};

struct votes {
    uint32_t n_rows, n_columns, rows_capacity, columns_capacity;
    uint64_t n_cells, n_votes;
    struct ids row_ids, column_ids, moderated_ids;
    uint64_t *row_id, *column_id;
    struct votes_row *rows;
    uint32_t *counts;
    uint8_t *moderation, *moderated; // of columns; of moderated_ids, with or without votes
    struct gram *gram;               // kept up while there is one (gram.h)
    unsigned char digest[32];        // of whole blocks of votes
    unsigned char block[VOTES_BLOCK * VOTE_BYTES];
};

void votes_release(struct votes *votes);
int votes_add(struct votes *votes, const struct opinion_votes *more, struct err *err) MUST_CHECK;
void votes_moderate(struct votes *votes, uint64_t statement, enum opinion_moderation moderation);
// SHA-256 over the votes in their order (participant, statement, vote), cut into blocks of VOTES_BLOCK.
void votes_digest(const struct votes *votes, unsigned char out[32]);
// The same of votes that are not in a matrix.
void votes_log_digest(const struct opinion_votes *log, unsigned char out[32]);
struct view votes_view(const struct votes *votes);

#endif
