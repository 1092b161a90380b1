#include "coordinator/outside/call.h"

#include "base/clock.h"
#include "base/rng.h"
#include "coordinator/outside/guard.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    ATTEMPTS_MAX = 3,
    BACKOFF_MS = 250,      // doubled each time, of which between half and all is waited
    RETRY_AFTER_MAX_S = 5, // more than that is for the person to wait
    HEADERS_MAX_BYTES = 64 * 1024,
    RAW_FACTOR =
        64, // of a stream, for each byte of text that may come: a token of a few letters comes in 300
    CONNECTIONS_KEPT = 16,
};

const char *const outside_end_names[N_OUTSIDE_ENDS] = {
    "whole", "cut", "empty", "late", "busy", "refused", "unreachable", "not_understood", "too_long"};

struct outside {
    struct event_base *base;
    struct outside_settings settings;
    CURLM *multi;
    struct event *timer;
    struct outside_call *first;
};

struct outside_call {
    struct outside *outside;
    struct outside_call *next, **link;
    CURL *easy; // NULL between attempts
    struct curl_slist *headers;
    struct event *wake; // the next attempt, or the deadline
    char *url, *body;
    bool is_allowed, is_post, is_fetch, is_stream, is_broken, was_refused_address;
    struct completion completion;
    struct buf answer; // of a fetch
    size_t n_headers_bytes, n_raw_bytes, raw_max_bytes, n_told;
    int attempts, retry_after_s;
    int64_t began_us, first_us, next_attempt_us; // next 0: an attempt is under way
    void (*on_text)(void *arg, const char *text, size_t size);
    void (*on_end)(void *arg, const struct outside_result *result);
    void *arg;
};

// --- libcurl on the loop ------------------------------------------------------------------------------------------------
static void look_for_ends(struct outside *outside);

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
    struct outside *outside = arg;
    int running,
        flags = ((what & EV_READ) ? CURL_CSELECT_IN : 0) | ((what & EV_WRITE) ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(outside->multi, fd, flags, &running);
    look_for_ends(outside);
}

static int watch_socket(CURL *easy UNUSED, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
    struct outside *outside = arg;
    struct event *event = socket_arg;
    if (event != NULL)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        short flags = (short)(EV_PERSIST | ((what & CURL_POLL_IN) ? EV_READ : 0) |
                              ((what & CURL_POLL_OUT) ? EV_WRITE : 0));
        event = event_new(outside->base, fd, flags, on_socket_event, outside);
        if (event == NULL || event_add(event, NULL) != 0)
            abort();
    }
    curl_multi_assign(outside->multi, fd, event);
    return 0;
}

static void on_timer(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct outside *outside = arg;
    int running;
    curl_multi_socket_action(outside->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look_for_ends(outside);
}

static void after_ms(struct event *event, int64_t ms)
{
    if (ms < 0)
        ms = 0;
    event_add(event, &(struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000});
}

static int set_timer(CURLM *multi UNUSED, long timeout_ms, void *arg)
{
    struct outside *outside = arg;
    if (timeout_ms < 0)
        event_del(outside->timer);
    else
        after_ms(outside->timer, timeout_ms);
    return 0;
}

struct outside *outside_new(struct event_base *base, const struct outside_settings *settings)
{
    struct outside *outside = calloc(1, sizeof(*outside));
    if (outside == NULL)
        abort();
    *outside = (struct outside){.base = base, .settings = *settings, .multi = curl_multi_init()};
    outside->timer = event_new(base, -1, 0, on_timer, outside);
    if (outside->multi == NULL || outside->timer == NULL)
        abort();
    curl_multi_setopt(outside->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
    curl_multi_setopt(outside->multi, CURLMOPT_SOCKETDATA, outside);
    curl_multi_setopt(outside->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    curl_multi_setopt(outside->multi, CURLMOPT_TIMERDATA, outside);
    curl_multi_setopt(outside->multi, CURLMOPT_MAXCONNECTS, (long)CONNECTIONS_KEPT);
    return outside;
}

// --- what comes ---------------------------------------------------------------------------------------------------------
// The address as it was resolved: the last place where it can be looked at before anything is sent to it.
static curl_socket_t open_socket(void *arg, curlsocktype purpose UNUSED, struct curl_sockaddr *address)
{
    struct outside_call *call = arg;
    if (!call->is_allowed && !guard_is_public(&address->addr)) {
        call->was_refused_address = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// What is no number of seconds (a date) is no hint for us.
static int seconds_in(const char *text, size_t size)
{
    char number[12];
    snprintf(number, sizeof(number), "%.*s", (int)min_size(size, sizeof(number) - 1), text);
    long seconds = strtol(number, NULL, 10);
    return seconds < 0 || seconds > 3600 ? 3600 : (int)seconds;
}

static size_t take_header(char *data, size_t size, size_t n, void *arg)
{
    static const char retry_after[] = "retry-after:";
    struct outside_call *call = arg;
    size *= n;
    call->n_headers_bytes += size;
    if (size > sizeof(retry_after) && strncasecmp(data, retry_after, sizeof(retry_after) - 1) == 0)
        call->retry_after_s = seconds_in(data + sizeof(retry_after) - 1, size - sizeof(retry_after) + 1);
    return call->n_headers_bytes <= HEADERS_MAX_BYTES ? size : 0;
}

static long status_of(const struct outside_call *call)
{
    long status = 0;
    if (call->easy != NULL)
        curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool says_stream(const struct outside_call *call)
{
    static const char wanted[] = "text/event-stream";
    const char *type = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    return type != NULL && strncasecmp(type, wanted, sizeof(wanted) - 1) == 0 &&
           strchr("; ", type[sizeof(wanted) - 1]) != NULL; // "" too: strchr finds the NUL
}

static void tell(struct outside_call *call)
{
    const struct buf *text = &call->completion.text;
    if (text->length == call->n_told)
        return;
    if (call->first_us == 0) {
        call->first_us = clock_monotonic_us();
        after_ms(call->wake, call->outside->settings.whole_ms - (call->first_us - call->began_us) / 1000);
    }
    size_t from = call->n_told;
    call->n_told = text->length;
    call->on_text(call->arg, text->data + from, text->length - from);
}

// Returning less than was given ends the transfer; look_for_ends then says how the call ended.
static size_t take_body(char *data, size_t size, size_t n, void *arg)
{
    struct outside_call *call = arg;
    struct err err;
    size *= n;
    call->n_raw_bytes += size;
    if (call->is_post)
        return call->n_raw_bytes > call->raw_max_bytes ? 0 : size;
    if (call->is_fetch) {
        if (status_of(call) / 100 != 2 || call->n_raw_bytes > call->raw_max_bytes)
            return 0;
        buf_add(&call->answer, data, size);
        return size;
    }
    if (status_of(call) != 200 || !says_stream(call) || call->n_raw_bytes > call->raw_max_bytes)
        return 0;
    call->is_stream = true;
    int rc = completion_feed(&call->completion, data, size, &err);
    tell(call);
    return rc < 0 || call->completion.is_done ? 0 : size;
}

// --- the end ------------------------------------------------------------------------------------------------------------
static void drop_transfer(struct outside_call *call)
{
    if (call->easy == NULL)
        return;
    curl_multi_remove_handle(call->outside->multi, call->easy);
    curl_easy_cleanup(call->easy);
    call->easy = NULL;
}

static void call_free(struct outside_call *call)
{
    *call->link = call->next;
    if (call->next != NULL)
        call->next->link = call->link;
    drop_transfer(call);
    event_free(call->wake);
    curl_slist_free_all(call->headers);
    completion_release(&call->completion);
    buf_release(&call->answer);
    free(call->url);
    free(call->body);
    free(call);
}

void outside_call_cancel(struct outside_call *call)
{
    call_free(call);
}

void outside_free(struct outside *outside)
{
    if (outside == NULL)
        return;
    while (outside->first != NULL)
        call_free(outside->first);
    curl_multi_cleanup(outside->multi);
    event_free(outside->timer);
    free(outside);
}

static enum outside_end end_of_fetch(const struct outside_call *call, long status, bool is_late)
{
    if (call->was_refused_address)
        return OUTSIDE_UNREACHABLE;
    if (is_late)
        return OUTSIDE_LATE;
    if (status == 0)
        return OUTSIDE_UNREACHABLE;
    if (status / 100 != 2)
        return status == 429 || status == 503 ? OUTSIDE_BUSY : OUTSIDE_REFUSED;
    if (call->n_raw_bytes > call->raw_max_bytes)
        return OUTSIDE_TOO_LONG;
    return call->is_broken ? OUTSIDE_CUT : OUTSIDE_WHOLE;
}

static enum outside_end end_of(const struct outside_call *call, long status, bool is_late)
{
    const struct completion *completion = &call->completion;
    if (call->is_fetch)
        return end_of_fetch(call, status, is_late);
    if (call->is_post && status != 0)
        return status / 100 == 2 ? OUTSIDE_WHOLE : OUTSIDE_REFUSED;
    if (completion_is_whole(completion))
        return OUTSIDE_WHOLE;
    if (!completion_is_blank(completion))
        return OUTSIDE_CUT;
    if (is_late)
        return call->was_refused_address ? OUTSIDE_UNREACHABLE : OUTSIDE_LATE;
    if (completion->is_done || completion->finish_reason[0] != '\0')
        return OUTSIDE_EMPTY;
    if (status == 429 || status == 503)
        return OUTSIDE_BUSY;
    if (status != 0 && status != 200)
        return OUTSIDE_REFUSED;
    return status == 0 ? OUTSIDE_UNREACHABLE : OUTSIDE_NOT_UNDERSTOOD;
}

static void finish(struct outside_call *call, bool is_late)
{
    int64_t now_us = clock_monotonic_us();
    long status = status_of(call);
    struct outside_result result = {
        .end = end_of(call, status, is_late),
        .status = (int)status,
        .first_token_ms = call->first_us != 0 ? (call->first_us - call->began_us) / 1000 : -1,
        .whole_ms = (now_us - call->began_us) / 1000,
        .attempts = call->attempts,
        .finish_reason = call->completion.finish_reason,
        .text = call->is_fetch ? call->answer.data : call->completion.text.data,
        .text_length = call->is_fetch ? call->answer.length : call->completion.text.length,
        .retry_after_s = call->retry_after_s,
    };
    drop_transfer(call);
    call->on_end(call->arg, &result);
    call_free(call);
}

static int64_t left_ms(const struct outside_call *call)
{
    int64_t spent_ms = (clock_monotonic_us() - call->began_us) / 1000;
    const struct outside_settings *settings = &call->outside->settings;
    return (call->first_us == 0 && !call->is_fetch ? settings->first_ms : settings->whole_ms) - spent_ms;
}

// Whether the same may go better in a moment; after the first token nothing is, for the person has begun to read.
static bool try_again(struct outside_call *call, long status)
{
    bool passes = status == 0
                      ? !call->was_refused_address
                      : status == 429 || status == 500 || status == 502 || status == 503 || status == 504 ||
                            (status == 200 && !call->is_stream && call->n_raw_bytes == 0);
    if (!passes || call->is_post || call->is_fetch || call->completion.text.length > 0 ||
        call->attempts >= ATTEMPTS_MAX || call->retry_after_s > RETRY_AFTER_MAX_S)
        return false;
    int64_t most_ms = (int64_t)BACKOFF_MS << (call->attempts - 1);
    int64_t wait_ms = most_ms / 2 + (int64_t)(rng_secure_u64() % (uint64_t)(most_ms / 2));
    wait_ms += (int64_t)call->retry_after_s * 1000;
    if (wait_ms >= left_ms(call))
        return false;
    drop_transfer(call);
    call->next_attempt_us = clock_monotonic_us() + wait_ms * 1000;
    after_ms(call->wake, wait_ms);
    return true;
}

static void look_for_ends(struct outside *outside)
{
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(outside->multi, &left)) != NULL) {
        struct outside_call *call = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
        call->is_broken = message->data.result != CURLE_OK;
        if (!try_again(call, status_of(call)))
            finish(call, false);
    }
}

// --- the beginning ------------------------------------------------------------------------------------------------------
static void set_rules(struct outside_call *call, CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, call->is_allowed ? "https,http" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_PROXY, ""); // nor one of the environment
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)call->outside->settings.connect_ms);
}

static void begin_attempt(struct outside_call *call)
{
    CURL *easy = curl_easy_init();
    if (easy == NULL)
        abort();
    call->easy = easy;
    call->attempts++;
    call->next_attempt_us = 0;
    call->n_headers_bytes = call->n_raw_bytes = 0;
    call->retry_after_s = 0;
    set_rules(call, easy);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
    curl_easy_setopt(easy, CURLOPT_URL, call->url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "plenum/" PLENUM_VERSION);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(call->body));
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
    if (curl_multi_add_handle(call->outside->multi, easy) != CURLM_OK)
        abort();
    after_ms(call->wake, left_ms(call));
}

static void on_wake(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct outside_call *call = arg;
    if (call->next_attempt_us != 0 && left_ms(call) > 0)
        begin_attempt(call);
    else if (left_ms(call) > 0)
        after_ms(call->wake, left_ms(call)); // the clock of the loop was a little ahead
    else
        finish(call, true);
}

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (result == NULL)
        abort();
    return result;
}

static void add_header(struct outside_call *call, const char *line)
{
    struct curl_slist *more = curl_slist_append(call->headers, line);
    if (more == NULL)
        abort();
    call->headers = more;
}

// What both kinds have. The first attempt begins on the loop's next turn.
static struct outside_call *call_new(struct outside *outside, const struct outside_request *request,
    void (*on_end)(void *arg, const struct outside_result *result), void *arg)
{
    struct outside_call *call = calloc(1, sizeof(*call));
    if (call == NULL)
        abort();
    *call = (struct outside_call){.outside = outside,
        .next = outside->first,
        .link = &outside->first,
        .url = copy(request->url),
        .body = copy(request->body),
        .raw_max_bytes = request->text_max_bytes,
        .began_us = clock_monotonic_us(),
        .on_end = on_end,
        .arg = arg};
    if (outside->first != NULL)
        outside->first->link = &call->next;
    outside->first = call;
    completion_init(&call->completion, request->text_max_bytes);
    buf_init(&call->answer, request->text_max_bytes);
    add_header(call, "Content-Type: application/json");
    add_header(call, "Expect:");
    call->wake = event_new(outside->base, -1, 0, on_wake, call);
    if (call->wake == NULL)
        abort();
    // What the guard refuses ends like what can't be reached, and later, as all do: the setting may have changed since.
    if (guard_check_url(outside->settings.guard, call->url, &call->is_allowed, NULL) < 0) {
        call->began_us -= (int64_t)(outside->settings.first_ms + outside->settings.whole_ms) * 1000;
        call->was_refused_address = true;
    } else {
        call->next_attempt_us = call->began_us;
    }
    after_ms(call->wake, 0);
    return call;
}

static void add_key(struct outside_call *call, const char *key)
{
    char *line = NULL;
    if (key == NULL)
        return;
    if (asprintf(&line, "Authorization: Bearer %s", key) < 0)
        abort();
    add_header(call, line);
    explicit_bzero(line, strlen(line));
    free(line);
}

struct outside_call *outside_call_new(struct outside *outside, const struct outside_request *request,
    void (*on_text)(void *arg, const char *text, size_t size),
    void (*on_end)(void *arg, const struct outside_result *result), void *arg)
{
    struct outside_call *call = call_new(outside, request, on_end, arg);
    call->on_text = on_text;
    call->raw_max_bytes = request->text_max_bytes * RAW_FACTOR;
    add_header(call, "Accept: text/event-stream");
    add_key(call, request->key);
    return call;
}

struct outside_call *outside_fetch_new(struct outside *outside, const struct outside_request *request,
    void (*on_end)(void *arg, const struct outside_result *result), void *arg)
{
    struct outside_call *call = call_new(outside, request, on_end, arg);
    call->is_fetch = true;
    add_header(call, "Accept: application/json");
    add_key(call, request->key);
    return call;
}

struct outside_call *outside_post_new(struct outside *outside, const struct outside_request *request,
    const char *const *headers, void (*on_end)(void *arg, const struct outside_result *result), void *arg)
{
    struct outside_call *call = call_new(outside, request, on_end, arg);
    call->is_post = true;
    for (; *headers != NULL; headers++)
        add_header(call, *headers);
    return call;
}
