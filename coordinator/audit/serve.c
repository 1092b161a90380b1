// The log for readers: the latest checkpoint, the key that signs it, proofs that an entry is in it, and that it goes on
// from an older one.
#include "coordinator/audit/audit.h"

#include "base/buf.h"
#include "base/merkle.h"
#include "base/note.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RANGES_MAX = 2 * MERKLE_PROOF_MAX, ARRAY_MAX_BYTES = 32 * 1024 };

static void on_checkpoint(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "Nothing has been signed yet.");
        return;
    }
    http_reply(request, 200, "text/plain; charset=utf-8", db_text(result, 0, 2), db_length(result, 0, 2));
}

void audit_checkpoint(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    struct db_params params;
    db_params_init(&params);
    db_query(loop->db, DB_READ, 0, QUERY_AUDIT_CHECKPOINT, &params, on_checkpoint, request);
}

void audit_key(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    char text[NOTE_KEY_BYTES + 1];
    note_key_format(keys_log(loop->app->keys), false, text);
    size_t size = strlen(text);
    text[size++] = '\n';
    http_reply(request, 200, "text/plain; charset=utf-8", text, size);
}

// --- proofs --------------------------------------------------------------------------------------------------------
struct proof {
    struct http_request *request;
    struct uuid entry;
    const char *text, *note; // in the request's arena
    char leaf_hash[HASH_HEX_BYTES];
    uint64_t sequence, size; // of consistency: `sequence` is the older size
    int (*make)(
        uint64_t first, uint64_t size, merkle_fetch *fetch, void *arg, struct merkle_proof *ret_proof);
    struct {
        int level;
        uint64_t first;
        size_t count;
    } ranges[RANGES_MAX];
    size_t n_ranges, next;          // `next`: the range that is being read back
    const struct db_result *result; // all ranges' hashes, one behind the other
    int row;
};

// First pass: what will be asked for.
static int note_range(void *arg, int level, uint64_t first, size_t count, unsigned char *hashes)
{
    struct proof *proof = arg;
    if (proof->n_ranges == RANGES_MAX)
        return ERR_LIMIT;
    proof->ranges[proof->n_ranges].level = level;
    proof->ranges[proof->n_ranges].first = first;
    proof->ranges[proof->n_ranges++].count = count;
    memset(hashes, 0, count * HASH_BYTES);
    return 0;
}

// Second pass: what came back.
static int take_range(void *arg, int level, uint64_t first, size_t count, unsigned char *hashes)
{
    struct proof *proof = arg;
    struct arena *arena = http_arena(proof->request);
    assert(proof->ranges[proof->next].level == level && proof->ranges[proof->next].first == first);
    proof->next++;
    for (size_t i = 0; i < count; i++, proof->row++) {
        size_t size = 0;
        if (proof->row >= proof->result->n_rows)
            return ERR_NOT_FOUND;
        const unsigned char *hash = db_bytes(proof->result, proof->row, 0, arena, &size);
        assert(size == HASH_BYTES);
        memcpy(hashes + i * HASH_BYTES, hash, HASH_BYTES);
    }
    return 0;
}

static json_t *hashes_json(const struct merkle_proof *path)
{
    json_t *hashes = json_array();
    for (int i = 0; i < path->n; i++) {
        char hex[HASH_HEX_BYTES];
        hex_encode(path->hashes[i], HASH_BYTES, hex);
        json_array_append_new(hashes, json_string(hex));
    }
    return hashes;
}

static void on_hashes(void *arg, const struct db_result *result)
{
    struct proof *proof = arg;
    struct merkle_proof path;
    char id[UUID_TEXT_BYTES];
    if (api_db_failed(proof->request, result))
        return;
    proof->result = result;
    if (proof->make(proof->sequence, proof->size, take_range, proof, &path) < 0 ||
        proof->row != result->n_rows) {
        http_problem(proof->request, 500, "The log lacks hashes that it should have.");
        return;
    }
    json_t *body = json_pack("{s:I, s:o, s:s}", "tree_size", (json_int_t)proof->size, "hashes",
        hashes_json(&path), "checkpoint", proof->note);
    if (proof->make == merkle_consistency) {
        json_object_set_new(body, "from", json_integer((json_int_t)proof->sequence));
    } else {
        uuid_format(proof->entry, id);
        json_object_set_new(body, "entry_id", json_string(id));
        json_object_set_new(body, "entry", json_string(proof->text));
        json_object_set_new(body, "leaf_hash", json_string(proof->leaf_hash));
        json_object_set_new(body, "sequence", json_integer((json_int_t)proof->sequence));
    }
    http_reply_json(proof->request, 200, body);
}

static void ask_hashes(struct proof *proof)
{
    const struct loop *loop = http_context(proof->request);
    struct merkle_proof path;
    int rc = proof->make(proof->sequence, proof->size, note_range, proof, &path);
    assert(rc == 0); // at most 64 siblings, of which one is ragged: at most 64 parts more
    struct buf levels, firsts, counts;
    buf_init(&levels, ARRAY_MAX_BYTES);
    buf_init(&firsts, ARRAY_MAX_BYTES);
    buf_init(&counts, ARRAY_MAX_BYTES);
    for (size_t i = 0; i < proof->n_ranges; i++) {
        char text[32];
        snprintf(text, sizeof(text), "%d", proof->ranges[i].level);
        audit_array_add(&levels, text);
        snprintf(text, sizeof(text), "%llu", (unsigned long long)proof->ranges[i].first);
        audit_array_add(&firsts, text);
        snprintf(text, sizeof(text), "%zu", proof->ranges[i].count);
        audit_array_add(&counts, text);
    }
    audit_array_end(&levels);
    audit_array_end(&firsts);
    audit_array_end(&counts);
    struct db_params params;
    db_params_init(&params);
    db_add_text(&params, levels.data);
    db_add_text(&params, firsts.data);
    db_add_text(&params, counts.data);
    db_query(loop->db, DB_READ, 0, QUERY_AUDIT_HASHES, &params, on_hashes, proof);
    buf_release(&levels);
    buf_release(&firsts);
    buf_release(&counts);
}

static void on_located(void *arg, const struct db_result *result)
{
    struct proof *proof = arg;
    struct arena *arena = http_arena(proof->request);
    if (api_db_failed(proof->request, result))
        return;
    // An entry is signed within a second of its commit; until then it is as good as not there.
    if (result->n_rows == 0 || db_is_null(result, 0, 4) ||
        db_number(result, 0, 0) >= db_number(result, 0, 4)) {
        http_reply_header(proof->request, "Retry-After", "1");
        http_problem(proof->request, 404, "No signed checkpoint holds this entry, or not yet.");
        return;
    }
    size_t size = 0;
    const unsigned char *hash = db_bytes(result, 0, 3, arena, &size);
    assert(size == HASH_BYTES);
    hex_encode(hash, HASH_BYTES, proof->leaf_hash);
    proof->sequence = (uint64_t)db_number(result, 0, 0);
    proof->entry = db_uuid(result, 0, 1);
    proof->text = arena_strdup(arena, db_text(result, 0, 2));
    proof->size = (uint64_t)db_number(result, 0, 4);
    proof->note = arena_strdup(arena, db_text(result, 0, 5));
    ask_hashes(proof);
}

// By an entry's id or its leaf hash.
static void prove(struct http_request *request, const char *entry, const char *leaf_hash)
{
    const struct loop *loop = http_context(request);
    struct proof *proof = arena_calloc(http_arena(request), 1, sizeof(*proof));
    unsigned char hash[HASH_BYTES];
    struct db_params params;
    proof->request = request;
    proof->make = merkle_inclusion;
    db_params_init(&params);
    if (entry != NULL && uuid_parse(entry, &proof->entry) == 0) {
        db_add_uuid(&params, proof->entry);
        db_add_null(&params);
    } else if (leaf_hash != NULL && hex_decode(leaf_hash, hash, HASH_BYTES) == 0) {
        db_add_null(&params);
        db_add_bytes(&params, hash, HASH_BYTES);
    } else {
        http_problem_at(request, 422, entry != NULL ? "?entry" : "?leaf_hash",
            "Ask by entry, a UUID, or by leaf_hash, 64 hexadecimal digits.");
        return;
    }
    db_query(loop->db, DB_READ, 0, QUERY_AUDIT_LOCATE, &params, on_located, proof);
}

void audit_proof(struct http_request *request)
{
    prove(request, http_query(request, "entry"), http_query(request, "leaf_hash"));
}

void audit_proof_of(struct http_request *request)
{
    const char *entry = http_param(request, "entry");
    bool is_hash = strlen(entry) == 2 * HASH_BYTES;
    prove(request, is_hash ? NULL : entry, is_hash ? entry : NULL);
}

// --- consistency ---------------------------------------------------------------------------------------------------
static void on_latest(void *arg, const struct db_result *result)
{
    struct proof *proof = arg;
    if (api_db_failed(proof->request, result))
        return;
    proof->size = result->n_rows == 1 ? (uint64_t)db_number(result, 0, 0) : 0;
    if (proof->sequence > proof->size) {
        http_problem_at(
            proof->request, 422, "?from", "The log has %llu entries.", (unsigned long long)proof->size);
        return;
    }
    proof->note = arena_strdup(http_arena(proof->request), db_text(result, 0, 2));
    ask_hashes(proof);
}

void audit_consistency(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    struct proof *proof = arena_calloc(http_arena(request), 1, sizeof(*proof));
    const char *from = http_query(request, "from");
    char *end = NULL;
    long long value = from != NULL ? strtoll(from, &end, 10) : 0;
    proof->request = request;
    proof->make = merkle_consistency;
    if (value <= 0 || *end != '\0') {
        http_problem_at(request, 422, "?from", "from is the size of an older checkpoint, from 1.");
        return;
    }
    proof->sequence = (uint64_t)value;
    struct db_params params;
    db_params_init(&params);
    db_query(loop->db, DB_READ, 0, QUERY_AUDIT_CHECKPOINT, &params, on_latest, proof);
}
