// What many watch by server-sent events: a topic has a state, and whoever listens has the latest one. A client that
// reads slowly is not sent what comes meanwhile, but the state that holds when it has caught up.
#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    KERNEL_BYTES = 16 * 1024, // the kernel takes twice this for a client that stopped reading
    HEARTBEAT_US = 15000000,  // a line that says nothing, so that no proxy takes the connection for dead
    STATE_MAX = 48 * 1024,
};

struct listener {
    struct http_topic *topic;
    struct listener *next;
    struct http_request *request;
    bool behind;
    int64_t said_us;
    void *arg;
};

struct http_topic {
    struct listener *first;
    struct buf state; // an event as it goes out; empty before the first
};

struct http_topic *http_topic_new(void)
{
    struct http_topic *topic = calloc(1, sizeof(*topic));
    if (topic == NULL)
        abort();
    buf_init(&topic->state, STATE_MAX);
    return topic;
}

static void remove_listener(struct listener *listener)
{
    struct listener **link = &listener->topic->first;
    while (*link != listener)
        link = &(*link)->next;
    *link = listener->next;
}

static void on_close(void *arg)
{
    struct listener *listener = arg;
    remove_listener(listener);
    http_stream_end(listener->request);
}

static void say_to(struct listener *listener, const void *data, size_t size)
{
    listener->said_us = clock_monotonic_us();
    http_stream_write(listener->request, data, size);
}

static bool waits(const struct listener *listener)
{
    return connection_pending(listener->request->connection) > 0;
}

void http_topic_join(struct http_topic *topic, struct http_request *request, void *arg)
{
    static const char begin[] = "retry: 2000\n\n";
    struct listener *listener = arena_calloc(request->arena, 1, sizeof(*listener));
    *listener = (struct listener){.topic = topic, .next = topic->first, .request = request, .arg = arg};
    topic->first = listener;
    if (request->connection->state != CONNECTION_GONE) {
        int bytes = KERNEL_BYTES;
        setsockopt(request->connection->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
    }
    http_stream_begin(request, 200, "text/event-stream", NULL, on_close, listener);
    if (request->head_only) {
        on_close(listener);
        return;
    }
    say_to(listener, begin, sizeof(begin) - 1);
    say_to(listener, topic->state.data, topic->state.length);
}

bool http_topic_say(struct http_topic *topic, const char *event, const char *data)
{
    struct buf said;
    int64_t now_us = clock_monotonic_us();
    buf_init(&said, STATE_MAX);
    buf_printf(&said, "event: %s\ndata: %s\n\n", event, data);
    assert(strpbrk(data, "\r\n") == NULL);
    bool fits = buf_check(&said) == 0,
         news = fits && (said.length != topic->state.length ||
                            memcmp(said.data, topic->state.data, said.length) != 0);
    if (news) {
        buf_release(&topic->state);
        topic->state = said;
    } else {
        buf_release(&said);
    }
    for (struct listener *listener = topic->first; listener != NULL; listener = listener->next) {
        if (waits(listener)) {
            listener->behind = listener->behind || news;
        } else if (news || listener->behind) {
            listener->behind = false;
            say_to(listener, topic->state.data, topic->state.length);
        } else if (now_us - listener->said_us >= HEARTBEAT_US) {
            say_to(listener, ":\n\n", 3);
        }
    }
    return fits;
}

void http_topic_each(struct http_topic *topic, void (*visit)(void *arg, void *listener_arg), void *arg)
{
    for (struct listener *listener = topic->first, *next; listener != NULL; listener = next) {
        next = listener->next;
        visit(arg, listener->arg);
    }
}

bool http_topic_is_empty(const struct http_topic *topic)
{
    return topic->first == NULL;
}

void http_topic_end(struct http_topic *topic, struct http_request *request)
{
    for (struct listener *listener = topic->first; listener != NULL; listener = listener->next) {
        if (listener->request == request) {
            remove_listener(listener);
            http_stream_end(request);
            return;
        }
    }
}

void http_topic_free(struct http_topic *topic)
{
    assert(topic->first == NULL);
    buf_release(&topic->state);
    free(topic);
}
