#include "coordinator/learn/internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ACCEPT_AT_ONCE = 16, CONTEXT_DAYS = 7, LEAVING_MS = 3000, SEEN_MS = 30000 };

struct link *links_find(struct learn *learn, uint64_t number)
{
    struct link *link;
    LIST_FOREACH(link, &learn->links, entry)
    {
        if (link->number == number && link->state != LINK_DEAD)
            return link;
    }
    return NULL;
}

static bool is_unknown(const struct link *link)
{
    return link->state == LINK_SHAKING || link->state == LINK_GREETING || link->state == LINK_CHECKING;
}

// --- out ----------------------------------------------------------------------------------------------------------
void link_say(struct link *link, enum wire_type type, uint32_t stream, const void *message)
{
    if (link->state == LINK_DEAD)
        return;
    struct buf out;
    buf_init(&out, 2 * (size_t)WIRE_PAYLOAD_MAX_BYTES);
    wire_append(&out, type, stream, message);
    bufferevent_write(link->events, out.data, out.length);
    buf_release(&out);
}

void link_cancel(struct link *link, uint32_t stream, const char *reason)
{
    char text[WIRE_DETAIL_MAX_BYTES];
    snprintf(text, sizeof(text), "%s", reason);
    Plenum__Cancel cancel = PLENUM__CANCEL__INIT;
    cancel.reason = text;
    link_say(link, WIRE_CANCEL, stream, &cancel);
}

size_t link_waiting(const struct link *link)
{
    return evbuffer_get_length(bufferevent_get_output(link->events));
}

static void leave(struct link *link)
{
    if (link->state == LINK_DEAD || link->state == LINK_LEAVING)
        return;
    jobs_link_lost(link);
    link->state = LINK_LEAVING;
    link->deadline_us = clock_monotonic_us() + (int64_t)LEAVING_MS * 1000;
    bufferevent_disable(link->events, EV_READ);
    if (link_waiting(link) == 0)
        link_close(link);
}

void link_refuse(struct link *link, enum wire_refusal code, const char *detail)
{
    char text[WIRE_DETAIL_MAX_BYTES];
    snprintf(text, sizeof(text), "%s", detail);
    Plenum__Refused refused = PLENUM__REFUSED__INIT;
    refused.code = (uint32_t)code;
    refused.detail = text;
    log_event(LOG_WARNING, "worker_refused", LOG_NUMBER("link", link->number), LOG_TEXT("detail", text));
    link_say(link, WIRE_REFUSED, 0, &refused);
    leave(link);
}

void link_close(struct link *link)
{
    if (link->state == LINK_DEAD)
        return;
    if (link->state != LINK_LEAVING)
        jobs_link_lost(link);
    link->state = LINK_DEAD;
    bufferevent_disable(link->events, EV_READ | EV_WRITE);
    event_active(link->learn->on_reap, EV_TIMEOUT, 0);
}

void links_reap(struct learn *learn)
{
    struct link *next;
    for (struct link *link = LIST_FIRST(&learn->links); link != NULL; link = next) {
        next = LIST_NEXT(link, entry);
        if (link->state != LINK_DEAD)
            continue;
        log_event(LOG_INFO, "worker_gone", LOG_NUMBER("link", link->number));
        LIST_REMOVE(link, entry);
        learn->n_links--;
        bufferevent_free(link->events); // with its SSL and socket
        free(link);
    }
}

// --- in -------------------------------------------------------------------------------------------------------------
static void on_message(struct link *link, const struct frame *frame, const void *message)
{
    switch (frame->type) {
    case WIRE_HELLO:
        if (link->state == LINK_GREETING)
            greeting_hello(link, message);
        else
            link_refuse(link, WIRE_REFUSED_PROTOCOL, "hello comes first and once");
        return;
    case WIRE_ENROL:
        greeting_enrol(link, message);
        return;
    default:
        if (link->state != LINK_OPEN)
            link_refuse(link, WIRE_REFUSED_PROTOCOL, "hello comes first");
        else if (frame->type == WIRE_REFUSED)
            link_close(link);
        else
            jobs_message(link, frame->type, frame->id, message);
    }
}

// 1 and the frame at the front of `in`, 0 when it is not whole yet.
static int front(struct evbuffer *in, size_t payload_max, struct frame *ret_frame, struct err *err)
{
    size_t have = evbuffer_get_length(in), want = FRAME_HEADER_BYTES;
    for (int round = 0; round < 2; round++) {
        if (have < want)
            return 0;
        struct buf view = {.data = (char *)evbuffer_pullup(in, (ev_ssize_t)want), .length = want};
        int got = frame_peek(&view, payload_max, ret_frame, err);
        if (got != 0)
            return got;
        uint32_t length;
        memcpy(&length, view.data, sizeof(length)); // within payload_max, or frame_peek had said so
        want = FRAME_HEADER_BYTES + (size_t)ntohl(length);
    }
    return 0;
}

static void on_read(struct bufferevent *events, void *arg)
{
    struct link *link = arg;
    struct evbuffer *in = bufferevent_get_input(events);
    while (link->state == LINK_GREETING || link->state == LINK_OPEN) {
        struct frame frame;
        struct err err;
        const void *message;
        size_t payload_max = link->state == LINK_OPEN ? WIRE_PAYLOAD_MAX_BYTES : WIRE_CONTROL_MAX_BYTES;
        int rc = front(in, payload_max, &frame, &err);
        if (rc == 0)
            return;
        struct arena *arena = wire_arena_new();
        if (rc == 1)
            rc = wire_unpack(&frame, WIRE_WORKER, arena, &message, &err);
        if (rc < 0)
            link_refuse(link, WIRE_REFUSED_PROTOCOL, err.message);
        else
            on_message(link, &frame, message);
        arena_free(arena);
        if (rc == 0)
            evbuffer_drain(in, FRAME_HEADER_BYTES + frame.size);
    }
}

static void on_write(struct bufferevent *events UNUSED, void *arg)
{
    struct link *link = arg;
    if (link->state == LINK_LEAVING) {
        link_close(link);
        return;
    }
    struct lease *lease = link->lease != NULL ? link->lease : link->helps;
    if (lease != NULL) {
        jobs_pump(lease);
        gang_resume(lease);
    }
}

static void on_connected(struct link *link)
{
    char name[TLS_NAME_MAX_BYTES];
    unsigned char fingerprint[HASH_BYTES];
    link->state = LINK_GREETING;
    if (tls_peer_name(bufferevent_openssl_get_ssl(link->events), name, fingerprint)) {
        link->has_name = uuid_parse(name, &link->worker) == 0;
        memcpy(link->certificate_hex, "\\x", 2);
        hex_encode(fingerprint, sizeof(fingerprint), link->certificate_hex + 2);
    }
    bufferevent_enable(link->events, EV_READ | EV_WRITE);
}

static void on_event(struct bufferevent *events UNUSED, short what, void *arg)
{
    struct link *link = arg;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        on_connected(link);
        return;
    }
    if ((what & BEV_EVENT_TIMEOUT) != 0)
        log_event(LOG_WARNING, "worker_silent", LOG_NUMBER("link", link->number));
    link_close(link);
}

// --- accepting --------------------------------------------------------------------------------------------------------
static void link_new(struct learn *learn, int fd)
{
    struct link *link = calloc(1, sizeof(*link));
    SSL *ssl = SSL_new(learn->context);
    int on = 1;
    if (link == NULL || ssl == NULL)
        abort();
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    link->learn = learn;
    link->number = ++learn->n_links_ever;
    link->state = LINK_SHAKING;
    link->deadline_us = clock_monotonic_us() + (int64_t)LEARN_HELLO_MS * 1000;
    link->events = bufferevent_openssl_socket_new(learn->loop->base, fd, ssl, BUFFEREVENT_SSL_ACCEPTING,
        BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS);
    if (link->events == NULL)
        abort();
    bufferevent_openssl_set_allow_dirty_shutdown(link->events, 1);
    bufferevent_setcb(link->events, on_read, on_write, on_event, link);
    bufferevent_setwatermark(link->events, EV_READ, 0, WIRE_PAYLOAD_MAX_BYTES + 64 * 1024);
    bufferevent_setwatermark(link->events, EV_WRITE, 0, 0);
    struct timeval idle = {.tv_sec = LEARN_IDLE_MS / 1000};
    bufferevent_set_timeouts(link->events, &idle, &idle);
    bufferevent_enable(link->events, EV_READ | EV_WRITE);
    LIST_INSERT_HEAD(&learn->links, link, entry);
    learn->n_links++;
}

static int count_unknown(const struct learn *learn)
{
    int n = 0;
    struct link *link;
    LIST_FOREACH(link, &learn->links, entry)
    n += is_unknown(link);
    return n;
}

void links_accept(struct learn *learn)
{
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        int fd = accept4(learn->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        if (learn->stopping || learn->n_links >= LEARN_LINKS_MAX ||
            count_unknown(learn) >= LEARN_UNKNOWN_LINKS_MAX)
            close(fd);
        else
            link_new(learn, fd);
    }
}

// --- time -------------------------------------------------------------------------------------------------------------
// Its own certificate is good for a year; a process that lives longer makes a new one in time.
static void renew_context(struct learn *learn, int64_t now_us)
{
    SSL_CTX *context;
    struct err err;
    if (now_us - learn->context_us < (int64_t)CONTEXT_DAYS * 86400 * 1000000)
        return;
    learn->context_us = now_us;
    if (tls_authority_server_context(learn->authority, &context, &err) < 0) {
        log_event(LOG_ERROR, "worker_tls", LOG_TEXT("detail", err.message));
        return;
    }
    SSL_CTX_free(learn->context);
    learn->context = context;
}

void links_tick(struct learn *learn, int64_t now_us)
{
    struct link *link;
    renew_context(learn, now_us);
    LIST_FOREACH(link, &learn->links, entry)
    {
        if ((is_unknown(link) || link->state == LINK_LEAVING) && now_us > link->deadline_us)
            link_close(link);
        else if (link->state == LINK_OPEN && now_us - link->seen_us > (int64_t)SEEN_MS * 1000)
            greeting_seen(link);
    }
}
