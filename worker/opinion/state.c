// The state's bytes, little-endian: "PLOPINIO", version, where the log ended and its hash, the predecessor's hash, the
// standing, and at last the SHA-256 of all that. Doubles are their bits.
#include "worker/opinion/state.h"

#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = {'P', 'L', 'O', 'P', 'I', 'N', 'I', 'O'};

// --- writing ---------------------------------------------------------------------------------------------------------
static void put(struct buf *out, uint64_t value, int n_bytes)
{
    for (int i = 0; i < n_bytes; i++)
        buf_add_char(out, (char)(value >> (8 * i) & 255));
}

static void put_double(struct buf *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    put(out, bits, 8);
}

static void put_clusters(struct buf *out, const struct cluster *list, uint32_t n)
{
    put(out, n, 4);
    for (uint32_t c = 0; c < n; c++) {
        put(out, list[c].id, 4);
        put(out, list[c].n, 4);
        put_double(out, list[c].x);
        put_double(out, list[c].y);
    }
}

static void put_standing(struct buf *out, const struct standing *standing)
{
    put(out, standing->n_rows, 4);
    put(out, standing->n_columns, 4);
    put(out, standing->last_k, 4);
    put(out, standing->last_k_times, 4);
    put(out, standing->k, 4);
    for (uint32_t c = 0; c < standing->n_columns; c++)
        put_double(out, standing->first[c]);
    for (uint32_t c = 0; c < standing->n_columns; c++)
        put_double(out, standing->second[c]);
    put_clusters(out, standing->base, standing->n_base);
    for (uint32_t i = 0; i < standing->n_rows; i++)
        put(out, standing->base_of[i] < 0 ? 255 : (uint64_t)standing->base_of[i], 1);
    for (uint32_t i = 0; i < standing->n_rows; i++)
        put(out, standing->inside[i], 1);
    for (uint32_t k = GROUPS_K_LEAST; k <= GROUPS_K_MOST; k++) {
        put_clusters(out, standing->groupings[k].list, standing->groupings[k].n);
        for (uint32_t b = 0; standing->groupings[k].n > 0 && b < standing->n_base; b++)
            put(out, (uint64_t)standing->groupings[k].of[b], 1);
    }
}

void state_write(struct opinion *opinion, const unsigned char predecessor[OPINION_HASH_BYTES])
{
    unsigned char digest[OPINION_HASH_BYTES];
    struct buf *out = &opinion->state;
    buf_clear(out);
    buf_add(out, magic, sizeof(magic));
    put(out, OPINION_STATE_VERSION, 2);
    put(out, opinion->votes.n_votes, 8);
    votes_digest(&opinion->votes, digest);
    buf_add(out, digest, sizeof(digest));
    buf_add(out, predecessor, OPINION_HASH_BYTES);
    put_standing(out, &opinion->standing);
    hash_sha256(out->data, out->length, opinion->state_hash);
    buf_add(out, opinion->state_hash, OPINION_HASH_BYTES);
}

void opinion_save(const struct opinion *opinion, struct buf *out)
{
    buf_add(out, opinion->state.data, opinion->state.length);
}

// --- reading ---------------------------------------------------------------------------------------------------------
struct reader {
    const unsigned char *at, *end;
    bool failed;
};

static uint64_t get(struct reader *reader, int n_bytes)
{
    if (reader->end - reader->at < n_bytes) {
        reader->failed = true;
        return 0;
    }
    uint64_t value = 0;
    for (int i = 0; i < n_bytes; i++)
        value |= (uint64_t)reader->at[i] << (8 * i);
    reader->at += n_bytes;
    return value;
}

static double get_double(struct reader *reader)
{
    uint64_t bits = get(reader, 8);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static uint32_t get_clusters(struct reader *reader, struct cluster *list, uint32_t most)
{
    uint32_t n = (uint32_t)get(reader, 4);
    if (n > most) {
        reader->failed = true;
        return 0;
    }
    for (uint32_t c = 0; c < n; c++) {
        list[c].id = (uint32_t)get(reader, 4);
        list[c].n = (uint32_t)get(reader, 4);
        list[c].x = get_double(reader);
        list[c].y = get_double(reader);
    }
    return n;
}

// Sizes were checked against the votes: what is read is as long as what is there.
static void get_standing(struct reader *reader, struct standing *standing)
{
    uint32_t n_rows = standing->n_rows, n_columns = standing->n_columns;
    standing->last_k = (uint32_t)get(reader, 4);
    standing->last_k_times = (uint32_t)get(reader, 4);
    standing->k = (uint32_t)get(reader, 4);
    reader->failed = reader->failed || standing->k > GROUPS_K_MOST || standing->last_k > GROUPS_K_MOST;
    standing->first = calloc((size_t)n_columns + 1, sizeof(double));
    standing->second = calloc((size_t)n_columns + 1, sizeof(double));
    standing->base_of = calloc((size_t)n_rows + 1, sizeof(int32_t));
    standing->inside = calloc((size_t)n_rows + 1, 1);
    if (standing->first == NULL || standing->second == NULL || standing->base_of == NULL ||
        standing->inside == NULL)
        abort();
    for (uint32_t c = 0; c < n_columns; c++)
        standing->first[c] = get_double(reader);
    for (uint32_t c = 0; c < n_columns; c++)
        standing->second[c] = get_double(reader);
    standing->n_base = get_clusters(reader, standing->base, KMEANS_CLUSTERS_MAX);
    for (uint32_t i = 0; i < n_rows; i++) {
        uint32_t of = (uint32_t)get(reader, 1);
        reader->failed = reader->failed || (of != 255 && of >= standing->n_base);
        standing->base_of[i] = of == 255 ? -1 : (int32_t)of;
    }
    for (uint32_t i = 0; i < n_rows; i++)
        standing->inside[i] = get(reader, 1) != 0;
    for (uint32_t k = GROUPS_K_LEAST; k <= GROUPS_K_MOST; k++) {
        struct grouping *grouping = &standing->groupings[k];
        grouping->n = get_clusters(reader, grouping->list, GROUPS_K_MOST);
        for (uint32_t b = 0; grouping->n > 0 && b < standing->n_base; b++) {
            uint32_t of = (uint32_t)get(reader, 1);
            reader->failed = reader->failed || of >= grouping->n;
            grouping->of[b] = (int32_t)of;
        }
    }
}

int opinion_restore(struct opinion *opinion, const void *state, size_t size, struct err *err)
{
    unsigned char digest[OPINION_HASH_BYTES];
    const size_t head = sizeof(magic) + 2 + 8 + 2 * OPINION_HASH_BYTES;
    if (size < head + OPINION_HASH_BYTES || memcmp(state, magic, sizeof(magic)) != 0)
        return err_set(err, ERR_INVALID, "no state of an opinion fit");
    struct reader reader = {(const unsigned char *)state + sizeof(magic),
        (const unsigned char *)state + size - OPINION_HASH_BYTES, false};
    uint32_t version = (uint32_t)get(&reader, 2);
    if (version != OPINION_STATE_VERSION)
        return err_set(err, ERR_INVALID, "state of version %u, not %d", version, OPINION_STATE_VERSION);
    hash_sha256(state, size - OPINION_HASH_BYTES, digest);
    if (memcmp(digest, reader.end, sizeof(digest)) != 0)
        return err_set(err, ERR_INVALID, "the state's hash is not that of its bytes");
    uint64_t n_votes = get(&reader, 8);
    votes_digest(&opinion->votes, digest);
    if (n_votes != opinion->votes.n_votes || memcmp(digest, reader.at, sizeof(digest)) != 0)
        return err_set(err, ERR_CONFLICT, "the state is of %llu other votes", (unsigned long long)n_votes);
    reader.at += 2 * OPINION_HASH_BYTES;
    struct standing standing = {.n_rows = (uint32_t)get(&reader, 4), .n_columns = (uint32_t)get(&reader, 4)};
    if (standing.n_rows != opinion->votes.n_rows || standing.n_columns != opinion->votes.n_columns)
        return err_set(err, ERR_CONFLICT, "the state is of %u participants and %u statements",
            standing.n_rows, standing.n_columns);
    get_standing(&reader, &standing);
    if (reader.failed || reader.at != reader.end) {
        standing_release(&standing);
        return err_set(err, ERR_INVALID, "the state does not hold what it says");
    }
    opinion_start_over(opinion);
    opinion->standing = standing;
    opinion->has_standing = true;
    memcpy(opinion->state_hash, reader.end, OPINION_HASH_BYTES);
    buf_add(&opinion->state, state, size);
    return 0;
}
