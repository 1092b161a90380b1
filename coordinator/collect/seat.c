#include "coordinator/collect/seat.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/collect/quota.h"
#include "coordinator/collect/submission.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdlib.h>
#include <string.h>

enum { ATTEMPTS_MAX = 4, CODES_MAX_BYTES = QUOTA_CELLS_MAX * (2 * KEYS_CODE_BYTES + 1) + 3 };

struct finding {
    struct http_request *request;
    const struct actor *actor;
    const struct keys *keys; // what the pool may use of the loop's
    int64_t shard_key, version, setup;
    int64_t held; // the version of the answers by which the study counted or refused them once; 0: not yet
    json_t *quotas, *answers;
    const unsigned char *sealed;
    size_t n_sealed;
    bool is_stored; // the cell is written: it holds if the answers still do
    int attempts;
    struct seat seat;
    void (*then)(void *arg, const struct seat *seat);
    void *arg;
};

static void finding_release(void *arg)
{
    struct finding *finding = arg;
    json_decref(finding->quotas);
    json_decref(finding->answers);
}

// --- codes ----------------------------------------------------------------------------------------------------------------
static void code_of(const struct keys *keys, int64_t shard_key, const json_t *quotas, size_t cell,
    unsigned char code[KEYS_CODE_BYTES])
{
    char *text = quota_cell_text(quotas, cell);
    keys_code(keys, shard_key, text, code);
    free(text);
}

static const char *codes_text(const struct keys *keys, struct arena *arena, int64_t shard_key,
    const json_t *quotas, const size_t *cells, size_t n)
{
    struct buf out;
    buf_init(&out, CODES_MAX_BYTES);
    buf_add_char(&out, '{');
    for (size_t i = 0; i < n; i++) {
        unsigned char code[KEYS_CODE_BYTES];
        char hex[2 * KEYS_CODE_BYTES + 1];
        code_of(keys, shard_key, quotas, cells[i], code);
        hex_encode(code, sizeof(code), hex);
        buf_printf(&out, "%s%s", i == 0 ? "" : ",", hex);
    }
    buf_add_char(&out, '}');
    const char *text = arena_strdup(arena, out.data);
    buf_release(&out);
    return text;
}

const char *seat_codes(const struct keys *keys, struct arena *arena, int64_t shard_key, const json_t *quotas)
{
    size_t cells[QUOTA_CELLS_MAX], n = quota_n_cells(quotas);
    for (size_t i = 0; i < n; i++)
        cells[i] = i;
    return codes_text(keys, arena, shard_key, quotas, cells, n);
}

const char *seat_limits(
    struct arena *arena, const json_t *quotas, int64_t (*limit)(const json_t *quotas, size_t cell))
{
    const char *text = "";
    for (size_t i = 0; i < quota_n_cells(quotas); i++) {
        int64_t n = limit(quotas, i);
        const char *one = n < 0 ? "NULL" : arena_printf(arena, "%lld", (long long)n);
        text = arena_printf(arena, "%s%s%s", text, i == 0 ? "" : ",", one);
    }
    return arena_printf(arena, "{%s}", text);
}

// --- what is said to the person ---------------------------------------------------------------------------------------------
static void ask_questions(struct finding *finding)
{
    json_t *missing = quota_missing(finding->quotas, finding->answers), *errors = json_array(), *one;
    size_t i;
    json_array_foreach(missing, i, one)
    {
        char pointer[POINTER_MAX_BYTES];
        pointer_join(pointer, "/answers", json_string_value(one));
        bool is_taken = quota_takes_unsaid(finding->quotas, json_string_value(one));
        json_array_append_new(errors, json_pack("{s:s, s:O, s:s, s:s}", "pointer", pointer, "attribute", one,
                                          "detail", "Answer this first; to prefer not to say is an answer.",
                                          "unsaid", is_taken ? "open" : "closed"));
    }
    json_decref(missing);
    http_problem_of(finding->request, 403, "quota_questions",
        "This study wants so many people of each kind, and asks these questions before the work begins.",
        errors);
}

static void say_full(const struct finding *finding)
{
    submission_none(finding->request, finding->actor, finding->shard_key, "full");
}

static void say_busy(struct finding *finding)
{
    http_reply_header(finding->request, "Retry-After", "2");
    http_problem(finding->request, 503, "There is much to do just now; try again in a moment.");
}

// --- the steps --------------------------------------------------------------------------------------------------------------
static void read_answers(struct finding *finding);

static void on_cleared(void *arg, const struct db_result *result)
{
    struct finding *finding = arg;
    if (api_db_failed(finding->request, result))
        return;
    finding->is_stored = false;
    if (++finding->attempts < ATTEMPTS_MAX)
        read_answers(finding);
    else
        say_busy(finding);
}

// The answers were taken back or changed while the cell was written.
static void clear(struct finding *finding)
{
    const struct loop *loop = http_context(finding->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, finding->shard_key);
    db_add_uuid(&params, finding->actor->person);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_CELL_CLEAR, &params, on_cleared, finding);
}

// Read once more: whoever takes their answers back now clears the cell, for it is there.
static void on_written(void *arg, const struct db_result *result)
{
    struct finding *finding = arg;
    if (api_db_failed(finding->request, result))
        return;
    if (result->n_rows == 0)
        http_problem(finding->request, 404, "There is nothing here, or it is not yours to see.");
    else if (db_is_null(result, 0, 0)) {
        finding->seat.is_stale = true;
        finding->then(finding->arg, &finding->seat);
    } else if (!db_bool(result, 0, 0))
        say_full(finding);
    else {
        finding->is_stored = true;
        finding->held = finding->version;
        read_answers(finding);
    }
}

static void store(struct finding *finding)
{
    const struct loop *loop = http_context(finding->request);
    size_t cells[QUOTA_CELLS_MAX], n = quota_find(finding->quotas, finding->answers, cells);
    bool in_people = quota_counts_people(finding->quotas);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, finding->shard_key);
    db_add_uuid(&params, finding->actor->participant);
    if (in_people) {
        finding->seat.is_admitted = true;
        db_add_number(&params, finding->version);
        db_add_text(&params, codes_text(finding->keys, http_arena(finding->request), finding->shard_key,
                                 finding->quotas, cells, n));
    } else {
        code_of(finding->keys, finding->shard_key, finding->quotas, cells[0], finding->seat.cell);
        db_add_bytes(&params, finding->seat.cell, KEYS_CODE_BYTES);
        db_add_number(&params, finding->version);
    }
    db_add_number(&params, finding->setup);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE,
        in_people ? QUERY_COLLECT_QUOTA_ADMIT : QUERY_COLLECT_QUOTA_STORE, &params, on_written, finding);
}

static void open_run(void *arg)
{
    struct finding *finding = arg;
    finding->answers =
        identity_open_demographics(finding->keys, finding->actor->person, finding->sealed, finding->n_sealed);
}

static void opened(void *arg)
{
    struct finding *finding = arg;
    if (finding->is_stored && finding->answers != NULL)
        finding->then(finding->arg, &finding->seat);
    else if (finding->is_stored)
        clear(finding);
    else {
        json_t *missing = quota_missing(finding->quotas, finding->answers);
        bool is_complete = json_array_size(missing) == 0, was_held = finding->held != 0;
        json_decref(missing);
        finding->held = 0;
        if (is_complete)
            store(finding);
        else if (was_held) // the quotas are by other questions now
            read_answers(finding);
        else
            ask_questions(finding);
    }
}

static void on_answers(void *arg, const struct db_result *result)
{
    struct finding *finding = arg;
    const struct loop *loop = http_context(finding->request);
    if (api_db_failed(finding->request, result))
        return;
    bool is_given = result->n_rows > 0 && !db_is_null(result, 0, 1);
    int64_t version = is_given ? db_number(result, 0, 0) : 0;
    if (finding->is_stored && version != finding->version) {
        clear(finding);
        return;
    }
    json_decref(finding->answers);
    finding->answers = NULL;
    finding->version = version;
    if (!is_given &&
        finding->held != 0) { // what they were counted by they took back: they are not counted again
        say_full(finding);
        return;
    }
    if (!is_given) {
        ask_questions(finding);
        return;
    }
    finding->sealed = db_bytes(result, 0, 1, http_arena(finding->request), &finding->n_sealed);
    if (work_submit(loop->app->pool, loop->base, open_run, opened, finding) < 0)
        say_busy(finding);
}

static void read_answers(struct finding *finding)
{
    const struct loop *loop = http_context(finding->request);
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, finding->actor->person);
    if (finding->held != 0)
        db_add_number(&params, finding->held);
    db_query(loop->db, DB_READ, 0,
        finding->held != 0 ? QUERY_IDENTITY_DEMOGRAPHICS_AS_OF : QUERY_IDENTITY_DEMOGRAPHICS, &params,
        on_answers, finding);
}

static void on_me(void *arg, const struct db_result *result)
{
    struct finding *finding = arg;
    if (api_db_failed(finding->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(finding->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    // By the answers with which they came first: who is told that enough are there does not become somebody else.
    finding->held = db_is_null(result, 0, 0) ? 0 : db_number(result, 0, 0);
    if (db_is_null(result, 0, 1) || finding->actor->demographics_version < finding->held ||
        db_number(result, 0, 2) != finding->setup) {
        read_answers(finding);
        return;
    }
    size_t size = 0;
    const unsigned char *cell = db_bytes(result, 0, 1, http_arena(finding->request), &size);
    finding->seat.is_admitted = quota_counts_people(finding->quotas);
    if (!finding->seat.is_admitted && size == KEYS_CODE_BYTES)
        memcpy(finding->seat.cell, cell, KEYS_CODE_BYTES);
    finding->then(finding->arg, &finding->seat);
}

void seat_find(struct http_request *request, const struct actor *actor, int64_t shard_key, json_t *quotas,
    int64_t setup, void (*then)(void *arg, const struct seat *seat), void *arg)
{
    const struct loop *loop = http_context(request);
    struct finding *finding = arena_calloc(http_arena(request), 1, sizeof(*finding));
    *finding = (struct finding){.request = request,
        .actor = actor,
        .keys = loop->app->keys,
        .shard_key = shard_key,
        .setup = setup,
        .quotas = json_incref(quotas),
        .then = then,
        .arg = arg};
    arena_on_free(http_arena(request), finding_release, finding);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, shard_key);
    db_add_uuid(&params, actor->participant);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_QUOTA_ME, &params, on_me, finding);
}
