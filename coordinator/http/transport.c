// The bytes of a connection between its buffers and its socket, plain or through TLS. Not by bufferevents: those ask for
// the size before each read, take 4 KiB at a time, and make a TLS record of every piece of the output.
#include "coordinator/http/internal.h"

#include "base/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

bool transport_open(struct connection *connection, int fd)
{
    if (connection->tls) {
        SSL_CTX *context = tls_slot_take(connection->server->settings.tls);
        connection->ssl = SSL_new(context);
        SSL_CTX_free(context);
        if (connection->ssl == NULL || SSL_set_fd(connection->ssl, fd) != 1) {
            transport_drop_tls(connection);
            return false;
        }
        SSL_set_accept_state(connection->ssl);
    }
    connection->fd = fd;
    connection->input = evbuffer_new();
    connection->output = evbuffer_new();
    if (connection->input == NULL || connection->output == NULL)
        abort();
    return true;
}

void transport_drop_tls(struct connection *connection)
{
    SSL_free(connection->ssl);
    connection->ssl = NULL;
    ERR_clear_error();
}

void transport_close(struct connection *connection)
{
    transport_drop_tls(connection);
    close(connection->fd);
    connection->fd = -1;
    evbuffer_free(connection->input);
    evbuffer_free(connection->output);
    connection->input = connection->output = NULL;
}

enum transport_handshake transport_shake_hands(struct connection *connection)
{
    ERR_clear_error();
    int rc = SSL_do_handshake(connection->ssl);
    if (rc == 1) {
        connection->shaken = true;
        return HANDSHAKE_DONE;
    }
    int reason = ERR_GET_REASON(ERR_peek_error());
    switch (SSL_get_error(connection->ssl, rc)) {
    case SSL_ERROR_WANT_READ:
        return HANDSHAKE_READS;
    case SSL_ERROR_WANT_WRITE:
        return HANDSHAKE_WRITES;
    case SSL_ERROR_SSL:
        transport_drop_tls(connection);
        return reason == SSL_R_HTTP_REQUEST ? HANDSHAKE_PLAIN : HANDSHAKE_REFUSED;
    default:
        transport_drop_tls(connection);
        return HANDSHAKE_LOST;
    }
}

void transport_say_goodbye(struct connection *connection)
{
    if (connection->ssl != NULL && connection->shaken) {
        ERR_clear_error();
        SSL_shutdown(connection->ssl);
    }
}

// --- input ---------------------------------------------------------------------------------------------------------
// As recv(2): 0 at a proper end, -1 and EAGAIN when there is nothing now. OpenSSL may hold more than was taken, and no
// socket wakes for that: `again` says so.
static ssize_t read_tls(struct connection *connection, char *out, size_t size)
{
    SSL *ssl = connection->ssl;
    size_t total = 0;
    connection->again = false;
    do {
        size_t got = 0;
        ERR_clear_error();
        int rc = SSL_read_ex(ssl, out + total, size - total, &got);
        int why = rc == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl, rc);
        if (rc != 1 && total > 0) { // an end or a failure is told by the next read
            connection->again = why != SSL_ERROR_WANT_READ;
            return (ssize_t)total;
        }
        if (why == SSL_ERROR_ZERO_RETURN)
            return 0;
        if (rc != 1) { // renegotiation is off: a read never waits to write but for an answer to a new key
            errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
            return -1;
        }
        total += got;
    } while (total < size && SSL_has_pending(ssl));
    connection->again = SSL_has_pending(ssl);
    return (ssize_t)total;
}

ssize_t transport_read(struct connection *connection, char *out, size_t size)
{
    return connection->ssl != NULL ? read_tls(connection, out, size) : recv(connection->fd, out, size, 0);
}

// --- output --------------------------------------------------------------------------------------------------------
// After 0 OpenSSL holds a record that it could not send: the next call must begin with the same bytes, at least as many.
static ssize_t write_record(struct connection *connection, const void *data, size_t size)
{
    size_t sent = 0;
    ERR_clear_error();
    int rc = SSL_write_ex(connection->ssl, data, size, &sent);
    if (rc == 1)
        return (ssize_t)sent;
    return SSL_get_error(connection->ssl, rc) == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t write_tls(struct connection *connection, const char *data, size_t size)
{
    size_t total = 0;
    while (total < size) {
        ssize_t sent = write_record(connection, data + total, size - total);
        if (sent < 0)
            return -1;
        if (sent == 0)
            break;
        total += (size_t)sent;
    }
    return (ssize_t)total;
}

static ssize_t would_wait(void)
{
    return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? 0 : -1;
}

ssize_t transport_write(
    struct connection *connection, const void *a, size_t a_size, const void *b, size_t b_size)
{
    if (connection->ssl != NULL) {
        ssize_t first = write_tls(connection, a, a_size), second = 0;
        if (first < 0 || (size_t)first < a_size)
            return first;
        second = write_tls(connection, b, b_size);
        return second < 0 ? -1 : first + second;
    }
    struct iovec parts[2] = {{.iov_base = (void *)(uintptr_t)a, .iov_len = a_size},
        {.iov_base = (void *)(uintptr_t)b, .iov_len = b_size}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = sendmsg(connection->fd, &message, MSG_NOSIGNAL);
    return sent < 0 ? would_wait() : sent;
}

bool transport_flush(struct connection *connection)
{
    struct evbuffer *output = connection->output;
    if (connection->ssl == NULL)
        return evbuffer_get_length(output) == 0 ||
               evbuffer_write_atmost(output, connection->fd, WRITE_SINGLE_MAX) >= 0 || would_wait() == 0;
    for (size_t total = 0, size; total < WRITE_SINGLE_MAX && (size = evbuffer_get_length(output)) > 0;) {
        size = min_size(size, SSL3_RT_MAX_PLAIN_LENGTH); // whole records, whatever pieces it came in
        ssize_t sent = write_record(connection, evbuffer_pullup(output, (ev_ssize_t)size), size);
        if (sent <= 0)
            return sent == 0;
        evbuffer_drain(output, (size_t)sent);
        total += (size_t)sent;
    }
    return true;
}
