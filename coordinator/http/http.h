// HTTP/1.1: bytes to requests and back. Knows no domain. One `struct http_server` a loop thread, each with its own
// connections; a request belongs to that thread and is never touched from another.
//
// Life of a request: the router finds the route, the body is read whole (or streamed, when the route says so), the
// handler is called once, and it must reply exactly once, at once or later. Until the reply has been given the
// request stays valid even when the client has gone: then the reply is dropped. After the reply the handler must not
// touch it again. Everything a request needs lives in its arena and dies with it.
//
// Framing is strict (RFC 9112 read narrowly, see docs/decisions.md); what is refused never reaches a handler.
#ifndef COORDINATOR_HTTP_HTTP_H
#define COORDINATOR_HTTP_HTTP_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"

#include <jansson.h>

struct http_request;
struct http_server;
struct event_base;
struct tls_slot;

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OPTIONS };

// Who waits when there is too much to do: the first are served first (admission.h). Probes always are, and have no limits.
enum http_class {
    HTTP_CLASS_WRITE,
    HTTP_CLASS_READ,
    HTTP_CLASS_SCORE,
    HTTP_CLASS_BULK,
    HTTP_CLASS_PROBE,
    HTTP_CLASSES
};

enum http_route_flags {
    HTTP_STREAM_BODY = 1, // the handler is called after the headers and takes the body with http_body_stream
    HTTP_CROSS_SITE = 2,  // needs no same-origin proof (bearer-only APIs of serving stacks)
    HTTP_CACHEABLE = 4,   // without it every reply carries Cache-Control: no-store
    HTTP_OWN_ERRORS =
        8, // errors of this path have the shape that settings.own_error gives, and are no problem+json
};

struct http_route {
    enum http_method method; // GET answers HEAD too
    // "/api/v1/projects/{p}/items": a parameter is one whole segment; a last one "{x*}" takes the rest of the path.
    const char *pattern;
    void (*handle)(struct http_request *request);
    enum http_class class;
    unsigned flags;
    size_t body_max; // 0: by the settings: of a streamed body, of a score, of any other
    // Of which rate limit (0: that of its class, see http_rate_settings), and how many units of it; 0: one.
    uint8_t limit, cost;
};

// --- rate limits ----------------------------------------------------------------------------------------------------
// One kind of request, and how often one address or account may make it (GCRA, base/gcra.h): `burst` at once, back
// evenly over `window_s`. What is by address is asked before the handler; what is by account, by whoever knows the
// account (http_limit_account). What each has spent is kept for all loops in two tables of fixed size, 1 MiB each, one
// for addresses and one for accounts, so that no flood of addresses makes an account forget. A place is given on only
// when its holder has everything back; who finds none free shares what is left with all others who don't.
struct http_limit {
    const char *name; // for metrics
    bool by_address;
    int64_t burst; // 0: no limit
    int window_s;
};

enum { HTTP_LIMITS_MAX = 16 };

struct http_rate_settings {
    const struct http_limit *limits; // by number; 0 stands for none
    size_t n_limits;
    uint8_t of_class[HTTP_CLASSES]; // of routes that name none themselves
};

// Any thread may use it; lives longer than the servers. Copies the settings.
struct http_rates;
struct http_rates *http_rates_new(const struct http_rate_settings *settings);
void http_rates_free(struct http_rates *rates);
// ERR_INVALID when a route costs more than its burst: it would be refused for ever.
int http_rates_check(
    const struct http_rates *rates, const struct http_route *const *tables, struct err *err) MUST_CHECK;

// --- the server ---------------------------------------------------------------------------------------------------
struct http_settings {
    const struct http_route *const *tables; // NULL-terminated list of tables, each ended by a NULL pattern
    int listen_fd;                          // bound and listening, shared by all loops
    struct tls_slot *tls;                   // base/tls.h, or NULL for plain HTTP
    int hsts_s;                             // what replies over TLS ask browsers to remember; 0: nothing
    // A second listener, of plain HTTP, that answers GET and HEAD with 308 to the same path below `redirect_to`
    // ("https://plenum.example"), and refuses all else. NULL: none.
    const char *redirect_to;
    int redirect_fd;
    void *context; // what http_context gives
    // The body (application/json) of an error on paths with HTTP_OWN_ERRORS, those of the router too: then there is no
    // parsed body yet.
    json_t *(*own_error)(const struct http_request *request, int status, const char *detail);
    const char *public_origin;       // "https://plenum.example", the Origin of our pages; NULL: the Host
    const struct http_static *files; // the built pages, or NULL; served where no route matches
    const char *trusted_proxies;     // comma-separated addresses or prefixes (http_check_proxies), or NULL
    // They send Forwarded (RFC 7239), not X-Forwarded-For and -Proto. The other kind a client may have made up.
    bool proxies_send_forwarded;
    bool limits_by_address;   // of connections; PLENUM_RATE_LIMITS
    struct http_rates *rates; // shared by all loops, or NULL: none
    // What is 0 becomes the number behind it.
    int header_timeout_ms;           // 5000
    int idle_timeout_ms;             // 15000
    int body_min_bytes_per_s;        // 1024
    int body_grace_ms;               // 5000: before that is asked for
    int wait_max_ms;                 // 250: the longest foreseen wait of a request that is let in
    int max_connections;             // three quarters of RLIMIT_NOFILE; of this one server, not of all loops
    int max_connections_per_address; // 256; of all servers of the process together
    int max_line_bytes;              // 8 KiB, and no more than that: the request line
    int max_headers;                 // 64, and no more: header fields
    int max_headers_bytes;           // 16 KiB, and no more: all of them
    int max_body_bytes;              // 256 KiB
    int max_score_body_bytes;        // 4 MiB: class SCORE
    int max_stream_body_bytes;       // 64 MiB, decoded: HTTP_STREAM_BODY
};

// Whether a list of trusted proxies is one; the message names what is neither address nor prefix.
int http_check_proxies(const char *list, struct err *err) MUST_CHECK;
// The process ignores SIGPIPE from then on.
struct http_server *http_server_new(struct event_base *base, const struct http_settings *settings);
// The end, without cutting a request: every reply says `Connection: close`; streams of events are ended; who connects is
// accepted for a moment still, then `deaf` is called, once, and the listener can be closed; connections that stay idle are
// closed after a grace, in which a request that was on its way gets its reply. `done` is called on the loop when the last
// connection has closed.
void http_server_drain(
    struct http_server *server, void (*deaf)(void *arg), void (*done)(void *arg), void *arg);
void http_server_free(struct http_server *server); // closes what is left at once

// Prometheus text of what all servers of the process have counted, summed, is added to `out`. Any thread may ask.
struct buf;
void http_metrics(struct buf *out);

// The built pages: read whole into memory at start (they are small, and the daemon may not be able to read them
// later), with their .br and .gz siblings, ETag and media type. Immutable, shared by all threads.
struct http_static;
int http_static_load(const char *folder, struct http_static **ret_files, struct err *err) MUST_CHECK;
void http_static_free(struct http_static *files);

// --- reading a request --------------------------------------------------------------------------------------------
struct arena *http_arena(struct http_request *request);
void *http_context(const struct http_request *request);
enum http_method http_method(const struct http_request *request);
const struct http_route *http_route(const struct http_request *request);
const char *http_path(const struct http_request *request);
// Decoded; never NULL for a name in the pattern.
const char *http_param(const struct http_request *request, const char *name);
const char *http_query(const struct http_request *request, const char *name);  // decoded, the first, or NULL
const char *http_header(const struct http_request *request, const char *name); // any case; NULL when absent
const char *http_cookie(const struct http_request *request, const char *name);
const char *http_client_address(const struct http_request *request); // after trusted proxies; never log it
bool http_is_secure(const struct http_request *request);             // TLS here or at a trusted proxy
const char *http_body(const struct http_request *request, size_t *ret_size); // NUL behind it
// Rate limits. What the route costs is taken from what this account may still spend; without one (`account` NULL) from
// what the address may. False when it is not there: 429 has been replied. True, and nothing is done, for a route whose
// limit is by address (that was asked before the handler), and the second time.
bool http_limit_account(struct http_request *request, const void *account, size_t size) MUST_CHECK;
// Whether the address has a unit left of `limit`, without taking it; false: 429 has been replied.
bool http_limit_allows(struct http_request *request, unsigned limit) MUST_CHECK;
// Takes `cost` more units of `limit` from the address, as far as they are there: for what shows only in the handler.
void http_limit_charge(struct http_request *request, unsigned limit, int64_t cost);
// The body as one JSON object: strict (no duplicate keys, no trailing bytes, UTF-8, depth at most 64); NULL after
// having replied 400 or 415 itself. The reference lives as long as the request.
json_t *http_body_json(struct http_request *request);
// The same of a text that the caller has made of the body (a part of it taken out, say). Where that is no JSON object, the body
// itself is read and what it lacks is told of that.
json_t *http_body_json_of(struct http_request *request, const char *text, size_t size);
// What a handler that is called in steps keeps for its next one; NULL before that.
void http_keep(struct http_request *request, void *kept);
void *http_kept(const struct http_request *request);
// From now on it waits for somebody outside: others are not refused because it takes long. The caller bounds how many do.
void http_wait_elsewhere(struct http_request *request);
// What http_body_json gave before, or NULL.
const json_t *http_body_parsed(const struct http_request *request);

// Streamed bodies (content codings gzip and zstd are decoded, bounded by body_max after decoding). `on_data` is called
// with decoded bytes, at most 64 KiB at a time; `on_end` once: 0, or the error when the body was cut, malformed or too
// long (the handler replies in either case). Neither is called before http_body_stream has returned, nor after the
// reply: replying early leaves the rest unread and closes the connection. While paused nothing is called and the socket
// is not read.
void http_body_stream(struct http_request *request, void (*on_data)(void *arg, const char *data, size_t size),
    void (*on_end)(void *arg, int rc, const struct err *err), void *arg);
void http_body_pause(struct http_request *request);
void http_body_resume(struct http_request *request); // on_data is called later, not from within

// --- replying: exactly one of these a request -----------------------------------------------------------------------
// Before the reply: a header of it. Both are copied.
void http_reply_header(struct http_request *request, const char *name, const char *value);
void http_reply(
    struct http_request *request, int status, const char *content_type, const void *data, size_t size);
void http_reply_empty(struct http_request *request, int status);
void http_reply_json(struct http_request *request, int status, json_t *body); // takes the reference
void http_reply_json_text(struct http_request *request, int status, const char *json);
// A file's bytes; takes `fd`. Sent in pieces, at most 256 KiB waiting.
void http_reply_file(
    struct http_request *request, int status, const char *content_type, int fd, uint64_t size);

// application/problem+json (RFC 9457) with `type title status detail`. The detail is one clear sentence.
void http_problem(struct http_request *request, int status, const char *detail, ...) PRINTF_LIKE(3, 4);
// The same with errors[{pointer, detail}]; `pointer` is an RFC 6901 JSON pointer into the body, "" for all of it,
// or "?name" for a query parameter, and the detail stands in both places.
void http_problem_at(struct http_request *request, int status, const char *pointer, const char *detail, ...)
    PRINTF_LIKE(4, 5);
// With many errors: `errors` is an array of {pointer, detail}; takes the reference.
void http_problem_list(struct http_request *request, int status, const char *detail, json_t *errors);
// The same with a `type` of its own, for what a client goes on from by itself.
void http_problem_of(
    struct http_request *request, int status, const char *type, const char *detail, json_t *errors);

// Streams, for what is longer than memory or has no end (exports, server-sent events). After begin, write until end.
// `on_drain` is called when less than 64 KiB waits after a write returned false ("enough for now").
// `on_close` is called once if the client goes away before end; then write no more, but still call http_stream_end (in
// on_close, or later). Never from within these calls. A drain calls on_close for streams of text/event-stream, too.
void http_stream_begin(struct http_request *request, int status, const char *content_type,
    void (*on_drain)(void *arg), void (*on_close)(void *arg), void *arg);
bool http_stream_write(struct http_request *request, const void *data, size_t size);
void http_stream_end(struct http_request *request);

// --- what many watch ------------------------------------------------------------------------------------------------
// A topic of one loop: its state goes out as an event to all who listen, at once when they join and at each change. Who
// has not read the last one costs what the kernel holds for it (at most 64 KiB), is sent nothing more, and then the
// state of that moment. Who goes away leaves by itself; `arg` stays valid as long as the request.
struct http_topic;
struct http_topic *http_topic_new(void);
void http_topic_free(struct http_topic *topic); // when nobody listens
void http_topic_join(struct http_topic *topic, struct http_request *request, void *arg);
// The state now, one line; also the time for heartbeats and for those who were behind: call it every second or so. False
// when it is too long (48 KiB), and the old one stays.
bool http_topic_say(struct http_topic *topic, const char *event, const char *data);
bool http_topic_is_empty(const struct http_topic *topic);
// For the `arg` of each who listens.
void http_topic_each(struct http_topic *topic, void (*visit)(void *arg, void *listener_arg), void *arg);
// Ends one's stream. From within http_topic_each only that of the visited.
void http_topic_end(struct http_topic *topic, struct http_request *request);

#endif
