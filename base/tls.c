#include "base/tls.h"

#include "base/authority.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

int tls_error(struct err *err, const char *context)
{
    unsigned long code = ERR_get_error();
    char reason[160] = "no reason given";
    if (code != 0)
        ERR_error_string_n(code, reason, sizeof(reason));
    ERR_clear_error();
    return err_set(err, ERR_CRYPTO, "%s: %s", context, reason);
}

// --- contexts -----------------------------------------------------------------------------------------------------
static SSL_CTX *context_new(const SSL_METHOD *method, int min_version)
{
    SSL_CTX *context = SSL_CTX_new(method);
    if (context == NULL)
        abort();
    SSL_CTX_set_min_proto_version(context, min_version);
    SSL_CTX_set_options(
        context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context,
        SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    return context;
}

// The one protocol that is spoken over it. Who asks for others only is told so (RFC 7301), who doesn't ask is not.
static int choose_protocol(SSL *ssl UNUSED, const unsigned char **out, unsigned char *out_size,
    const unsigned char *in, unsigned in_size, void *arg UNUSED)
{
    static const unsigned char http[] = "\x08http/1.1";
    return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_size, http, sizeof(http) - 1, in,
               in_size) == OPENSSL_NPN_NEGOTIATED
               ? SSL_TLSEXT_ERR_OK
               : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static int use_chain(SSL_CTX *context, const char *cert_pem, struct err *err)
{
    BIO *bio = BIO_new_mem_buf(cert_pem, (int)min_size(strlen(cert_pem), TLS_PEM_MAX_BYTES));
    if (bio == NULL)
        abort();
    int rc = 0, n = 0;
    for (X509 *cert; rc == 0 && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL; n++) {
        if ((n == 0 ? SSL_CTX_use_certificate(context, cert) : SSL_CTX_add1_chain_cert(context, cert)) != 1)
            rc = tls_error(err, "the TLS certificate can't be used");
        X509_free(cert);
    }
    BIO_free(bio);
    if (rc == 0 && (n == 0 || ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE))
        rc = tls_error(err, "the TLS certificate is not in PEM form");
    ERR_clear_error(); // the end of the text is an error, too
    return rc;
}

static int use_key(SSL_CTX *context, const char *key_pem, struct err *err)
{
    EVP_PKEY *key = NULL;
    int rc = tls_pem_read(key_pem, NULL, &key, err);
    if (rc < 0)
        return err_prefix(err, "the TLS key");
    if (SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1)
        rc = tls_error(err, "the TLS key does not belong to the certificate");
    EVP_PKEY_free(key);
    return rc;
}

int tls_https_context(const char *cert_pem, const char *key_pem, SSL_CTX **ret_context, struct err *err)
{
    ERR_clear_error();
    SSL_CTX *context = context_new(TLS_server_method(), TLS1_2_VERSION);
    // Ours first, unless a client without AES in hardware puts ChaCha20 first.
    SSL_CTX_set_options(context, SSL_OP_PRIORITIZE_CHACHA);
    // Tickets only: nothing is kept here for who doesn't come back.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
    SSL_CTX_set_read_ahead(context, 1); // a record in one read and not two
    int rc = 0;
    if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384") != 1)
        rc = tls_error(err, "can't choose ciphers");
    if (rc == 0)
        rc = use_chain(context, cert_pem, err);
    if (rc == 0)
        rc = use_key(context, key_pem, err);
    if (rc < 0) {
        SSL_CTX_free(context);
        return rc;
    }
    *ret_context = context;
    return 0;
}

struct tls_slot {
    pthread_mutex_t lock; // held to count a reference; a handshake costs ten thousand times that
    SSL_CTX *context;
};

struct tls_slot *tls_slot_new(SSL_CTX *context)
{
    struct tls_slot *slot = calloc(1, sizeof(*slot));
    if (slot == NULL)
        abort();
    pthread_mutex_init(&slot->lock, NULL);
    slot->context = context;
    return slot;
}

void tls_slot_free(struct tls_slot *slot)
{
    if (slot == NULL)
        return;
    SSL_CTX_free(slot->context);
    pthread_mutex_destroy(&slot->lock);
    free(slot);
}

SSL_CTX *tls_slot_take(struct tls_slot *slot)
{
    pthread_mutex_lock(&slot->lock);
    SSL_CTX *context = slot->context;
    SSL_CTX_up_ref(context);
    pthread_mutex_unlock(&slot->lock);
    return context;
}

void tls_slot_put(struct tls_slot *slot, SSL_CTX *context)
{
    pthread_mutex_lock(&slot->lock);
    SSL_CTX *old = slot->context;
    slot->context = context;
    pthread_mutex_unlock(&slot->lock);
    SSL_CTX_free(old);
}

int tls_authority_server_context(
    const struct tls_authority *authority, SSL_CTX **ret_context, struct err *err)
{
    ERR_clear_error();
    X509 *ca = NULL, *cert = NULL;
    EVP_PKEY *key = NULL;
    int rc = tls_authority_server_certificate(authority, &ca, &cert, &key, err);
    if (rc < 0)
        return rc;
    SSL_CTX *context = context_new(TLS_server_method(), TLS1_3_VERSION);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_verify_depth(context, 1);
    if (SSL_CTX_use_certificate(context, cert) != 1 || SSL_CTX_use_PrivateKey(context, key) != 1 ||
        SSL_CTX_add1_chain_cert(context, ca) != 1 || SSL_CTX_add_client_CA(context, ca) != 1 ||
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca) != 1) {
        rc = tls_error(err, "can't set up TLS for workers");
        SSL_CTX_free(context);
        context = NULL;
    }
    X509_free(cert);
    EVP_PKEY_free(key);
    if (rc == 0)
        *ret_context = context;
    return rc;
}

static int use_pem(
    SSL_CTX *context, const char *ca_pem, const char *cert_pem, const char *key_pem, struct err *err)
{
    X509 *ca = NULL, *cert = NULL;
    EVP_PKEY *key = NULL;
    int rc = tls_pem_read(ca_pem, &ca, NULL, err);
    if (rc == 0)
        rc = tls_pem_read(cert_pem, &cert, NULL, err);
    if (rc == 0)
        rc = tls_pem_read(key_pem, NULL, &key, err);
    if (rc == 0 && (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), ca) != 1 ||
                       SSL_CTX_use_certificate(context, cert) != 1 ||
                       SSL_CTX_use_PrivateKey(context, key) != 1 || SSL_CTX_check_private_key(context) != 1))
        rc = tls_error(err, "the worker's certificate and key do not belong together");
    X509_free(ca);
    X509_free(cert);
    EVP_PKEY_free(key);
    return rc;
}

int tls_worker_context(
    const char *ca_pem, const char *cert_pem, const char *key_pem, SSL_CTX **ret_context, struct err *err)
{
    ERR_clear_error();
    SSL_CTX *context = context_new(TLS_client_method(), TLS1_3_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    int rc = use_pem(context, ca_pem, cert_pem, key_pem, err);
    if (rc < 0) {
        SSL_CTX_free(context);
        return rc;
    }
    *ret_context = context;
    return 0;
}

// --- enrolment: the authority is not known yet, only its fingerprint -----------------------------------------------
static int fingerprint_index;
static pthread_once_t fingerprint_once = PTHREAD_ONCE_INIT;

static void free_fingerprint(void *parent UNUSED, void *pointer, CRYPTO_EX_DATA *data UNUSED,
    int index UNUSED, long argl UNUSED, void *argp UNUSED)
{
    free(pointer);
}

static void make_fingerprint_index(void)
{
    fingerprint_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, free_fingerprint);
    assert(fingerprint_index >= 0);
}

// The chain is checked in full, with the one certificate in it that has the fingerprint as the only trust.
static int verify_pinned(X509_STORE_CTX *store, void *arg)
{
    const unsigned char *wanted = arg;
    STACK_OF(X509) *shown = X509_STORE_CTX_get0_untrusted(store);
    X509 *anchor = NULL;
    for (int i = 0; i < sk_X509_num(shown) && anchor == NULL; i++) {
        unsigned char fingerprint[HASH_BYTES];
        unsigned size = sizeof(fingerprint);
        X509 *cert = sk_X509_value(shown, i);
        if (X509_digest(cert, EVP_sha256(), fingerprint, &size) == 1 && X509_check_ca(cert) > 0 &&
            bytes_equal(fingerprint, wanted, HASH_BYTES))
            anchor = cert;
    }
    if (anchor == NULL) {
        X509_STORE_CTX_set_error(store, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN);
        return 0;
    }
    STACK_OF(X509) *trusted = sk_X509_new_null();
    if (trusted == NULL || sk_X509_push(trusted, anchor) <= 0)
        abort();
    X509_STORE_CTX_set0_trusted_stack(store, trusted);
    int ok = X509_verify_cert(store);
    sk_X509_free(trusted);
    return ok > 0;
}

int tls_enrol_context(const unsigned char ca_fingerprint[HASH_BYTES], SSL_CTX **ret_context, struct err *err)
{
    pthread_once(&fingerprint_once, make_fingerprint_index);
    SSL_CTX *context = context_new(TLS_client_method(), TLS1_3_VERSION);
    unsigned char *copy = malloc(HASH_BYTES);
    if (copy == NULL)
        abort();
    memcpy(copy, ca_fingerprint, HASH_BYTES);
    if (SSL_CTX_set_ex_data(context, fingerprint_index, copy) != 1) {
        free(copy);
        SSL_CTX_free(context);
        return tls_error(err, "can't set up TLS to enrol");
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_cert_verify_callback(context, verify_pinned, copy);
    *ret_context = context;
    return 0;
}

void tls_expect_coordinator(SSL *ssl)
{
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (SSL_set1_host(ssl, TLS_COORDINATOR_NAME) != 1)
        abort();
}

// --- certificates -----------------------------------------------------------------------------------------------------
bool tls_peer_name(const SSL *ssl, char name[TLS_NAME_MAX_BYTES], unsigned char fingerprint[HASH_BYTES])
{
    X509 *cert = SSL_get1_peer_certificate(ssl);
    if (cert == NULL)
        return false;
    unsigned size = HASH_BYTES;
    bool ok = SSL_get_verify_result(ssl) == X509_V_OK &&
              X509_NAME_get_text_by_NID(
                  X509_get_subject_name(cert), NID_commonName, name, TLS_NAME_MAX_BYTES) > 0 &&
              X509_digest(cert, EVP_sha256(), fingerprint, &size) == 1;
    X509_free(cert);
    return ok;
}

int tls_pem_certificate(
    const char *pem, unsigned char fingerprint[HASH_BYTES], int64_t *ret_not_after, struct err *err)
{
    X509 *cert;
    int rc = tls_pem_read(pem, &cert, NULL, err);
    if (rc < 0)
        return rc;
    unsigned size = HASH_BYTES;
    if (fingerprint != NULL && X509_digest(cert, EVP_sha256(), fingerprint, &size) != 1)
        rc = tls_error(err, "can't hash a certificate");
    struct tm end = {0};
    if (rc == 0 && ret_not_after != NULL) {
        if (ASN1_TIME_to_tm(X509_get0_notAfter(cert), &end) != 1)
            rc = tls_error(err, "can't read when a certificate ends");
        else
            *ret_not_after = (int64_t)timegm(&end);
    }
    X509_free(cert);
    return rc;
}
