// A person's chats: begun, shown, gone on with, asked anew, ended.
#include "coordinator/chat/internal.h"

#include "base/buf.h"
#include "base/json.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/collect/submission.h"
#include "coordinator/collect/task.h"
#include "coordinator/collect/words.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHATS_A_PERSON = 100, SEALED_MESSAGE_MAX_BYTES = 64 * 1024, ARRAY_TEXT_MAX_BYTES = 512 };

static void not_here(struct http_request *request)
{
    http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

// --- beginning ----------------------------------------------------------------------------------------------------------
struct starting {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
};

static void on_started(void *arg, const struct db_result *result)
{
    const struct starting *starting = arg;
    struct http_request *request = starting->request;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        not_here(request);
    else if (!db_bool(result, 0, 1))
        http_problem(request, 409, "This study is no chat.");
    else if (!db_is_null(result, 0, 3))
        http_reply_json(request, db_bool(result, 0, 2) ? 201 : 200,
            json_pack("{s:o}", "id", json_db_id(result, 0, 3, starting->project.shard_key)));
    else if (strcmp(db_text(result, 0, 0), "open") != 0)
        http_problem(request, 409, "The study is %s: no chat can begin.", db_text(result, 0, 0));
    else
        http_problem(
            request, 409, "You have had %d chats in this study; that is all there are.", CHATS_A_PERSON);
}

static void start(void *arg)
{
    struct starting *starting = arg;
    const struct loop *loop = http_context(starting->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, starting->project.shard_key);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, starting->actor->participant);
    db_add_uuid(&params, starting->project.uuid);
    db_add_number(&params, CHATS_A_PERSON);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CHAT_START, &params, on_started, starting);
}

static void start_of(struct http_request *request, const struct task *task, void *arg)
{
    struct starting *starting = arg;
    submission_check(request, starting->actor, task, start, starting);
}

static void start_as(struct http_request *request, const struct actor *actor)
{
    struct starting *starting = arena_calloc(http_arena(request), 1, sizeof(*starting));
    *starting = (struct starting){.request = request, .actor = actor};
    if (identity_param_id(request, "p", &starting->project))
        task_require(request, starting->project.shard_key, start_of, starting);
}

void chats_start(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_ANNOTATE, &project, start_as);
}

// --- showing ------------------------------------------------------------------------------------------------------------
static const char *state_of(const struct chat_turn *turn)
{
    if (turn->outcome != NULL)
        return "judged";
    if (turn->has_lease)
        return "ready";
    return turn->is_live ? "answering" : "incomplete";
}

static json_t *slot_json(const struct chat *chat, const struct chat_turn *turn, int n)
{
    char slot[CHAT_SLOT_BYTES];
    for (int i = 0; i < turn->n_shown; i++) {
        if (turn->shown[i] != n)
            continue;
        chat_slot(chat, i, slot);
        return json_string(slot);
    }
    return json_null();
}

static json_t *answer_json(const struct chat *chat, const struct chat_turn *turn, int place)
{
    const struct chat_answer *answer = &turn->answers[turn->shown[place]];
    char slot[CHAT_SLOT_BYTES];
    json_t *one = json_object();
    chat_slot(chat, place, slot);
    json_object_set_new(one, "slot", json_string(slot));
    json_object_set_new(one, "state", answer->state != NULL ? json_string(answer->state) : json_null());
    json_object_set_new(
        one, "content", json_stringn(answer->content.plain.data, answer->content.plain.length));
    json_object_set_new(one, "machine", json_true());
    if (chat->rules.reveal && !chat->is_open && answer->name != NULL)
        json_object_set_new(one, "model", json_string(answer->name));
    return one;
}

static json_t *turn_json(const struct chat *chat, const struct chat_turn *turn)
{
    json_t *one = json_object(), *responses = json_array();
    json_object_set_new(one, "turn", json_integer(turn->turn));
    json_object_set_new(one, "state", json_string(state_of(turn)));
    json_object_set_new(one, "message", json_stringn(turn->message.plain.data, turn->message.plain.length));
    for (int i = 0; i < turn->n_shown; i++)
        json_array_append_new(responses, answer_json(chat, turn, i));
    json_object_set_new(one, "responses", responses);
    if (turn->has_lease)
        json_object_set_new(one, "assignment_id", json_id((struct id){chat->id.shard_key, turn->lease}));
    if (turn->outcome != NULL) {
        json_object_set_new(one, "outcome", json_string(turn->outcome));
        if (turn->strength > 0)
            json_object_set_new(one, "strength", json_integer(turn->strength));
        if (turn->best >= 0)
            json_object_set_new(one, "best", slot_json(chat, turn, turn->best));
    }
    if (turn->turn + 1 < chat->n_turns)
        json_object_set_new(one, "went_on_with", slot_json(chat, turn, chat->turns[turn->turn + 1].goes_on));
    return one;
}

static json_t *chat_json(const struct chat *chat)
{
    json_t *body = json_object(), *turns = json_array(), *rules = json_copy(chat->stored_rules);
    json_object_del(rules, "system"); // what the models are told is for those who run the study
    json_object_set_new(body, "id", json_id(chat->id));
    json_object_set_new(body, "project_id", json_id(chat->project));
    json_object_set_new(body, "state", json_string(chat->is_open ? "open" : "ended"));
    json_object_set_new(body, "chat", rules);
    for (int i = 0; i < chat->n_turns; i++)
        json_array_append_new(turns, turn_json(chat, &chat->turns[i]));
    json_object_set_new(body, "turns", turns);
    return body;
}

static void show(struct chat *chat, void *arg UNUSED)
{
    http_reply_json(chat->request, 200, chat_json(chat));
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    chat_require(request, actor, show, NULL);
}

void chats_show(struct http_request *request)
{
    struct id chat;
    if (identity_param_id(request, "c", &chat))
        identity_require(request, ACTION_ANNOTATE, &chat, show_as);
}

// --- what is sent to the models -------------------------------------------------------------------------------------------
static void add_message(json_t *list, const char *role, const struct chat_text *text)
{
    json_array_append_new(list,
        json_pack("{s:s, s:o}", "role", role, "content", json_stringn(text->plain.data, text->plain.length)));
}

// Each turn before with the response that was gone on with; `goes_on` is that of the last one.
static json_t *history(const struct chat *chat, int n_turns, int goes_on)
{
    json_t *list = json_array();
    for (int i = 0; i < n_turns; i++) {
        int n = i + 1 < n_turns ? chat->turns[i + 1].goes_on : goes_on;
        add_message(list, "user", &chat->turns[i].message);
        add_message(list, "assistant", &chat->turns[i].answers[n].content);
    }
    return list;
}

static json_t *with_system(const struct chat *chat, const json_t *prompt)
{
    json_t *messages = json_array();
    if (chat->rules.system != NULL)
        json_array_append_new(
            messages, json_pack("{s:s, s:s}", "role", "system", "content", chat->rules.system));
    json_array_extend(messages, (json_t *)(uintptr_t)prompt);
    return messages;
}

// --- going on -------------------------------------------------------------------------------------------------------------
struct saying {
    struct http_request *request;
    const struct actor *actor;
    struct chat *chat;
    const struct endpoints *endpoints;
    const struct keys *keys; // what the pool may use of the loop's
    struct uuid key, person, turn;
    unsigned char hash[HASH_BYTES];
    const char *message;
    struct typing typing;
    struct words words; // of the message
    unsigned char words_key[KEYS_CODE_BYTES];
    int goes_on, sealed_rc;
    int64_t constitution_version;
    struct buf sealed;
    uint32_t order[CHAT_RESPONSES_MAX];
    const struct endpoint *asked[CHAT_RESPONSES_MAX];
};

static void saying_release(void *arg)
{
    struct saying *saying = arg;
    buf_release(&saying->sealed);
}

static void reply_turn(struct http_request *request, int status, int turn, const char *state)
{
    http_reply_json(request, status, json_pack("{s:i, s:s}", "turn", turn, "state", state));
}

// Nothing of what began here is lost when it can't go on: the turn is there, and can be asked for anew.
static void run_new(const struct saying *saying)
{
    struct loop *loop = http_context(saying->request);
    const struct chat *chat = saying->chat;
    json_t *prompt = history(chat, chat->n_turns, saying->goes_on);
    json_array_append_new(prompt, json_pack("{s:s, s:s}", "role", "user", "content", saying->message));
    struct run_request run = {.turn = {chat->id.shard_key, saying->turn},
        .person = saying->actor->person,
        .messages = with_system(chat, prompt),
        .prompt = prompt,
        .n = chat->rules.responses};
    for (int i = 0; i < run.n; i++)
        run.answers[i].endpoint = saying->asked[i];
    bool begun = run_start(loop, &run) == HUB_BEGUN;
    reply_turn(saying->request, 201, chat->n_turns, begun ? "answering" : "incomplete");
}

static void on_added(void *arg, const struct db_result *result)
{
    const struct saying *saying = arg;
    if (api_db_failed(saying->request, result))
        return;
    if (db_bool(result, 0, 0))
        run_new(saying);
    else if (!db_is_null(result, 0, 1) && db_bool(result, 0, 3))
        reply_turn(saying->request, 201, (int)db_number(result, 0, 1),
            "answering"); // by this key, at the same moment
    else if (!db_is_null(result, 0, 1))
        api_key_reused(saying->request);
    else
        http_problem(
            saying->request, 409, "The chat has changed meanwhile, in another tab perhaps: look at it anew.");
}

static void add_array(struct buf *out, int n,
    const char *(*one)(const struct saying *saying, int i, char text[UUID_TEXT_BYTES]),
    const struct saying *saying)
{
    for (int i = 0; i < n; i++) {
        char text[UUID_TEXT_BYTES];
        buf_add_char(out, i == 0 ? '{' : ',');
        buf_add_text(out, one(saying, i, text));
    }
    buf_add_char(out, '}');
}

static const char *endpoint_text(const struct saying *saying, int i, char text[UUID_TEXT_BYTES])
{
    uuid_format(saying->asked[i]->id, text);
    return text;
}

static const char *shown_text(const struct saying *saying, int i, char text[UUID_TEXT_BYTES])
{
    snprintf(text, UUID_TEXT_BYTES, "%u", saying->order[i]);
    return text;
}

static void add_turn(struct saying *saying)
{
    const struct loop *loop = http_context(saying->request);
    const struct chat *chat = saying->chat;
    const char *words[WORDS_COLUMNS];
    struct buf endpoints, shown;
    buf_init(&endpoints, ARRAY_TEXT_MAX_BYTES);
    buf_init(&shown, ARRAY_TEXT_MAX_BYTES);
    add_array(&endpoints, chat->rules.responses, endpoint_text, saying);
    add_array(&shown, chat->rules.responses, shown_text, saying);
    saying->turn = uuid_new();
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, chat->id.shard_key);
    db_add_uuid(&params, chat->id.uuid);
    db_add_uuid(&params, saying->actor->participant);
    db_add_number(&params, chat->n_turns);
    db_add_uuid(&params, saying->turn);
    if (saying->goes_on >= 0)
        db_add_number(&params, saying->goes_on);
    else
        db_add_null(&params);
    db_add_bytes(&params, saying->sealed.data, saying->sealed.length);
    db_add_text(&params, endpoints.data);
    db_add_text(&params, shown.data);
    if (saying->constitution_version > 0)
        db_add_number(&params, saying->constitution_version);
    else
        db_add_null(&params);
    db_add_uuid(&params, saying->key);
    db_add_bytes(&params, saying->hash, HASH_BYTES);
    words_columns(&saying->words, http_arena(saying->request), words);
    for (int i = 0; i < WORDS_COLUMNS; i++)
        db_add_text(&params, words[i]);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CHAT_TURN_ADD, &params, on_added, saying);
    buf_release(&endpoints);
    buf_release(&shown);
}

static void seal_run(void *arg)
{
    struct saying *saying = arg;
    words_read(&saying->words, saying->message, saying->words_key, &saying->typing, -1);
    saying->sealed_rc = keys_seal(saying->keys, saying->person, KEYS_TEXT, saying->message,
        strlen(saying->message), &saying->sealed, NULL);
}

static void seal_done(void *arg)
{
    struct saying *saying = arg;
    if (saying->sealed_rc < 0)
        http_problem(saying->request, 503, "The words could not be sealed just now, so nothing was stored.");
    else
        add_turn(saying);
}

// Who answers, drawn anew each turn and without repetition as far as there are enough; and the order on screen.
static void draw(struct saying *saying)
{
    uint32_t places[CHAT_ENDPOINTS_MAX];
    struct rng rng;
    size_t n = saying->endpoints->n;
    rng_seed(&rng, rng_secure_u64());
    for (uint32_t i = 0; i < n; i++)
        places[i] = i;
    rng_shuffle(&rng, places, n);
    for (uint32_t i = 0; i < (uint32_t)saying->chat->rules.responses; i++) {
        saying->asked[i] = &saying->endpoints->list[places[i % n]];
        saying->order[i] = i;
    }
    rng_shuffle(&rng, saying->order, (size_t)saying->chat->rules.responses);
}

static void with_endpoints(void *arg, const struct endpoints *endpoints)
{
    struct saying *saying = arg;
    const struct loop *loop = http_context(saying->request);
    saying->endpoints = endpoints;
    draw(saying);
    keys_code(saying->keys, saying->chat->id.shard_key, WORDS_CODE, saying->words_key);
    if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, saying) < 0) {
        http_reply_header(saying->request, "Retry-After", "1");
        http_problem(saying->request, 503, "There is much to do just now; try again in a moment.");
    }
}

static void with_submission(void *arg)
{
    struct saying *saying = arg;
    endpoints_require(saying->request, saying->chat->id.shard_key, with_endpoints, saying);
}

// Who has done what a panel's study asks for may say on; who gave it back, or whose time was over, may not.
static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct saying *saying = arg;
    saying->constitution_version = task->constitution_version;
    submission_require(request, saying->actor, task, false, with_submission, saying);
}

// With which response of the turn before: the one that was said to be best; where none was, the person says.
static bool read_goes_on(struct fields *fields, struct saying *saying, const json_t *body)
{
    const struct chat *chat = saying->chat;
    const struct chat_turn *last = chat->n_turns > 0 ? &chat->turns[chat->n_turns - 1] : NULL;
    const char *slot = fields_text(fields, body, "", "go_on_with", FIELD_OPTIONAL, 1, CHAT_SLOT_BYTES - 1);
    saying->goes_on = last != NULL ? last->best : -1;
    if (slot == NULL && last != NULL && last->best < 0)
        fields_fail(fields, "/go_on_with", "None was best: say with which response the chat goes on.");
    if (slot == NULL)
        return fields_ok(fields);
    int response = last != NULL ? chat_response_at(chat, last, slot) : -1;
    if (response < 0)
        fields_fail(fields, "/go_on_with", "This is not a slot of the turn before.");
    else if (last->best >= 0 && last->best != response)
        fields_fail(fields, "/go_on_with", "The chat goes on with the response that you chose.");
    saying->goes_on = response;
    return fields_ok(fields);
}

static bool may_go_on(const struct chat *chat)
{
    struct http_request *request = chat->request;
    size_t n_bytes = 0;
    for (int i = 0; i < chat->n_turns; i++) {
        n_bytes += chat->turns[i].message.size;
        for (int n = 0; n < chat->turns[i].n_shown; n++)
            n_bytes = max_size(
                n_bytes, n_bytes + chat->turns[i].answers[n].content.size / (size_t)chat->turns[i].n_shown);
    }
    if (!chat->study_is_open)
        http_problem(request, 409, "The study is %s: no chat goes on.", chat->study_state);
    else if (!chat->is_open)
        http_problem(request, 409, "This chat has ended.");
    else if (chat->n_turns >= chat->rules.turns_max)
        http_problem(request, 409, "This chat has had its %d turns; end it.", chat->rules.turns_max);
    else if (chat->n_turns > 0 && chat->turns[chat->n_turns - 1].outcome == NULL)
        http_problem(request, 409, "Choose between the answers first.");
    else if (n_bytes > CHAT_HISTORY_MAX_BYTES)
        http_problem(request, 409, "This chat has become too long; end it and begin another.");
    else
        return true;
    return false;
}

static const struct chat_turn *turn_by_key(const struct chat *chat, struct uuid key)
{
    for (int i = 0; i < chat->n_turns; i++) {
        if (uuid_equal(chat->turns[i].key, key))
            return &chat->turns[i];
    }
    return NULL;
}

static void say(struct chat *chat, void *arg)
{
    struct saying *saying = arg;
    struct http_request *request = saying->request;
    const json_t *body = http_body_parsed(request);
    const struct chat_turn *known = turn_by_key(chat, saying->key);
    saying->chat = chat;
    if (known != NULL && bytes_equal(known->hash, saying->hash, HASH_BYTES)) {
        reply_turn(request, 201, known->turn, state_of(known));
        return;
    }
    if (known != NULL) {
        api_key_reused(request);
        return;
    }
    if (!may_go_on(chat))
        return;
    struct fields fields;
    fields_init(&fields);
    bool good = read_goes_on(&fields, saying, body);
    if (!fields_finish(&fields, request) || !good)
        return;
    task_require(request, chat->id.shard_key, with_task, saying);
}

static void say_as(struct http_request *request, const struct actor *actor)
{
    struct saying *saying = arena_calloc(http_arena(request), 1, sizeof(*saying));
    const struct loop *loop = http_context(request);
    json_t *body = http_body_json(request);
    *saying = (struct saying){
        .request = request, .actor = actor, .person = actor->person, .keys = loop->app->keys, .goes_on = -1};
    buf_init(&saying->sealed, SEALED_MESSAGE_MAX_BYTES);
    arena_on_free(http_arena(request), saying_release, saying);
    if (body == NULL || !api_idempotency_key(request, true, &saying->key, NULL))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("message", "go_on_with", "typing"));
    typing_read(&fields, body, "", &saying->typing);
    saying->message = fields_text(&fields, body, "", "message", FIELD_REQUIRED, 1, CHAT_MESSAGE_MAX);
    if (saying->message != NULL && saying->message[strspn(saying->message, " \t\r\n")] == '\0')
        fields_fail(&fields, "/message", "Write something first.");
    if (!fields_finish(&fields, request))
        return;
    api_request_hash(request, body, saying->hash);
    chat_require(request, actor, say, saying);
}

void chats_say(struct http_request *request)
{
    struct id chat;
    if (identity_param_id(request, "c", &chat))
        identity_require(request, ACTION_ANNOTATE, &chat, say_as);
}

// --- asking anew --------------------------------------------------------------------------------------------------------
static const struct endpoint *endpoint_again(const struct endpoints *endpoints, struct uuid id)
{
    for (size_t i = 0; i < endpoints->n; i++) {
        if (uuid_equal(endpoints->list[i].id, id))
            return &endpoints->list[i];
    }
    return &endpoints->list[rng_secure_u64() % endpoints->n]; // it was removed meanwhile
}

static void run_again(void *arg, const struct endpoints *endpoints)
{
    struct chat *chat = arg;
    struct loop *loop = http_context(chat->request);
    const struct chat_turn *last = &chat->turns[chat->n_turns - 1];
    json_t *prompt = history(chat, chat->n_turns - 1, last->goes_on);
    add_message(prompt, "user", &last->message);
    struct run_request run = {.turn = {chat->id.shard_key, last->id},
        .person = chat->actor->person,
        .messages = with_system(chat, prompt),
        .prompt = prompt,
        .n = last->n_endpoints};
    for (int i = 0; i < run.n; i++) {
        const struct chat_answer *answer = &last->answers[i];
        bool is_whole = answer->state != NULL && strcmp(answer->state, "whole") == 0;
        if (answer->state != NULL && answer->attempt >= run.attempt)
            run.attempt = answer->attempt + 1;
        run.answers[i].endpoint = endpoint_again(endpoints, last->endpoints[i]);
        if (is_whole) {
            run.answers[i].whole = answer->content.plain.data;
            run.answers[i].whole_length = answer->content.plain.length;
        }
    }
    enum hub_begun begun = run_start(loop, &run);
    if (begun == HUB_FULL) {
        http_reply_header(chat->request, "Retry-After", "2");
        http_problem(chat->request, 503, "Many are being answered just now; try again in a moment.");
    } else {
        reply_turn(chat->request, 202, last->turn, "answering");
    }
}

static void retry_runs(void *arg)
{
    struct chat *chat = arg;
    endpoints_require(chat->request, chat->id.shard_key, run_again, chat);
}

static void retry_of(struct http_request *request, const struct task *task, void *arg)
{
    const struct chat *chat = arg;
    submission_require(request, chat->actor, task, false, retry_runs, arg);
}

static void retry(struct chat *chat, void *arg UNUSED)
{
    struct http_request *request = chat->request;
    const char *number = http_param(request, "n");
    char last[12];
    snprintf(last, sizeof(last), "%d", chat->n_turns - 1);
    if (chat->n_turns == 0 || strcmp(last, number) != 0)
        not_here(request);
    else if (chat->turns[chat->n_turns - 1].has_lease)
        reply_turn(request, 200, chat->n_turns - 1, state_of(&chat->turns[chat->n_turns - 1]));
    else if (!chat->study_is_open || !chat->is_open)
        http_problem(request, 409, "This chat or its study has ended.");
    else
        task_require(request, chat->id.shard_key, retry_of, chat);
}

static void retry_as(struct http_request *request, const struct actor *actor)
{
    chat_require(request, actor, retry, NULL);
}

void chats_retry(struct http_request *request)
{
    struct id chat;
    if (identity_param_id(request, "c", &chat))
        identity_require(request, ACTION_ANNOTATE, &chat, retry_as);
}

// --- ending -------------------------------------------------------------------------------------------------------------
static void on_ended(void *arg, const struct db_result *result)
{
    struct chat *chat = arg;
    if (api_db_failed(chat->request, result))
        return;
    chat->is_open = false;
    for (int i = 0; i < chat->n_turns; i++) // a lease that was left ended with it
        chat->turns[i].has_lease = chat->turns[i].has_lease && chat->turns[i].outcome != NULL;
    http_reply_json(chat->request, 200, chat_json(chat));
}

// A person may stop at any time. Too short a chat is told so, unless they say that they leave it.
static void end(struct chat *chat, void *arg UNUSED)
{
    struct http_request *request = chat->request;
    const struct loop *loop = http_context(request);
    int n_judged = 0;
    for (int i = 0; i < chat->n_turns; i++)
        n_judged += chat->turns[i].outcome != NULL;
    const char *leave = http_query(request, "leave");
    if (chat->is_open && n_judged < chat->rules.turns_min && (leave == NULL || strcmp(leave, "true") != 0)) {
        http_problem(request, 409,
            "The study asks for %d turns, and this chat has %d. With ?leave=true it ends all the same.",
            chat->rules.turns_min, n_judged);
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, chat->id.shard_key);
    db_add_uuid(&params, chat->id.uuid);
    db_add_uuid(&params, chat->actor->participant);
    db_add_number(&params, loop->index);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CHAT_END, &params, on_ended, chat);
}

static void end_as(struct http_request *request, const struct actor *actor)
{
    chat_require(request, actor, end, NULL);
}

void chats_end(struct http_request *request)
{
    struct id chat;
    if (identity_param_id(request, "c", &chat))
        identity_require(request, ACTION_ANNOTATE, &chat, end_as);
}
