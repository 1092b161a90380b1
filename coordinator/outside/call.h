// Calls to OpenAI-compatible endpoints, plain posts and fetches, on a loop: libcurl's multi interface with the loop's events. One `struct outside` a
// loop thread; its calls belong to that thread. A call follows no redirect, verifies TLS, uses no proxy, keeps no cookie,
// goes only where the guard says (guard.h), has deadlines for the connection, the first token and the whole, and maxima for
// headers, bytes and text. What fails before the first token is tried again, at random distances; posts and fetches are made
// once, and of a post's answer only the status counts. Nothing is logged here, and a key is in no message.
#ifndef COORDINATOR_OUTSIDE_CALL_H
#define COORDINATOR_OUTSIDE_CALL_H

#include "base/base.h"
#include "coordinator/outside/completion.h"

struct event_base;
struct guard;
struct outside;
struct outside_call;

struct outside_settings {
    const struct guard *guard;
    int connect_ms, first_ms, whole_ms; // the last two from the beginning of the call
};

enum outside_end {
    OUTSIDE_WHOLE,
    OUTSIDE_CUT,         // there is text, but it ended before the model had
    OUTSIDE_EMPTY,       // nothing but spaces
    OUTSIDE_LATE,        // no first token in time
    OUTSIDE_BUSY,        // 429, or 503: it has too much to do
    OUTSIDE_REFUSED,     // any other status: the key, the model's name; of a post, all but 2xx
    OUTSIDE_UNREACHABLE, // no connection, or none that is allowed
    OUTSIDE_NOT_UNDERSTOOD,
    OUTSIDE_TOO_LONG, // of a fetch: more than may be read
    N_OUTSIDE_ENDS
};
extern const char *const outside_end_names[N_OUTSIDE_ENDS];

struct outside_result {
    enum outside_end end;
    int status;                       // HTTP; 0: none
    int64_t first_token_ms, whole_ms; // since the call began; first -1: none
    int attempts;
    const char *finish_reason; // "" when none was said
    const char *text;
    size_t text_length;
    int retry_after_s; // that the last answer asked for, 3600 at most; 0: nothing
};

struct outside_request {
    const char *url, *key; // key NULL: none
    const char *body;      // JSON
    size_t text_max_bytes; // of a post and a fetch: that are read of the answer
};

struct outside *outside_new(struct event_base *base, const struct outside_settings *settings);
void outside_free(struct outside *outside); // ends what is left, without a word

// `on_text` is called with what came since; `on_end` once, and the call is gone. Neither before this has returned.
struct outside_call *outside_call_new(struct outside *outside, const struct outside_request *request,
    void (*on_text)(void *arg, const char *text, size_t size),
    void (*on_end)(void *arg, const struct outside_result *result), void *arg);
// One POST with these header lines more (ended by NULL). `on_end` as above; the result has an end, a status and a time.
struct outside_call *outside_post_new(struct outside *outside, const struct outside_request *request,
    const char *const *headers, void (*on_end)(void *arg, const struct outside_result *result), void *arg);
// One POST whose whole answer is wanted, within `whole_ms`, made once: `text` of the result, which has a NUL behind it, when it
// ended OUTSIDE_WHOLE.
struct outside_call *outside_fetch_new(struct outside *outside, const struct outside_request *request,
    void (*on_end)(void *arg, const struct outside_result *result), void *arg);
void outside_call_cancel(struct outside_call *call); // no word any more

#endif
