#include "coordinator/http/framing.h"

#include "base/buf.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// What a request with vectors over a socket shows is in tests/http/vectors.json; here is what needs no socket.

static enum framing_result feed_whole(struct framing_head *head, const char *text, size_t size)
{
    framing_head_init(head);
    return framing_head_feed(head, text, size);
}

static enum framing_result feed_bytes(struct framing_head *head, const char *text, size_t size)
{
    framing_head_init(head);
    enum framing_result result = FRAMING_MORE;
    for (size_t n = 1; n <= size && result == FRAMING_MORE; n++) {
        char *copy =
            malloc(n); // of exactly so many bytes, elsewhere each time: nothing may be read behind or kept
        assert_non_null(copy);
        memcpy(copy, text, n);
        result = framing_head_feed(head, copy, n);
        free(copy);
    }
    return result;
}

static void assert_slice(const char *text, struct framing_slice slice, const char *expected)
{
    assert_int_equal(slice.length, strlen(expected));
    assert_memory_equal(text + slice.at, expected, slice.length);
}

static void takes_a_request_apart(void **state UNUSED)
{
    static const char text[] =
        "POST /a/b?c=d&e HTTP/1.1\r\nHost: x:1\r\nX-A: \t b c \r\nContent-Length: 12\r\n"
        "Expect: 100-continue\r\nCookie: sid=1\r\n\r\nbody";
    struct framing_head head;
    assert_int_equal(feed_whole(&head, text, sizeof(text) - 1), FRAMING_DONE);
    assert_int_equal(head.size, sizeof(text) - 1 - 4);
    assert_int_equal(head.method, HTTP_POST);
    assert_slice(text, head.path, "/a/b");
    assert_true(head.has_query);
    assert_slice(text, head.query, "c=d&e");
    assert_int_equal(head.n_headers, 5);
    assert_slice(text, head.headers[1].name, "X-A");
    assert_slice(text, head.headers[1].value, "b c");
    assert_true(head.keep_alive && head.expect_continue && head.has_body && !head.chunked && !head.minor_0);
    assert_int_equal(head.content_length, 12);
    assert_int_equal(head.known[KNOWN_COOKIE], 4);
    assert_int_equal(head.known[KNOWN_ORIGIN], -1);
}

static void absolute_form_gives_the_path(void **state UNUSED)
{
    static const char text[] = "GET https://x/p?q HTTP/1.1\r\nHost: X\r\n\r\n";
    struct framing_head head;
    assert_int_equal(feed_whole(&head, text, sizeof(text) - 1), FRAMING_DONE);
    assert_slice(text, head.path, "/p");
    assert_slice(text, head.query, "q");
}

static void old_versions_say_if_they_stay(void **state UNUSED)
{
    static const struct {
        const char *text;
        bool keep_alive;
    } cases[] = {
        {"GET / HTTP/1.0\r\n\r\n", false},
        {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\n\r\n", true},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: a , close, b\r\n\r\n", false},
        {"GET / HTTP/1.1\r\nHost: x\r\nConnection: enclose\r\n\r\n", true},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct framing_head head;
        assert_int_equal(feed_whole(&head, cases[i].text, strlen(cases[i].text)), FRAMING_DONE);
        assert_int_equal(head.keep_alive, cases[i].keep_alive);
    }
}

static void bounds_hold_to_the_byte(void **state UNUSED)
{
    struct framing_head head;
    struct buf text;
    buf_init(&text, 1 << 20);
    for (int more = 0; more < 2; more++) { // 8192 bytes of request line, then one more
        buf_clear(&text);
        buf_add_text(&text, "GET /");
        for (int i = 0; i < 8192 - 14 + more; i++)
            buf_add_char(&text, 'a');
        buf_add_text(&text, " HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_int_equal(feed_whole(&head, text.data, text.length), more ? FRAMING_REFUSED : FRAMING_DONE);
        assert_int_equal(head.status, more ? 414 : 0);
    }
    for (int more = 0; more < 2; more++) { // 16384 bytes of fields, then one more
        buf_clear(&text);
        buf_add_text(&text, "GET / HTTP/1.1\r\nHost: x\r\nX-A: ");
        for (int i = 0; i < 16384 - 9 - 7 + more; i++)
            buf_add_char(&text, 'a');
        buf_add_text(&text, "\r\n\r\n");
        assert_int_equal(feed_whole(&head, text.data, text.length), more ? FRAMING_REFUSED : FRAMING_DONE);
        assert_int_equal(head.status, more ? 431 : 0);
    }
    buf_release(&text);
}

static void decoding_is_utf8_or_nothing(void **state UNUSED)
{
    static const struct {
        const char *in;
        bool plus;
        const char *out; // NULL: refused
    } cases[] = {
        {"a%2Fb%20c", false, "a/b c"},
        {"a+b", true, "a b"},
        {"a+b", false, "a+b"},
        {"%C3%A9", false, "\xc3\xa9"},
        {"%F0%9F%A6%86", false, "\xf0\x9f\xa6\x86"},
        {"", false, ""},
        {"%", false, NULL},
        {"%4", false, NULL},
        {"%4g", false, NULL},
        {"%00", false, NULL},
        {"%C3", false, NULL},
        {"%C0%AF", false, NULL},
        {"%ED%A0%80", false, NULL},
        {"%F4%90%80%80", false, NULL},
        {"%E0%80%80", false, NULL},
        {"%80", false, NULL},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char out[64];
        int length = framing_decode(cases[i].in, strlen(cases[i].in), cases[i].plus, out);
        if (cases[i].out == NULL) {
            assert_int_equal(length, -1);
            continue;
        }
        assert_int_equal(length, strlen(cases[i].out));
        assert_memory_equal(out, cases[i].out, strlen(cases[i].out));
    }
}

// Feeds a body in pieces of `step` bytes; returns its state and collects what it held.
static enum framing_body_state feed_body(const struct framing_head *head, const char *data, size_t size,
    size_t step, struct buf *out, size_t *ret_taken)
{
    struct framing_body body;
    framing_body_init(&body, head);
    buf_clear(out);
    size_t at = 0;
    while (at < size && body.state != BODY_DONE && body.state != BODY_BAD) {
        const char *piece;
        size_t piece_size,
            taken = framing_body_feed(&body, data + at, min_size(step, size - at), &piece, &piece_size);
        assert_true(taken <= min_size(step, size - at));
        assert_true(piece_size <= taken);
        buf_add(out, piece, piece_size);
        at += taken;
    }
    *ret_taken = at;
    return body.state;
}

static void chunks_come_out_whole(void **state UNUSED)
{
    static const char text[] =
        "5\r\nhello\r\n1;x=\"y\"\r\n \r\n000005\r\nworld\r\n0;z\r\nA: b\r\nC:\r\n\r\nGET";
    struct framing_head head;
    framing_head_init(&head);
    head.chunked = true;
    struct buf out;
    buf_init(&out, 1024);
    for (size_t step = 1; step < sizeof(text); step++) {
        size_t taken;
        assert_int_equal(feed_body(&head, text, sizeof(text) - 1, step, &out, &taken), BODY_DONE);
        assert_int_equal(taken, sizeof(text) - 1 - 3);
        assert_string_equal(out.data, "hello world");
    }
    buf_release(&out);
}

// Mutations of good requests: fed whole and byte by byte they must end alike, and never read out of bounds.
static void pieces_make_no_difference(void **state UNUSED)
{
    static const char *const seeds[] = {
        "GET /livez?a=b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        "POST /a%20b HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n",
        "PUT http://x/ HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nCookie: a=b; c=d\r\n\r\n",
        "\r\nOPTIONS * HTTP/1.1\r\nhost: [::1]:80\r\nX: \t\r\nAuthorization: Bearer a\r\n\r\n",
    };
    static const char alphabet[] = "\r\n\r\n  :\t\0/%.,0123456789abcdefHTTP\x80\xff?#[]";
    struct rng rng;
    rng_seed(&rng, 20261120);
    for (int round = 0; round < 20000; round++) {
        char text[256];
        const char *seed = seeds[rng_below(&rng, ARRAY_SIZE(seeds))];
        size_t size = strlen(seed);
        memcpy(text, seed, size);
        for (uint64_t n = rng_below(&rng, 4); n-- > 0;) {
            size_t at = (size_t)rng_below(&rng, size);
            char c = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
            if (rng_below(&rng, 2) == 0) {
                text[at] = c;
            } else {
                memmove(text + at + 1, text + at, size - at);
                text[at] = c;
                size++;
            }
        }
        struct framing_head whole, bytes;
        enum framing_result a = feed_whole(&whole, text, size), b = feed_bytes(&bytes, text, size);
        assert_int_equal(a, b);
        assert_int_equal(whole.status, bytes.status);
        if (a == FRAMING_DONE) {
            assert_int_equal(whole.size, bytes.size);
            assert_memory_equal(&whole.headers, &bytes.headers, whole.n_headers * sizeof(whole.headers[0]));
        }
    }
}

static void mutated_chunks_end_alike(void **state UNUSED)
{
    static const char seed[] = "5\r\nhello\r\n3;x\r\nabc\r\n0\r\nA: b\r\n\r\n";
    static const char alphabet[] = "\r\n;: x0123456789abcdef+-\0\xff";
    struct rng rng;
    rng_seed(&rng, 7);
    struct framing_head head;
    framing_head_init(&head);
    head.chunked = true;
    struct buf a, b;
    buf_init(&a, 4096);
    buf_init(&b, 4096);
    for (int round = 0; round < 20000; round++) {
        char text[sizeof(seed)];
        memcpy(text, seed, sizeof(seed));
        for (uint64_t n = rng_below(&rng, 3); n-- > 0;)
            text[rng_below(&rng, sizeof(seed) - 1)] = alphabet[rng_below(&rng, sizeof(alphabet) - 1)];
        size_t taken_a, taken_b;
        enum framing_body_state whole = feed_body(&head, text, sizeof(seed) - 1, sizeof(seed), &a, &taken_a);
        enum framing_body_state bytes = feed_body(&head, text, sizeof(seed) - 1, 1, &b, &taken_b);
        assert_int_equal(whole, bytes);
        assert_int_equal(taken_a, taken_b);
        assert_int_equal(a.length, b.length);
        assert_memory_equal(a.data, b.data, a.length);
    }
    buf_release(&a);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_request_apart),
        cmocka_unit_test(absolute_form_gives_the_path),
        cmocka_unit_test(old_versions_say_if_they_stay),
        cmocka_unit_test(bounds_hold_to_the_byte),
        cmocka_unit_test(decoding_is_utf8_or_nothing),
        cmocka_unit_test(chunks_come_out_whole),
        cmocka_unit_test(pieces_make_no_difference),
        cmocka_unit_test(mutated_chunks_end_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
