// Replies that are longer than memory or have no end, and files.
#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static void stream_begin(struct http_request *request, int status, const char *content_type, int64_t length,
    void (*on_drain)(void *arg), void (*on_close)(void *arg), void *arg)
{
    struct connection *connection = request->connection;
    assert(!request->replied && !request->replying_stream);
    request->status = status;
    reply_begun(request);
    request->replying_stream = true;
    request->on_drain = on_drain;
    request->on_close = on_close;
    request->stream_arg = arg;
    request->stream_is_events = media_type_is(content_type, "text/event-stream");
    if (connection->state == CONNECTION_GONE) {
        connection_schedule(connection); // on_close, at a safe place
        return;
    }
    request->stream_chunked = length < 0 && !request->framing.minor_0;
    if (request->stream_chunked && !request->head_only)
        http_reply_header(request, "Transfer-Encoding", "chunked");
    if (length < 0 && request->framing.minor_0)
        connection->close_after = true; // its end is the end of the connection
    reply_head(request, connection_scratch(connection), status, content_type, length);
    connection_flush(connection);
    if (request->stream_is_events && (connection->input_ended || connection->server->draining))
        connection_gone(connection);
}

void stream_stop(struct http_request *request)
{
    if (request->replied || request->stream_ended || request->close_told)
        return;
    request->close_told = true;
    request->connection->close_after = true;
    if (request->on_close != NULL)
        request->on_close(request->stream_arg);
}

void http_stream_begin(struct http_request *request, int status, const char *content_type,
    void (*on_drain)(void *arg), void (*on_close)(void *arg), void *arg)
{
    stream_begin(request, status, content_type, -1, on_drain, on_close, arg);
}

bool http_stream_write(struct http_request *request, const void *data, size_t size)
{
    struct connection *connection = request->connection;
    assert(request->replying_stream && !request->stream_ended);
    if (connection->state == CONNECTION_GONE || size == 0 || request->head_only)
        return true;
    char frame[24];
    if (request->stream_chunked)
        connection_queue(connection, frame, (size_t)snprintf(frame, sizeof(frame), "%zx\r\n", size));
    connection_queue(connection, data, size);
    if (request->stream_chunked)
        connection_queue(connection, "\r\n", 2);
    request->stream_full = request->stream_full || connection_pending(connection) >= OUTPUT_HIGH;
    return !request->stream_full;
}

void http_stream_end(struct http_request *request)
{
    struct connection *connection = request->connection;
    assert(request->replying_stream && !request->stream_ended);
    request->stream_ended = true;
    if (connection->state != CONNECTION_GONE && request->stream_chunked && !request->head_only)
        connection_queue(connection, "0\r\n\r\n", 5);
    reply_done(request);
}

// --- files ---------------------------------------------------------------------------------------------------------
enum { FILE_PIECE = 64 * 1024 };

struct file {
    struct http_request *request;
    int fd;
    uint64_t left;
};

static void file_close(void *arg)
{
    struct file *file = arg;
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

static void file_more(void *arg)
{
    struct file *file = arg;
    char piece[FILE_PIECE];
    for (bool more = true; file->left > 0 && more;) {
        ssize_t got = read(file->fd, piece, (size_t)(file->left < FILE_PIECE ? file->left : FILE_PIECE));
        if (got <= 0) { // shorter than was promised: only a broken connection says so
            connection_gone(file->request->connection);
            return;
        }
        file->left -= (uint64_t)got;
        more = http_stream_write(file->request, piece, (size_t)got);
    }
    if (file->left == 0)
        http_stream_end(file->request);
}

static void file_lost(void *arg)
{
    struct file *file = arg;
    http_stream_end(file->request);
}

void http_reply_file(
    struct http_request *request, int status, const char *content_type, int fd, uint64_t size)
{
    struct file *file = arena_calloc(request->arena, 1, sizeof(*file));
    *file = (struct file){.request = request, .fd = fd, .left = request->head_only ? 0 : size};
    arena_on_free(request->arena, file_close, file);
    stream_begin(request, status, content_type, (int64_t)size, file_more, file_lost, file);
    if (request->connection->state != CONNECTION_GONE)
        file_more(file);
}
