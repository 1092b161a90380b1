#include "coordinator/http/fixture_test.h"

#include "base/tls.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

// The server behind TLS: the same requests and ends as in the open, and those that only TLS has.

#define HOST "Host: x\r\n"
#define ALIVE "GET /livez HTTP/1.1\r\n" HOST "\r\n"

enum { MUCH_BYTES = 32 << 20, SHORT_MS = 400, DRAINS = 100 };

static atomic_int ends_seen, drains_seen;
static _Atomic(struct http_request *) waiting;

static void reply_secure(struct http_request *request)
{
    http_reply(request, 200, "text/plain", http_is_secure(request) ? "secure" : "open",
        http_is_secure(request) ? 6 : 4);
}

static void reply_echo(struct http_request *request)
{
    size_t size;
    const char *body = http_body(request, &size);
    http_reply(request, 200, "application/octet-stream", body, size);
}

static void wait_for_release(struct http_request *request)
{
    waiting = request;
}

static void release(struct http_request *request)
{
    http_reply(waiting, 200, "text/plain", "released\n", 9);
    waiting = NULL;
    http_reply_empty(request, 204);
}

static void give_much(struct http_request *request)
{
    static char much[MUCH_BYTES];
    http_reply(request, 200, "application/octet-stream", much, sizeof(much));
}

static void stream_more(void *arg)
{
    static const char piece[10000];
    drains_seen++;
    if (drains_seen > DRAINS) {
        http_stream_end(arg);
        return;
    }
    while (http_stream_write(arg, piece, sizeof(piece)))
        ;
}

static void stream_lost(void *arg)
{
    ends_seen++;
    http_stream_end(arg);
}

static void give_stream(struct http_request *request)
{
    http_stream_begin(request, 200, "application/octet-stream", stream_more, stream_lost, request);
    stream_more(request);
}

static void on_data(void *arg UNUSED, const char *data UNUSED, size_t size UNUSED)
{
}

static void on_end(void *arg, int rc, const struct err *err)
{
    ends_seen++;
    if (rc != 0)
        http_problem(arg, 400, "%s", err->message);
    else
        http_reply_empty(arg, 204);
}

static void take_upload(struct http_request *request)
{
    http_body_stream(request, on_data, on_end, request);
}

static const struct http_route routes[] = {
    {.method = HTTP_GET, .pattern = "/livez", .handle = reply_secure},
    {.method = HTTP_POST, .pattern = "/echo", .handle = reply_echo, .flags = HTTP_CROSS_SITE},
    {.method = HTTP_GET, .pattern = "/wait", .handle = wait_for_release},
    {.method = HTTP_GET, .pattern = "/release", .handle = release},
    {.method = HTTP_GET, .pattern = "/much", .handle = give_much},
    {.method = HTTP_GET, .pattern = "/stream", .handle = give_stream},
    {.method = HTTP_POST,
        .pattern = "/upload",
        .handle = take_upload,
        .flags = HTTP_STREAM_BODY,
        .body_max = 1 << 20},
    {0},
};
static const struct http_route *const tables[] = {routes, NULL};

// --- certificates ----------------------------------------------------------------------------------------------------
static char *text_of(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)size);
    BIO_free(bio);
    return text;
}

// As the coordinator makes it, of a certificate that names itself `name`.
static SSL_CTX *server_context(const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *subject = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(certificate, subject);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    BIO *cert_bio = BIO_new(BIO_s_mem()), *key_bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(cert_bio, certificate), 1);
    assert_int_equal(PEM_write_bio_PrivateKey(key_bio, key, NULL, NULL, 0, NULL, NULL), 1);
    char *cert_pem = text_of(cert_bio), *key_pem = text_of(key_bio);
    SSL_CTX *context;
    struct err err;
    assert_int_equal(tls_https_context(cert_pem, key_pem, &context, &err), 0);
    free(cert_pem);
    free(key_pem);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return context;
}

// --- a server and clients --------------------------------------------------------------------------------------------
struct tls_fixture {
    struct fixture http;
    struct tls_slot *slot;
    SSL_CTX *client_context;
};

static void start_with(struct tls_fixture *fixture, struct http_settings settings)
{
    ends_seen = drains_seen = 0;
    fixture->slot = tls_slot_new(server_context("first"));
    fixture->client_context = SSL_CTX_new(TLS_client_method());
    settings.tables = tables;
    settings.tls = fixture->slot;
    fixture_start(&fixture->http, settings);
}

static void release_fixture(struct tls_fixture *fixture)
{
    tls_slot_free(fixture->slot);
    SSL_CTX_free(fixture->client_context);
}

static void stop(struct tls_fixture *fixture)
{
    fixture_stop(&fixture->http);
    release_fixture(fixture);
}

struct tls_client {
    struct client socket;
    SSL *ssl;
};

// Up to the handshake, not with it.
static void tls_prepare(struct tls_client *client, const struct tls_fixture *fixture)
{
    client_open(&client->socket, fixture->http.port);
    client->ssl = SSL_new(fixture->client_context);
    assert_int_equal(SSL_set_fd(client->ssl, client->socket.fd), 1);
}

static void tls_open(struct tls_client *client, const struct tls_fixture *fixture)
{
    tls_prepare(client, fixture);
    assert_int_equal(SSL_connect(client->ssl), 1);
}

static void tls_close(struct tls_client *client)
{
    SSL_free(client->ssl);
    client_close(&client->socket);
    ERR_clear_error();
}

static void tls_say(struct tls_client *client, const char *text)
{
    int size = (int)strlen(text);
    assert_int_equal(SSL_write(client->ssl, text, size), size);
}

// Reads until `end` was the last that came, or (NULL) the connection ends; the text is the client's.
static const char *tls_hear(struct tls_client *client, const char *end)
{
    struct buf *input = &client->socket.input;
    buf_clear(input);
    for (char piece[16384];;) {
        int n = SSL_read(client->ssl, piece, sizeof(piece));
        if (n <= 0)
            return end == NULL ? input->data : NULL;
        buf_add(input, piece, (size_t)n);
        if (end != NULL && input->length >= strlen(end) &&
            strcmp(input->data + input->length - strlen(end), end) == 0)
            return input->data;
    }
}

// The server has said TLS's own goodbye, and not just gone.
static void assert_ended_properly(struct tls_client *client)
{
    assert_int_equal(SSL_get_shutdown(client->ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

static void wait_for(atomic_int *counter, int wanted)
{
    for (int i = 0; i < CLIENT_WAIT_S * 1000 && *counter < wanted; i++)
        usleep(1000);
    assert_int_equal(*counter, wanted);
}

// --- the same as in the open -----------------------------------------------------------------------------------------
static void requests_are_answered_in_order(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client;
    start_with(&fixture, (struct http_settings){0});
    tls_open(&client, &fixture);
    tls_say(&client, ALIVE "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\nabc"
                           "GET /much HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
    const char *text = tls_hear(&client, NULL);
    assert_true(client.socket.input.length > MUCH_BYTES);
    assert_ended_properly(&client);
    assert_non_null(strstr(text, "secure"));
    assert_non_null(strstr(text, "\r\n\r\nabcHTTP/1.1 200 OK"));
    tls_close(&client);
    tls_open(&client, &fixture);
    for (const char *at = ALIVE; *at != '\0'; at++) // a record a byte
        assert_int_equal(SSL_write(client.ssl, at, 1), 1);
    assert_non_null(tls_hear(&client, "secure"));
    size_t answer = client.socket.input.length;
    enum { MANY = 3000 }; // more than is read ahead
    for (int i = 0; i < MANY; i++)
        tls_say(&client, ALIVE);
    char piece[16384];
    for (size_t left = MANY * answer; left > 0;) {
        int n = SSL_read(client.ssl, piece, sizeof(piece));
        assert_true(n > 0 && (size_t)n <= left);
        left -= (size_t)n;
    }
    tls_close(&client);
    stop(&fixture);
}

// What waits decrypted inside OpenSSL wakes no socket: uploads of every size must be read to their end all the same.
static void uploads_are_read_to_the_end(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client, other;
    start_with(&fixture, (struct http_settings){0});
    tls_open(&client, &fixture);
    tls_open(&other, &fixture);
    char *body = calloc(1, 1 << 20), text[256];
    for (int size = 16000; size < 1 << 20; size += size < 80000 ? 1000 : 100000) {
        bool stream = size % 3 == 0 || size > 250000;
        snprintf(text, sizeof(text), "POST %s HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n",
            stream ? "/upload" : "/echo", size);
        body[size] = '\0';
        memset(body, 'b', (size_t)size - 3);
        memcpy(body + size - 3, "end", 3);
        tls_say(&client, text);
        for (int at = 0; at < size; at += 5001) // records that no buffer is a multiple of
            assert_true(SSL_write(client.ssl, body + at, size - at < 5001 ? size - at : 5001) > 0);
        assert_non_null(tls_hear(&client, stream ? "\r\n\r\n" : "end"));
        assert_true(stream || client.socket.input.length > (size_t)size);
    }
    // And those that came while a handler was at work and nobody read.
    snprintf(text, sizeof(text),
        "GET /wait HTTP/1.1\r\n" HOST "\r\nPOST /upload HTTP/1.1\r\n" HOST "Content-Length: %d\r\n\r\n",
        35000);
    tls_say(&client, text);
    for (int at = 0; at < 35000; at += 5000)
        assert_int_equal(SSL_write(client.ssl, body + at, 5000), 5000);
    usleep(100000);
    tls_say(&other, "GET /release HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(tls_hear(&client, "released\n"));
    assert_non_null(strstr(tls_hear(&client, "\r\n\r\n"), "204 No Content"));
    free(body);
    tls_close(&client);
    tls_close(&other);
    stop(&fixture);
}

static void streams_wait_for_their_reader(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client;
    start_with(&fixture, (struct http_settings){.idle_timeout_ms = SHORT_MS});
    tls_open(&client, &fixture);
    tls_say(&client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    assert_non_null(tls_hear(&client, "\r\n0\r\n\r\n"));
    assert_true(client.socket.input.length > 20 << 20);
    drains_seen = 0; // and one that stops reading: the rest is not made, and at last it is given up
    tls_say(&client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    wait_for(&ends_seen, 1);
    assert_in_range(drains_seen, 1, DRAINS - 1);
    tls_close(&client);
    stop(&fixture);
}

// --- ends ------------------------------------------------------------------------------------------------------------
// A client that has said all it will say still gets its answer; one that only vanished does not, and its handler hears.
static void clients_may_end_their_side(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client, other;
    start_with(&fixture, (struct http_settings){0});
    tls_open(&client, &fixture);
    tls_open(&other, &fixture);
    tls_say(&client, "GET /wait HTTP/1.1\r\n" HOST "\r\n");
    SSL_shutdown(client.ssl);
    usleep(50000);
    tls_say(&other, "GET /release HTTP/1.1\r\n" HOST "\r\n");
    const char *text = tls_hear(&client, NULL);
    assert_non_null(strstr(text, "released\n"));
    assert_ended_properly(&client);
    tls_close(&client);
    // The request, and the end, in one read.
    tls_prepare(&client, &fixture);
    BIO *out = BIO_new(BIO_f_buffer());
    assert_int_equal(SSL_connect(client.ssl), 1);
    SSL_set0_wbio(client.ssl, BIO_push(out, BIO_new_socket(client.socket.fd, BIO_NOCLOSE)));
    tls_say(&client, ALIVE ALIVE);
    SSL_shutdown(client.ssl);
    assert_int_equal(BIO_flush(out), 1);
    text = tls_hear(&client, NULL);
    assert_non_null(strstr(strstr(text, "secure") + 1, "secure"));
    assert_ended_properly(&client);
    tls_close(&client);
    // Half an upload, then nothing: the handler hears that it was cut.
    tls_say(&other, "POST /upload HTTP/1.1\r\n" HOST "Content-Length: 100\r\n\r\nabc");
    usleep(50000);
    assert_int_equal(ends_seen, 0);
    shutdown(other.socket.fd, SHUT_WR);
    wait_for(&ends_seen, 1);
    tls_close(&other);
    // An end that TLS was not told of is one, too.
    tls_open(&other, &fixture);
    shutdown(other.socket.fd, SHUT_WR);
    while (client_more(&other.socket))
        ;
    tls_close(&other);
    stop(&fixture);
}

static void drains_say_goodbye(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client idle, busy, fresh, silent;
    start_with(&fixture, (struct http_settings){.header_timeout_ms = 2000, .idle_timeout_ms = 60000});
    fixture.http.drain = true;
    tls_open(&idle, &fixture);
    tls_say(&idle, ALIVE);
    assert_non_null(tls_hear(&idle, "secure"));
    tls_open(&busy, &fixture);
    tls_say(&busy, "POST /echo HTTP/1.1\r\n" HOST "Content-Length: 3\r\n\r\na");
    tls_prepare(&fresh, &fixture);
    tls_prepare(&silent, &fixture);
    usleep(50000);
    fixture_wake(&fixture.http);
    assert_string_equal(tls_hear(&idle, NULL), "");
    assert_ended_properly(&idle);
    assert_int_equal(SSL_connect(fresh.ssl), 1); // was accepted before
    tls_say(&fresh, ALIVE);
    assert_non_null(strstr(tls_hear(&fresh, NULL), "Connection: close"));
    assert_ended_properly(&fresh);
    tls_close(&fresh);
    assert_int_equal(SSL_connect(silent.ssl), 1); // and keeps nobody up
    assert_string_equal(tls_hear(&silent, NULL), "");
    tls_close(&silent);
    assert_false(fixture.http.drained);
    tls_say(&busy, "bc"); // its request had begun
    assert_non_null(strstr(tls_hear(&busy, NULL), "\r\n\r\nabc"));
    assert_ended_properly(&busy);
    tls_close(&busy);
    tls_close(&idle);
    fixture_join(&fixture.http);
    assert_true(fixture.http.drained);
    release_fixture(&fixture);
}

// --- handshakes ------------------------------------------------------------------------------------------------------
static void handshakes_have_an_absolute_deadline(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct client silent, slow;
    struct tls_client client;
    start_with(&fixture, (struct http_settings){.header_timeout_ms = SHORT_MS, .idle_timeout_ms = 60000});
    tls_open(&client, &fixture);
    client_open(&silent, fixture.http.port);
    client_open(&slow, fixture.http.port);
    client_send(&slow, "\x16\x03\x01\x02", 4); // a hello of 512 bytes, a byte each 30 ms
    bool closed = false;
    for (int i = 0; i < 100 && !closed; i++) {
        usleep(30000);
        closed = send(slow.fd, "\0", 1, MSG_NOSIGNAL) < 0;
    }
    assert_true(closed);
    assert_true(client_is_closed(&silent));
    tls_say(&client, ALIVE); // who has shaken hands is not hurried
    assert_non_null(tls_hear(&client, "secure"));
    tls_close(&client);
    client_close(&silent);
    client_close(&slow);
    stop(&fixture);
}

// Half a record is no request: neither answered nor kept for longer than silence, and whole when the rest comes.
static void records_may_come_in_pieces(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client;
    start_with(&fixture, (struct http_settings){.idle_timeout_ms = SHORT_MS});
    for (int complete = 1; complete >= 0; complete--) {
        tls_open(&client, &fixture);
        SSL_set0_wbio(client.ssl, BIO_new(BIO_s_mem()));
        tls_say(&client, ALIVE);
        char *record;
        size_t size = (size_t)BIO_get_mem_data(SSL_get_wbio(client.ssl), &record);
        for (size_t i = 0; i < size - (complete ? 0 : 1); i++)
            client_send(&client.socket, record + i, 1);
        if (complete)
            assert_non_null(tls_hear(&client, "secure"));
        else
            assert_string_equal(tls_hear(&client, NULL), "");
        tls_close(&client);
    }
    stop(&fixture);
}

static void plain_requests_are_told(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct client client;
    struct reply reply;
    start_with(&fixture, (struct http_settings){0});
    client_open(&client, fixture.http.port);
    client_say(&client, ALIVE ALIVE);
    client_receive(&client, false, &reply);
    assert_int_equal(reply.status, 400);
    assert_non_null(strstr(reply.body, "HTTPS"));
    assert_non_null(field_of(reply.head, "Content-Security-Policy"));
    assert_string_equal(field_of(reply.head, "Connection"), "close");
    assert_true(client_is_closed(&client));
    reply_release(&reply);
    client_close(&client);
    client_open(&client, fixture.http.port);
    client_say(&client, "\x80\x2e\x01\x03\x01 no handshake at all, nor anything that looks like one");
    while (client_more(&client))
        ; // an alert at most
    assert_true(client.input.length <= 7);
    client_close(&client);
    struct buf text;
    buf_init(&text, 1024 * 1024);
    http_metrics(&text);
    assert_non_null(strstr(text.data, "\nplenum_tls_handshakes_failed_total 2\n"));
    buf_release(&text);
    struct tls_client other;
    tls_open(&other, &fixture); // alive
    tls_close(&other);
    stop(&fixture);
}

static void only_http_1_1_is_agreed_to(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client;
    const unsigned char *got;
    unsigned size;
    start_with(&fixture, (struct http_settings){0});
    tls_prepare(&client, &fixture);
    SSL_set_alpn_protos(client.ssl, (const unsigned char *)"\x02h2\x08http/1.1", 12);
    assert_int_equal(SSL_connect(client.ssl), 1);
    SSL_get0_alpn_selected(client.ssl, &got, &size);
    assert_int_equal(size, 8);
    assert_memory_equal(got, "http/1.1", 8);
    tls_close(&client);
    tls_prepare(&client, &fixture);
    SSL_set_alpn_protos(client.ssl, (const unsigned char *)"\x02h2\x08http/1.0", 12);
    assert_int_equal(SSL_connect(client.ssl), -1);
    assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL);
    tls_close(&client);
    stop(&fixture);
}

// --- another certificate ---------------------------------------------------------------------------------------------
static void assert_shows(struct tls_client *client, const char *name)
{
    X509 *certificate = SSL_get1_peer_certificate(client->ssl);
    char got[64];
    assert_true(
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, got, sizeof(got)) > 0);
    assert_string_equal(got, name);
    X509_free(certificate);
}

static void contexts_change_under_way(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client old, half, fresh;
    start_with(&fixture, (struct http_settings){0});
    tls_open(&old, &fixture);
    tls_prepare(&half, &fixture);
    BIO *out = BIO_new(BIO_s_mem()); // its hello is accepted, and comes in two parts
    SSL_set0_wbio(half.ssl, out);
    SSL_set_connect_state(half.ssl);
    struct timeval wait = {.tv_usec = 1000}, long_wait = {.tv_sec = CLIENT_WAIT_S};
    setsockopt(half.socket.fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    assert_int_equal(SSL_do_handshake(half.ssl), -1);
    setsockopt(half.socket.fd, SOL_SOCKET, SO_RCVTIMEO, &long_wait, sizeof(long_wait));
    char *hello;
    size_t size = (size_t)BIO_get_mem_data(out, &hello);
    client_send(&half.socket, hello, 100);
    usleep(50000);
    tls_slot_put(fixture.slot, server_context("second"));
    client_send(&half.socket, hello + 100, size - 100);
    SSL_set0_wbio(half.ssl, BIO_new_socket(half.socket.fd, BIO_NOCLOSE));
    assert_int_equal(SSL_do_handshake(half.ssl), 1);
    assert_shows(&half, "first");
    tls_open(&fresh, &fixture);
    assert_shows(&fresh, "second");
    struct tls_client *const all[] = {&old, &half, &fresh};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        tls_say(all[i], ALIVE);
        assert_non_null(tls_hear(all[i], "secure"));
        tls_close(all[i]);
    }
    stop(&fixture);
}

static SSL_SESSION *kept_session;

static int keep_session(SSL *ssl UNUSED, SSL_SESSION *session)
{
    SSL_SESSION_free(kept_session);
    kept_session = session;
    return 1;
}

// Tickets save a handshake, and hold as long as the context that gave them.
static void sessions_are_resumed(void **state UNUSED)
{
    struct tls_fixture fixture;
    struct tls_client client;
    start_with(&fixture, (struct http_settings){0});
    SSL_CTX_set_session_cache_mode(
        fixture.client_context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL_STORE);
    SSL_CTX_sess_set_new_cb(fixture.client_context, keep_session);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        SSL_CTX_set_max_proto_version(fixture.client_context, version);
        for (int i = 0; i < 3; i++) { // new, resumed, and new to the next context
            if (i == 2)
                tls_slot_put(fixture.slot, server_context("second"));
            tls_prepare(&client, &fixture);
            if (i > 0)
                SSL_set_session(client.ssl, kept_session);
            assert_int_equal(SSL_connect(client.ssl), 1);
            assert_int_equal(SSL_session_reused(client.ssl), i == 1);
            tls_say(&client, ALIVE);
            assert_non_null(tls_hear(&client, "secure"));
            assert_non_null(kept_session);
            SSL_shutdown(client.ssl); // or OpenSSL takes the session for a bad one
            tls_close(&client);
        }
    }
    SSL_SESSION_free(kept_session);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_answered_in_order),
        cmocka_unit_test(uploads_are_read_to_the_end),
        cmocka_unit_test(streams_wait_for_their_reader),
        cmocka_unit_test(clients_may_end_their_side),
        cmocka_unit_test(drains_say_goodbye),
        cmocka_unit_test(handshakes_have_an_absolute_deadline),
        cmocka_unit_test(records_may_come_in_pieces),
        cmocka_unit_test(plain_requests_are_told),
        cmocka_unit_test(only_http_1_1_is_agreed_to),
        cmocka_unit_test(contexts_change_under_way),
        cmocka_unit_test(sessions_are_resumed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
