// What the files of the chat room share. Loop threads.
#ifndef COORDINATOR_CHAT_INTERNAL_H
#define COORDINATOR_CHAT_INTERNAL_H

#include "base/buf.h"
#include "base/id.h"
#include "coordinator/chat/hub.h"
#include "coordinator/chat/rules.h"
#include "coordinator/outside/call.h"

#include <jansson.h>

struct actor;
struct db_result;
struct http_request;
struct loop;
struct run;

enum {
    CHAT_MESSAGE_MAX = 8000,
    CHAT_HISTORY_MAX_BYTES = 400 * 1024, // of all that went before: what is sealed has a maximum
    CHAT_SLOT_BYTES = 8,
    CHAT_MODEL_MAX = 200,
};

// Shared by the loops; immutable but for the hub.
struct chat_shared {
    struct hub *hub;
    struct outside_settings settings;
};

struct chat_loop {
    struct chat_shared *shared;
    struct outside *outside;
    struct run *first; // turns that this loop asks for
};

// --- endpoints.c --------------------------------------------------------------------------------------------------------
struct endpoint {
    struct uuid id;
    const char *url, *model, *parameters, *key; // key NULL: none
};
enum { CHAT_ENDPOINTS_MAX = 200 };
struct endpoints {
    size_t n;
    struct endpoint list[CHAT_ENDPOINTS_MAX];
};
void endpoints_create(struct http_request *request);
void endpoints_list(struct http_request *request);
void endpoints_remove(struct http_request *request);
// Those of a study, in the request's arena; answers itself when the database does not, or there are none.
void endpoints_require(struct http_request *request, int64_t shard_key,
    void (*then)(void *arg, const struct endpoints *endpoints), void *arg);

// --- load.c -------------------------------------------------------------------------------------------------------------
struct chat_text {
    const unsigned char *sealed; // NULL: none
    size_t size;
    struct buf plain; // open until the request ends
    bool is_gone;     // the key is not there any more
};
struct chat_answer {
    const char *state, *name; // the endpoint's
    int attempt;
    struct chat_text content;
};
struct chat_turn {
    int turn, goes_on, n_shown, n_endpoints; // goes_on -1: the first
    int shown[CHAT_RESPONSES_MAX];
    struct uuid id, lease, key, endpoints[CHAT_RESPONSES_MAX];
    const unsigned char *hash; // of the request that made it
    bool has_lease;
    bool is_live;        // its answers are still coming
    const char *outcome; // NULL: not judged
    int strength, best;  // best: the response's number that was chosen, or -1
    struct chat_text message;
    struct chat_answer answers[CHAT_RESPONSES_MAX]; // state NULL: no call has ended yet
};
struct chat {
    struct http_request *request;
    const struct actor *actor;
    struct id id, project;
    bool is_open, study_is_open, is_pair, is_reread;
    const char *study_state;
    struct chat_rules rules;
    json_t *stored_rules;
    int n_turns;
    struct chat_turn turns[CHAT_TURNS_MAX];
    void (*then)(struct chat *chat, void *arg);
    void *arg;
    const struct keys *keys;
};
// The chat of {c} of whoever asks, its words opened; answers 404 or 503 itself. Lives as long as the request.
void chat_require(struct http_request *request, const struct actor *actor,
    void (*then)(struct chat *chat, void *arg), void *arg);
void chat_slot(const struct chat *chat, int place, char name[CHAT_SLOT_BYTES]);
// The response that stands at a slot in a turn, or -1.
int chat_response_at(const struct chat *chat, const struct chat_turn *turn, const char *slot);

// --- run.c --------------------------------------------------------------------------------------------------------------
struct run_answer {
    const struct endpoint *endpoint;
    const char *whole; // what was whole before, or NULL
    size_t whole_length;
};
struct run_request {
    struct id turn;
    struct uuid person;
    json_t *messages, *prompt; // new references: what is sent, and what the item says (no system words)
    int n, attempt;
    struct run_answer answers[CHAT_RESPONSES_MAX];
};
// Copies what it needs; takes the references in any case.
enum hub_begun run_start(struct loop *loop, const struct run_request *request) MUST_CHECK;
void run_cancel_all(struct chat_loop *chat);

// --- chats.c, events.c ----------------------------------------------------------------------------------------------------
void chats_start(struct http_request *request);
void chats_show(struct http_request *request);
void chats_say(struct http_request *request);
void chats_retry(struct http_request *request);
void chats_end(struct http_request *request);
void chats_events(struct http_request *request);

#endif
