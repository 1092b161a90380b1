// The body of a request: whole into memory, or streamed through a content coding.
#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

enum { DECODED_PIECE = 64 * 1024, ZSTD_WINDOW_LOG_MAX = 23 };

// --- content codings -----------------------------------------------------------------------------------------------
struct decoder {
    ZSTD_DStream *zstd;
    z_stream gzip;
    bool in_frame, any, ended;
};

struct decoder *decoder_new(const char *coding)
{
    struct decoder *decoder = calloc(1, sizeof(*decoder));
    if (decoder == NULL)
        abort();
    if (strcasecmp(coding, "zstd") == 0) {
        decoder->zstd = ZSTD_createDStream();
        if (decoder->zstd == NULL)
            abort();
        ZSTD_DCtx_setParameter(decoder->zstd, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG_MAX);
    } else if (inflateInit2(&decoder->gzip, 16 + 15) != Z_OK) {
        abort();
    }
    return decoder;
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    if (decoder->zstd != NULL)
        ZSTD_freeDStream(decoder->zstd);
    else
        inflateEnd(&decoder->gzip);
    free(decoder);
}

static int step_zstd(struct decoder *decoder, const char **data, size_t *size, char *out, size_t out_size,
    size_t *ret_out, struct err *err)
{
    ZSTD_inBuffer in = {.src = *data, .size = *size};
    ZSTD_outBuffer to = {.dst = out, .size = out_size};
    size_t hint = ZSTD_decompressStream(decoder->zstd, &to, &in);
    if (ZSTD_isError(hint))
        return err_set(err, ERR_INVALID, "the body is not valid zstd: %s", ZSTD_getErrorName(hint));
    if (in.pos > 0 || to.pos > 0)
        decoder->in_frame = hint != 0;
    *data += in.pos;
    *size -= in.pos;
    *ret_out = to.pos;
    return 0;
}

static int step_gzip(struct decoder *decoder, const char **data, size_t *size, char *out, size_t out_size,
    size_t *ret_out, struct err *err)
{
    z_stream *gzip = &decoder->gzip;
    if (decoder->ended && *size > 0) { // a gzip file may have several members
        inflateReset(gzip);
        decoder->ended = false;
    }
    gzip->next_in = (Bytef *)(uintptr_t)*data;
    gzip->avail_in = (uInt)*size;
    gzip->next_out = (Bytef *)out;
    gzip->avail_out = (uInt)out_size;
    int rc = decoder->ended ? Z_OK : inflate(gzip, Z_NO_FLUSH);
    if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
        return err_set(
            err, ERR_INVALID, "the body is not valid gzip: %s", gzip->msg != NULL ? gzip->msg : "bad data");
    decoder->ended = decoder->ended || rc == Z_STREAM_END;
    decoder->in_frame = !decoder->ended;
    *data += *size - gzip->avail_in;
    *size = gzip->avail_in;
    *ret_out = out_size - gzip->avail_out;
    return 0;
}

int decoder_step(struct decoder *decoder, const char **data, size_t *size, char *out, size_t out_size,
    size_t *ret_out, struct err *err)
{
    decoder->any = decoder->any || *size > 0;
    return decoder->zstd != NULL ? step_zstd(decoder, data, size, out, out_size, ret_out, err)
                                 : step_gzip(decoder, data, size, out, out_size, ret_out, err);
}

int decoder_end(const struct decoder *decoder, struct err *err)
{
    if (!decoder->any || !decoder->in_frame)
        return 0;
    return err_set(err, ERR_INVALID, "the compressed body ends too early");
}

// --- time ----------------------------------------------------------------------------------------------------------
static void start_waiting(struct http_request *request)
{
    if (request->body_since_us == 0)
        request->body_since_us = clock_monotonic_us();
}

static void stop_waiting(struct http_request *request)
{
    if (request->body_since_us != 0)
        request->body_running_us += clock_monotonic_us() - request->body_since_us;
    request->body_since_us = 0;
}

bool body_too_slow(const struct http_request *request, int64_t now_us)
{
    if (request->body_since_us == 0 || request->body_ended)
        return false;
    const struct http_settings *settings = &request->connection->server->settings;
    int64_t waited_ms =
        (request->body_running_us + now_us - request->body_since_us) / 1000 - settings->body_grace_ms;
    if (waited_ms <= 0)
        return false;
    uint64_t rate = (uint64_t)settings->body_min_bytes_per_s;
    return request->body_received < rate * (uint64_t)waited_ms / 1000;
}

// The first run of bytes, when there is one. (evbuffer_peek may give an empty one, which a read that found the end
// leaves behind.)
static bool peek(struct evbuffer *input, struct evbuffer_iovec *part)
{
    if (evbuffer_get_length(input) == 0)
        return false;
    part->iov_base = evbuffer_pullup(input, 1);
    part->iov_len = evbuffer_get_contiguous_space(input);
    return true;
}

// --- whole ---------------------------------------------------------------------------------------------------------
static void ask_for_body(struct http_request *request)
{
    struct connection *connection = request->connection;
    if (!request->framing.expect_continue || evbuffer_get_length(connection->input) > 0)
        return;
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    buf_add(connection_scratch(connection), go_on, sizeof(go_on) - 1);
    if (!connection->processing)
        connection_flush(connection);
}

void body_begin(struct http_request *request)
{
    framing_body_init(&request->body_framing, &request->framing);
    buf_init(&request->body_buf, request->body_max);
    request->body_ended = request->body_framing.state == BODY_DONE;
    bool streams = request->refusal == 0 && (request->entry->route->flags & HTTP_STREAM_BODY) != 0;
    if (streams)
        return; // asked for when the handler takes it
    if (!request->body_ended) {
        ask_for_body(request);
        start_waiting(request);
    }
    if (request->refusal == 0 && !request->framing.chunked &&
        request->framing.content_length <= BODY_INLINE_MAX && request->framing.content_length > 0)
        request->body = arena_alloc(request->arena, (size_t)request->framing.content_length + 1);
}

static void keep_piece(struct http_request *request, const char *piece, size_t size)
{
    struct http_server *server = request->connection->server;
    if (request->refusal != 0)
        return; // read away
    if (request->body != NULL) {
        memcpy(request->body + request->body_size, piece, size);
    } else {
        buf_add(&request->body_buf, piece, size);
        request->budget += size;
        server->body_bytes += size;
    }
    request->body_size += size;
}

enum body_step body_read_whole(struct http_request *request, struct evbuffer *input)
{
    struct framing_body *framing = &request->body_framing;
    struct evbuffer_iovec part;
    while (framing->state != BODY_DONE && peek(input, &part)) {
        const char *piece;
        size_t size, taken = framing_body_feed(framing, part.iov_base, part.iov_len, &piece, &size);
        request->body_received += size;
        if (request->body_received > max_size(request->body_max, BODY_AWAY_MAX)) {
            request->refusal = 413;
            request->refusal_detail = "The body is longer than this route takes.";
            return BODY_STEP_FAILED;
        }
        keep_piece(request, piece, size);
        evbuffer_drain(input, taken);
        count(&request->connection->server->bytes_in, taken);
        if (framing->state == BODY_BAD) {
            request->refusal = 400;
            request->refusal_detail = framing->reason;
            return BODY_STEP_FAILED;
        }
        if (request->connection->server->body_bytes > BODY_BUDGET) {
            request->refusal = 503;
            request->refusal_detail = "Too much is being worked on; try again in a moment.";
            return BODY_STEP_FAILED;
        }
    }
    if (framing->state != BODY_DONE)
        return BODY_STEP_WAIT;
    stop_waiting(request);
    request->body_ended = true;
    if (request->body_size > 0 && request->body_size > request->body_max) {
        request->refusal = 413;
        request->refusal_detail = "The body is longer than this route takes.";
    }
    if (request->body != NULL)
        request->body[request->body_size] = '\0';
    else
        request->body = request->body_buf.data;
    return BODY_STEP_DONE;
}

void body_release(struct http_request *request)
{
    request->connection->server->body_bytes -= request->budget;
    request->budget = 0;
    if (request->body_buf.capacity > 0)
        buf_release(&request->body_buf);
    decoder_free(request->decoder);
    request->decoder = NULL;
}

// --- streamed ------------------------------------------------------------------------------------------------------
static void tell_end(struct http_request *request, int rc, const struct err *err)
{
    if (request->body_end_told)
        return;
    request->body_end_told = true;
    stop_waiting(request);
    if (request->connection->state != CONNECTION_GONE)
        connection_move(request->connection, CONNECTION_HANDLER);
    if (rc != 0)
        request->connection->close_after = true;
    request->on_end(request->body_arg, rc, err);
}

void body_cut(struct http_request *request, int rc, const char *why)
{
    struct err err;
    tell_end(request, err_set(&err, rc, "%s", why), &err);
}

// Gives bytes of the body on, decoded, until they are used up or the handler has had enough; `*size` becomes what was
// not taken. Returns 0, or an error to end with.
static int give(struct http_request *request, const char *data, size_t *size, struct err *err)
{
    if (request->decoder == NULL) {
        size_t whole = *size;
        *size = 0;
        request->body_decoded += whole;
        if (request->body_decoded > request->body_max)
            return err_set(err, ERR_LIMIT, "the body is longer than %zu bytes", request->body_max);
        request->on_data(request->body_arg, data, whole);
        return 0;
    }
    do {
        size_t got = 0;
        int rc =
            decoder_step(request->decoder, &data, size, request->body_buf.data, DECODED_PIECE, &got, err);
        if (rc != 0)
            return rc;
        request->decoder_full = got == DECODED_PIECE; // it may hold more
        request->body_decoded += got;
        if (request->body_decoded > request->body_max)
            return err_set(
                err, ERR_LIMIT, "the body is longer than %zu bytes when decompressed", request->body_max);
        if (got > 0)
            request->on_data(request->body_arg, request->body_buf.data, got);
    } while (!request->replied && !request->body_paused && (*size > 0 || request->decoder_full));
    return 0;
}

// Gives on what the framing has let through: the first `body_held` bytes of the input.
static void give_held(struct http_request *request, struct evbuffer *input)
{
    struct evbuffer_iovec part = {.iov_base = NULL};
    if (request->body_held > 0)
        peek(input, &part);
    size_t offered = min_size(request->body_held, part.iov_len), left = offered;
    struct err err;
    int rc = give(request, part.iov_base, &left, &err);
    evbuffer_drain(input, offered - left);
    request->body_held -= offered - left;
    if (rc != 0 && !request->replied)
        tell_end(request, rc, &err);
}

bool body_read_stream(struct http_request *request, struct evbuffer *input, bool input_ended)
{
    struct framing_body *framing = &request->body_framing;
    struct err err;
    if (!request->body_taken || request->body_paused || request->replied || request->body_end_told)
        return request->replied;
    if (request->body_held > 0 || request->decoder_full) {
        give_held(request, input);
        return true;
    }
    if (framing->state == BODY_BAD) {
        tell_end(request, err_set(&err, ERR_INVALID, "%s", framing->reason), &err);
        return true;
    }
    if (framing->state == BODY_DONE) {
        request->body_ended = true;
        int rc = request->decoder != NULL ? decoder_end(request->decoder, &err) : 0;
        tell_end(request, rc, rc != 0 ? &err : NULL);
        return true;
    }
    struct evbuffer_iovec part;
    if (peek(input, &part)) {
        const char *piece;
        size_t size, taken = framing_body_feed(framing, part.iov_base, part.iov_len, &piece, &size);
        request->body_received += size;
        request->body_held = size; // a piece is the last of what was taken
        count(&request->connection->server->bytes_in, taken);
        evbuffer_drain(input, taken - size);
        return true;
    }
    if (input_ended) {
        body_cut(request, ERR_CLOSED, "the client ended in the middle of the body");
        return true;
    }
    return false;
}

void http_body_stream(struct http_request *request, void (*on_data)(void *arg, const char *data, size_t size),
    void (*on_end)(void *arg, int rc, const struct err *err), void *arg)
{
    assert(!request->body_taken && (request->entry->route->flags & HTTP_STREAM_BODY) != 0);
    request->body_taken = true;
    request->on_data = on_data;
    request->on_end = on_end;
    request->body_arg = arg;
    const char *coding = request_known(request, KNOWN_CONTENT_ENCODING);
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        request->decoder = decoder_new(coding);
        buf_init(&request->body_buf, DECODED_PIECE);
        buf_reserve(&request->body_buf, DECODED_PIECE);
    }
    if (request->connection->state != CONNECTION_GONE && !request->body_ended) {
        ask_for_body(request);
        start_waiting(request);
    }
    connection_schedule(request->connection);
}

void http_body_pause(struct http_request *request)
{
    request->body_paused = true;
    stop_waiting(request);
}

void http_body_resume(struct http_request *request)
{
    if (!request->body_paused)
        return;
    request->body_paused = false;
    if (!request->body_ended)
        start_waiting(request);
    connection_schedule(request->connection);
}
