// HTTP/1.1 framing, read narrowly (RFC 9112): bytes to a request head, and bytes to body pieces. Pure: no allocation, no
// libevent, no clock, nothing kept outside the structs, so that it can be fuzzed alone. What two readers could understand
// differently is refused with a status and a sentence, never repaired: that is what request smuggling lives on.
//
// Slices are offsets into the bytes that were fed, because those may move between calls.
#ifndef COORDINATOR_HTTP_FRAMING_H
#define COORDINATOR_HTTP_FRAMING_H

#include "base/base.h"
#include "coordinator/http/http.h"

enum {
    FRAMING_LINE_MAX = 8192,           // request line without its CRLF: else 414
    FRAMING_HEADERS_MAX = 64,          // fields: else 431
    FRAMING_HEADERS_BYTES_MAX = 16384, // all of them with their CRLFs: else 431
    FRAMING_HEAD_MAX = 2 + FRAMING_LINE_MAX + 2 + FRAMING_HEADERS_BYTES_MAX + 2,
    FRAMING_CHUNK_EXTENSION_MAX = 256,
};

enum framing_result { FRAMING_MORE, FRAMING_DONE, FRAMING_REFUSED };

struct framing_slice {
    uint32_t at, length;
};

struct framing_header {
    struct framing_slice name, value; // the value without the white space around it
};

// Fields that may come once at most (Connection may come often and is only read for close and keep-alive).
enum framing_known {
    KNOWN_HOST,
    KNOWN_CONTENT_LENGTH,
    KNOWN_TRANSFER_ENCODING,
    KNOWN_EXPECT,
    KNOWN_CONTENT_TYPE,
    KNOWN_CONTENT_ENCODING,
    KNOWN_AUTHORIZATION,
    KNOWN_COOKIE,
    KNOWN_ORIGIN,
    KNOWN_SEC_FETCH_SITE,
    KNOWN_IDEMPOTENCY_KEY,
    KNOWN_ONCE, // how many
    KNOWN_CONNECTION = KNOWN_ONCE,
    KNOWN_NONE,
};

struct framing_head {
    uint32_t line_max, headers_bytes_max, headers_max; // set to the most by init; may be lowered then
    uint32_t line_at, scan_at, headers_at;
    bool have_line, says_close;
    // Set when FRAMING_REFUSED: the status to answer (the connection is then closed) and one sentence.
    int status;
    const char *reason;
    // Set when FRAMING_DONE.
    uint32_t size; // bytes of the head, with the empty line
    enum http_method method;
    struct framing_slice path, query; // query without its '?'
    struct framing_slice authority;   // of an absolute-form target
    bool minor_0;                     // HTTP/1.0
    bool has_query, keep_alive, expect_continue, chunked, has_body;
    uint64_t content_length;
    int8_t known[KNOWN_ONCE]; // index into headers, or -1
    uint8_t n_headers;
    struct framing_header headers[FRAMING_HEADERS_MAX];
};

void framing_head_init(struct framing_head *head);
// `data` holds all bytes of the head so far, from its first byte on; each call may look at more. Bytes behind the head
// are not looked at.
enum framing_result framing_head_feed(struct framing_head *head, const char *data, size_t size);

// The body: of a length, or chunked.
enum framing_body_state {
    BODY_LENGTH,
    BODY_CHUNK_SIZE_FIRST,
    BODY_CHUNK_SIZE,
    BODY_EXTENSION_NAME_FIRST,
    BODY_EXTENSION_NAME,
    BODY_EXTENSION_VALUE_FIRST,
    BODY_EXTENSION_VALUE,
    BODY_EXTENSION_QUOTED,
    BODY_EXTENSION_ESCAPED,
    BODY_EXTENSION_END,
    BODY_CHUNK_SIZE_LF,
    BODY_CHUNK_DATA,
    BODY_CHUNK_CR,
    BODY_CHUNK_LF,
    BODY_TRAILER_FIRST,
    BODY_TRAILER_NAME,
    BODY_TRAILER_VALUE,
    BODY_TRAILER_LF,
    BODY_END_LF,
    BODY_DONE,
    BODY_BAD,
};

struct framing_body {
    enum framing_body_state state;
    uint64_t remaining; // of the body, or of the chunk
    uint32_t n_digits, n_extension, n_trailers, trailer_bytes, n_name;
    char name[17];      // how the name of a trailer field begins; as long as the longest that is refused
    const char *reason; // when BODY_BAD
};

void framing_body_init(struct framing_body *body, const struct framing_head *head);
// Takes bytes from `data` until a piece of body has been found, they are used up, or the body is done or bad. Returns how
// many it took; `*ret_piece` points into `data` (`*ret_size` 0: no piece this time).
size_t framing_body_feed(
    struct framing_body *body, const char *data, size_t size, const char **ret_piece, size_t *ret_size);

// Percent-decodes `size` bytes to `out` (at most as many, no NUL added); with `plus`, '+' is a space. Returns the length,
// or -1 for a bad escape, a NUL, or what is not UTF-8.
int framing_decode(const char *data, size_t size, bool plus, char *out);
bool framing_is_utf8(const char *data, size_t size);
// ASCII case is ignored.
bool framing_equal(const char *data, size_t size, const char *text);
// Whether a comma-separated list holds `token` (any case).
bool framing_list_has(const char *list, size_t size, const char *token);

#endif
