#include "worker/link.h"

#include "base/clock.h"
#include "base/tls.h"
#include "proto/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 * 1024, IN_MAX_BYTES = 2 * (WIRE_PAYLOAD_MAX_BYTES + FRAME_HEADER_BYTES) };

struct link {
    int fd;
    SSL *ssl;
    struct buf in, out;
    size_t taken; // of `in`, by frames already given
    bool want_write;
    int64_t heard_us;
};

// --- opening ------------------------------------------------------------------------------------------------------
// "host:port", "[v6]:port"
static int resolve(const char *address, struct addrinfo **ret_list, struct err *err)
{
    const char *colon = strrchr(address, ':');
    char host[256];
    if (colon == NULL || colon == address || (size_t)(colon - address) >= sizeof(host))
        return err_set(
            err, ERR_INVALID, "the coordinator's address must be host:port and is %.100s", address);
    size_t length = (size_t)(colon - address);
    memcpy(host, address, length);
    host[length] = '\0';
    char *name = host;
    if (host[0] == '[' && host[length - 1] == ']') {
        host[length - 1] = '\0';
        name++;
    }
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    int rc = getaddrinfo(name, colon + 1, &hints, ret_list);
    if (rc != 0)
        return err_set(err, ERR_IO, "can't resolve %.100s: %s", address, gai_strerror(rc));
    return 0;
}

// Waits for `events` on the socket: 0, ERR_CLOSED when woken, ERR_IO at the deadline.
static int wait_for(int fd, short events, int wake_fd, int64_t deadline_us, struct err *err)
{
    for (;;) {
        int64_t left_ms = (deadline_us - clock_monotonic_us()) / 1000;
        struct pollfd polled[2] = {{.fd = fd, .events = events}, {.fd = wake_fd, .events = POLLIN}};
        int n = left_ms > 0 ? poll(polled, 2, (int)left_ms) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set_errno(err, "poll");
        if (polled[1].revents != 0)
            return err_set(err, ERR_CLOSED, "stopping");
        if (n == 0)
            return err_set(err, ERR_IO, "the coordinator did not answer in time");
        return 0;
    }
}

static int connect_one(const struct addrinfo *info, int wake_fd, int64_t deadline_us, struct err *err)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, "socket");
    int rc = 0;
    if (connect(fd, info->ai_addr, info->ai_addrlen) < 0) {
        int failure = errno;
        if (failure == EINPROGRESS) {
            socklen_t size = sizeof(failure);
            rc = wait_for(fd, POLLOUT, wake_fd, deadline_us, err);
            if (rc == 0 && getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) < 0)
                failure = errno;
        }
        if (rc == 0 && failure != 0)
            rc = err_set(err, ERR_IO, "can't connect to the coordinator: %s", strerror(failure));
    }
    if (rc < 0) {
        close(fd);
        return rc;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

static int shake_hands(struct link *link, int wake_fd, int64_t deadline_us, struct err *err)
{
    for (;;) {
        ERR_clear_error();
        int done = SSL_do_handshake(link->ssl);
        if (done == 1)
            return 0;
        int why = SSL_get_error(link->ssl, done);
        if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE) {
            long verify = SSL_get_verify_result(link->ssl);
            if (verify != X509_V_OK)
                return err_set(err, ERR_CRYPTO, "the coordinator's certificate: %s",
                    X509_verify_cert_error_string(verify));
            return why == SSL_ERROR_SSL ? tls_error(err, "TLS handshake")
                                        : err_set(err, ERR_CLOSED, "the coordinator closed in the handshake");
        }
        int rc = wait_for(link->fd, why == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, wake_fd, deadline_us, err);
        if (rc < 0)
            return rc;
    }
}

int link_open(const char *address, SSL_CTX *context, int wake_fd, int deadline_ms, struct link **ret_link,
    struct err *err)
{
    int64_t deadline_us = clock_monotonic_us() + (int64_t)deadline_ms * 1000;
    struct addrinfo *list;
    int rc = resolve(address, &list, err);
    if (rc < 0)
        return rc;
    int fd = ERR_IO;
    for (const struct addrinfo *info = list; info != NULL && fd < 0; info = info->ai_next)
        fd = connect_one(info, wake_fd, deadline_us, err);
    freeaddrinfo(list);
    if (fd < 0)
        return fd;
    struct link *link = calloc(1, sizeof(*link));
    if (link == NULL)
        abort();
    link->fd = fd;
    link->ssl = SSL_new(context);
    buf_init(&link->in, IN_MAX_BYTES + READ_BYTES);
    buf_init(&link->out, LINK_OUT_MAX_BYTES);
    if (link->ssl == NULL || SSL_set_fd(link->ssl, fd) != 1)
        abort();
    tls_expect_coordinator(link->ssl);
    SSL_set_connect_state(link->ssl);
    rc = shake_hands(link, wake_fd, deadline_us, err);
    if (rc < 0) {
        link_free(link);
        return rc;
    }
    link->heard_us = clock_monotonic_us();
    *ret_link = link;
    return 0;
}

void link_free(struct link *link)
{
    if (link == NULL)
        return;
    ERR_clear_error();
    if (SSL_is_init_finished(link->ssl))
        SSL_shutdown(link->ssl);
    ERR_clear_error();
    SSL_free(link->ssl);
    close(link->fd);
    buf_release(&link->in);
    buf_release(&link->out);
    free(link);
}

struct buf *link_out(struct link *link)
{
    return &link->out;
}

size_t link_waiting(const struct link *link)
{
    return link->out.length;
}

int64_t link_silence_ms(const struct link *link)
{
    return (clock_monotonic_us() - link->heard_us) / 1000;
}

// --- moving bytes -----------------------------------------------------------------------------------------------------
static int ended(struct link *link, int got, struct err *err)
{
    switch (SSL_get_error(link->ssl, got)) {
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_WANT_WRITE:
        link->want_write = true;
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return err_set(err, ERR_CLOSED, "the coordinator closed the link");
    case SSL_ERROR_SSL:
        return tls_error(err, "TLS");
    default:
        return err_set(err, ERR_CLOSED, "the link broke");
    }
}

static int send_some(struct link *link, struct err *err)
{
    size_t sent = 0;
    int rc = 0;
    while (sent < link->out.length) {
        ERR_clear_error();
        int n =
            SSL_write(link->ssl, link->out.data + sent, (int)min_size(link->out.length - sent, READ_BYTES));
        if (n <= 0) {
            link->want_write = true;
            rc = ended(link, n, err);
            break;
        }
        sent += (size_t)n;
    }
    buf_consume(&link->out, sent);
    return rc;
}

static int receive_some(struct link *link, struct err *err)
{
    buf_consume(&link->in, link->taken);
    link->taken = 0;
    while (link->in.length < IN_MAX_BYTES) {
        char *at = buf_reserve(&link->in, READ_BYTES);
        assert(at != NULL);
        ERR_clear_error();
        int n = SSL_read(link->ssl, at, READ_BYTES);
        if (n <= 0)
            return ended(link, n, err);
        buf_advance(&link->in, (size_t)n);
        link->heard_us = clock_monotonic_us();
    }
    return 0;
}

int link_turn(struct link *link, int wake_fd, int timeout_ms, struct err *err)
{
    struct pollfd polled[2] = {{.fd = link->fd, .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};
    if (link->out.length > 0 || link->want_write)
        polled[0].events = POLLIN | POLLOUT;
    // Bytes that OpenSSL already holds do not show in poll.
    if (SSL_has_pending(link->ssl) != 0 && link->in.length - link->taken < IN_MAX_BYTES)
        timeout_ms = 0;
    if (poll(polled, 2, timeout_ms) < 0 && errno != EINTR)
        return err_set_errno(err, "poll");
    link->want_write = false;
    int received = receive_some(link, err);
    int sent = send_some(link, received < 0 ? NULL : err);
    return received < 0 ? received : sent;
}

int link_next(struct link *link, struct frame *ret_frame, struct err *err)
{
    // A view of what has not been taken yet; frame_peek only reads it.
    struct buf rest = link->in;
    rest.data += link->taken;
    rest.length -= link->taken;
    int got = frame_peek(&rest, WIRE_PAYLOAD_MAX_BYTES, ret_frame, err);
    if (got == 1)
        link->taken += FRAME_HEADER_BYTES + ret_frame->size;
    return got;
}
