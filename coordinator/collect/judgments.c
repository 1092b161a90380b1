#include "coordinator/collect/routes.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "coordinator/api.h"
#include "coordinator/collect/answer.h"
#include "coordinator/collect/placing.h"
#include "coordinator/collect/submission.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS_MAX = 5, SEALED_NOTE_MAX_BYTES = 512 * 1024, RECEIPT_MAX_BYTES = 2048 };

// A judgment on its way; in the request's arena.
struct writing {
    struct http_request *request;
    const struct actor *actor;
    const struct keys *keys; // what the pool may use of the loop's
    struct id lease;
    struct uuid key, judgment;
    unsigned char hash[HASH_BYTES];
    struct answer answer;
    json_t *body, *stored, *note;
    char *stored_text, *note_text;
    struct buf sealed;
    int sealed_rc, attempts;
    struct words *words; // of the rationale; NULL: none
    unsigned char words_key[KEYS_CODE_BYTES];
    struct rules rules;          // a copy of our own
    bool runs;                   // the submission to a panel, if there is one
    bool is_reread;              // the rules have been read for this very answer
    bool may_be_gold, is_gold;   // the study gives out tasks with a known answer; this is one
    int64_t community_shard_key; // of the task
    int shown[SHOWN_MAX];
    struct seen seen;
};

static void writing_release(void *arg)
{
    struct writing *writing = arg;
    json_decref(writing->stored);
    json_decref(writing->note);
    rules_release(&writing->rules);
    free(writing->stored_text);
    free(writing->note_text);
    buf_release(&writing->sealed);
}

// --- the batch ----------------------------------------------------------------------------------------------------------
static void submit(struct writing *writing);

// '{1,0}' of the database.
static size_t read_shown(const char *text, int shown[SHOWN_MAX])
{
    size_t n = 0;
    for (const char *at = text; n < SHOWN_MAX && (*at == '{' || *at == ',') && at[1] != '}';) {
        char *end = NULL;
        shown[n++] = (int)strtol(at + 1, &end, 10);
        at = end;
    }
    return n;
}

// What is told of an answer given to practise, as a member of the reply: columns of collect_gold_judgments.sql.
static const char *feedback(const struct writing *writing, const struct db_result *result, int row)
{
    enum { AS_EXPECTED = 5, EXPECTED, EXPLANATION, SHOWN_THEN };
    int shown[SHOWN_MAX];
    if (db_is_null(result, row, EXPECTED))
        return "";
    json_t *expected = json_loads(db_text(result, row, EXPECTED), 0, NULL), *told = json_object();
    json_object_set_new(told, "as_expected",
        db_is_null(result, row, AS_EXPECTED) ? json_null() : json_boolean(db_bool(result, row, AS_EXPECTED)));
    json_object_set_new(told, "expected",
        gold_on_screen(
            &writing->rules, expected, shown, read_shown(db_text(result, row, SHOWN_THEN), shown)));
    if (!db_is_null(result, row, EXPLANATION))
        json_object_set_new(told, "explanation", json_db_json(result, row, EXPLANATION));
    char *text = json_text(told, JSON_COMPACT);
    const char *member = arena_printf(http_arena(writing->request), ",\"feedback\":%s", text);
    free(text);
    json_decref(told);
    json_decref(expected);
    return member;
}

static void reply_stored(const struct writing *writing, const struct db_result *result, int row)
{
    struct http_request *request = writing->request;
    struct uuid judgment = db_uuid(result, row, 2);
    char id[ID_TEXT_BYTES];
    metrics_add(
        uuid_equal(judgment, writing->judgment) ? METRIC_JUDGMENTS_ACCEPTED : METRIC_JUDGMENTS_REPLAYED, 1);
    id_format((struct id){writing->lease.shard_key, judgment}, id);
    http_reply_json_text(request, 201,
        arena_printf(http_arena(request), "{\"judgment_id\":\"%s\",\"revision\":%lld,\"receipt\":\"%s\"%s}",
            id, (long long)db_number(result, row, 3), db_text(result, row, 4),
            writing->is_gold ? feedback(writing, result, row) : ""));
}

static void refuse(struct http_request *request, const char *outcome)
{
    metrics_add(METRIC_JUDGMENTS_REFUSED, 1);
    if (strcmp(outcome, "reused") == 0)
        api_key_reused(request);
    else if (strcmp(outcome, "told") == 0)
        http_problem(request, 409, "What was answered to practise or to qualify stays as it was.");
    else if (strcmp(outcome, "lost") == 0)
        http_problem(request, 409,
            "This task is not yours any more: its time ran out and somebody else has it, or it was "
            "given back. Ask for the next one.");
    else
        http_problem(request, 409, "The study is %s: %s", outcome,
            strcmp(outcome, "paused") == 0 ? "answers can't be changed just now." : "nothing more is taken.");
}

static void on_row(void *arg, const struct db_result *result, int row)
{
    struct writing *writing = arg;
    const char *outcome = result->status == DB_OK ? db_text(result, row, 1) : "";
    bool again = result->status == DB_CONFLICT || strcmp(outcome, "again") == 0;
    if (again && ++writing->attempts < ATTEMPTS_MAX) {
        submit(writing);
    } else if (again) {
        http_reply_header(writing->request, "Retry-After", "1");
        http_problem(writing->request, 503, "This can't be done just now; try again.");
    } else if (!api_db_failed(writing->request, result)) {
        if (strcmp(outcome, "stored") == 0) {
            reply_stored(writing, result, row);
        } else if (strcmp(outcome, "lost") == 0 && writing->may_be_gold && !writing->is_gold) {
            writing->is_gold = true;
            submit(writing);
        } else
            refuse(writing->request, outcome);
    }
}

static void make_receipt(const struct writing *writing, struct buf *out)
{
    const struct loop *loop = http_context(writing->request);
    char judgment[ID_TEXT_BYTES], lease[ID_TEXT_BYTES], hex[HASH_HEX_BYTES], time[CLOCK_TEXT_BYTES];
    char claims[512];
    id_format((struct id){writing->lease.shard_key, writing->judgment}, judgment);
    id_format(writing->lease, lease);
    hex_encode(writing->hash, HASH_BYTES, hex);
    clock_format(clock_real_us(), time);
    int length = snprintf(claims, sizeof(claims),
        "{\"assignment\":\"%s\",\"at\":\"%s\",\"hash\":\"%s\",\"judgment\":\"%s\",\"type\":\"judgment\"}",
        lease, time, hex, judgment);
    assert(length > 0 && (size_t)length < sizeof(claims));
    keys_sign_receipt(loop->app->keys, claims, (size_t)length, out);
}

static void submit(struct writing *writing)
{
    const struct loop *loop = http_context(writing->request);
    struct arena *arena = http_arena(writing->request);
    const struct answer *answer = &writing->answer;
    char lease[UUID_TEXT_BYTES], participant[UUID_TEXT_BYTES], judgment[UUID_TEXT_BYTES],
        key[UUID_TEXT_BYTES];
    char hash[HASH_HEX_BYTES], receipt_text[RECEIPT_MAX_BYTES];
    struct buf receipt;
    uuid_format(writing->lease.uuid, lease);
    uuid_format(writing->actor->participant, participant);
    uuid_format(writing->judgment, judgment);
    uuid_format(writing->key, key);
    hex_encode(writing->hash, HASH_BYTES, hash);
    buf_init(&receipt, sizeof(receipt_text) - 1);
    make_receipt(writing, &receipt);
    char *note = NULL, *client = NULL;
    const char *words[WORDS_COLUMNS] = {NULL};
    if (writing->words != NULL)
        words_columns(writing->words, arena, words);
    if (writing->sealed.length > 0) {
        note = arena_alloc(arena, 2 * writing->sealed.length + 3);
        memcpy(note, "\\x", 2);
        hex_encode(writing->sealed.data, writing->sealed.length, note + 2);
    }
    if (json_object_get(writing->body, "client") != NULL)
        client = json_text(json_object_get(writing->body, "client"), JSON_COMPACT | JSON_ENCODE_ANY);
    const char *values[] = {arena_printf(arena, "%lld", (long long)writing->lease.shard_key), lease,
        participant, judgment, answer->outcome,
        answer->strength > 0 ? arena_printf(arena, "%d", answer->strength) : NULL, writing->stored_text, note,
        arena_printf(arena, "%lld", (long long)answer->active_ms),
        answer->wall_ms >= 0 ? arena_printf(arena, "%lld", (long long)answer->wall_ms) : NULL, client,
        writing->actor->demographics_version > 0
            ? arena_printf(arena, "%lld", (long long)writing->actor->demographics_version)
            : NULL,
        key, arena_printf(arena, "\\x%s", hash), receipt.data, arena_printf(arena, "%d", loop->index),
        words[0], words[1], words[2], words[3]};
    db_batch_add(writing->is_gold ? loop->gold_judgments : loop->judgments, values, on_row, writing);
    buf_release(&receipt);
    free(client);
}

// --- free text is sealed before it leaves for the database -------------------------------------------------------------------
static void seal_run(void *arg)
{
    struct writing *writing = arg;
    struct err err;
    if (writing->words != NULL)
        words_read(writing->words, json_string_value(json_object_get(writing->note, "rationale")),
            writing->words_key, &writing->answer.typing, writing->answer.active_ms);
    writing->sealed_rc = keys_seal(writing->keys, writing->actor->person, KEYS_TEXT, writing->note_text,
        strlen(writing->note_text), &writing->sealed, &err);
}

static void seal_done(void *arg)
{
    struct writing *writing = arg;
    if (writing->sealed_rc < 0)
        http_problem(writing->request, 503, "The words could not be sealed just now, so nothing was stored.");
    else
        submit(writing);
}

static void finish(struct writing *writing)
{
    const struct loop *loop = http_context(writing->request);
    writing->stored_text = json_text(writing->stored, JSON_COMPACT);
    if (writing->note == NULL) {
        submit(writing);
        return;
    }
    if (json_object_get(writing->note, "rationale") != NULL) {
        writing->words = arena_calloc(http_arena(writing->request), 1, sizeof(*writing->words));
        keys_code(writing->keys, writing->lease.shard_key, WORDS_CODE, writing->words_key);
    }
    writing->note_text = json_dumps(writing->note, JSON_COMPACT);
    if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, writing) < 0) {
        http_reply_header(writing->request, "Retry-After", "1");
        http_problem(writing->request, 503, "There is much to do just now; try again in a moment.");
    }
}

// --- answers that name places on screen -----------------------------------------------------------------------------------
static void on_replay(void *arg, const struct db_result *result)
{
    const struct writing *writing = arg;
    if (api_db_failed(writing->request, result))
        return;
    if (result->n_rows == 0)
        refuse(writing->request, "lost");
    else if (!db_bool(result, 0, 0))
        refuse(writing->request, "reused");
    else
        reply_stored(writing, result, 0);
}

// The lease is gone: it may be a retry of what was stored.
static void ask_replay(struct writing *writing)
{
    const struct loop *loop = http_context(writing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, writing->lease.shard_key);
    db_add_uuid(&params, writing->actor->participant);
    db_add_uuid(&params, writing->key);
    db_add_bytes(&params, writing->hash, HASH_BYTES);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_REPLAY, &params, on_replay, writing);
}

static void with_task(struct http_request *request, const struct task *task, void *arg);

// Is it well said? If not, it is by rules just read: what is asked may have become more since they were. Else answers.
static bool is_well(struct writing *writing, struct fields *fields)
{
    const struct loop *loop = http_context(writing->request);
    if (fields_ok(fields) || writing->is_reread)
        return fields_finish(fields, writing->request);
    fields_release(fields);
    json_decref(writing->stored);
    json_decref(writing->note);
    writing->stored = writing->note = NULL;
    rules_release(&writing->rules);
    writing->is_reread = true;
    task_forget(loop->collect, writing->lease.shard_key);
    task_require(writing->request, writing->lease.shard_key, with_task, writing);
    return false;
}

static void place(struct writing *writing)
{
    struct fields fields;
    fields_init(&fields);
    answer_place(&fields, &writing->rules, writing->body, &writing->answer, &writing->seen, &writing->stored,
        &writing->note);
    if (is_well(writing, &fields))
        finish(writing);
}

static void on_articles(void *arg, const struct db_result *result)
{
    struct writing *writing = arg;
    if (api_db_failed(writing->request, result))
        return;
    json_t *articles = result->n_rows == 1 ? json_loads(db_text(result, 0, 0), 0, NULL) : NULL;
    writing->seen.articles = articles;
    place(writing);
    writing->seen.articles = NULL;
    json_decref(articles);
}

// Those of the version that the task was given out under: an amendment since then takes nobody's reasons away.
static void ask_articles(struct writing *writing, int64_t version)
{
    const struct loop *loop = http_context(writing->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, writing->community_shard_key);
    db_add_number(&params, version);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_ARTICLES, &params, on_articles, writing);
}

// Columns of collect_lease.sql.
enum { SHOWN, SLOT, HAS_LATER, CONSTITUTION, ITEM, IS_GOLD };

static void on_lease(void *arg, const struct db_result *result)
{
    struct writing *writing = arg;
    if (api_db_failed(writing->request, result))
        return;
    if (result->n_rows == 0) {
        ask_replay(writing);
        return;
    }
    writing->is_gold = db_bool(result, 0, IS_GOLD);
    writing->seen = (struct seen){.shown = writing->shown,
        .n_shown = placing_shown(db_text(result, 0, SHOWN), writing->shown),
        .later = db_bool(result, 0, HAS_LATER) && rules_show_later(&writing->rules, db_uuid(result, 0, ITEM),
                                                      (int)db_number(result, 0, SLOT))};
    if (writing->answer.cites && !db_is_null(result, 0, CONSTITUTION))
        ask_articles(writing, db_number(result, 0, CONSTITUTION));
    else
        place(writing);
}

static void runs_on(void *arg);

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct writing *writing = arg;
    const struct loop *loop = http_context(request);
    struct fields fields;
    if (task->has_panel && !writing->runs) {
        submission_require(request, writing->actor, task, false, runs_on, writing);
        return;
    }
    fields_init(&fields);
    answer_read(&fields, &task->rules, writing->body, &writing->answer);
    // A turn is nobody else's to have.
    if (task->is_chat && strcmp(writing->answer.outcome, "skip") == 0)
        fields_fail(&fields, "/choice", "In a chat, say cannot_judge, or end it.");
    if (!is_well(writing, &fields))
        return;
    rules_copy(&writing->rules, &task->rules);
    writing->may_be_gold = gold_is_given(&task->gold);
    if (!writing->answer.needs_seen) {
        place(writing);
        return;
    }
    writing->community_shard_key = task->community_shard_key;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, writing->lease.shard_key);
    db_add_uuid(&params, writing->lease.uuid);
    db_add_uuid(&params, writing->actor->participant);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_LEASE, &params, on_lease, writing);
}

static void runs_on(void *arg)
{
    struct writing *writing = arg;
    writing->runs = true;
    task_require(writing->request, writing->lease.shard_key, with_task, writing);
}

// What was received, and for which task: the same key for anything else is refused.
static void hash_request(const struct writing *writing, unsigned char hash[HASH_BYTES])
{
    char *canonical = json_canonical(writing->body);
    struct hash_stream *stream = hash_stream_new();
    hash_stream_add(stream, writing->lease.uuid.bytes, UUID_BYTES);
    hash_stream_add(stream, canonical, strlen(canonical));
    hash_stream_finish(stream, hash);
    free(canonical);
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    struct writing *writing = arena_calloc(http_arena(request), 1, sizeof(*writing));
    const struct loop *loop = http_context(request);
    *writing =
        (struct writing){.request = request, .actor = actor, .keys = loop->app->keys, .judgment = uuid_new()};
    buf_init(&writing->sealed, SEALED_NOTE_MAX_BYTES);
    arena_on_free(http_arena(request), writing_release, writing);
    if (!identity_param_id(request, "a", &writing->lease) ||
        !api_idempotency_key(request, true, &writing->key, NULL))
        return;
    writing->body = http_body_json(request);
    if (writing->body == NULL)
        return;
    hash_request(writing, writing->hash);
    task_require(request, writing->lease.shard_key, with_task, writing);
}

void judgments_put(struct http_request *request)
{
    struct id lease;
    if (identity_param_id(request, "a", &lease))
        identity_require(request, ACTION_ANNOTATE, &lease, put_as);
}
