// What framing makes of the bytes of one connection, as text: what the fuzzer holds against itself, and the comparison
// with Node's parser (tests/http/llhttp.test.mjs) against another's. One JSON object: the requests that came whole, and
// how it ended: "more" (a request has begun or may come), "closed" (after the last, as asked) or "refused".
#ifndef COORDINATOR_HTTP_FRAMING_READING_TEST_H
#define COORDINATOR_HTTP_FRAMING_READING_TEST_H

#include "base/buf.h"
#include "coordinator/http/framing.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    const char *data;
    size_t size, have, at; // `have` bytes have come, `at` are read
    uint32_t pace;         // 0: all come at once; else the seed of the pieces' sizes
    struct buf *out;
};

// More bytes come; false when there are none.
static inline bool reading_more(struct reading *reading)
{
    if (reading->have == reading->size)
        return false;
    size_t step = reading->size;
    if (reading->pace != 0) {
        reading->pace = reading->pace * 1664525 + 1013904223;
        uint32_t pick = reading->pace >> 16;
        step = (pick & 3) != 0 ? 1 : 1 + pick % 64;
    }
    reading->have += min_size(step, reading->size - reading->have);
    return true;
}

static inline void reading_hex(struct buf *out, const char *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    buf_add_char(out, '"');
    for (size_t i = 0; i < size; i++) {
        buf_add_char(out, digits[(unsigned char)data[i] >> 4]);
        buf_add_char(out, digits[data[i] & 15]);
    }
    buf_add_char(out, '"');
}

static inline void reading_slice(struct buf *out, const char *head, struct framing_slice slice)
{
    reading_hex(out, head + slice.at, slice.length);
}

static inline enum framing_result reading_head(struct reading *reading, struct framing_head *head)
{
    framing_head_init(head);
    for (;;) {
        // A copy of just these bytes, elsewhere each time: nothing may be read behind them or kept.
        size_t size = min_size(reading->have - reading->at, FRAMING_HEAD_MAX + 1);
        char *copy = malloc(max_size(size, 1));
        if (copy == NULL)
            abort();
        memcpy(copy, reading->data + reading->at, size);
        enum framing_result result = framing_head_feed(head, copy, size);
        free(copy);
        if (result != FRAMING_MORE || !reading_more(reading))
            return result;
    }
}

static inline void reading_say_head(struct reading *reading, const struct framing_head *head)
{
    const char *data = reading->data + reading->at;
    struct buf *out = reading->out;
    buf_printf(out, "{\"method\":%d,\"minor\":%d,\"keep_alive\":%s,\"authority\":", (int)head->method,
        head->minor_0 ? 0 : 1, head->keep_alive ? "true" : "false");
    reading_slice(out, data, head->authority);
    buf_add_text(out, ",\"path\":");
    reading_slice(out, data, head->path);
    buf_add_text(out, ",\"query\":");
    if (head->has_query)
        reading_slice(out, data, head->query);
    else
        buf_add_text(out, "null");
    buf_add_text(out, ",\"headers\":[");
    for (size_t i = 0; i < head->n_headers; i++) {
        buf_add_text(out, i > 0 ? ",[" : "[");
        reading_slice(out, data, head->headers[i].name);
        buf_add_char(out, ',');
        reading_slice(out, data, head->headers[i].value);
        buf_add_char(out, ']');
    }
    buf_add_text(out, "],\"body\":");
}

// The body's bytes to `body`; how it ended in `framing->state`.
static inline void reading_body(struct reading *reading, struct framing_body *framing, struct buf *body)
{
    while (framing->state != BODY_DONE && framing->state != BODY_BAD) {
        if (reading->at == reading->have && !reading_more(reading))
            return;
        const char *piece;
        size_t size, offered = reading->have - reading->at;
        size_t taken = framing_body_feed(framing, reading->data + reading->at, offered, &piece, &size);
        assert(taken <= offered && size <= taken);
        buf_add(body, piece, size);
        reading->at += taken;
    }
}

static inline void reading_run(const char *data, size_t size, uint32_t pace, struct buf *out)
{
    struct reading reading = {.data = data, .size = size, .pace = pace, .out = out};
    const char *end = NULL;
    buf_add_text(out, "{\"requests\":[");
    for (int n = 0; end == NULL; n++) {
        struct framing_head head;
        struct framing_body framing;
        struct buf body;
        enum framing_result result = reading_head(&reading, &head);
        if (result != FRAMING_DONE) {
            end = result == FRAMING_MORE ? "more" : "refused";
            assert(result == FRAMING_MORE || (head.status >= 400 && head.reason != NULL));
            break;
        }
        size_t before = out->length;
        if (n > 0)
            buf_add_char(out, ',');
        reading_say_head(&reading, &head);
        reading.at += head.size;
        buf_init(&body, max_size(size, 1));
        framing_body_init(&framing, &head);
        reading_body(&reading, &framing, &body);
        reading_hex(out, body.data, body.length);
        buf_release(&body);
        buf_add_char(out, '}');
        if (framing.state != BODY_DONE) { // it never came whole
            out->length = before;
            end = framing.state == BODY_BAD ? "refused" : "more";
        } else if (!head.keep_alive) {
            end = "closed";
        }
    }
    buf_printf(out, "],\"end\":\"%s\"}", end);
}

#endif
