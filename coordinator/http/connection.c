// One connection: its state, its one request at a time, its output. Pipelined requests are answered in order because the
// next head is not looked at before the reply to the one before has been put out.
#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const enum connection_list list_of[] = {
    [CONNECTION_IDLE] = LIST_IDLE,
    [CONNECTION_HEAD] = LIST_HEAD,
    [CONNECTION_BODY] = LIST_BUSY,
    [CONNECTION_HANDLER] = LIST_BUSY,
    [CONNECTION_FLUSH] = LIST_BUSY,
    [CONNECTION_LINGER] = LIST_LINGER,
    [CONNECTION_GONE] = LIST_NONE,
};

static void unlink_from(struct connection_queue *queue, struct connection *connection)
{
    if (connection->previous != NULL)
        connection->previous->next = connection->next;
    else
        queue->first = connection->next;
    if (connection->next != NULL)
        connection->next->previous = connection->previous;
    else
        queue->last = connection->previous;
    connection->previous = connection->next = NULL;
}

void connection_move(struct connection *connection, enum connection_state state)
{
    struct http_server *server = connection->server;
    enum connection_list list = list_of[state];
    if (connection->list != LIST_NONE && (connection->list != list || list != LIST_BUSY))
        unlink_from(&server->lists[connection->list], connection);
    else if (list == LIST_BUSY && connection->list == list) {
        connection->state = state;
        return;
    }
    connection->state = state;
    connection->list = list;
    if (list == LIST_NONE)
        return;
    struct connection_queue *queue = &server->lists[list];
    connection->previous = queue->last;
    if (queue->last != NULL)
        queue->last->next = connection;
    else
        queue->first = connection;
    queue->last = connection;
    int ms = list == LIST_IDLE   ? server->settings.idle_timeout_ms
             : list == LIST_HEAD ? server->settings.header_timeout_ms
                                 : LINGER_MS;
    if (list != LIST_BUSY)
        connection->deadline_us = clock_monotonic_us() + (int64_t)ms * 1000;
}

void connection_schedule(struct connection *connection)
{
    struct http_server *server = connection->server;
    if (connection->in_turn || server->freed)
        return;
    connection->in_turn = true;
    connection->next_turn = NULL;
    if (server->turn_last != NULL)
        server->turn_last->next_turn = connection;
    else
        server->turn_first = connection;
    server->turn_last = connection;
    event_active(server->turn, EV_TIMEOUT, 1);
}

// --- output --------------------------------------------------------------------------------------------------------
size_t connection_pending(const struct connection *connection)
{
    size_t pending = connection->output != NULL ? evbuffer_get_length(connection->output) : 0;
    if (connection->server->scratch_owner == connection)
        pending += connection->server->scratch.length;
    return pending;
}

// So many bytes are about to be put into the output.
static void note_queued(struct connection *connection, size_t size)
{
    if (connection_pending(connection) == 0) {
        connection->written_mark = connection->queued;
        connection->mark_us = clock_monotonic_us();
    }
    connection->queued += size;
    count(&connection->server->bytes_out, size);
    event_add(&connection->writable, NULL);
}

void connection_queue(struct connection *connection, const void *data, size_t size)
{
    if (connection->state == CONNECTION_GONE || size == 0)
        return;
    note_queued(connection, size);
    evbuffer_add(connection->output, data, size);
}

// Writes to the socket at once when nothing waits before; returns how much went, or -1 when the socket is lost.
static ssize_t write_now(
    struct connection *connection, const void *a, size_t a_size, const void *b, size_t b_size)
{
    if (evbuffer_get_length(connection->output) > 0)
        return 0;
    ssize_t sent = transport_write(connection, a, a_size, b, b_size);
    if (sent > 0)
        count(&connection->server->bytes_out, (uint64_t)sent);
    return sent;
}

struct buf *connection_scratch(struct connection *connection)
{
    struct http_server *server = connection->server;
    if (server->scratch_owner != NULL && server->scratch_owner != connection)
        connection_flush(server->scratch_owner);
    server->scratch_owner = connection;
    return &server->scratch;
}

void connection_send(struct connection *connection, const void *data, size_t size,
    void (*cleanup)(const void *data, size_t size, void *arg))
{
    struct http_server *server = connection->server;
    struct buf *scratch = connection_scratch(connection);
    server->scratch_owner = NULL;
    ssize_t sent = connection->state == CONNECTION_GONE
                       ? (ssize_t)(scratch->length + size)
                       : write_now(connection, scratch->data, scratch->length, data, size);
    if (sent < 0) {
        connection_gone(connection);
        sent = (ssize_t)(scratch->length + size);
    }
    size_t head = min_size((size_t)sent, scratch->length), body = (size_t)sent - head;
    connection_queue(connection, scratch->data + head, scratch->length - head);
    buf_clear(scratch);
    if (body == size) {
        if (cleanup != NULL)
            cleanup(data, size, NULL);
    } else if (cleanup == NULL) {
        connection_queue(connection, (const char *)data + body, size - body);
    } else {
        note_queued(connection, size - body);
        evbuffer_add_reference(connection->output, (const char *)data + body, size - body, cleanup, NULL);
    }
}

void connection_flush(struct connection *connection)
{
    if (connection->server->scratch_owner != connection)
        return;
    if (connection->server->scratch.length > 0)
        connection_send(connection, NULL, 0, NULL);
    connection->server->scratch_owner = NULL;
}

void connection_replied(struct connection *connection)
{
    if (connection->state != CONNECTION_GONE)
        connection_move(connection, CONNECTION_FLUSH);
    if (connection->processing)
        return;
    connection_flush(connection);
    if (connection->server->freed)
        connection_settle_gone(connection); // no turn will come any more
    else
        connection_schedule(connection);
}

// --- the end -------------------------------------------------------------------------------------------------------
void connection_gone(struct connection *connection)
{
    if (connection->state == CONNECTION_GONE)
        return;
    if (connection->server->scratch_owner == connection) {
        buf_clear(&connection->server->scratch);
        connection->server->scratch_owner = NULL;
    }
    connection_move(connection, CONNECTION_GONE);
    event_del(&connection->readable);
    event_del(&connection->writable);
    connection_schedule(connection); // the rest at a safe place
}

static void release_socket(struct connection *connection)
{
    struct http_server *server = connection->server;
    if (connection->fd < 0)
        return;
    transport_close(connection);
    limits_leave(connection->address);
    connection->address = NULL;
    server->n_connections--;
    atomic_store_explicit(&server->open_now, server->n_connections, memory_order_relaxed);
    server_accept_more(server);
}

// Everything of the request has gone out; close, in a way that does not reset what the client has yet to read.
static void shut(struct connection *connection)
{
    transport_say_goodbye(connection);
    if (connection->input_ended) {
        connection_gone(connection);
        return;
    }
    shutdown(connection->fd, SHUT_WR);
    connection_move(connection, CONNECTION_LINGER);
}

// --- input ---------------------------------------------------------------------------------------------------------
// No request will come whole any more: what is being put out still goes, then the connection closes.
static bool give_up_input(struct connection *connection)
{
    if (connection->request != NULL)
        connection->request->replied = true;
    connection->close_after = true;
    connection_move(connection, CONNECTION_FLUSH);
    return true;
}

static bool step_head(struct connection *connection, struct evbuffer *input)
{
    size_t size = evbuffer_get_length(input);
    if (size == 0)
        return connection->input_ended && give_up_input(connection);
    if (connection->request == NULL) {
        connection->request = request_new(connection);
        connection_move(connection, CONNECTION_HEAD);
    }
    struct http_request *request = connection->request;
    const char *data = (const char *)evbuffer_pullup(input, (ev_ssize_t)min_size(size, FRAMING_HEAD_MAX + 1));
    switch (framing_head_feed(&request->framing, data, min_size(size, FRAMING_HEAD_MAX + 1))) {
    case FRAMING_MORE:
        return connection->input_ended && give_up_input(connection);
    case FRAMING_REFUSED:
        connection_move(connection, CONNECTION_FLUSH);
        reply_refuse(request, request->framing.status, request->framing.reason);
        return true;
    case FRAMING_DONE:
        break;
    }
    connection_move(connection, CONNECTION_BODY);
    request_begin(request, data);
    evbuffer_drain(input, request->framing.size);
    if (!request->replied)
        body_begin(request);
    return true;
}

static void call_handler(struct http_request *request)
{
    struct http_server *server = request->connection->server;
    request->handled = true;
    request->in_flight = true;
    server->n_in_flight++;
    if (admission_counts(request))
        admission_enter(&server->admission, request->entry->flow, request->entry->route->class,
            &request->ticket, request->body_waited ? clock_monotonic_us() : request->started_us);
    atomic_store_explicit(&server->in_flight_now, server->n_in_flight, memory_order_relaxed);
    request->entry->route->handle(request);
}

static bool step_body(struct connection *connection, struct evbuffer *input)
{
    struct http_request *request = connection->request;
    assert(request != NULL); // in this state there is one
    bool streams = request->refusal == 0 && (request->entry->route->flags & HTTP_STREAM_BODY) != 0;
    if (streams && !request->handled) {
        call_handler(request);
        return true;
    }
    if (streams)
        return body_read_stream(request, input, connection->input_ended);
    switch (body_read_whole(request, input)) {
    case BODY_STEP_WAIT:
        request->body_waited = true;
        return connection->input_ended && give_up_input(connection);
    case BODY_STEP_FAILED:
        reply_refuse(request, request->refusal, request->refusal_detail);
        return true;
    case BODY_STEP_DONE:
        break;
    }
    connection_move(connection, CONNECTION_HANDLER);
    if (request->refusal == 0 && request->body_waited) // much may have come in the meantime
        request_check_load(request, clock_monotonic_us());
    if (request->refusal != 0)
        reply_refusal(request);
    else
        call_handler(request);
    return true;
}

static bool step_flush(struct connection *connection, struct evbuffer *input)
{
    if (connection->request != NULL) {
        if (!connection->request->replied)
            return false;
        request_free(connection->request);
        connection->request = NULL;
    }
    if (connection->close_after) {
        connection_flush(connection);
        if (connection->state != CONNECTION_GONE && connection_pending(connection) == 0)
            shut(connection);
        return false;
    }
    if (connection_pending(connection) > OUTPUT_LOW)
        return false; // the write callback comes back
    connection_move(connection, CONNECTION_IDLE);
    return evbuffer_get_length(input) > 0 || connection->input_ended;
}

// One step; false when something must come first.
static bool step(struct connection *connection)
{
    struct evbuffer *input = connection->input;
    switch (connection->state) {
    case CONNECTION_IDLE:
    case CONNECTION_HEAD:
        return step_head(connection, input);
    case CONNECTION_BODY:
        return step_body(connection, input);
    case CONNECTION_FLUSH:
        return step_flush(connection, input);
    case CONNECTION_LINGER:
        evbuffer_drain(input, evbuffer_get_length(input));
        if (connection->input_ended)
            connection_gone(connection);
        return false;
    case CONNECTION_HANDLER:
    case CONNECTION_GONE:
        return false;
    }
    return false;
}

// Input is stopped when enough lies here, and goes on when it has been taken.
static void want_input(struct connection *connection)
{
    if (!connection->input_stopped || connection->input_ended || connection->state == CONNECTION_GONE ||
        evbuffer_get_length(connection->input) >= INPUT_MAX)
        return;
    connection->input_stopped = false;
    event_add(&connection->readable, NULL);
    if (connection->again)
        event_active(&connection->readable, EV_READ, 1);
}

void connection_process(struct connection *connection)
{
    if (connection->processing || connection->state == CONNECTION_GONE)
        return;
    connection->processing = true;
    // A step for head, body and flush each.
    int left = 3 * PIPELINE_TURN;
    while (left > 0 && step(connection))
        left--;
    connection->processing = false;
    connection_flush(connection);
    want_input(connection);
    if (left == 0)
        connection_schedule(connection);
}

// --- turns: what must not happen inside a callback -----------------------------------------------------------------
void connection_settle_gone(struct connection *connection)
{
    struct http_server *server = connection->server;
    struct http_request *request = connection->request;
    release_socket(connection);
    connection->processing = true; // what is replied now is freed here, not in a turn
    if (request != NULL && !request->handled)
        request->replied = true; // no handler knows it
    if (request != NULL && !request->replied && request->body_taken && !request->body_end_told)
        body_cut(request, ERR_CLOSED, "the client went away");
    if (request != NULL && !request->replied && request->replying_stream && !request->close_told) {
        request->close_told = true;
        if (request->on_close != NULL)
            request->on_close(request->stream_arg);
    }
    connection->processing = false;
    if (connection->in_turn || (request != NULL && !request->replied))
        return;
    request_free(request);
    free(connection);
    if (--server->n_alive == 0 && server->freed)
        server_destroy(server);
}

static void server_settle(struct http_server *server)
{
    if (server->deaf && server->n_connections == 0 && server->drained != NULL) {
        void (*done)(void *arg) = server->drained;
        server->drained = NULL;
        done(server->drain_arg);
    }
}

void connection_turn(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct http_server *server = arg;
    struct connection *connection = server->turn_first;
    server->turn_first = server->turn_last = NULL;
    while (connection != NULL) {
        struct connection *next = connection->next_turn;
        connection->in_turn = false;
        if (connection->state == CONNECTION_GONE)
            connection_settle_gone(connection);
        else
            connection_process(connection);
        connection = next;
    }
    server_settle(server);
}

// --- callbacks of libevent -----------------------------------------------------------------------------------------
// Less waits to go out than before.
static void has_written(struct connection *connection)
{
    struct http_request *request = connection->request;
    if (request != NULL && request->replying_stream && !request->replied) {
        if (request->stream_full) {
            request->stream_full = false;
            if (request->on_drain != NULL)
                request->on_drain(request->stream_arg);
        }
        return;
    }
    connection_process(connection);
}

// Nothing more will come. A client may shut its side and still read; but events have no end, so there it means that
// nobody listens.
static void end_input(struct connection *connection)
{
    connection->input_ended = true;
    event_del(&connection->readable);
    if (connection->request != NULL && connection->request->stream_is_events)
        connection_gone(connection);
    else
        connection_process(connection);
}

// Who speaks HTTP to the port of HTTPS is told so, in the open; who fails otherwise has been told by OpenSSL.
static void refuse_handshake(struct connection *connection, bool speaks_http)
{
    connection->tls = false;
    count(&connection->server->handshakes_failed, 1);
    if (!speaks_http) {
        shut(connection);
        return;
    }
    connection->request = request_new(connection);
    connection_move(connection, CONNECTION_FLUSH);
    reply_refuse(connection->request, 400, "This port speaks HTTPS: use https:// and not http://.");
}

// True when there may be input.
static bool shake_hands(struct connection *connection)
{
    switch (transport_shake_hands(connection)) {
    case HANDSHAKE_DONE:
        event_del(&connection->writable);
        connection_move(connection, CONNECTION_IDLE);
        return true;
    case HANDSHAKE_READS:
        break;
    case HANDSHAKE_WRITES:
        event_add(&connection->writable, NULL);
        break;
    case HANDSHAKE_PLAIN:
        refuse_handshake(connection, true);
        break;
    case HANDSHAKE_REFUSED:
        refuse_handshake(connection, false);
        break;
    case HANDSHAKE_LOST:
        connection_gone(connection);
        break;
    }
    return false;
}

static void on_readable(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct connection *connection = arg;
    struct http_server *server = connection->server;
    if (connection->tls && !connection->shaken && !shake_hands(connection))
        return;
    size_t have = evbuffer_get_length(connection->input);
    if (have >= INPUT_MAX) {
        connection->input_stopped = true;
        event_del(&connection->readable);
        return;
    }
    ssize_t got = transport_read(connection, server->inbox, INPUT_MAX - have);
    if (connection->again)
        event_active(&connection->readable, EV_READ, 1);
    if (got > 0) {
        evbuffer_add(connection->input, server->inbox, (size_t)got);
        connection_process(connection);
    } else if (got == 0) {
        end_input(connection);
    } else if (errno != EAGAIN && errno != EINTR) {
        connection_gone(connection);
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
    struct connection *connection = arg;
    if (connection->tls && !connection->shaken) {
        on_readable(fd, what, arg); // the handshake goes on, and what came behind it
        return;
    }
    if (!transport_flush(connection)) {
        connection_gone(connection);
        return;
    }
    size_t pending = connection_pending(connection);
    if (pending == 0)
        event_del(&connection->writable);
    if (pending <= OUTPUT_LOW)
        has_written(connection);
}

// Too many of one address: said in one write, and closed.
static void turn_away(struct http_server *server, int fd, bool tls)
{
    static const char busy[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\n"
                               "Cache-Control: no-store\r\nConnection: close\r\n\r\n";
    count(&server->turned_away, 1);
    if (!tls)
        (void)!send(fd, busy, sizeof(busy) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(fd);
}

void connection_accept(struct http_server *server, int fd, const struct sockaddr *peer, bool redirects)
{
    bool tls = server->settings.tls != NULL && !redirects;
    unsigned char bytes[16];
    char text[INET6_ADDRSTRLEN];
    limits_key(peer, text, sizeof(text), bytes);
    bool trusted = limits_is_proxy(server, bytes);
    struct address *address = NULL;
    if (server->settings.limits_by_address && !trusted &&
        (address = limits_enter(bytes, server->settings.max_connections_per_address)) == NULL) {
        turn_away(server, fd, tls);
        return;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    struct connection *connection = calloc(1, sizeof(*connection));
    if (connection == NULL)
        abort();
    connection->server = server;
    connection->tls = tls;
    connection->redirects = redirects;
    if (!transport_open(connection, fd)) {
        limits_leave(address);
        close(fd);
        free(connection);
        return;
    }
    connection->address = address;
    connection->trusted_peer = trusted;
    connection->list = LIST_NONE;
    memcpy(connection->peer, text, sizeof(text));
    connection_move(connection, connection->tls ? CONNECTION_HEAD : CONNECTION_IDLE);
    count(&server->accepted, 1);
    server->n_alive++;
    server->n_connections++;
    atomic_store_explicit(&server->open_now, server->n_connections, memory_order_relaxed);
    event_assign(&connection->readable, server->base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    event_assign(&connection->writable, server->base, fd, EV_WRITE | EV_PERSIST, on_writable, connection);
    event_add(&connection->readable, NULL);
}

// --- deadlines -----------------------------------------------------------------------------------------------------
// Idle for long, or for a moment in a drain: our side is shut, unless a request lies in the socket already.
static void sweep_idle(struct http_server *server, int64_t now_us)
{
    int64_t idle_us = (int64_t)server->settings.idle_timeout_ms * 1000, grace_us = DRAIN_IDLE_MS * 1000;
    for (struct connection *connection = server->lists[LIST_IDLE].first, *next; connection != NULL;
         connection = next) {
        int64_t since_us = connection->deadline_us - idle_us;
        int unread = 0;
        next = connection->next;
        if (now_us - since_us < idle_us &&
            !(server->draining && now_us - since_us >= grace_us && now_us - server->drain_us >= grace_us))
            return; // they stand in the order of their deadlines
        if (ioctl(connection->fd, FIONREAD, &unread) == 0 && unread > 0)
            continue;
        if (!server->draining)
            count(&server->timed_out, 1);
        shut(connection);
    }
}

static void sweep_list(struct http_server *server, enum connection_list list, int64_t now_us)
{
    struct connection *connection;
    while ((connection = server->lists[list].first) != NULL && connection->deadline_us <= now_us) {
        if (list != LIST_LINGER)
            count(&server->timed_out, 1);
        if (list == LIST_HEAD && connection->request != NULL) { // slow: told so, then closed
            connection_move(connection, CONNECTION_FLUSH);
            reply_refuse(connection->request, 408, "The head of the request did not come in time.");
        } else {
            connection_gone(connection);
        }
    }
}

// Output must go at the least rate of a body, seen over an idle time-out.
static bool stalls(struct connection *connection, int64_t now_us)
{
    size_t pending = connection_pending(connection);
    if (pending == 0)
        return false;
    const struct http_settings *settings = &connection->server->settings;
    int64_t window_us = (int64_t)settings->idle_timeout_ms * 1000;
    if (now_us - connection->mark_us < window_us)
        return false;
    uint64_t written = connection->queued - pending,
             least = (uint64_t)settings->body_min_bytes_per_s * (uint64_t)settings->idle_timeout_ms / 1000;
    if (written - connection->written_mark < least)
        return true;
    connection->written_mark = written;
    connection->mark_us = now_us;
    return false;
}

void connection_sweep(struct http_server *server, int64_t now_us)
{
    sweep_idle(server, now_us);
    sweep_list(server, LIST_HEAD, now_us);
    sweep_list(server, LIST_LINGER, now_us);
    for (struct connection *connection = server->lists[LIST_BUSY].first, *next; connection != NULL;
         connection = next) {
        next = connection->next;
        struct http_request *request = connection->request;
        if (stalls(connection, now_us)) {
            count(&server->timed_out, 1);
            connection_gone(connection);
        } else if (connection->state == CONNECTION_BODY && request != NULL &&
                   body_too_slow(request, now_us)) {
            count(&server->timed_out, 1);
            if (request->handled)
                body_cut(request, ERR_CLOSED, "the body came too slowly");
            else
                reply_refuse(request, 408, "The body of the request came too slowly.");
            if (connection->state != CONNECTION_GONE && !request->replied)
                connection_gone(connection);
        }
    }
}
