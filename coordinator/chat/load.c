// A chat as it is kept, read in one statement and opened with its person's key.
#include "coordinator/chat/internal.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Columns of chat_load.sql.
enum {
    STATE,
    STUDY_STATE,
    PROJECT,
    RULES,
    KIND,
    TURN,
    TURN_ID,
    MESSAGE,
    SHOWN,
    GOES_ON,
    ENDPOINTS,
    N,
    ANSWER_STATE,
    CONTENT,
    ATTEMPT,
    NAME,
    LEASE,
    OUTCOME,
    RANKING,
    STRENGTH,
    KEY,
    HASH
};

void chat_slot(const struct chat *chat, int place, char name[CHAT_SLOT_BYTES])
{
    if (chat->is_pair)
        snprintf(name, CHAT_SLOT_BYTES, "%s", place == 0 ? "left" : "right");
    else
        snprintf(name, CHAT_SLOT_BYTES, "%c", 'a' + place);
}

int chat_response_at(const struct chat *chat, const struct chat_turn *turn, const char *slot)
{
    for (int i = 0; i < turn->n_shown; i++) {
        char name[CHAT_SLOT_BYTES];
        chat_slot(chat, i, name);
        if (strcmp(name, slot) == 0)
            return turn->shown[i];
    }
    return -1;
}

// --- rows -------------------------------------------------------------------------------------------------------------------
static struct chat_text text_of(const struct db_result *result, int row, int column, struct arena *arena)
{
    struct chat_text text = {0};
    if (!db_is_null(result, row, column))
        text.sealed = db_bytes(result, row, column, arena, &text.size);
    return text;
}

// '{1,0}'
static int read_numbers(const char *text, int numbers[CHAT_RESPONSES_MAX])
{
    int n = 0;
    for (const char *at = text; n < CHAT_RESPONSES_MAX && (*at == '{' || *at == ',') && at[1] != '}';) {
        char *end = NULL;
        numbers[n++] = (int)strtol(at + 1, &end, 10);
        at = end;
    }
    return n;
}

// '{uuid,uuid}'
static int read_uuids(const char *text, struct uuid uuids[CHAT_RESPONSES_MAX])
{
    int n = 0;
    for (const char *at = text; n < CHAT_RESPONSES_MAX && (*at == '{' || *at == ',') && at[1] != '}';) {
        char one[UUID_TEXT_BYTES];
        snprintf(one, sizeof(one), "%s", at + 1);
        if (uuid_parse(one, &uuids[n++]) < 0)
            return 0;
        at += UUID_TEXT_BYTES;
    }
    return n;
}

// The one response that was said to be best, or -1.
static int best_of(const struct chat_turn *turn, const char *ranking)
{
    if (turn->outcome == NULL)
        return -1;
    if (strcmp(turn->outcome, "left") == 0)
        return turn->shown[0];
    if (strcmp(turn->outcome, "right") == 0)
        return turn->shown[1];
    json_t *ranks = json_loads(ranking, 0, NULL);
    const json_t *first = json_array_get(ranks, 0);
    int best = json_array_size(first) == 1 ? (int)json_integer_value(json_array_get(first, 0)) : -1;
    json_decref(ranks);
    return best;
}

static void read_turn(struct chat_turn *turn, const struct db_result *result, int row, struct arena *arena)
{
    *turn = (struct chat_turn){.turn = (int)db_number(result, row, TURN),
        .id = db_uuid(result, row, TURN_ID),
        .goes_on = db_is_null(result, row, GOES_ON) ? -1 : (int)db_number(result, row, GOES_ON),
        .message = text_of(result, row, MESSAGE, arena),
        .has_lease = !db_is_null(result, row, LEASE),
        .key = db_uuid(result, row, KEY),
        .strength = (int)db_number(result, row, STRENGTH)};
    size_t size;
    turn->hash = db_bytes(result, row, HASH, arena, &size);
    turn->n_shown = read_numbers(db_text(result, row, SHOWN), turn->shown);
    turn->n_endpoints = read_uuids(db_text(result, row, ENDPOINTS), turn->endpoints);
    if (turn->has_lease)
        turn->lease = db_uuid(result, row, LEASE);
    if (!db_is_null(result, row, OUTCOME))
        turn->outcome = arena_strdup(arena, db_text(result, row, OUTCOME));
    turn->best = best_of(turn, db_text(result, row, RANKING));
}

static void read_rows(struct chat *chat, const struct db_result *result)
{
    struct arena *arena = http_arena(chat->request);
    for (int i = 0; i < result->n_rows; i++) {
        if (db_is_null(result, i, TURN))
            continue;
        int number = (int)db_number(result, i, TURN);
        assert(number < CHAT_TURNS_MAX);
        if (number >= chat->n_turns)
            read_turn(&chat->turns[chat->n_turns++], result, i, arena);
        if (db_is_null(result, i, N))
            continue;
        int n = (int)db_number(result, i, N);
        assert(n >= 0 && n < CHAT_RESPONSES_MAX);
        chat->turns[number].answers[n] =
            (struct chat_answer){.state = arena_strdup(arena, db_text(result, i, ANSWER_STATE)),
                .name = arena_strdup(arena, db_text(result, i, NAME)),
                .attempt = (int)db_number(result, i, ATTEMPT),
                .content = text_of(result, i, CONTENT, arena)};
    }
}

// --- words ------------------------------------------------------------------------------------------------------------------
static void open_text(const struct chat *chat, struct chat_text *text)
{
    buf_init(&text->plain, KEYS_SEALED_MAX_BYTES);
    text->is_gone = text->sealed != NULL && keys_unseal(chat->keys, chat->actor->person, KEYS_TEXT,
                                                text->sealed, text->size, &text->plain, NULL) < 0;
}

// On a thread of the pool.
static void open_run(void *arg)
{
    struct chat *chat = arg;
    for (int i = 0; i < chat->n_turns; i++) {
        open_text(chat, &chat->turns[i].message);
        for (int n = 0; n < CHAT_RESPONSES_MAX; n++)
            open_text(chat, &chat->turns[i].answers[n].content);
    }
}

static void release(void *arg)
{
    struct chat *chat = arg;
    json_decref(chat->stored_rules);
    for (int i = 0; i < chat->n_turns; i++) {
        buf_release(&chat->turns[i].message.plain);
        for (int n = 0; n < CHAT_RESPONSES_MAX; n++)
            buf_release(&chat->turns[i].answers[n].content.plain);
    }
}

static void open_done(void *arg)
{
    struct chat *chat = arg;
    chat->then(chat, chat->arg);
}

static void ask_rows(struct chat *chat);

// A turn is stored before it is over (run.c): what is neither stored nor live was stored between the two looks, or cut off.
static bool is_certain(struct chat *chat)
{
    const struct loop *loop = http_context(chat->request);
    if (chat->n_turns == 0)
        return true;
    struct chat_turn *last = &chat->turns[chat->n_turns - 1];
    last->is_live =
        !last->has_lease && hub_is_live(loop->chat->shared->hub, (struct id){chat->id.shard_key, last->id});
    return last->has_lease || last->outcome != NULL || last->is_live || chat->is_reread;
}

static void on_rows(void *arg, const struct db_result *result)
{
    struct chat *chat = arg;
    const struct loop *loop = http_context(chat->request);
    if (api_db_failed(chat->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(chat->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    chat->is_open = strcmp(db_text(result, 0, STATE), "open") == 0;
    chat->study_state = arena_strdup(http_arena(chat->request), db_text(result, 0, STUDY_STATE));
    chat->study_is_open = strcmp(chat->study_state, "open") == 0;
    chat->project = (struct id){chat->id.shard_key, db_uuid(result, 0, PROJECT)};
    chat->is_pair = strcmp(db_text(result, 0, KIND), "pairwise") == 0;
    read_rows(chat, result);
    if (!is_certain(chat)) {
        chat->is_reread = true;
        chat->n_turns = 0;
        ask_rows(chat);
        return;
    }
    chat->stored_rules = json_db_json(result, 0, RULES);
    chat_rules_read(chat->stored_rules, &chat->rules);
    if (work_submit(loop->app->pool, loop->base, open_run, open_done, chat) < 0) {
        http_reply_header(chat->request, "Retry-After", "1");
        http_problem(chat->request, 503, "There is much to do just now; try again in a moment.");
    }
}

static void ask_rows(struct chat *chat)
{
    const struct loop *loop = http_context(chat->request);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, chat->id.shard_key);
    db_add_uuid(&params, chat->id.uuid);
    db_add_uuid(&params, chat->actor->participant);
    db_query(loop->db, DB_READ, 0, QUERY_CHAT_LOAD, &params, on_rows, chat);
}

void chat_require(struct http_request *request, const struct actor *actor,
    void (*then)(struct chat *chat, void *arg), void *arg)
{
    const struct loop *loop = http_context(request);
    struct chat *chat = arena_calloc(http_arena(request), 1, sizeof(*chat));
    chat->request = request;
    chat->actor = actor;
    chat->keys = loop->app->keys;
    chat->then = then;
    chat->arg = arg;
    arena_on_free(http_arena(request), release, chat);
    if (identity_param_id(request, "c", &chat->id))
        ask_rows(chat);
}
