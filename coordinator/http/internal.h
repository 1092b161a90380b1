// What the files of this room share and nobody else sees: connections, requests and the server of one loop thread.
// Everything here belongs to that thread, but for the counters, which other threads may read.
//
// Who frees what: a connection owns its request and its socket. Neither is freed inside a callback of its own: a
// reply or a lost socket only marks, and `connection_turn` or the top of `connection_process` frees. A connection whose
// socket has gone stays, without one, until its request has been replied to.
#ifndef COORDINATOR_HTTP_INTERNAL_H
#define COORDINATOR_HTTP_INTERNAL_H

#include "base/buf.h"
#include "base/gcra.h"
#include "coordinator/http/admission.h"
#include "coordinator/http/framing.h"
#include "coordinator/http/http.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdatomic.h>

enum {
    INPUT_MAX = 32 * 1024,         // read ahead a connection: a head, or pipelined requests
    OUTPUT_LOW = 64 * 1024,        // a stream is asked for more below this
    OUTPUT_HIGH = 256 * 1024,      // and told "enough" above it
    WRITE_SINGLE_MAX = 256 * 1024, // one stream went from 201 to 371 MB/s with it
    SCRATCH_KEEP = 64 * 1024,      // replies up to about this are put together here and leave in one write
    BODY_AWAY_MAX = 256 * 1024, // of a refused request: so much is read away, so that the connection lives on
    BODY_INLINE_MAX = 16 * 1024,    // bodies of a known length up to this go straight into the arena
    BODY_BUDGET = 64 * 1024 * 1024, // bodies held in memory by one loop; beyond it 503
    ARENA_MAX = 256 * 1024 * 1024,
    PIPELINE_TURN = 32, // requests of one connection before the others have their turn
    PARAMS_MAX = 8,
    SEGMENTS_MAX = 16,
    IN_FLIGHT_MAX = 2048, // requests with handlers, a loop; each class may take its share of it
    LINGER_MS = 2000,
    SWEEP_MS = 250,
    // In a drain: so long new connections are accepted (those under way when it began need a round trip), and so long an
    // idle one is kept for the request that may be on its way.
    DRAIN_ACCEPT_MS = 250,
    DRAIN_IDLE_MS = 500,
    DRAIN_SWEEP_MS = 50,
    ADDRESS_TEXT_BYTES = 64,
};

// The state says which list of the server holds the connection.
enum connection_state {
    CONNECTION_IDLE,    // lists[IDLE]: between requests
    CONNECTION_HEAD,    // lists[HEAD]: a head has begun, or TLS is being shaken; absolute deadline
    CONNECTION_BODY,    // lists[BUSY]: the body is being read
    CONNECTION_HANDLER, // lists[BUSY]: read whole; the handler has it
    CONNECTION_FLUSH,   // lists[BUSY]: replied to; output may still wait
    CONNECTION_LINGER, // lists[LINGER]: our side is shut; what still comes is thrown away, so that no reset eats the reply
    CONNECTION_GONE, // no list: the socket is lost or closed; kept while a handler holds the request
};

enum connection_list { LIST_IDLE, LIST_HEAD, LIST_BUSY, LIST_LINGER, LISTS, LIST_NONE = LISTS };

struct connection_queue { // of the lists with one time-out each: in the order of their deadlines
    struct connection *first, *last;
};

struct connection {
    struct http_server *server;
    int fd;   // -1: closed, and none of the five below
    SSL *ssl; // NULL: plain
    struct evbuffer *input, *output;
    struct event readable, writable;
    struct http_request *request;
    struct connection *previous, *next; // in lists[list]
    struct connection *next_turn;
    struct address *address; // counted, or NULL
    enum connection_state state;
    enum connection_list list;
    // `tls`: as accepted; `shaken`: its handshake is done; `again`: OpenSSL holds input that wakes no socket;
    // `redirects`: came by the second listener
    bool tls, shaken, again, redirects, in_turn, processing, input_ended, input_stopped, close_after,
        trusted_peer;
    int64_t deadline_us;
    uint64_t queued, written_mark; // bytes ever given to the output; of them gone at mark_us
    int64_t mark_us;
    char peer[INET6_ADDRSTRLEN];
};

struct reply_field {
    struct reply_field *next;
    size_t name_size, value_size;
    const char *name, *value;
};

struct decoder;

struct http_request {
    struct connection *connection;
    struct arena *arena;
    const struct route_entry *entry; // NULL while no route is known
    const char *path, *query;        // NUL-terminated; query NULL when there is none
    char *head; // copied from the input when complete; slices of `framing` are in it, NUL-terminated
    const char *client_address;     // once asked for
    const char *params[PARAMS_MAX]; // decoded
    struct reply_field *reply_fields;
    json_t *json;
    void *kept; // http_keep
    int64_t started_us;
    struct admission_ticket ticket; // while in flight
    bool waits_elsewhere;           // what it waits for is not this server's: it has left the admission
    size_t body_max;
    // A refusal found before the body: answered when the body has been read away.
    int refusal;
    const char *refusal_detail, *allow;
    bool own_errors; // HTTP_OWN_ERRORS of a route with this path
    bool handled, in_flight, body_waited, replied, replying_stream, stream_ended, stream_chunked, stream_full,
        stream_is_events, close_told, body_taken, body_paused, body_ended, body_end_told, decoder_full,
        head_only, chose_cache, chose_retry, chose_challenge, is_counted; // counted: of its account's limit
    int status;
    // The body, whole: of a known small length in the arena, else in `body_buf`.
    char *body;
    size_t body_size;
    struct buf body_buf;
    size_t body_held; // framed, and still in the input
    size_t budget;    // bytes counted in server->body_bytes
    // The body, streamed.
    struct decoder *decoder;
    uint64_t body_received, body_decoded;
    int64_t body_running_us,
        body_since_us; // time spent waiting for the client; since when, 0 while it is not waited for
    void (*on_data)(void *arg, const char *data, size_t size);
    void (*on_end)(void *arg, int rc, const struct err *err);
    void *body_arg;
    // The reply, streamed.
    void (*on_drain)(void *arg);
    void (*on_close)(void *arg);
    void *stream_arg;
    struct framing_body body_framing;
    struct framing_head framing;
};

// --- routes --------------------------------------------------------------------------------------------------------
struct route_segment {
    const char *text; // literal, or the parameter's name
    uint16_t size;
    bool is_parameter, is_rest;
};

enum { DURATION_BUCKETS = 12 };

struct route_counters { // written by the loop, read by any thread
    _Atomic uint64_t by_status[6];
    _Atomic uint64_t durations[DURATION_BUCKETS + 1];
    _Atomic uint64_t duration_us;
};

struct route_entry {
    const struct http_route *route;
    struct route_segment segments[SEGMENTS_MAX];
    size_t n_segments;
    struct route_counters *counters;
    struct admission_flow *flow;
};

struct router {
    struct route_entry *entries; // by number of segments, then literals before parameters
    size_t n_entries;
    size_t first[SEGMENTS_MAX + 2]; // of those with so many segments
};

// Of those in flight: one whose body streams takes as long as its client, one that waits elsewhere as long as that, and neither says
// anything about the others' wait.
static inline bool admission_counts(const struct http_request *request)
{
    return (request->entry->route->flags & HTTP_STREAM_BODY) == 0 && !request->waits_elsewhere;
}

void router_build(struct router *router, const struct http_route *const *tables);
void router_release(struct router *router);
// Sets entry and params, or refusal, refusal_detail and allow.
void router_find(const struct router *router, struct http_request *request);

// --- the server ----------------------------------------------------------------------------------------------------
struct address;

struct prefix {
    unsigned char bytes[16]; // IPv4 as ::ffff:a.b.c.d
    int bits;
};

struct http_server {
    struct event_base *base;
    struct http_settings settings;
    struct router router;
    struct evconnlistener *listener, *redirect_listener; // the second NULL when there is none
    bool accepting, draining, deaf, freed;
    struct event *turn, *sweep;
    struct connection *turn_first, *turn_last;
    struct connection_queue lists[LISTS];
    int n_connections; // with a socket
    int n_alive;       // with those that only wait for their reply
    int n_in_flight;
    struct admission admission;
    unsigned n_overloaded;
    struct timeval pass; // of the loop; the same in all callbacks of one
    size_t body_bytes;
    int64_t drain_us; // since when
    void (*told_deaf)(void *arg);
    void (*drained)(void *arg);
    void *drain_arg;
    // Replies are put together here: of one connection at a time, sent before the callback returns.
    struct buf scratch;
    struct connection *scratch_owner;
    struct buf render; // JSON text
    char inbox[INPUT_MAX];
    char hsts[64]; // "Strict-Transport-Security: ...\r\n", or empty
    char date[40]; // "Date: ...\r\n", of date_s
    int64_t date_s, logged_s;
    struct prefix *proxies;
    size_t n_proxies;
    struct route_counters other; // what found no route: static files, 404
    struct route_counters refused;
    _Atomic uint64_t accepted, turned_away, timed_out, handshakes_failed, bytes_in, bytes_out;
    _Atomic uint64_t overloaded[HTTP_CLASSES]; // refused by class
    _Atomic int64_t open_now, in_flight_now;
};

// Counters have one writer, so that no locked instruction is needed.
static inline void count(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(
        counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

extern const double duration_bounds_s[DURATION_BUCKETS];
void server_complete_settings(struct http_settings *settings); // what is 0 gets its default
void server_destroy(struct http_server *server);               // the memory, when nothing is alive any more
void server_accept_more(struct http_server *server);           // if it stopped and there is room
void server_saw(struct http_server *server, int64_t now_us);   // read something, or replied

// --- connection.c --------------------------------------------------------------------------------------------------
void connection_accept(struct http_server *server, int fd, const struct sockaddr *peer, bool redirects);
void connection_schedule(struct connection *connection); // a turn of its own, later in this pass of the loop
void connection_process(struct connection *connection);
void connection_gone(struct connection *connection);
void connection_settle_gone(struct connection *connection); // may free it
void connection_turn(evutil_socket_t fd, short what, void *arg);
void connection_sweep(struct http_server *server, int64_t now_us);
void server_accept_more(struct http_server *server); // when there is room again, and no end in sight
void connection_move(struct connection *connection, enum connection_state state);
// The scratch buffer, claimed for this connection; then connection_flush sends it.
struct buf *connection_scratch(struct connection *connection);
void connection_flush(struct connection *connection);
// Behind what is in the scratch buffer: `cleanup` NULL copies what can't be sent now, else the bytes are kept until it
// is called (it may be a function that does nothing, for bytes that live for ever).
void connection_send(struct connection *connection, const void *data, size_t size,
    void (*cleanup)(const void *data, size_t size, void *arg));
size_t connection_pending(const struct connection *connection);
// Into the output, without an attempt to write now.
void connection_queue(struct connection *connection, const void *data, size_t size);
// The reply of the current request has been put out.
void connection_replied(struct connection *connection);

// --- transport.c ---------------------------------------------------------------------------------------------------
// False when there is no memory for TLS; the socket is then the caller's still.
bool transport_open(struct connection *connection, int fd) MUST_CHECK;
void transport_close(struct connection *connection);
enum transport_handshake {
    HANDSHAKE_DONE,
    HANDSHAKE_READS,
    HANDSHAKE_WRITES,
    HANDSHAKE_PLAIN,   // the client speaks HTTP; now the connection is plain
    HANDSHAKE_REFUSED, // an alert has gone out; now the connection is plain
    HANDSHAKE_LOST
};
enum transport_handshake transport_shake_hands(struct connection *connection) MUST_CHECK;
void transport_drop_tls(struct connection *connection);
void transport_say_goodbye(
    struct connection *connection); // TLS's own end (close_notify), as far as it can be sent now
// As recv(2): 0 at a proper end, -1 with EAGAIN when there is nothing now.
ssize_t transport_read(struct connection *connection, char *out, size_t size);
// Two runs of bytes, one behind the other, while the output is empty: how much was taken, or -1 when the socket is lost.
// What was not taken must be put into the output.
ssize_t transport_write(
    struct connection *connection, const void *a, size_t a_size, const void *b, size_t b_size);
// Sends of the output what the socket takes, at most WRITE_SINGLE_MAX; false when it is lost.
bool transport_flush(struct connection *connection) MUST_CHECK;

// --- body.c --------------------------------------------------------------------------------------------------------
enum body_step { BODY_STEP_WAIT, BODY_STEP_DONE, BODY_STEP_FAILED };
void body_begin(struct http_request *request);
// Reads what has come; in FAILED the status and sentence are in refusal and refusal_detail.
enum body_step body_read_whole(struct http_request *request, struct evbuffer *input);
// Calls on_data and on_end; true when it may be called again at once.
bool body_read_stream(struct http_request *request, struct evbuffer *input, bool input_ended);
// on_end with an error, once.
void body_cut(struct http_request *request, int rc, const char *why);
bool body_too_slow(const struct http_request *request, int64_t now_us);
void body_release(struct http_request *request);

// Content codings. Returns 0, ERR_INVALID or ERR_LIMIT.
struct decoder *decoder_new(const char *coding); // "gzip" or "zstd"
void decoder_free(struct decoder *decoder);
// Takes some of `*data` and gives at most `out_size` bytes; call until nothing is left and less than out_size came.
int decoder_step(struct decoder *decoder, const char **data, size_t *size, char *out, size_t out_size,
    size_t *ret_out, struct err *err) MUST_CHECK;
int decoder_end(const struct decoder *decoder, struct err *err) MUST_CHECK; // was the last frame whole?

// --- request.c -----------------------------------------------------------------------------------------------------
struct http_request *request_new(struct connection *connection);
void request_free(struct http_request *request);
// The head is complete in `data`: copies it, routes, checks. May set `refusal`.
void request_begin(struct http_request *request, const char *data);
void request_check_load(struct http_request *request, int64_t now_us); // may set `refusal`
const char *request_known(const struct http_request *request, enum framing_known known);
bool media_type_is(const char *value, const char *type);

// --- reply.c -------------------------------------------------------------------------------------------------------
void reply_refuse(struct http_request *request, int status, const char *detail); // a problem, then close
void reply_refusal(struct http_request *request); // request->refusal, and Allow
const char *status_text(int status);
// Status line and fields up to the empty line; `length` < 0: none is stated.
void reply_head(
    struct http_request *request, struct buf *out, int status, const char *content_type, int64_t length);
void reply_begun(struct http_request *request); // counts it; a stream is no longer in flight
void reply_done(struct http_request *request);  // tells the connection
void reply_whole(struct http_request *request, int status, const char *content_type, const void *data,
    size_t size, bool lives_for_ever);

// --- stream.c ------------------------------------------------------------------------------------------------------
void stream_stop(struct http_request *request); // asks its handler for the end, once

// --- static.c, limits.c --------------------------------------------------------------------------------------------
// Replies from the files or with 404; the route was not found and the method is GET or HEAD.
void static_reply(struct http_request *request, const struct http_static *files);
bool static_has(const struct http_static *files, const char *path);

void limits_key(const struct sockaddr *peer, char *text, size_t size, unsigned char bytes[16]);
// Connections by address, of all servers of the process. NULL: `most` are there already.
struct address *limits_enter(const unsigned char bytes[16], int most);
void limits_leave(struct address *address);
int limits_parse_proxies(
    const char *list, struct prefix **ret_prefixes, size_t *ret_n, struct err *err) MUST_CHECK;
bool limits_is_proxy(const struct http_server *server, const unsigned char bytes[16]);
bool limits_parse_address(const char *text, size_t size, unsigned char bytes[16]);
// What stands for an address where it is counted: all of IPv4, the first 64 bits of IPv6.
uint64_t limits_address_key(const unsigned char bytes[16]);

// --- rates.c -------------------------------------------------------------------------------------------------------
enum rates_act {
    RATES_SPEND,
    RATES_LOOK,  // as SPEND, but nothing is taken
    RATES_CHARGE // taken without asking
};
// `limit` must not be off; `is_account` says which of the tables. Any thread.
struct gcra_answer rates_act(struct http_rates *rates, enum rates_act act, unsigned limit, bool is_account,
    const void *key, size_t size, int64_t cost, int64_t now_ns);
void rates_print(const struct http_rates *rates, struct buf *out);
void rates_check_address(struct http_request *request); // before the handler; may set `refusal`

#endif
