#include "worker/opinion/votes.h"

#include "base/hash.h"
#include "worker/opinion/gram.h"

#include <stdlib.h>
#include <string.h>

// Fewer new votes are put in one by one, which keeps up the products of columns too; more are sorted in.
enum { ONE_BY_ONE_MOST = 2000 };

static void *again(void *memory, size_t count, size_t size)
{
    memory = reallocarray(memory, count, size);
    if (memory == NULL)
        abort();
    return memory;
}

void votes_release(struct votes *votes)
{
    for (uint32_t i = 0; i < votes->n_rows; i++)
        free(votes->rows[i].codes);
    free(votes->rows);
    free(votes->row_id);
    free(votes->column_id);
    free(votes->counts);
    free(votes->moderation);
    free(votes->moderated);
    ids_release(&votes->row_ids);
    ids_release(&votes->column_ids);
    ids_release(&votes->moderated_ids);
    gram_free(votes->gram);
    memset(votes, 0, sizeof(*votes));
}

static uint32_t row_place(struct votes *votes, uint64_t id)
{
    uint32_t place = ids_place(&votes->row_ids, id);
    if (place == votes->n_rows) {
        if (votes->n_rows == votes->rows_capacity) {
            votes->rows_capacity = votes->rows_capacity == 0 ? 64 : 2 * votes->rows_capacity;
            votes->rows = again(votes->rows, votes->rows_capacity, sizeof(*votes->rows));
            votes->row_id = again(votes->row_id, votes->rows_capacity, sizeof(*votes->row_id));
        }
        votes->rows[place] = (struct votes_row){0};
        votes->row_id[place] = id;
        votes->n_rows++;
    }
    return place;
}

static uint32_t column_place(struct votes *votes, uint64_t id)
{
    uint32_t place = ids_place(&votes->column_ids, id);
    if (place == votes->n_columns) {
        if (votes->n_columns == votes->columns_capacity) {
            uint32_t n = votes->columns_capacity =
                votes->columns_capacity == 0 ? 64 : 2 * votes->columns_capacity;
            votes->column_id = again(votes->column_id, n, sizeof(*votes->column_id));
            votes->counts = again(votes->counts, 4 * (size_t)n, sizeof(*votes->counts));
            votes->moderation = again(votes->moderation, n, sizeof(*votes->moderation));
        }
        int64_t known = ids_find(&votes->moderated_ids, id);
        votes->column_id[place] = id;
        votes->moderation[place] = known < 0 ? OPINION_SHOWN : votes->moderated[known];
        memset(votes->counts + 4 * (size_t)place, 0, 4 * sizeof(*votes->counts));
        votes->n_columns++;
        if (votes->gram != NULL && votes->n_columns > gram_columns(votes->gram)) {
            gram_free(votes->gram);
            votes->gram = NULL;
        }
    }
    return place;
}

void votes_moderate(struct votes *votes, uint64_t statement, enum opinion_moderation moderation)
{
    uint32_t n = votes->moderated_ids.n, place = ids_place(&votes->moderated_ids, statement);
    if (place == n)
        votes->moderated = again(votes->moderated, n + 1, sizeof(*votes->moderated));
    votes->moderated[place] = (uint8_t)moderation;
    int64_t column = ids_find(&votes->column_ids, statement);
    if (column >= 0)
        votes->moderation[column] = (uint8_t)moderation;
}

static void make_room(struct votes_row *row)
{
    if (row->n < row->capacity)
        return;
    row->capacity = row->capacity == 0 ? 8 : 2 * row->capacity;
    row->codes = again(row->codes, row->capacity, sizeof(*row->codes));
}

// --- the log's hash ------------------------------------------------------------------------------------------------
static void put_u64(unsigned char *at, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        at[i] = (unsigned char)(value >> (8 * i));
}

static void digest_block(
    const unsigned char before[32], const unsigned char *block, size_t size, unsigned char out[32])
{
    struct hash_stream *stream = hash_stream_new();
    hash_stream_add(stream, before, 32);
    hash_stream_add(stream, block, size);
    hash_stream_finish(stream, out);
}

static void log_vote(struct votes *votes, uint64_t participant, uint64_t statement, int8_t vote)
{
    size_t at = (size_t)(votes->n_votes % VOTES_BLOCK);
    unsigned char *place = votes->block + at * VOTE_BYTES;
    put_u64(place, participant);
    put_u64(place + 8, statement);
    place[16] = (unsigned char)(vote + 1);
    votes->n_votes++;
    if (at + 1 == VOTES_BLOCK)
        digest_block(votes->digest, votes->block, sizeof(votes->block), votes->digest);
}

void votes_digest(const struct votes *votes, unsigned char out[32])
{
    digest_block(votes->digest, votes->block, (size_t)(votes->n_votes % VOTES_BLOCK) * VOTE_BYTES, out);
}

void votes_log_digest(const struct opinion_votes *log, unsigned char out[32])
{
    struct votes *votes = calloc(1, sizeof(*votes));
    if (votes == NULL)
        abort();
    for (uint32_t i = 0; i < log->n; i++)
        log_vote(votes, log->participant[i], log->statement[i], log->vote[i]);
    votes_digest(votes, out);
    free(votes);
}

// --- one by one ------------------------------------------------------------------------------------------------------
static void put_one(struct votes *votes, uint32_t row_at, uint32_t column, uint32_t vote)
{
    struct votes_row *row = &votes->rows[row_at];
    uint32_t low = 0, high = row->n, code = column << 2 | vote;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (code_column(row->codes[middle]) < column)
            low = middle + 1;
        else
            high = middle;
    }
    bool there = low < row->n && code_column(row->codes[low]) == column;
    if (there && row->codes[low] == code)
        return;
    if (votes->gram != NULL)
        gram_change(votes->gram, row, there ? row->codes[low] : code, there, code);
    if (there) {
        votes->counts[row->codes[low]]--;
    } else {
        make_room(row);
        memmove(row->codes + low + 1, row->codes + low, (row->n - low) * sizeof(*row->codes));
        row->n++;
        votes->n_cells++;
    }
    row->codes[low] = code;
    votes->counts[code]++;
}

// --- many ------------------------------------------------------------------------------------------------------------
struct many {
    uint32_t n;
    uint32_t *row, *code, *order;
};

// Sorted by column, in order within: then each row gets its votes sorted, and the last of a column counts.
static void sort_by_column(const struct votes *votes, const struct many *many)
{
    uint32_t *begin = calloc((size_t)votes->n_columns + 1, sizeof(*begin));
    if (begin == NULL)
        abort();
    for (uint32_t i = 0; i < many->n; i++)
        begin[code_column(many->code[i]) + 1]++;
    for (uint32_t c = 0; c < votes->n_columns; c++)
        begin[c + 1] += begin[c];
    for (uint32_t i = 0; i < many->n; i++)
        many->order[begin[code_column(many->code[i])]++] = i;
    free(begin);
}

// The row's first `n_old` codes and those behind them, each sorted by column, into one; the later of a column stays.
static void merge_row(struct votes *votes, struct votes_row *row, uint32_t n_old, uint32_t *scratch)
{
    memcpy(scratch, row->codes, row->n * sizeof(*scratch));
    const uint32_t *old = scratch, *old_end = scratch + n_old, *now = old_end, *end = scratch + row->n;
    uint32_t n = 0;
    while (old < old_end || now < end) {
        uint32_t code;
        if (now == end || (old < old_end && code_column(*old) < code_column(*now))) {
            code = *old++;
        } else {
            if (old < old_end && code_column(*old) == code_column(*now))
                votes->counts[*old++]--;
            while (now + 1 < end && code_column(now[1]) == code_column(*now))
                now++;
            code = *now++;
            votes->counts[code]++;
        }
        row->codes[n++] = code;
    }
    row->n = n;
}

static void put_many(struct votes *votes, const struct many *many)
{
    uint32_t *n_old = malloc(((size_t)votes->n_rows + 1) * sizeof(*n_old)), longest = 0;
    if (n_old == NULL)
        abort();
    gram_free(votes->gram);
    votes->gram = NULL;
    for (uint32_t r = 0; r < votes->n_rows; r++)
        n_old[r] = votes->rows[r].n;
    sort_by_column(votes, many);
    for (uint32_t i = 0; i < many->n; i++) {
        struct votes_row *row = &votes->rows[many->row[many->order[i]]];
        make_room(row);
        row->codes[row->n++] = many->code[many->order[i]];
        longest = row->n > longest ? row->n : longest;
    }
    uint32_t *scratch = malloc(((size_t)longest + 1) * sizeof(*scratch));
    if (scratch == NULL)
        abort();
    for (uint32_t r = 0; r < votes->n_rows; r++) {
        if (votes->rows[r].n > n_old[r])
            merge_row(votes, &votes->rows[r], n_old[r], scratch);
        votes->n_cells += votes->rows[r].n - n_old[r];
    }
    free(scratch);
    free(n_old);
}

static int check(const struct votes *votes, const struct opinion_votes *more, struct err *err)
{
    if (votes->n_votes + more->n > OPINION_VOTES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d votes", OPINION_VOTES_MAX);
    for (uint32_t i = 0; i < more->n; i++) {
        if (more->vote[i] < -1 || more->vote[i] > 1)
            return err_set(err, ERR_INVALID, "vote %u is %d, not -1, 0 or 1", i, more->vote[i]);
    }
    return 0;
}

// Numbers people and statements; on passing a limit, those already numbered stay without votes of this batch.
static int place_all(
    struct votes *votes, const struct opinion_votes *more, struct many *many, struct err *err)
{
    for (uint32_t i = 0; i < more->n; i++) {
        bool same = i > 0 && more->participant[i] == more->participant[i - 1];
        many->row[i] = same ? many->row[i - 1] : row_place(votes, more->participant[i]);
        uint32_t column = column_place(votes, more->statement[i]);
        many->code[i] = column << 2 | (uint32_t)(1 - more->vote[i]);
        if (votes->n_columns > OPINION_STATEMENTS_MAX || votes->n_rows > OPINION_PARTICIPANTS_MAX)
            return err_set(err, ERR_LIMIT, "more than %d statements or %d participants",
                OPINION_STATEMENTS_MAX, OPINION_PARTICIPANTS_MAX);
    }
    return 0;
}

int votes_add(struct votes *votes, const struct opinion_votes *more, struct err *err)
{
    int failed = check(votes, more, err);
    if (failed || more->n == 0)
        return failed;
    struct many many = {.n = more->n};
    many.row = again(NULL, more->n, sizeof(*many.row));
    many.code = again(NULL, more->n, sizeof(*many.code));
    many.order = again(NULL, more->n, sizeof(*many.order));
    failed = place_all(votes, more, &many, err);
    if (failed == 0) {
        for (uint32_t i = 0; i < more->n; i++)
            log_vote(votes, more->participant[i], more->statement[i], more->vote[i]);
        if (more->n > ONE_BY_ONE_MOST) {
            put_many(votes, &many);
        } else {
            for (uint32_t i = 0; i < more->n; i++)
                put_one(votes, many.row[i], code_column(many.code[i]), code_vote(many.code[i]));
        }
    }
    free(many.row);
    free(many.code);
    free(many.order);
    return failed;
}

struct view votes_view(const struct votes *votes)
{
    return (struct view){
        .n_rows = votes->n_rows,
        .n_columns = votes->n_columns,
        .n_cells = votes->n_cells,
        .rows = votes->rows,
        .counts = votes->counts,
        .moderation = votes->moderation,
    };
}
