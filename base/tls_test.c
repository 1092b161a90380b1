#include "base/tls.h"

#include "base/file.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct folder {
    char path[64];
};

static struct folder folder_new(void)
{
    struct folder folder = {.path = "/tmp/plenum-tls-XXXXXX"};
    assert_non_null(mkdtemp(folder.path));
    return folder;
}

static void folder_remove(const struct folder *folder)
{
    static const char *const names[] = {"ca.key", "ca.crt", "other"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[128];
        snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(folder->path), 0);
}

static struct tls_authority *authority_new(const struct folder *folder)
{
    struct tls_authority *authority = NULL;
    struct err err;
    assert_int_equal(tls_authority_open(folder->path, &authority, &err), 0);
    return authority;
}

static SSL_CTX *worker_context(
    const struct tls_authority *signer, const struct tls_authority *trusted, int64_t valid_seconds)
{
    struct buf key, request, cert;
    struct err err;
    buf_init(&key, TLS_PEM_MAX_BYTES);
    buf_init(&request, TLS_PEM_MAX_BYTES);
    buf_init(&cert, TLS_PEM_MAX_BYTES);
    assert_int_equal(tls_new_request(&key, &request, &err), 0);
    assert_int_equal(tls_authority_sign(signer, request.data, "worker-1", valid_seconds, &cert, &err), 0);
    SSL_CTX *context = NULL;
    assert_int_equal(tls_worker_context(tls_authority_pem(trusted), cert.data, key.data, &context, &err), 0);
    buf_release(&key);
    buf_release(&request);
    buf_release(&cert);
    return context;
}

// Both ends in one thread over a pair of memory BIOs. In TLS 1.3 the client ends first: a refusal of its certificate
// shows at the server's handshake.
static bool handshake(SSL_CTX *server_context, SSL_CTX *client_context, SSL **ret_server, SSL **ret_client)
{
    SSL *server = SSL_new(server_context), *client = SSL_new(client_context);
    BIO *a, *b;
    assert_int_equal(BIO_new_bio_pair(&a, 64 * 1024, &b, 64 * 1024), 1);
    SSL_set_bio(server, a, a);
    SSL_set_bio(client, b, b);
    SSL_set_accept_state(server);
    SSL_set_connect_state(client);
    tls_expect_coordinator(client);
    bool done = false;
    for (int i = 0; i < 20 && !done; i++) {
        int c = SSL_do_handshake(client);
        int c_error = SSL_get_error(client, c);
        int s = SSL_do_handshake(server);
        int s_error = SSL_get_error(server, s);
        if (c_error == SSL_ERROR_SSL || s_error == SSL_ERROR_SSL)
            break;
        done = c == 1 && s == 1;
    }
    ERR_clear_error();
    *ret_server = server;
    *ret_client = client;
    return done;
}

static bool meets(SSL_CTX *server_context, SSL_CTX *client_context)
{
    SSL *server, *client;
    bool ok = handshake(server_context, client_context, &server, &client);
    SSL_free(server);
    SSL_free(client);
    return ok;
}

static void test_authority_is_kept(void **state UNUSED)
{
    struct folder folder = folder_new();
    struct tls_authority *first = authority_new(&folder), *second = authority_new(&folder);
    unsigned char a[HASH_BYTES], b[HASH_BYTES], c[HASH_BYTES];
    tls_authority_fingerprint(first, a);
    tls_authority_fingerprint(second, b);
    assert_memory_equal(a, b, HASH_BYTES);
    struct err err;
    int64_t end;
    assert_int_equal(tls_pem_certificate(tls_authority_pem(first), c, &end, &err), 0);
    assert_memory_equal(a, c, HASH_BYTES);
    assert_true(end > (int64_t)time(NULL) + 9 * 365 * 86400LL);
    char path[128];
    snprintf(path, sizeof(path), "%s/ca.key", folder.path);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    // A certificate whose key is gone is an error and not a new authority.
    assert_int_equal(unlink(path), 0);
    struct tls_authority *third = NULL;
    assert_int_equal(tls_authority_open(folder.path, &third, &err), ERR_NOT_FOUND);
    tls_authority_free(first);
    tls_authority_free(second);
    folder_remove(&folder);
}

static void test_mutual(void **state UNUSED)
{
    struct folder folder = folder_new(), elsewhere = folder_new();
    struct tls_authority *ours = authority_new(&folder), *theirs = authority_new(&elsewhere);
    SSL_CTX *server = NULL, *their_server = NULL;
    struct err err;
    assert_int_equal(tls_authority_server_context(ours, &server, &err), 0);
    assert_int_equal(tls_authority_server_context(theirs, &their_server, &err), 0);

    SSL_CTX *good = worker_context(ours, ours, 3600);
    SSL *s, *c;
    assert_true(handshake(server, good, &s, &c));
    char name[TLS_NAME_MAX_BYTES];
    unsigned char fingerprint[HASH_BYTES];
    assert_true(tls_peer_name(s, name, fingerprint));
    assert_string_equal(name, "worker-1");
    assert_string_equal(SSL_get_version(s), "TLSv1.3");
    SSL_free(s);
    SSL_free(c);

    SSL_CTX *wrong = worker_context(theirs, ours, 3600);
    assert_false(meets(server, wrong)); // signed by somebody else
    SSL_CTX *expired = worker_context(ours, ours, -60);
    assert_false(meets(server, expired));
    assert_false(meets(their_server, good)); // a coordinator that we do not know
    SSL_CTX_free(good);
    SSL_CTX_free(wrong);
    SSL_CTX_free(expired);
    SSL_CTX_free(server);
    SSL_CTX_free(their_server);
    tls_authority_free(ours);
    tls_authority_free(theirs);
    folder_remove(&folder);
    folder_remove(&elsewhere);
}

static void test_a_worker_is_no_coordinator(void **state UNUSED)
{
    struct folder folder = folder_new();
    struct tls_authority *authority = authority_new(&folder);
    struct buf key, request, cert;
    struct err err;
    buf_init(&key, TLS_PEM_MAX_BYTES);
    buf_init(&request, TLS_PEM_MAX_BYTES);
    buf_init(&cert, TLS_PEM_MAX_BYTES);
    assert_int_equal(tls_new_request(&key, &request, &err), 0);
    // Even one that got the coordinator's name into its certificate.
    assert_int_equal(tls_authority_sign(authority, request.data, TLS_COORDINATOR_NAME, 3600, &cert, &err), 0);
    SSL_CTX *fake = NULL, *worker = worker_context(authority, authority, 3600);
    assert_int_equal(tls_worker_context(tls_authority_pem(authority), cert.data, key.data, &fake, &err), 0);
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(server, SSL_CTX_get0_certificate(fake)), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server, SSL_CTX_get0_privatekey(fake)), 1);
    assert_false(meets(server, worker));
    SSL_CTX_free(server);
    SSL_CTX_free(fake);
    SSL_CTX_free(worker);
    buf_release(&key);
    buf_release(&request);
    buf_release(&cert);
    tls_authority_free(authority);
    folder_remove(&folder);
}

static void test_enrolment_pins(void **state UNUSED)
{
    struct folder folder = folder_new();
    struct tls_authority *authority = authority_new(&folder);
    SSL_CTX *server = NULL, *pinned = NULL, *other = NULL;
    struct err err;
    unsigned char fingerprint[HASH_BYTES];
    tls_authority_fingerprint(authority, fingerprint);
    assert_int_equal(tls_authority_server_context(authority, &server, &err), 0);
    assert_int_equal(tls_enrol_context(fingerprint, &pinned, &err), 0);
    SSL *s, *c;
    assert_true(handshake(server, pinned, &s, &c));
    char name[TLS_NAME_MAX_BYTES];
    assert_false(tls_peer_name(s, name, fingerprint)); // no certificate yet
    SSL_free(s);
    SSL_free(c);
    tls_authority_fingerprint(authority, fingerprint);
    fingerprint[0] ^= 1;
    assert_int_equal(tls_enrol_context(fingerprint, &other, &err), 0);
    assert_false(meets(server, other));
    SSL_CTX_free(server);
    SSL_CTX_free(pinned);
    SSL_CTX_free(other);
    tls_authority_free(authority);
    folder_remove(&folder);
}

static void test_bad_requests(void **state UNUSED)
{
    struct folder folder = folder_new();
    struct tls_authority *authority = authority_new(&folder);
    struct buf key, request, cert;
    struct err err;
    buf_init(&key, TLS_PEM_MAX_BYTES);
    buf_init(&request, TLS_PEM_MAX_BYTES);
    buf_init(&cert, TLS_PEM_MAX_BYTES);
    assert_int_equal(tls_authority_sign(authority, "", "w", 60, &cert, &err), ERR_INVALID);
    assert_int_equal(
        tls_authority_sign(authority, "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", "w", 60, &cert, &err),
        ERR_INVALID);
    assert_int_equal(tls_new_request(&key, &request, &err), 0);
    // A flipped letter in the signature, near the end.
    char *end = strstr(request.data, "\n-----END");
    assert_non_null(end);
    end[-6] = end[-6] == 'A' ? 'B' : 'A';
    assert_int_equal(tls_authority_sign(authority, request.data, "w", 60, &cert, &err), ERR_INVALID);
    assert_int_equal(cert.length, 0);
    buf_release(&key);
    buf_release(&request);
    buf_release(&cert);
    tls_authority_free(authority);
    folder_remove(&folder);
}

static void test_files(void **state UNUSED)
{
    struct folder folder = folder_new();
    char path[128];
    snprintf(path, sizeof(path), "%s/other", folder.path);
    struct err err;
    struct buf in;
    buf_init(&in, 8);
    assert_int_equal(file_read(path, &in, &err), ERR_NOT_FOUND);
    assert_int_equal(file_write(path, 0600, "12345678", 8, &err), 0);
    assert_int_equal(file_write(path, 0600, "abcd", 4, &err), 0);
    assert_int_equal(file_read(path, &in, &err), 0);
    assert_string_equal(in.data, "abcd");
    assert_int_equal(file_write(path, 0600, "123456789", 9, &err), 0);
    buf_clear(&in);
    assert_int_equal(file_read(path, &in, &err), ERR_LIMIT);
    buf_release(&in);
    folder_remove(&folder);
}

// --- slots ------------------------------------------------------------------------------------------------------------
static void *take_often(void *arg)
{
    for (int i = 0; i < 2000; i++) {
        SSL_CTX *context = tls_slot_take(arg);
        SSL *ssl = SSL_new(context);
        SSL_CTX_free(context); // what is open keeps it
        assert_non_null(ssl);
        SSL_free(ssl);
    }
    return NULL;
}

static void test_slots_change_while_others_take(void **state UNUSED)
{
    pthread_t takers[4];
    struct tls_slot *slot = tls_slot_new(SSL_CTX_new(TLS_server_method()));
    for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
        assert_int_equal(pthread_create(&takers[i], NULL, take_often, slot), 0);
    for (int i = 0; i < 200; i++)
        tls_slot_put(slot, SSL_CTX_new(TLS_server_method()));
    for (size_t i = 0; i < ARRAY_SIZE(takers); i++)
        pthread_join(takers[i], NULL);
    tls_slot_free(slot);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_authority_is_kept),
        cmocka_unit_test(test_mutual),
        cmocka_unit_test(test_a_worker_is_no_coordinator),
        cmocka_unit_test(test_enrolment_pins),
        cmocka_unit_test(test_bad_requests),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_slots_change_while_others_take),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
