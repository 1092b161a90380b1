#include "coordinator/collect/routes.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/collect/day.h"
#include "coordinator/collect/frontier.h"
#include "coordinator/collect/offer.h"
#include "coordinator/collect/placing.h"
#include "coordinator/collect/seat.h"
#include "coordinator/collect/submission.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// One statement looks at so many candidates on each side of the cursor; a person who has had them all goes on from
// there, so many times. Past that the answer is "nothing left" although something far away may be: a stated bound.
enum {
    CANDIDATES = 1000,
    ROUNDS_MAX = 64,
    ATTEMPTS_MAX = 4,
    PROPOSALS_MAX = 3, // slots that turned out to be taken, before it is searched for one by one
    ANSWER_MAX_BYTES = 64 * 1024 * 1024
};

struct search {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    int64_t constitution_version;
    int rounds, attempts, proposals;
    bool is_pair, is_seated, is_full, has_released; // seated: in a cell of a quota, which may be full
    struct seat seat;
    struct gold_rules gold;
    bool is_drawn, repeats;            // either is searched for one by one: it depends on what the person had
    bool is_within;                    // what a day has
    bool runs;                         // the submission to a panel, if there is one
    const struct candidate *candidate; // proposed just now
    struct uuid lease;                 // for it
};

// Columns of collect_assignment.sql and collect_lease_show.sql.
enum {
    STATE,
    HAD_LEASE,
    LEASE,
    EXPIRES,
    ITEM,
    PROMPT,
    LANGUAGE,
    WARNING,
    TASK,
    GUIDELINE,
    CONSTITUTION,
    RESPONSES,
    LATER,
    IS_LOST, // of studies that draw or have cells only: somebody else was faster, or there is more to look at
    IS_FULL, // these of cells only
    HAS_CELL
};

static void add_text(struct buf *out, const char *name, const char *value)
{
    json_t *text = json_string(value);
    char *encoded = json_dumps(text, JSON_ENCODE_ANY);
    buf_printf(out, ",\"%s\":%s", name, encoded);
    free(encoded);
    json_decref(text);
}

// The database speaks JSON already: it is passed on as text.
void assignments_reply(struct http_request *request, int status, long long shard_key,
    const struct db_result *result, const char *part)
{
    char id[ID_TEXT_BYTES], item[ID_TEXT_BYTES], time[CLOCK_TEXT_BYTES];
    struct buf out;
    id_format((struct id){shard_key, db_uuid(result, 0, LEASE)}, id);
    id_format((struct id){shard_key, db_uuid(result, 0, ITEM)}, item);
    clock_format(db_number(result, 0, EXPIRES), time);
    buf_init(&out, ANSWER_MAX_BYTES);
    buf_printf(
        &out, "{\"id\":\"%s\",\"expires_at\":\"%s\",\"item\":{\"id\":\"%s\",\"prompt\":", id, time, item);
    buf_add_text(&out, db_text(result, 0, PROMPT));
    buf_add_text(&out, ",\"responses\":");
    buf_add_text(&out, db_text(result, 0, RESPONSES));
    if (!db_is_null(result, 0, LANGUAGE))
        add_text(&out, "language", db_text(result, 0, LANGUAGE));
    if (!db_is_null(result, 0, WARNING))
        add_text(&out, "warning", db_text(result, 0, WARNING));
    if (!db_is_null(result, 0, LATER))
        buf_printf(&out, ",\"later\":%s", db_text(result, 0, LATER));
    buf_printf(&out, "},\"task\":%s,\"guideline_version\":%lld", db_text(result, 0, TASK),
        (long long)db_number(result, 0, GUIDELINE));
    if (!db_is_null(result, 0, CONSTITUTION))
        buf_printf(&out, ",\"constitution_version\":%lld", (long long)db_number(result, 0, CONSTITUTION));
    if (part != NULL)
        buf_printf(&out, ",\"part\":%s", part);
    buf_add_char(&out, '}');
    if (buf_check(&out) == 0)
        http_reply(request, status, "application/json", out.data, out.length);
    else
        http_problem(request, 500, "The task is too long to be sent.");
    buf_release(&out);
}

static void look(struct search *search);
static void read_again(struct search *search);

// Why there is nothing, in a header: 204 has no body.
static void say_none(struct search *search, const char *reason)
{
    submission_none(search->request, search->actor, search->project.shard_key, reason);
}

static void on_released(void *arg, const struct db_result *result)
{
    struct search *search = arg;
    if (api_db_failed(search->request, result))
        return;
    bool is_any = result->n_rows > 0 && db_number(result, 0, 0) > 0;
    if (!is_any && search->is_full)
        say_none(search, "full");
    else if (!is_any)
        say_none(search, "done");
    else {
        search->rounds = 0;
        look(search);
    }
}

// What others hold beyond their time may be what is missing: the cell or the item seems full for it.
static void release_late(struct search *search)
{
    const struct loop *loop = http_context(search->request);
    struct db_params params;
    search->has_released = true;
    db_params_init(&params);
    db_add_number(&params, search->project.shard_key);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_QUOTA_RELEASE, &params, on_released, search);
}

static void on_advanced(void *arg, const struct db_result *result)
{
    struct search *search = arg;
    if (api_db_failed(search->request, result))
        return;
    if (result->n_rows > 0 && ++search->rounds < ROUNDS_MAX)
        look(search);
    else if (search->is_seated && !search->has_released)
        release_late(search);
    else
        say_none(search, "done");
}

static void advance(struct search *search)
{
    const struct loop *loop = http_context(search->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, search->project.shard_key);
    db_add_uuid(&params, search->actor->participant);
    db_add_number(&params, CANDIDATES);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_ADVANCE, &params, on_advanced, search);
}

static void reply_found(struct search *search, const struct db_result *result)
{
    metrics_add(db_bool(result, 0, HAD_LEASE) ? METRIC_ASSIGNMENTS_AGAIN : METRIC_ASSIGNMENTS_SEARCHED, 1);
    assignments_reply(search->request, 201, search->project.shard_key, result, NULL);
}

static void on_found(void *arg, const struct db_result *result)
{
    struct search *search = arg;
    struct http_request *request = search->request;
    // Two requests of one person at once: one of them finds the other's lease when it looks again.
    bool again = result->status == DB_CONFLICT ||
                 (result->status == DB_OK && result->n_rows == 1 && db_bool(result, 0, HAD_LEASE) &&
                     db_is_null(result, 0, LEASE) && strcmp(db_text(result, 0, STATE), "open") == 0);
    bool is_lost = false;
    bool is_row = result->status == DB_OK && result->n_rows == 1;
    if ((search->is_seated || search->is_drawn) && is_row)
        is_lost = db_bool(result, 0, IS_LOST); // each time somebody else has gone on
    if (search->is_seated && is_row)
        search->is_full = db_bool(result, 0, IS_FULL);
    if ((again && ++search->attempts < ATTEMPTS_MAX) || (is_lost && ++search->rounds < ROUNDS_MAX)) {
        look(search);
        return;
    }
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
    else if (strcmp(db_text(result, 0, STATE), "open") != 0)
        http_problem(request, 409, "The study is %s: no tasks are given out.", db_text(result, 0, STATE));
    else if (!db_is_null(result, 0, LEASE))
        reply_found(search, result);
    else if (search->is_seated && !db_bool(result, 0, HAS_CELL))
        read_again(search);
    else if (search->is_full && search->has_released)
        say_none(search, "full");
    else if (search->is_full || (search->is_seated && search->is_drawn && !search->has_released))
        release_late(search);
    else if (search->is_drawn)
        say_none(search, "done");
    else
        advance(search);
}

// Where to look, and which of what is found there.
static void add_chance(struct db_params *params)
{
    struct rng rng;
    rng_seed(&rng, rng_secure_u64());
    db_add_number(params, (int64_t)rng_secure_u64());
    db_add_real(params, rng_uniform(&rng));
}

static void look(struct search *search)
{
    const struct loop *loop = http_context(search->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, search->project.shard_key);
    db_add_uuid(&params, search->actor->participant);
    db_add_uuid(&params, uuid_new());
    if (search->constitution_version > 0)
        db_add_number(&params, search->constitution_version);
    else
        db_add_null(&params);
    // By whether the study draws, and whether the person is of a cell.
    static const enum query ways[2][2] = {
        {QUERY_COLLECT_ASSIGNMENT, QUERY_COLLECT_QUOTA_TAKE}, {QUERY_COLLECT_DRAW, QUERY_COLLECT_QUOTA_DRAW}};
    enum query how = ways[search->is_drawn][search->is_seated];
    if (search->is_drawn)
        add_chance(&params);
    else
        db_add_number(&params, CANDIDATES);
    if (search->is_seated)
        db_add_bytes(&params, search->seat.cell, sizeof(search->seat.cell));
    // Whatever became of one that was lost on the way: the next look finds the lease.
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, how, &params, on_found, search);
}

// --- a slot that was read ahead, taken in a batch ---------------------------------------------------------------------
static void propose(struct search *search);

static void add_slot(struct buf *out, const struct search *search, int i, int response)
{
    buf_add_text(out, i == 0 ? "{\"slot\":\"" : ",{\"slot\":\"");
    if (search->is_pair)
        buf_add_text(out, i == 0 ? "left" : "right");
    else if (i < 26)
        buf_add_char(out, (char)('a' + i));
    else
        buf_printf(out, "%c%c", 'a' + i / 26 - 1, 'a' + i % 26);
    buf_add_text(out, "\",");
    buf_add_text(out, search->candidate->responses[response]);
    buf_add_char(out, '}');
}

// What assignments_reply says of a row, of what was read ahead.
static void reply_taken(struct search *search, int64_t expires_us, const char *shown_text)
{
    const struct candidate *candidate = search->candidate;
    int shown[SHOWN_MAX];
    size_t n_shown = placing_shown(shown_text, shown);
    char id[ID_TEXT_BYTES], item[ID_TEXT_BYTES], time[CLOCK_TEXT_BYTES];
    struct buf out;
    id_format((struct id){search->project.shard_key, search->lease}, id);
    id_format((struct id){search->project.shard_key, candidate->item}, item);
    clock_format(expires_us, time);
    buf_init(&out, ANSWER_MAX_BYTES);
    buf_printf(
        &out, "{\"id\":\"%s\",\"expires_at\":\"%s\",\"item\":{\"id\":\"%s\",\"prompt\":", id, time, item);
    buf_add_text(&out, candidate->prompt);
    buf_add_text(&out, ",\"responses\":[");
    for (size_t i = 0; i < n_shown; i++)
        add_slot(&out, search, (int)i, shown[i]);
    buf_add_char(&out, ']');
    if (candidate->language != NULL)
        buf_printf(&out, ",\"language\":%s", candidate->language);
    if (candidate->warning != NULL)
        buf_printf(&out, ",\"warning\":%s", candidate->warning);
    if (candidate->later != NULL)
        buf_printf(&out, ",\"later\":%s", candidate->later);
    buf_printf(&out, "},\"task\":%s,\"guideline_version\":%lld", candidate->task,
        (long long)candidate->guideline_version);
    if (search->constitution_version > 0)
        buf_printf(&out, ",\"constitution_version\":%lld", (long long)search->constitution_version);
    buf_add_char(&out, '}');
    metrics_add(METRIC_ASSIGNMENTS_READ_AHEAD, 1);
    int rc = buf_check(&out);
    assert(rc == 0); // a block of the frontier is shorter
    http_reply(search->request, 201, "application/json", out.data, out.length);
    buf_release(&out);
}

static void on_own(void *arg, const struct db_result *result)
{
    struct search *search = arg;
    if (api_db_failed(search->request, result))
        return;
    if (result->n_rows == 0) // answered meanwhile, in another tab
        look(search);
    else {
        metrics_add(METRIC_ASSIGNMENTS_AGAIN, 1);
        assignments_reply(search->request, 201, search->project.shard_key, result, NULL);
    }
}

static void show_own(struct search *search, struct uuid lease)
{
    const struct loop *loop = http_context(search->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, search->project.shard_key);
    db_add_uuid(&params, lease);
    db_add_uuid(&params, search->actor->participant);
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_LEASE_SHOW, &params, on_own, search);
}

static void on_taken(void *arg, const struct db_result *result, int row)
{
    struct search *search = arg;
    const char *outcome = result->status == DB_OK ? db_text(result, row, 1) : "gone";
    if (result->status != DB_CONFLICT && api_db_failed(search->request, result))
        return;
    bool is_taken = strcmp(outcome, "taken") == 0;
    if (is_taken && db_number(result, row, 4) == search->candidate->guideline_version)
        reply_taken(search, db_number(result, row, 3), db_text(result, row, 5));
    else if (is_taken) // what is asked has changed since it was read
        show_own(search, search->lease);
    else if (strcmp(outcome, "own") == 0)
        show_own(search, db_uuid(result, row, 2));
    else if (strcmp(outcome, "gone") != 0)
        http_problem(search->request, 409, "The study is %s: no tasks are given out.", outcome);
    else if (++search->proposals < PROPOSALS_MAX)
        propose(search);
    else
        look(search);
}

static void take(void *arg, const struct candidate *candidate)
{
    struct search *search = arg;
    const struct loop *loop = http_context(search->request);
    struct arena *arena = http_arena(search->request);
    char participant[UUID_TEXT_BYTES], lease[UUID_TEXT_BYTES], item[UUID_TEXT_BYTES];
    if (candidate == NULL) {
        look(search);
        return;
    }
    search->candidate = candidate;
    search->lease = uuid_new();
    uuid_format(search->actor->participant, participant);
    uuid_format(search->lease, lease);
    uuid_format(candidate->item, item);
    const char *values[] = {arena_printf(arena, "%lld", (long long)search->project.shard_key), participant,
        lease, item, arena_printf(arena, "%d", candidate->n), search->is_pair ? "true" : "false",
        search->constitution_version > 0
            ? arena_printf(arena, "%lld", (long long)search->constitution_version)
            : NULL};
    db_batch_add(loop->leases, values, on_taken, search);
}

static void propose(struct search *search)
{
    frontier_next(search->request, search->project.shard_key, take, search);
}

static void begin(void *arg)
{
    struct search *search = arg;
    if (search->is_seated || search->is_drawn || search->repeats)
        look(search);
    else
        propose(search);
}

static void with_seat(void *arg, const struct seat *seat)
{
    struct search *search = arg;
    if (seat->is_stale) {
        read_again(search);
        return;
    }
    search->seat = *seat;
    search->is_seated = !seat->is_admitted;
    offer_gold(search->request, search->actor, search->project, &search->gold, search->constitution_version,
        begin, search);
}

static void within(void *arg);
static void runs_on(void *arg);

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct search *search = arg;
    if (!uuid_equal(task->project, search->project.uuid)) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (task->is_chat) {
        http_problem(request, 409, "This study is a chat: its tasks come of what you write there.");
        return;
    }
    if (task->has_panel && !search->runs) {
        submission_check(request, search->actor, task, runs_on, search);
        return;
    }
    if (task->tasks_a_day > 0 && !search->is_within) {
        day_check(request, search->actor, search->project, task->tasks_a_day, within, search);
        return;
    }
    search->constitution_version = task->constitution_version;
    search->is_pair = task->rules.kind == TASK_PAIRWISE;
    search->gold = task->gold;
    search->repeats = task->repeats;
    search->is_drawn = task->is_drawn;
    if (task->quotas == NULL)
        offer_gold(request, search->actor, search->project, &search->gold, search->constitution_version,
            begin, search);
    else
        seat_find(
            request, search->actor, search->project.shard_key, task->quotas, task->setup, with_seat, search);
}

// The quotas, or the person's answers, are not any more what their cell was found by.
static void read_again(struct search *search)
{
    const struct loop *loop = http_context(search->request);
    task_forget(loop->collect, search->project.shard_key);
    if (++search->attempts < ATTEMPTS_MAX)
        task_require(search->request, search->project.shard_key, with_task, search);
    else
        http_problem(search->request, 409, "What decides which tasks are yours has just changed; ask again.");
}

static void within(void *arg)
{
    struct search *search = arg;
    search->is_within = true;
    task_require(search->request, search->project.shard_key, with_task, search);
}

static void runs_on(void *arg)
{
    struct search *search = arg;
    search->runs = true;
    task_require(search->request, search->project.shard_key, with_task, search);
}

static void next_as(struct http_request *request, const struct actor *actor)
{
    struct search *search = arena_calloc(http_arena(request), 1, sizeof(*search));
    *search = (struct search){.request = request, .actor = actor};
    if (identity_param_id(request, "p", &search->project))
        task_require(request, search->project.shard_key, with_task, search);
}

void assignments_next(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_ANNOTATE, &project, next_as);
}
