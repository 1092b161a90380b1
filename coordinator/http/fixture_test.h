// For the tests of this room: a server on a loop thread of its own, and a client that speaks raw sockets.
#ifndef COORDINATOR_HTTP_FIXTURE_TEST_H
#define COORDINATOR_HTTP_FIXTURE_TEST_H

#include "base/buf.h"
#include "coordinator/http/http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLIENT_WAIT_S = 10 };

struct fixture {
    struct event_base *base;
    struct http_server *server;
    struct event *wake;
    pthread_t thread;
    int listen_fd, wake_fd, port;
    bool drain; // stop by a drain and not at once
    atomic_bool deaf, drained;
};

static void fixture_deaf(void *arg)
{
    struct fixture *fixture = arg;
    fixture->deaf = true;
}

static void fixture_drained(void *arg)
{
    struct fixture *fixture = arg;
    fixture->drained = true;
    event_base_loopbreak(fixture->base);
}

static void fixture_woken(evutil_socket_t fd, short what UNUSED, void *arg)
{
    struct fixture *fixture = arg;
    uint64_t n;
    assert_int_equal(read(fd, &n, sizeof(n)), sizeof(n));
    if (fixture->drain)
        http_server_drain(fixture->server, fixture_deaf, fixture_drained, fixture);
    else
        event_base_loopbreak(fixture->base);
}

static void *fixture_run(void *arg)
{
    struct fixture *fixture = arg;
    event_base_dispatch(fixture->base);
    http_server_free(fixture->server);
    return NULL;
}

static void fixture_start(struct fixture *fixture, struct http_settings settings)
{
    *fixture = (struct fixture){.listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fixture->listen_fd, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fixture->listen_fd, 512), 0);
    assert_int_equal(getsockname(fixture->listen_fd, (struct sockaddr *)&address, &size), 0);
    fixture->port = ntohs(address.sin_port);
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    fixture->base = event_base_new_with_config(config);
    event_config_free(config);
    settings.listen_fd = fixture->listen_fd;
    if (settings.context == NULL)
        settings.context = fixture->base;
    fixture->server = http_server_new(fixture->base, &settings);
    fixture->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fixture->wake = event_new(fixture->base, fixture->wake_fd, EV_READ, fixture_woken, fixture);
    event_add(fixture->wake, NULL);
    assert_int_equal(pthread_create(&fixture->thread, NULL, fixture_run, fixture), 0);
}

static void fixture_wake(struct fixture *fixture)
{
    uint64_t one = 1;
    assert_int_equal(write(fixture->wake_fd, &one, sizeof(one)), sizeof(one));
}

static void fixture_join(struct fixture *fixture)
{
    pthread_join(fixture->thread, NULL);
    event_free(fixture->wake);
    event_base_free(fixture->base);
    close(fixture->wake_fd);
    close(fixture->listen_fd);
}

static UNUSED void fixture_stop(struct fixture *fixture)
{
    fixture_wake(fixture);
    fixture_join(fixture);
}

// --- the client ----------------------------------------------------------------------------------------------------
struct client {
    int fd;
    struct buf input;
};

struct reply {
    int status; // 0: the connection ended first
    char *head, *body;
    size_t size;
};

static void client_open(struct client *client, int port)
{
    client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    buf_init(&client->input, 64 * 1024 * 1024);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval wait = {.tv_sec = CLIENT_WAIT_S};
    int one = 1;
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    setsockopt(client->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    assert_int_equal(connect(client->fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void client_close(struct client *client)
{
    close(client->fd);
    buf_release(&client->input);
}

// What the server no longer wants to read is not an error here.
static void client_send(struct client *client, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        ssize_t sent = send(client->fd, at, size, MSG_NOSIGNAL);
        if (sent < 0)
            return;
        at += sent;
        size -= (size_t)sent;
    }
}

static UNUSED void client_say(struct client *client, const char *text)
{
    client_send(client, text, strlen(text));
}

static bool client_more(struct client *client)
{
    char piece[65536];
    ssize_t got = recv(client->fd, piece, sizeof(piece), 0);
    if (got < 0 && errno != ECONNRESET)
        fail_msg("the server said nothing: %s", strerror(errno));
    if (got <= 0)
        return false;
    buf_add(&client->input, piece, (size_t)got);
    return true;
}

static UNUSED bool client_is_closed(struct client *client)
{
    return client->input.length == 0 && !client_more(client);
}

static char *field_of(const char *head, const char *name)
{
    static char value[4096];
    size_t size = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, size) == 0 && line[size] == ':') {
            snprintf(value, sizeof(value), "%.*s", (int)strcspn(line + size + 2, "\r"), line + size + 2);
            return value;
        }
    }
    return NULL;
}

static void reply_release(struct reply *reply)
{
    free(reply->head);
    free(reply->body);
    *reply = (struct reply){0};
}

static void take_chunked(struct client *client, struct buf *body)
{
    for (;;) {
        char *end;
        while ((end = strstr(client->input.data, "\r\n")) == NULL)
            assert_true(client_more(client));
        size_t size = strtoul(client->input.data, NULL, 16);
        size_t skip = (size_t)(end - client->input.data) + 2;
        while (client->input.length < skip + size + 2)
            assert_true(client_more(client));
        buf_add(body, client->input.data + skip, size);
        buf_consume(&client->input, skip + size + 2);
        if (size == 0)
            return;
    }
}

static void client_receive(struct client *client, bool head_only, struct reply *reply)
{
    *reply = (struct reply){0};
    char *end;
    while ((end = strstr(client->input.data, "\r\n\r\n")) == NULL)
        if (!client_more(client))
            return;
    size_t size = (size_t)(end - client->input.data) + 4;
    reply->head = strndup(client->input.data, size);
    buf_consume(&client->input, size);
    assert_int_equal(sscanf(reply->head, "HTTP/1.1 %d ", &reply->status), 1);
    const char *length = field_of(reply->head, "Content-Length"), *coding;
    struct buf body;
    buf_init(&body, 64 * 1024 * 1024);
    if (head_only || reply->status < 200 || reply->status == 204 || reply->status == 304) {
        ;
    } else if (length != NULL) {
        size_t wanted = strtoul(length, NULL, 10);
        while (client->input.length < wanted)
            assert_true(client_more(client));
        buf_add(&body, client->input.data, wanted);
        buf_consume(&client->input, wanted);
    } else if ((coding = field_of(reply->head, "Transfer-Encoding")) != NULL) {
        assert_string_equal(coding, "chunked");
        take_chunked(client, &body);
    } else {
        while (client_more(client))
            ;
        buf_add(&body, client->input.data, client->input.length);
        buf_clear(&client->input);
    }
    reply->size = body.length;
    reply->body = buf_detach(&body);
}

// One request on a connection of its own; returns the status.
static UNUSED int ask(int port, const char *request, struct reply *reply)
{
    struct client client;
    client_open(&client, port);
    client_say(&client, request);
    client_receive(&client, strncmp(request, "HEAD", 4) == 0, reply);
    client_close(&client);
    return reply->status;
}

static UNUSED int ask_status(int port, const char *request)
{
    struct reply reply;
    int status = ask(port, request, &reply);
    reply_release(&reply);
    return status;
}

#endif
