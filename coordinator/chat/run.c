// A turn while it is answered: its calls, then everything sealed and stored in one statement. It goes on when the browser has
// gone, for what is paid for is kept; it ends with its loop. Belongs to its loop's thread, but for what the pool seals.
#include "coordinator/chat/internal.h"

#include "base/hash.h"
#include "base/json.h"
#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE_WAIT_MS = 200, SEAL_WAIT_MS = 500, SEAL_TRIES = 20 };

struct answer {
    struct run *run;
    int n;
    struct uuid endpoint;
    char *url, *key, *model, *parameters;
    bool is_old, is_over; // old: whole from an attempt before
    struct outside_call *call;
    struct event *wait; // for a place, as long as it has none
    int waited_ms;
    struct outside_result result;
    char *text, *finish_reason;
    size_t text_length;
    struct buf sealed;
};

struct run {
    struct run *next, **link;
    struct loop *loop;
    struct hub_turn *live;
    struct id turn;
    struct uuid person, lease;
    int n, attempt, n_left, seal_tries;
    json_t *messages, *prompt;
    struct answer answers[CHAT_RESPONSES_MAX];
    char *item_text; // {"prompt", "responses"} when all are whole
    struct buf item_sealed;
    const struct keys *keys; // what the pool may use of the loop's
    int sealed_rc;
    bool is_in_pool, was_dropped; // dropped: the loop has ended meanwhile
};

static char *copy(const char *text)
{
    char *result = text != NULL ? strdup(text) : NULL;
    if (result == NULL && text != NULL)
        abort();
    return result;
}

static void answer_release(struct answer *answer)
{
    if (answer->call != NULL) {
        outside_call_cancel(answer->call);
        hub_give_place(answer->run->loop->chat->shared->hub, answer->endpoint);
    }
    if (answer->wait != NULL)
        event_free(answer->wait);
    if (answer->key != NULL)
        explicit_bzero(answer->key, strlen(answer->key));
    free(answer->url);
    free(answer->key);
    free(answer->model);
    free(answer->parameters);
    free(answer->text);
    free(answer->finish_reason);
    buf_release(&answer->sealed);
}

static void run_free(struct run *run)
{
    for (int i = 0; i < run->n; i++)
        answer_release(&run->answers[i]);
    json_decref(run->messages);
    json_decref(run->prompt);
    free(run->item_text);
    buf_release(&run->item_sealed);
    free(run);
}

static void end(struct run *run, bool is_ready, struct uuid lease)
{
    *run->link = run->next;
    if (run->next != NULL)
        run->next->link = run->link;
    hub_end(run->live, is_ready, lease);
    run_free(run);
}

void run_cancel_all(struct chat_loop *chat)
{
    while (chat->first != NULL) {
        struct run *run = chat->first;
        chat->first = run->next;
        if (run->next != NULL)
            run->next->link = &chat->first;
        hub_end(run->live, false, (struct uuid){0});
        if (run->is_in_pool)
            run->was_dropped = true; // the pool still reads it; the process ends
        else
            run_free(run);
    }
}

// --- stored -----------------------------------------------------------------------------------------------------------------
static void on_stored(void *arg, const struct db_result *result)
{
    struct run *run = arg;
    if (result->status == DB_OK && result->n_rows == 1) {
        bool is_ready = !db_is_null(result, 0, 1);
        end(run, is_ready, is_ready ? db_uuid(result, 0, 1) : (struct uuid){0});
        return;
    }
    // Nothing was said to be there: the person asks anew.
    log_event(LOG_WARNING, "chat_not_stored", LOG_TEXT("sqlstate", result->sqlstate));
    end(run, false, (struct uuid){0});
}

static json_t *call_json(const struct answer *answer)
{
    char uuid[UUID_TEXT_BYTES];
    const struct outside_result *result = &answer->result;
    json_t *call = json_object();
    uuid_format(answer->endpoint, uuid);
    json_object_set_new(call, "n", json_integer(answer->n));
    json_object_set_new(call, "endpoint", json_string(uuid));
    json_object_set_new(call, "model", json_string(answer->model));
    json_object_set_new(call, "parameters", json_loads(answer->parameters, 0, NULL));
    json_object_set_new(call, "state", json_string(outside_end_names[result->end]));
    json_object_set_new(call, "tries", json_integer(result->attempts));
    json_object_set_new(call, "whole_ms", json_integer(result->whole_ms));
    json_object_set_new(call, "finish_reason", json_string(answer->finish_reason));
    if (result->status != 0)
        json_object_set_new(call, "status", json_integer(result->status));
    if (result->first_token_ms >= 0)
        json_object_set_new(call, "first_token_ms", json_integer(result->first_token_ms));
    if (answer->sealed.length > 0) {
        char *hex = malloc(2 * answer->sealed.length + 1);
        if (hex == NULL)
            abort();
        hex_encode(answer->sealed.data, answer->sealed.length, hex);
        json_object_set_new(call, "content", json_string(hex));
        free(hex);
    }
    return call;
}

static void store(struct run *run)
{
    unsigned char hash[HASH_BYTES];
    json_t *calls = json_array();
    for (int i = 0; i < run->n; i++) {
        if (!run->answers[i].is_old)
            json_array_append_new(calls, call_json(&run->answers[i]));
    }
    char *text = json_text(calls, JSON_COMPACT);
    // No hash of the words, by which they could be guessed: of the turn's name.
    hash_sha256(run->turn.uuid.bytes, UUID_BYTES, hash);
    run->lease = uuid_new();
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, run->turn.shard_key);
    db_add_uuid(&params, run->turn.uuid);
    db_add_text(&params, text);
    db_add_number(&params, run->attempt);
    if (run->item_sealed.length > 0)
        db_add_bytes(&params, run->item_sealed.data, run->item_sealed.length);
    else
        db_add_null(&params);
    db_add_uuid(&params, run->person);
    db_add_uuid(&params, run->lease);
    db_add_bytes(&params, hash, sizeof(hash));
    db_add_number(&params, run->loop->index);
    db_query(run->loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CHAT_FINISH, &params, on_stored, run);
    free(text);
    json_decref(calls);
}

// --- sealed -----------------------------------------------------------------------------------------------------------------
static int seal(const struct run *run, const char *text, size_t size, struct buf *out)
{
    return size > 0 ? keys_seal(run->keys, run->person, KEYS_TEXT, text, size, out, NULL) : 0;
}

// On a thread of the pool.
static void seal_run(void *arg)
{
    struct run *run = arg;
    int rc = 0;
    for (int i = 0; i < run->n && rc == 0; i++) {
        struct answer *answer = &run->answers[i];
        if (!answer->is_old)
            rc = seal(run, answer->text, answer->text_length, &answer->sealed);
    }
    if (rc == 0 && run->item_text != NULL)
        rc = seal(run, run->item_text, strlen(run->item_text), &run->item_sealed);
    run->sealed_rc = rc;
}

static void seal_done(void *arg)
{
    struct run *run = arg;
    run->is_in_pool = false;
    if (run->was_dropped) {
        run_free(run);
    } else if (run->sealed_rc < 0) {
        log_event(LOG_WARNING, "chat_not_sealed", LOG_NUMBER("code", run->sealed_rc));
        end(run, false, (struct uuid){0});
    } else {
        store(run);
    }
}

static void make_item_text(struct run *run)
{
    json_t *responses = json_array();
    for (int i = 0; i < run->n; i++) {
        const struct answer *answer = &run->answers[i];
        if (!answer->is_old && answer->result.end != OUTSIDE_WHOLE) {
            json_decref(responses);
            return;
        }
        json_array_append_new(responses, json_stringn(answer->text, answer->text_length));
    }
    json_t *item = json_pack("{s:O, s:o}", "prompt", run->prompt, "responses", responses);
    run->item_text = json_text(item, JSON_COMPACT);
    json_decref(item);
}

static void begin_seal(struct run *run);

static void on_seal_again(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    begin_seal(arg);
}

static void begin_seal(struct run *run)
{
    run->is_in_pool = true;
    if (work_submit(run->loop->app->pool, run->loop->base, seal_run, seal_done, run) == 0)
        return;
    run->is_in_pool = false;
    if (++run->seal_tries > SEAL_TRIES) {
        end(run, false, (struct uuid){0});
        return;
    }
    struct answer *first = &run->answers[0]; // its event is free by now
    if (first->wait != NULL)
        event_free(first->wait);
    first->wait = event_new(run->loop->base, -1, 0, on_seal_again, run);
    if (first->wait == NULL)
        abort();
    event_add(first->wait, &(struct timeval){.tv_usec = SEAL_WAIT_MS * 1000});
}

// --- asked ------------------------------------------------------------------------------------------------------------------
static void over(struct answer *answer)
{
    struct run *run = answer->run;
    answer->is_over = true;
    hub_say(run->live, answer->n, outside_end_names[answer->result.end]);
    if (--run->n_left > 0)
        return;
    make_item_text(run);
    begin_seal(run);
}

static void on_text(void *arg, const char *text, size_t size)
{
    const struct answer *answer = arg;
    hub_add(answer->run->live, answer->n, text, size);
}

static void on_end(void *arg, const struct outside_result *result)
{
    struct answer *answer = arg;
    bool keeps = result->end == OUTSIDE_WHOLE || result->end == OUTSIDE_CUT;
    answer->call = NULL;
    hub_give_place(answer->run->loop->chat->shared->hub, answer->endpoint);
    answer->result = *result;
    answer->finish_reason = copy(result->finish_reason);
    answer->text = copy(keeps ? result->text : "");
    answer->text_length = keeps ? result->text_length : 0;
    over(answer);
}

// The endpoint's parameters, and what the chat itself says over them.
static char *body_of(const struct answer *answer)
{
    json_t *body = json_loads(answer->parameters, 0, NULL);
    if (body == NULL)
        body = json_object();
    json_object_set_new(body, "model", json_string(answer->model));
    json_object_set(body, "messages", answer->run->messages);
    json_object_set_new(body, "stream", json_true());
    char *text = json_text(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

static void ask(struct answer *answer);

static void on_wait(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    ask(arg);
}

static void wait_for_place(struct answer *answer)
{
    const struct chat_loop *chat = answer->run->loop->chat;
    if (answer->waited_ms >= chat->shared->settings.first_ms) {
        answer->result =
            (struct outside_result){.end = OUTSIDE_BUSY, .first_token_ms = -1, .whole_ms = answer->waited_ms};
        answer->finish_reason = copy("");
        answer->text = copy("");
        over(answer);
        return;
    }
    answer->waited_ms += PLACE_WAIT_MS;
    event_add(answer->wait, &(struct timeval){.tv_usec = PLACE_WAIT_MS * 1000});
}

static void ask(struct answer *answer)
{
    const struct chat_loop *chat = answer->run->loop->chat;
    if (!hub_take_place(chat->shared->hub, answer->endpoint)) {
        wait_for_place(answer);
        return;
    }
    char *body = body_of(answer);
    answer->call = outside_call_new(chat->outside,
        &(struct outside_request){
            .url = answer->url, .key = answer->key, .body = body, .text_max_bytes = CHAT_ANSWER_MAX_BYTES},
        on_text, on_end, answer);
    free(body);
}

static void fill_answer(struct run *run, int n, const struct run_answer *given)
{
    struct answer *answer = &run->answers[n];
    *answer = (struct answer){.run = run, .n = n};
    buf_init(&answer->sealed, KEYS_SEALED_MAX_BYTES + KEYS_OVERHEAD_BYTES);
    if (given->whole != NULL) {
        answer->is_old = answer->is_over = true;
        answer->text = copy(given->whole);
        answer->text_length = given->whole_length;
        hub_add(run->live, n, given->whole, given->whole_length);
        hub_say(run->live, n, outside_end_names[OUTSIDE_WHOLE]);
        return;
    }
    run->n_left++;
    answer->endpoint = given->endpoint->id;
    answer->url = copy(given->endpoint->url);
    answer->key = copy(given->endpoint->key);
    answer->model = copy(given->endpoint->model);
    answer->parameters = copy(given->endpoint->parameters);
    answer->wait = event_new(run->loop->base, -1, 0, on_wait, answer);
    if (answer->wait == NULL)
        abort();
}

enum hub_begun run_start(struct loop *loop, const struct run_request *request)
{
    struct hub_turn *live = NULL;
    enum hub_begun begun = hub_begin(loop->chat->shared->hub, request->turn, request->n, &live);
    if (begun != HUB_BEGUN) {
        json_decref(request->messages);
        json_decref(request->prompt);
        return begun;
    }
    struct run *run = calloc(1, sizeof(*run));
    if (run == NULL)
        abort();
    *run = (struct run){.next = loop->chat->first,
        .link = &loop->chat->first,
        .loop = loop,
        .live = live,
        .turn = request->turn,
        .person = request->person,
        .n = request->n,
        .attempt = request->attempt,
        .messages = request->messages,
        .prompt = request->prompt,
        .keys = loop->app->keys};
    if (run->next != NULL)
        run->next->link = &run->next;
    loop->chat->first = run;
    buf_init(&run->item_sealed, KEYS_SEALED_MAX_BYTES + KEYS_OVERHEAD_BYTES);
    for (int i = 0; i < run->n; i++)
        fill_answer(run, i, &request->answers[i]);
    if (run->n_left == 0) { // whole already, but never stored together
        make_item_text(run);
        begin_seal(run);
        return HUB_BEGUN;
    }
    for (int i = 0; i < run->n; i++) {
        if (!run->answers[i].is_old)
            ask(&run->answers[i]);
    }
    return HUB_BEGUN;
}
