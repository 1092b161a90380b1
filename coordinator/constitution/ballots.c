// Votes on amendments: checked here, stored by natural group commit, answered after it. The answer is a signed receipt;
// the public log holds only a commitment, so that neither a choice nor a running tally can be read from it, and who
// holds the receipt can show what the commitment was to:
//   commitment = SHA-256 of {"amendment","choice","nonce","voter"} in canonical JSON.
#include "coordinator/constitution/constitution.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/audit/entry.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH_MAX_ROWS = 500, N_COLUMNS = 10, ATTEMPTS_MAX = 4, NONCE_BYTES = 16, RECEIPT_MAX = 4096 };

struct ballot {
    struct http_request *request;
    const char *values[N_COLUMNS]; // of constitution_ballots.sql, in the request's arena
    int attempts;
};

void ballots_start(struct loop *loop)
{
    loop->ballots = db_batch_new(loop->db, DB_WRITE, QUERY_CONSTITUTION_BALLOTS, N_COLUMNS, BATCH_MAX_ROWS);
}

static void on_stored(void *arg, const struct db_result *result, int row)
{
    struct ballot *ballot = arg;
    struct http_request *request = ballot->request;
    const struct loop *loop = http_context(request);
    if (result->status == DB_CONFLICT && ++ballot->attempts < ATTEMPTS_MAX) {
        db_batch_add(loop->ballots, ballot->values, on_stored, ballot);
        return;
    }
    if (api_db_failed(request, result))
        return;
    const char *outcome = db_text(result, row, 1);
    if (strcmp(outcome, "ok") == 0) {
        metrics_add(METRIC_BALLOTS, 1);
        http_reply_json(request, 200, json_pack("{s:s}", "receipt", db_text(result, row, 2)));
    } else if (strcmp(outcome, "mismatch") == 0)
        api_key_reused(request);
    else if (strcmp(outcome, "closed") == 0)
        http_problem(request, 409, "The vote has closed.");
    else if (strcmp(outcome, "not_eligible") == 0)
        http_problem(request, 409, "You joined after this vote had opened; who may vote was settled then.");
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static json_t *commitment(const char *amendment, const char *choice, const char *nonce, const char *voter)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    json_t *opened = json_pack(
        "{s:s, s:s, s:s, s:s}", "amendment", amendment, "choice", choice, "nonce", nonce, "voter", voter);
    char *text = json_canonical(opened);
    hash_sha256(text, strlen(text), hash);
    hex_encode(hash, HASH_BYTES, hex);
    free(text);
    json_decref(opened);
    return json_string(hex);
}

// The log's entry, and the receipt that opens it.
static const char *make_receipt(const struct loop *loop, struct arena *arena, struct id amendment,
    const struct actor *actor, const char *choice, struct audit_entry *ret_entry)
{
    unsigned char random[NONCE_BYTES];
    char nonce[2 * NONCE_BYTES + 1], amendment_text[ID_TEXT_BYTES], voter[ID_TEXT_BYTES],
        entry_id[UUID_TEXT_BYTES];
    char leaf[HASH_HEX_BYTES];
    rng_secure(random, sizeof(random));
    hex_encode(random, sizeof(random), nonce);
    id_format(amendment, amendment_text);
    id_format((struct id){amendment.shard_key, actor->participant}, voter);
    audit_entry_make(arena, "ballot",
        json_pack("{s:s, s:o}", "amendment", amendment_text, "commitment",
            commitment(amendment_text, choice, nonce, voter)),
        ret_entry);
    uuid_format(ret_entry->id, entry_id);
    hex_encode(ret_entry->leaf_hash, HASH_BYTES, leaf);
    json_t *claims = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "type", "ballot", "amendment",
        amendment_text, "choice", choice, "nonce", nonce, "voter", voter, "entry", entry_id, "leaf_hash",
        leaf, "at", json_time_us(clock_real_us()));
    char *text = json_canonical(claims);
    struct buf receipt;
    buf_init(&receipt, RECEIPT_MAX);
    keys_sign_receipt(loop->app->keys, text, strlen(text), &receipt);
    assert(buf_check(&receipt) == 0);
    const char *copy = arena_strndup(arena, receipt.data, receipt.length);
    buf_release(&receipt);
    free(text);
    json_decref(claims);
    return copy;
}

static const char *bytea_text(struct arena *arena, const unsigned char *bytes, size_t size)
{
    char *text = arena_alloc(arena, 2 * size + 3);
    memcpy(text, "\\x", 2);
    hex_encode(bytes, size, text + 2);
    return text;
}

static const char *uuid_copy(struct arena *arena, struct uuid uuid)
{
    char *text = arena_alloc(arena, UUID_TEXT_BYTES);
    uuid_format(uuid, text);
    return text;
}

static void vote_as(struct http_request *request, const struct actor *actor)
{
    static const char *const choices[] = {"yes", "no", "abstain", NULL};
    const struct loop *loop = http_context(request);
    struct arena *arena = http_arena(request);
    json_t *body = http_body_json(request);
    struct uuid key;
    struct id amendment;
    if (body == NULL || !api_idempotency_key(request, true, &key, NULL) ||
        !identity_param_id(request, "a", &amendment))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", "choice", NULL);
    int choice = fields_choice(&fields, body, "", "choice", FIELD_REQUIRED, choices);
    if (!fields_finish(&fields, request))
        return;
    unsigned char hash[HASH_BYTES];
    char *text = json_canonical(body);
    hash_sha256(text, strlen(text), hash);
    free(text);
    struct audit_entry entry;
    struct ballot *ballot = arena_calloc(arena, 1, sizeof(*ballot));
    ballot->request = request;
    ballot->values[7] = make_receipt(loop, arena, amendment, actor, choices[choice], &entry);
    ballot->values[0] = arena_printf(arena, "%lld", (long long)amendment.shard_key);
    ballot->values[1] = uuid_copy(arena, amendment.uuid);
    ballot->values[2] = uuid_copy(arena, actor->participant);
    ballot->values[3] = choices[choice];
    ballot->values[4] = actor->demographics_version > 0
                            ? arena_printf(arena, "%lld", (long long)actor->demographics_version)
                            : NULL;
    ballot->values[5] = uuid_copy(arena, key);
    ballot->values[6] = bytea_text(arena, hash, HASH_BYTES);
    ballot->values[8] = uuid_copy(arena, entry.id);
    ballot->values[9] = entry.text;
    db_batch_add(loop->ballots, ballot->values, on_stored, ballot);
}

void ballot_put(struct http_request *request)
{
    struct id amendment;
    if (identity_param_id(request, "a", &amendment))
        identity_require(request, ACTION_VOTE, &amendment, vote_as);
}
