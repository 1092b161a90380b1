// The sequencer. A round: give what waits in the outboxes its place; read the leaves that this loop has not hashed yet;
// sign the new root and store it with the subtrees completed on the way; only then go on from there. Whatever fails
// ends the round, and the next tick begins again from what is stored, so that a round can be cut anywhere.
#include "coordinator/audit/audit.h"

#include "base/file.h"
#include "base/log.h"
#include "base/merkle.h"
#include "base/note.h"
#include "coordinator/db/db.h"
#include "coordinator/identity/keys.h"
#include "coordinator/work.h"

#include <event2/event.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 300,
    SEQUENCE_MAX = 512, // entries a statement
    LEAVES_MAX = 4096,  // leaves a round
    ARRAY_MAX_BYTES = 64 * 1024,
    COMPLAIN_TICKS = 200,
};

// One a process, on loop 0.
struct sequencer {
    struct loop *loop;
    struct event *timer;
    bool busy, loaded, more;
    struct merkle_edge edge; // of the last checkpoint that is stored
    struct merkle_edge next; // of the one being made
    struct buf levels, numbers, hashes, note;
    struct checkpoint kept; // in DATA/checkpoint at the start; size 0: none
    unsigned n_complaints;
};
static struct sequencer sequencer;

static void begin_round(void);

static void end_round(bool again)
{
    sequencer.busy = false;
    if (again)
        event_active(sequencer.timer, EV_TIMEOUT, 0);
}

static bool failed(const char *step, const struct db_result *result)
{
    if (result->status == DB_OK)
        return false;
    if (result->status == DB_REJECTED || result->status == DB_FAILED)
        log_event(LOG_ERROR, "audit_log", LOG_TEXT("step", step), LOG_TEXT("sqlstate", result->sqlstate));
    end_round(false);
    return true;
}

// --- the file beside the database ----------------------------------------------------------------------------------
struct copy {
    char path[PATH_MAX];
    struct buf note;
};

static void write_copy(void *arg)
{
    struct copy *copy = arg;
    struct err err;
    if (file_write(copy->path, 0644, copy->note.data, copy->note.length, &err) < 0)
        log_event(LOG_ERROR, "checkpoint_file", LOG_TEXT("detail", err.message));
}

static void free_copy(void *arg)
{
    struct copy *copy = arg;
    buf_release(&copy->note);
    free(copy);
}

static void path_of(const struct loop *loop, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/checkpoint", loop->app->data_folder);
}

static void keep_copy(void)
{
    struct copy *copy = calloc(1, sizeof(*copy));
    if (copy == NULL)
        abort();
    path_of(sequencer.loop, copy->path);
    buf_init(&copy->note, NOTE_MAX_BYTES);
    buf_add(&copy->note, sequencer.note.data, sequencer.note.length);
    if (work_submit(sequencer.loop->app->pool, sequencer.loop->base, write_copy, free_copy, copy) < 0)
        free_copy(copy); // the next checkpoint will be written
}

// A checkpoint that was signed and is not in the database any more means that the database was set back: a log that
// went on from there would fork. Then nothing is signed until somebody has looked.
static bool is_set_back(uint64_t stored_size)
{
    if (sequencer.kept.size <= stored_size)
        return false;
    if (sequencer.n_complaints++ % COMPLAIN_TICKS == 0)
        log_event(LOG_ERROR, "audit_log_set_back", LOG_NUMBER("database_size", stored_size),
            LOG_NUMBER("checkpoint_file_size", sequencer.kept.size));
    return true;
}

static int read_kept(struct loop *loop, struct err *err)
{
    char path[PATH_MAX];
    struct buf note;
    size_t text_size = 0;
    path_of(loop, path);
    buf_init(&note, NOTE_MAX_BYTES);
    int rc = file_read(path, &note, err);
    if (rc == 0)
        rc = note_verify(keys_log(loop->app->keys), note.data, note.length, &text_size, err);
    else if (rc == ERR_NOT_FOUND)
        rc = 1;
    if (rc == 0)
        rc = checkpoint_parse(note.data, text_size, &sequencer.kept, err);
    buf_release(&note);
    return rc < 0 ? err_prefix(err, "%s", path) : 0;
}

// --- a round, from its end to its begin ----------------------------------------------------------------------------
static void on_stored(void *arg, const struct db_result *result)
{
    (void)arg;
    if (failed("store", result))
        return;
    sequencer.edge = sequencer.next;
    keep_copy();
    end_round(sequencer.more);
}

static void sign_and_store(void)
{
    const struct note_key *key = keys_log(sequencer.loop->app->keys);
    struct checkpoint checkpoint = {.size = sequencer.next.size};
    struct buf text;
    unsigned char edge[MERKLE_PROOF_MAX * HASH_BYTES];
    size_t edge_size = 0;
    memcpy(checkpoint.origin, key->name, sizeof(checkpoint.origin));
    merkle_edge_root(&sequencer.next, checkpoint.root);
    buf_init(&text, NOTE_MAX_BYTES);
    checkpoint_format(&checkpoint, &text);
    buf_clear(&sequencer.note);
    int rc = note_sign(key, text.data, &sequencer.note);
    assert(rc == 0);
    buf_release(&text);
    for (int height = 0; height < MERKLE_PROOF_MAX; height++) {
        if (sequencer.next.size >> height & 1) {
            memcpy(edge + edge_size, sequencer.next.nodes[height], HASH_BYTES);
            edge_size += HASH_BYTES;
        }
    }
    audit_array_end(&sequencer.levels);
    audit_array_end(&sequencer.numbers);
    audit_array_end(&sequencer.hashes);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, (int64_t)checkpoint.size);
    db_add_bytes(&params, checkpoint.root, HASH_BYTES);
    db_add_bytes(&params, edge, edge_size);
    db_add_text(&params, sequencer.note.data);
    db_add_text(&params, sequencer.levels.data);
    db_add_text(&params, sequencer.numbers.data);
    db_add_text(&params, sequencer.hashes.data);
    db_query(
        sequencer.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_AUDIT_CHECKPOINT_PUT, &params, on_stored, NULL);
}

static void note_level(void *arg, int level, uint64_t n, const unsigned char hash[HASH_BYTES])
{
    (void)arg;
    char text[32], hex[HASH_HEX_BYTES];
    snprintf(text, sizeof(text), "%d", level);
    audit_array_add(&sequencer.levels, text);
    snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
    audit_array_add(&sequencer.numbers, text);
    hex_encode(hash, HASH_BYTES, hex);
    audit_array_add(&sequencer.hashes, hex);
}

static void on_leaves(void *arg, const struct db_result *result)
{
    (void)arg;
    if (failed("leaves", result))
        return;
    struct arena *arena = arena_new(SIZE_MAX);
    sequencer.next = sequencer.edge;
    buf_clear(&sequencer.levels);
    buf_clear(&sequencer.numbers);
    buf_clear(&sequencer.hashes);
    for (int i = 0; i < result->n_rows; i++) {
        size_t size = 0;
        const unsigned char *hash = db_bytes(result, i, 0, arena, &size);
        assert(size == HASH_BYTES);
        merkle_edge_add(&sequencer.next, hash, note_level, NULL);
    }
    arena_free(arena);
    sequencer.more = sequencer.more || result->n_rows == LEAVES_MAX;
    if (result->n_rows > 0)
        sign_and_store();
    else
        end_round(false);
}

static void on_sequenced(void *arg, const struct db_result *result)
{
    (void)arg;
    if (result->status == DB_CONFLICT) { // another sequencer was quicker
        end_round(false);
        return;
    }
    if (failed("sequence", result))
        return;
    uint64_t size = (uint64_t)db_number(result, 0, 1);
    sequencer.more = db_number(result, 0, 0) >= SEQUENCE_MAX;
    if (size <= sequencer.edge.size) {
        end_round(false);
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, (int64_t)sequencer.edge.size);
    db_add_number(&params, LEAVES_MAX);
    db_query(sequencer.loop->db, DB_READ, 0, QUERY_AUDIT_LEAVES, &params, on_leaves, NULL);
}

static void sequence(void)
{
    struct db_params params;
    if (is_set_back(sequencer.edge.size)) {
        sequencer.loaded = false; // restored meanwhile, perhaps
        end_round(false);
        return;
    }
    sequencer.kept.size = 0; // from here on the database is at least as far
    db_params_init(&params);
    db_add_number(&params, SEQUENCE_MAX);
    db_query(sequencer.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_AUDIT_SEQUENCE, &params, on_sequenced, NULL);
}

static void on_loaded(void *arg, const struct db_result *result)
{
    (void)arg;
    if (failed("load", result))
        return;
    sequencer.edge = (struct merkle_edge){0};
    if (result->n_rows == 1) {
        struct arena *arena = arena_new(SIZE_MAX);
        size_t size = 0, used = 0;
        const unsigned char *edge = db_bytes(result, 0, 1, arena, &size);
        sequencer.edge.size = (uint64_t)db_number(result, 0, 0);
        for (int height = 0; height < MERKLE_PROOF_MAX; height++) {
            if ((sequencer.edge.size >> height & 1) == 0)
                continue;
            assert(used + HASH_BYTES <= size);
            memcpy(sequencer.edge.nodes[height], edge + used, HASH_BYTES);
            used += HASH_BYTES;
        }
        arena_free(arena);
    }
    sequencer.loaded = true;
    sequence();
}

static void begin_round(void)
{
    struct db_params params;
    sequencer.busy = true;
    if (sequencer.loaded) {
        sequence();
        return;
    }
    db_params_init(&params);
    db_query(sequencer.loop->db, DB_READ, 0, QUERY_AUDIT_CHECKPOINT, &params, on_loaded, NULL);
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
    (void)fd, (void)what, (void)arg;
    if (!sequencer.busy)
        begin_round();
}

int sequencer_start(struct loop *loop, struct err *err)
{
    sequencer = (struct sequencer){.loop = loop};
    int rc = read_kept(loop, err);
    if (rc < 0)
        return rc;
    buf_init(&sequencer.levels, ARRAY_MAX_BYTES);
    buf_init(&sequencer.numbers, ARRAY_MAX_BYTES);
    buf_init(&sequencer.hashes, ARRAY_MAX_BYTES);
    buf_init(&sequencer.note, NOTE_MAX_BYTES);
    sequencer.timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL);
    if (sequencer.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for the log");
    const struct timeval every = {.tv_usec = TICK_MS * 1000};
    event_add(sequencer.timer, &every);
    return 0;
}

void sequencer_stop(struct loop *loop)
{
    (void)loop;
    event_free(sequencer.timer);
    buf_release(&sequencer.levels);
    buf_release(&sequencer.numbers);
    buf_release(&sequencer.hashes);
    buf_release(&sequencer.note);
}
