#include "coordinator/http/framing.h"

#include <string.h>
#include <strings.h>

// What a byte may be.
enum { T = 1, P = 2, Q = 4, H = 8, V = 16, A = 32 }; // token, path, query, hex digit, field value, authority

enum { L = T | P | Q | V | A, X = L | H }; // letters; digits, of either base
// clang-format off
static const unsigned char classes[128] = {
    ['\t'] = V,
    [' '] = V,
    ['!'] = T | P | Q | V,
    ['"'] = V,
    ['#'] = T | V,
    ['$'] = T | P | Q | V,
    ['%'] = T | P | Q | V,
    ['&'] = T | P | Q | V,
    ['\''] = T | P | Q | V,
    ['('] = P | Q | V,
    [')'] = P | Q | V,
    ['*'] = T | P | Q | V,
    ['+'] = T | P | Q | V,
    [','] = P | Q | V,
    ['-'] = T | P | Q | V | A,
    ['.'] = T | P | Q | V | A,
    ['/'] = P | Q | V,
    ['0'] = X, ['1'] = X, ['2'] = X, ['3'] = X, ['4'] = X, ['5'] = X, ['6'] = X, ['7'] = X, ['8'] = X,
    ['9'] = X,
    [':'] = P | Q | V | A,
    [';'] = P | Q | V,
    ['<'] = V,
    ['='] = P | Q | V,
    ['>'] = V,
    ['?'] = Q | V,
    ['@'] = P | Q | V,
    ['A'] = X, ['B'] = X, ['C'] = X, ['D'] = X, ['E'] = X, ['F'] = X,
    ['G'] = L, ['H'] = L, ['I'] = L, ['J'] = L, ['K'] = L, ['L'] = L, ['M'] = L, ['N'] = L, ['O'] = L,
    ['P'] = L, ['Q'] = L, ['R'] = L, ['S'] = L, ['T'] = L, ['U'] = L, ['V'] = L, ['W'] = L, ['X'] = L,
    ['Y'] = L, ['Z'] = L,
    // Browsers send these raw in a query (the URL standard's query set does not escape them).
    ['['] = Q | V | A,
    ['\\'] = V,
    [']'] = Q | V | A,
    ['^'] = T | Q | V,
    ['_'] = T | P | Q | V | A,
    ['`'] = T | Q | V,
    ['a'] = X, ['b'] = X, ['c'] = X, ['d'] = X, ['e'] = X, ['f'] = X,
    ['g'] = L, ['h'] = L, ['i'] = L, ['j'] = L, ['k'] = L, ['l'] = L, ['m'] = L, ['n'] = L, ['o'] = L,
    ['p'] = L, ['q'] = L, ['r'] = L, ['s'] = L, ['t'] = L, ['u'] = L, ['v'] = L, ['w'] = L, ['x'] = L,
    ['y'] = L, ['z'] = L,
    ['{'] = Q | V,
    ['|'] = T | Q | V,
    ['}'] = Q | V,
    ['~'] = T | P | Q | V,
};
// clang-format on

static bool is(char c, unsigned class)
{
    // Beyond ASCII is only allowed in field values (obs-text).
    return ((c & 0x80) != 0 ? class & V : classes[(unsigned char)c] & class) != 0;
}

static unsigned hex_value(char c)
{
    return (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

bool framing_equal(const char *data, size_t size, const char *text)
{
    return strlen(text) == size && strncasecmp(data, text, size) == 0;
}

bool framing_list_has(const char *list, size_t size, const char *token)
{
    for (size_t at = 0; at < size;) {
        const char *comma = memchr(list + at, ',', size - at);
        size_t end = comma != NULL ? (size_t)(comma - list) : size, last = end;
        while (at < last && (list[at] == ' ' || list[at] == '\t'))
            at++;
        while (last > at && (list[last - 1] == ' ' || list[last - 1] == '\t'))
            last--;
        if (framing_equal(list + at, last - at, token))
            return true;
        at = end + 1;
    }
    return false;
}

// One character; returns its length, or 0 when it is not one (RFC 3629: shortest form, no surrogates).
static size_t utf8_length(const unsigned char *at, size_t size)
{
    unsigned char c = at[0];
    size_t length = c < 0x80                ? 1
                    : c >= 0xc2 && c < 0xe0 ? 2
                    : c >= 0xe0 && c < 0xf0 ? 3
                    : c >= 0xf0 && c < 0xf5 ? 4
                                            : 0;
    if (length == 0 || length > size)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    if ((c == 0xe0 && at[1] < 0xa0) || (c == 0xed && at[1] > 0x9f) || (c == 0xf0 && at[1] < 0x90) ||
        (c == 0xf4 && at[1] > 0x8f))
        return 0;
    return length;
}

bool framing_is_utf8(const char *data, size_t size)
{
    for (size_t at = 0; at < size;) {
        size_t length = utf8_length((const unsigned char *)data + at, size - at);
        if (length == 0)
            return false;
        at += length;
    }
    return true;
}

int framing_decode(const char *data, size_t size, bool plus, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < size; i++) {
        char c = data[i];
        if (c == '+' && plus) {
            c = ' ';
        } else if (c == '%') {
            if (size - i < 3 || !is(data[i + 1], H) || !is(data[i + 2], H))
                return -1;
            c = (char)(hex_value(data[i + 1]) << 4 | hex_value(data[i + 2]));
            i += 2;
        }
        if (c == '\0')
            return -1;
        out[length++] = c;
    }
    return framing_is_utf8(out, length) ? (int)length : -1;
}

void framing_head_init(struct framing_head *head)
{
    memset(head, 0, offsetof(struct framing_head, headers));
    memset(head->known, -1, sizeof(head->known));
    head->line_max = FRAMING_LINE_MAX;
    head->headers_max = FRAMING_HEADERS_MAX;
    head->headers_bytes_max = FRAMING_HEADERS_BYTES_MAX;
}

static enum framing_result refuse(struct framing_head *head, int status, const char *reason)
{
    head->status = status;
    head->reason = reason;
    return FRAMING_REFUSED;
}

// --- the request line ----------------------------------------------------------------------------------------------
static const struct {
    const char *name;
    enum http_method method;
} methods[] = {
    {"GET", HTTP_GET},
    {"POST", HTTP_POST},
    {"PUT", HTTP_PUT},
    {"HEAD", HTTP_HEAD},
    {"DELETE", HTTP_DELETE},
    {"PATCH", HTTP_PATCH},
    {"OPTIONS", HTTP_OPTIONS},
};

static bool has_dot_segment(const char *path, size_t size)
{
    for (size_t at = 1; at <= size;) {
        const char *slash = memchr(path + at, '/', size - at);
        size_t end = slash != NULL ? (size_t)(slash - path) : size;
        char segment[6];
        if (end - at <= sizeof(segment)) {
            int length = framing_decode(path + at, end - at, false, segment);
            if ((length == 1 || length == 2) && segment[0] == '.' && segment[length - 1] == '.')
                return true;
        }
        at = end + 1;
    }
    return false;
}

static bool all(const char *data, size_t size, unsigned class)
{
    for (size_t i = 0; i < size; i++)
        if (!is(data[i], class))
            return false;
    return true;
}

// host, host:port, [address] or [address]:port; looser than the grammar only in what a host name may be.
static bool is_authority(const char *data, size_t size)
{
    if (size == 0 || size > 255 || !all(data, size, A))
        return false;
    const char *rest = data, *end = data + size;
    if (data[0] == '[') {
        const char *close = memchr(data, ']', size);
        if (close == NULL || close == data + 1)
            return false;
        for (const char *at = data + 1; at < close; at++)
            if (!is(*at, H) && *at != ':' && *at != '.')
                return false;
        rest = close + 1;
    } else {
        while (rest < end && *rest != ':')
            if (*rest == '[' || *rest++ == ']')
                return false;
        if (rest == data)
            return false;
    }
    if (rest == end)
        return true;
    if (*rest++ != ':' || end - rest > 5)
        return false;
    for (; rest < end; rest++)
        if (*rest < '0' || *rest > '9')
            return false;
    return true;
}

// Splits the target into path and query; `data + at` is its first byte.
static enum framing_result parse_target(
    struct framing_head *head, const char *data, uint32_t at, uint32_t size)
{
    if (size == 1 && data[at] == '*') {
        if (head->method != HTTP_OPTIONS)
            return refuse(head, 400, "The target * is only for OPTIONS.");
        head->path = (struct framing_slice){at, 1};
        return FRAMING_DONE;
    }
    if (data[at] != '/') { // absolute form: http://authority/path
        uint32_t skip = size > 7 && strncasecmp(data + at, "http://", 7) == 0    ? 7
                        : size > 8 && strncasecmp(data + at, "https://", 8) == 0 ? 8
                                                                                 : 0;
        uint32_t end = skip;
        while (skip > 0 && end < size && data[at + end] != '/')
            end++;
        if (skip == 0 || end == size || !is_authority(data + at + skip, end - skip))
            return refuse(head, 400, "The target of the request is not a path.");
        head->authority = (struct framing_slice){at + skip, end - skip};
        at += end;
        size -= end;
    }
    const char *question = memchr(data + at, '?', size);
    uint32_t path_size = question != NULL ? (uint32_t)(question - (data + at)) : size;
    head->path = (struct framing_slice){at, path_size};
    head->has_query = question != NULL;
    if (question != NULL)
        head->query = (struct framing_slice){at + path_size + 1, size - path_size - 1};
    if (!all(data + at, path_size, P) || !all(data + head->query.at, head->query.length, Q))
        return refuse(head, 400, "The target of the request holds a byte that must be escaped.");
    char decoded[FRAMING_LINE_MAX];
    if (memchr(data + at, '%', size) != NULL &&
        (framing_decode(data + at, path_size, false, decoded) < 0 ||
            framing_decode(data + head->query.at, head->query.length, true, decoded) < 0))
        return refuse(head, 400, "The target of the request is not percent-encoded UTF-8.");
    if (memchr(data + at, '.', path_size) != NULL || memchr(data + at, '%', path_size) != NULL)
        if (has_dot_segment(data + at, path_size))
            return refuse(head, 400, "The path may not hold dot segments.");
    return FRAMING_DONE;
}

static enum framing_result parse_line(struct framing_head *head, const char *data, uint32_t at, uint32_t size)
{
    const char *line = data + at;
    const char *space = memchr(line, ' ', size);
    uint32_t method_size = space != NULL ? (uint32_t)(space - line) : size;
    if (space == NULL || method_size == 0 || !all(line, method_size, T))
        return refuse(head, 400, "The request line is not method, target and version.");
    uint32_t target_at = method_size + 1;
    const char *second = memchr(line + target_at, ' ', size - target_at);
    if (second == NULL || second == line + target_at)
        return refuse(head, 400, "The request line is not method, target and version.");
    uint32_t target_size = (uint32_t)(second - line) - target_at;
    const char *version = second + 1;
    if (line + size - version != 8 || memcmp(version, "HTTP/", 5) != 0 || version[5] < '0' ||
        version[5] > '9' || version[6] != '.' || version[7] < '0' || version[7] > '9')
        return refuse(head, 400, "The request line does not end in a version of HTTP.");
    if (version[5] != '1' || version[7] > '1')
        return refuse(head, 505, "Only HTTP/1.1 and HTTP/1.0 are spoken here.");
    head->minor_0 = version[7] == '0';
    size_t i = 0;
    while (i < ARRAY_SIZE(methods) &&
           (strlen(methods[i].name) != method_size || memcmp(methods[i].name, line, method_size) != 0))
        i++;
    if (i == ARRAY_SIZE(methods))
        return refuse(head, 501, "The method is not implemented.");
    head->method = methods[i].method;
    return parse_target(head, data, at + target_at, target_size);
}

// --- the header fields ---------------------------------------------------------------------------------------------
static const char *const known_names[] = {
    [KNOWN_HOST] = "host",
    [KNOWN_CONTENT_LENGTH] = "content-length",
    [KNOWN_TRANSFER_ENCODING] = "transfer-encoding",
    [KNOWN_EXPECT] = "expect",
    [KNOWN_CONTENT_TYPE] = "content-type",
    [KNOWN_CONTENT_ENCODING] = "content-encoding",
    [KNOWN_AUTHORIZATION] = "authorization",
    [KNOWN_COOKIE] = "cookie",
    [KNOWN_ORIGIN] = "origin",
    [KNOWN_SEC_FETCH_SITE] = "sec-fetch-site",
    [KNOWN_IDEMPOTENCY_KEY] = "idempotency-key",
    [KNOWN_CONNECTION] = "connection",
};

static enum framing_known known_header(const char *name, uint32_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(known_names); i++)
        if (known_names[i][0] == (name[0] | 0x20) && framing_equal(name, size, known_names[i]))
            return (enum framing_known)i;
    return KNOWN_NONE;
}

static enum framing_result parse_length(struct framing_head *head, const char *value, uint32_t size)
{
    if (size == 0 || size > 15 || (size > 1 && value[0] == '0'))
        return refuse(head, 400, "Content-Length is not a number.");
    for (uint32_t i = 0; i < size; i++) {
        if (value[i] < '0' || value[i] > '9')
            return refuse(head, 400, "Content-Length is not a number.");
        head->content_length = head->content_length * 10 + (uint64_t)(value[i] - '0');
    }
    return FRAMING_DONE;
}

static enum framing_result understand(
    struct framing_head *head, enum framing_known known, const char *value, uint32_t size)
{
    switch (known) {
    case KNOWN_HOST:
        return is_authority(value, size) ? FRAMING_DONE : refuse(head, 400, "Host is not a host.");
    case KNOWN_CONTENT_LENGTH:
        return parse_length(head, value, size);
    case KNOWN_TRANSFER_ENCODING:
        if (size == 0)
            return refuse(head, 400, "Transfer-Encoding is empty.");
        if (!framing_equal(value, size, "chunked"))
            return refuse(head, 501, "The only transfer coding understood is chunked.");
        head->chunked = true;
        return FRAMING_DONE;
    case KNOWN_EXPECT:
        if (!framing_equal(value, size, "100-continue"))
            return refuse(head, 417, "The only expectation understood is 100-continue.");
        head->expect_continue = true;
        return FRAMING_DONE;
    case KNOWN_CONNECTION: // close wins, in whatever order they come (RFC 9112, 9.3)
        head->says_close = head->says_close || framing_list_has(value, size, "close");
        head->keep_alive =
            !head->says_close && (head->keep_alive || framing_list_has(value, size, "keep-alive"));
        return FRAMING_DONE;
    default:
        return FRAMING_DONE;
    }
}

static enum framing_result parse_header(
    struct framing_head *head, const char *data, uint32_t at, uint32_t size)
{
    if (head->n_headers == head->headers_max)
        return refuse(head, 431, "The request has too many header fields.");
    const char *line = data + at;
    if (line[0] == ' ' || line[0] == '\t')
        return refuse(head, 400, "A header field may not be folded over lines.");
    uint32_t name_size = 0;
    while (name_size < size && is(line[name_size], T))
        name_size++;
    if (name_size == 0 || name_size == size || line[name_size] != ':')
        return refuse(head, 400, "A header field is not a name, a colon and a value.");
    uint32_t value_at = name_size + 1, value_end = size;
    while (value_at < value_end && (line[value_at] == ' ' || line[value_at] == '\t'))
        value_at++;
    while (value_end > value_at && (line[value_end - 1] == ' ' || line[value_end - 1] == '\t'))
        value_end--;
    if (!all(line + value_at, value_end - value_at, V))
        return refuse(head, 400, "A header field holds a control character.");
    enum framing_known known = known_header(line, name_size);
    // Some readers take a tab for part of the value: not where it says how the message or the connection ends.
    if ((known == KNOWN_CONTENT_LENGTH || known == KNOWN_TRANSFER_ENCODING || known == KNOWN_CONNECTION) &&
        memchr(line, '\t', size) != NULL)
        return refuse(head, 400, "This header field may hold no tab.");
    if (known < KNOWN_ONCE) {
        if (head->known[known] >= 0)
            return refuse(head, 400, "A header field that may come once came twice.");
        head->known[known] = (int8_t)head->n_headers;
    }
    head->headers[head->n_headers++] =
        (struct framing_header){{at, name_size}, {at + value_at, value_end - value_at}};
    return understand(head, known, line + value_at, value_end - value_at);
}

static enum framing_result finish_head(struct framing_head *head, const char *data)
{
    if (head->known[KNOWN_HOST] < 0 && !head->minor_0)
        return refuse(head, 400, "Host is missing.");
    if (head->authority.length > 0 && head->known[KNOWN_HOST] >= 0) {
        struct framing_slice host = head->headers[head->known[KNOWN_HOST]].value;
        if (host.length != head->authority.length ||
            strncasecmp(data + host.at, data + head->authority.at, host.length) != 0)
            return refuse(head, 400, "Host and target name different hosts.");
    }
    if (head->chunked && (head->minor_0 || head->known[KNOWN_CONTENT_LENGTH] >= 0))
        return refuse(head, 400, "Transfer-Encoding may not come with Content-Length or HTTP/1.0.");
    head->has_body = head->chunked || head->content_length > 0;
    if (head->has_body && (head->method == HTTP_GET || head->method == HTTP_HEAD))
        return refuse(head, 400, "GET and HEAD take no body.");
    if (head->minor_0 || !head->has_body)
        head->expect_continue = false;
    return FRAMING_DONE;
}

static enum framing_result feed_line(struct framing_head *head, const char *data, uint32_t end)
{
    // `end` is where the LF is; the line is between line_at and its CR.
    uint32_t at = head->line_at;
    if (end == at || data[end - 1] != '\r')
        return refuse(head, 400, "A line does not end in CR LF.");
    uint32_t size = end - 1 - at;
    if (memchr(data + at, '\r', size) != NULL)
        return refuse(head, 400, "A line holds a bare CR.");
    head->line_at = head->scan_at = end + 1;
    if (!head->have_line) {
        if (size == 0) // one empty line before the request is forgiven (RFC 9112, 2.2)
            return at == 0 ? FRAMING_MORE : refuse(head, 400, "The request begins with empty lines.");
        if (size > head->line_max)
            return refuse(head, 414, "The request line is too long.");
        enum framing_result result = parse_line(head, data, at, size);
        head->have_line = true;
        head->headers_at = end + 1;
        head->keep_alive = !head->minor_0;
        return result == FRAMING_DONE ? FRAMING_MORE : result;
    }
    if (size == 0) {
        head->size = end + 1;
        return finish_head(head, data);
    }
    if (end + 1 - head->headers_at > head->headers_bytes_max)
        return refuse(head, 431, "The header fields are too long.");
    enum framing_result result = parse_header(head, data, at, size);
    return result == FRAMING_DONE ? FRAMING_MORE : result;
}

enum framing_result framing_head_feed(struct framing_head *head, const char *data, size_t size)
{
    // What can not be a request is refused before its first line is whole: a TLS hello to a plain port, for one.
    if (size > 0 && !is(data[0], T) && data[0] != '\r')
        return refuse(head, 400, "This is not an HTTP request.");
    while (head->scan_at < size) {
        const char *lf = memchr(data + head->scan_at, '\n', size - head->scan_at);
        if (lf == NULL) {
            head->scan_at = (uint32_t)min_size(size, FRAMING_HEAD_MAX + 1);
            break;
        }
        enum framing_result result = feed_line(head, data, (uint32_t)(lf - data));
        if (result != FRAMING_MORE)
            return result;
    }
    if (!head->have_line && size - head->line_at > head->line_max + 1)
        return refuse(head, 414, "The request line is too long.");
    if (head->have_line && size - head->headers_at > head->headers_bytes_max + 1)
        return refuse(head, 431, "The header fields are too long.");
    return FRAMING_MORE;
}

// --- the body ------------------------------------------------------------------------------------------------------
void framing_body_init(struct framing_body *body, const struct framing_head *head)
{
    *body = (struct framing_body){.state = BODY_LENGTH, .remaining = head->content_length};
    if (head->chunked)
        body->state = BODY_CHUNK_SIZE_FIRST;
    else if (head->content_length == 0)
        body->state = BODY_DONE;
}

static void spoil(struct framing_body *body, const char *reason)
{
    body->state = BODY_BAD;
    body->reason = reason;
}

static void feed_size(struct framing_body *body, char c)
{
    if (is(c, H)) {
        if (++body->n_digits > 12) {
            spoil(body, "A chunk is too long.");
            return;
        }
        body->remaining = body->remaining << 4 | hex_value(c);
        body->state = BODY_CHUNK_SIZE;
    } else if (body->state == BODY_CHUNK_SIZE && c == '\r') {
        body->state = BODY_CHUNK_SIZE_LF;
    } else if (body->state == BODY_CHUNK_SIZE && c == ';') {
        body->state = BODY_EXTENSION_NAME_FIRST;
        body->n_extension = 0;
    } else {
        spoil(body, "The size of a chunk is not hexadecimal digits.");
    }
}

static bool extension_ends(struct framing_body *body, char c)
{
    if (c == '\r')
        body->state = BODY_CHUNK_SIZE_LF;
    else if (c == ';')
        body->state = BODY_EXTENSION_NAME_FIRST;
    return c == '\r' || c == ';';
}

// Understood by nobody, and must be passed over (RFC 9112, 7.1.1): but only what is one, or readers differ about its end.
static void feed_extension(struct framing_body *body, char c)
{
    bool good = ++body->n_extension <= FRAMING_CHUNK_EXTENSION_MAX;
    switch (body->state) {
    case BODY_EXTENSION_NAME_FIRST:
        good = good && is(c, T);
        body->state = BODY_EXTENSION_NAME;
        break;
    case BODY_EXTENSION_NAME:
        if (c == '=')
            body->state = BODY_EXTENSION_VALUE_FIRST;
        else
            good = good && (extension_ends(body, c) || is(c, T));
        break;
    case BODY_EXTENSION_VALUE_FIRST:
        good = good && (c == '"' || is(c, T));
        body->state = c == '"' ? BODY_EXTENSION_QUOTED : BODY_EXTENSION_VALUE;
        break;
    case BODY_EXTENSION_VALUE:
        good = good && (extension_ends(body, c) || is(c, T));
        break;
    case BODY_EXTENSION_QUOTED:
        good = good && is(c, V);
        if (c == '"' || c == '\\')
            body->state = c == '"' ? BODY_EXTENSION_END : BODY_EXTENSION_ESCAPED;
        break;
    case BODY_EXTENSION_ESCAPED:
        good = good && is(c, V);
        body->state = BODY_EXTENSION_QUOTED;
        break;
    default: // behind the quotes
        good = good && extension_ends(body, c);
        break;
    }
    if (!good)
        spoil(body, "The extension of a chunk is malformed or too long.");
}

// Trailers are dropped, but one that tells of the message's end or the connection's would be read by who keeps them.
static bool trailer_is_good(const struct framing_body *body)
{
    static const char *const refused[] = {
        "content-length", "transfer-encoding", "connection", "proxy-connection"};
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
        if (body->n_name <= sizeof(body->name) && framing_equal(body->name, body->n_name, refused[i]))
            return false;
    return true;
}

static void keep_trailer_name(struct framing_body *body, char c)
{
    if (body->n_name < sizeof(body->name))
        body->name[body->n_name] = c;
    body->n_name++;
}

static void feed_trailer(struct framing_body *body, char c)
{
    if (++body->trailer_bytes > FRAMING_HEADERS_BYTES_MAX) {
        spoil(body, "The trailer fields are longer than 16 KiB.");
        return;
    }
    switch (body->state) {
    case BODY_TRAILER_FIRST:
        if (c == '\r')
            body->state = BODY_END_LF;
        else if (!is(c, T) || ++body->n_trailers > FRAMING_HEADERS_MAX)
            spoil(body, "The trailer of the body is malformed.");
        else
            body->state = BODY_TRAILER_NAME;
        body->n_name = 0;
        keep_trailer_name(body, c);
        return;
    case BODY_TRAILER_NAME:
        if (c == ':' && trailer_is_good(body))
            body->state = BODY_TRAILER_VALUE;
        else if (!is(c, T))
            spoil(body, "The trailer of the body is malformed.");
        keep_trailer_name(body, c);
        return;
    case BODY_TRAILER_VALUE:
        if (c == '\r')
            body->state = BODY_TRAILER_LF;
        else if (!is(c, V))
            spoil(body, "The trailer of the body is malformed.");
        return;
    default: // an LF is due
        if (c != '\n')
            spoil(body, "A line of the body does not end in CR LF.");
        else
            body->state = body->state == BODY_END_LF ? BODY_DONE : BODY_TRAILER_FIRST;
        return;
    }
}

static void feed_byte(struct framing_body *body, char c)
{
    switch (body->state) {
    case BODY_CHUNK_SIZE_FIRST:
    case BODY_CHUNK_SIZE:
        feed_size(body, c);
        return;
    case BODY_EXTENSION_NAME_FIRST:
    case BODY_EXTENSION_NAME:
    case BODY_EXTENSION_VALUE_FIRST:
    case BODY_EXTENSION_VALUE:
    case BODY_EXTENSION_QUOTED:
    case BODY_EXTENSION_ESCAPED:
    case BODY_EXTENSION_END:
        feed_extension(body, c);
        return;
    case BODY_CHUNK_SIZE_LF:
        if (c != '\n') {
            spoil(body, "A line of the body does not end in CR LF.");
            return;
        }
        body->state = body->remaining > 0 ? BODY_CHUNK_DATA : BODY_TRAILER_FIRST;
        return;
    case BODY_CHUNK_CR:
        if (c != '\r') {
            spoil(body, "A chunk is longer than its size.");
            return;
        }
        body->state = BODY_CHUNK_LF;
        return;
    case BODY_CHUNK_LF:
        if (c != '\n') {
            spoil(body, "A chunk does not end in CR LF.");
            return;
        }
        body->state = BODY_CHUNK_SIZE_FIRST;
        body->n_digits = 0;
        return;
    default:
        feed_trailer(body, c);
        return;
    }
}

size_t framing_body_feed(
    struct framing_body *body, const char *data, size_t size, const char **ret_piece, size_t *ret_size)
{
    *ret_piece = data;
    *ret_size = 0;
    for (size_t at = 0; at < size;) {
        if (body->state == BODY_DONE || body->state == BODY_BAD)
            return at;
        if (body->state != BODY_LENGTH && body->state != BODY_CHUNK_DATA) {
            feed_byte(body, data[at++]);
            continue;
        }
        size_t piece = body->remaining < size - at ? (size_t)body->remaining : size - at;
        *ret_piece = data + at;
        *ret_size = piece;
        body->remaining -= piece;
        if (body->remaining == 0)
            body->state = body->state == BODY_LENGTH ? BODY_DONE : BODY_CHUNK_CR;
        return at + piece;
    }
    return size;
}
