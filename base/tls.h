// TLS by OpenSSL, and the private authority that coordinator and workers trust. Contexts: HTTPS for browsers (TLS 1.2
// and 1.3), and mutual TLS 1.3 between coordinator and workers, where the names in certificates are roles and not
// hosts: the coordinator is TLS_COORDINATOR_NAME wherever it runs, a worker is its id. A certificate of one role is
// refused in the other by its extended key usage.
//
// The authority (EC P-256) is made at first start: ca.key (0600) and ca.crt. Its holder signs 30-day certificates for
// workers and makes its own server certificate in memory at each start. Objects are immutable after they are made, so
// any thread may use one; OpenSSL's contexts count references.
#ifndef BASE_TLS_H
#define BASE_TLS_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

#include <openssl/ssl.h>

#define TLS_COORDINATOR_NAME "plenum-coordinator"
enum { TLS_WORKER_DAYS = 30, TLS_PEM_MAX_BYTES = 64 * 1024, TLS_NAME_MAX_BYTES = 64 };

// --- for browsers and APIs ----------------------------------------------------------------------------------------
// From a PEM chain, the server's own certificate first, and its key; checks that they belong together. Speaks TLS 1.2
// (ECDHE and AEAD only) and 1.3, and by ALPN HTTP/1.1 and nothing else. The keys of session tickets are the context's
// own: who makes a new one makes new ones.
int tls_https_context(
    const char *cert_pem, const char *key_pem, SSL_CTX **ret_context, struct err *err) MUST_CHECK;

// The context that new connections get. Any thread may take it, or put another in its place; what was taken before
// lives on with who took it.
struct tls_slot;
struct tls_slot *tls_slot_new(SSL_CTX *context); // takes the reference
void tls_slot_free(struct tls_slot *slot);
SSL_CTX *tls_slot_take(struct tls_slot *slot); // a reference of the caller's: SSL_CTX_free
void tls_slot_put(struct tls_slot *slot, SSL_CTX *context);

// --- the private authority ------------------------------------------------------------------------------------------
struct tls_authority;

// Reads ca.key and ca.crt of `folder`, or makes them when neither is there.
int tls_authority_open(const char *folder, struct tls_authority **ret_authority, struct err *err) MUST_CHECK;
void tls_authority_free(struct tls_authority *authority);
const char *tls_authority_pem(const struct tls_authority *authority);
void tls_authority_fingerprint(const struct tls_authority *authority, unsigned char out[HASH_BYTES]);

// Signs a PEM request with a client certificate named `name`, valid from five minutes ago for `valid_seconds` from now
// (negative: expired, for tests). What the request says of names and extensions is ignored. ERR_INVALID for a request
// that is malformed, too weak or not signed by its own key. Appends PEM to `ret_pem`.
int tls_authority_sign(const struct tls_authority *authority, const char *request_pem, const char *name,
    int64_t valid_seconds, struct buf *ret_pem, struct err *err) MUST_CHECK;

// Mutual TLS 1.3 for the worker listener, with a new server certificate of one year. A peer without a certificate gets
// through the handshake (it may only enrol: ask tls_peer_name); one with a wrong or expired certificate does not.
int tls_authority_server_context(
    const struct tls_authority *authority, SSL_CTX **ret_context, struct err *err) MUST_CHECK;

// --- the worker's side ----------------------------------------------------------------------------------------------
// A new key in memory and a request signed by it, both PEM.
int tls_new_request(struct buf *ret_key_pem, struct buf *ret_request_pem, struct err *err) MUST_CHECK;
// For an enrolled worker: its certificate and key, and the authority it trusts, all PEM.
int tls_worker_context(const char *ca_pem, const char *cert_pem, const char *key_pem, SSL_CTX **ret_context,
    struct err *err) MUST_CHECK;
// For enrolment: trusts exactly the authority with this fingerprint.
int tls_enrol_context(
    const unsigned char ca_fingerprint[HASH_BYTES], SSL_CTX **ret_context, struct err *err) MUST_CHECK;
// Before the handshake: asks for TLS_COORDINATOR_NAME.
void tls_expect_coordinator(SSL *ssl);

// --- certificates -----------------------------------------------------------------------------------------------------
// The peer's common name after a handshake that verified it; false when it showed no certificate. `fingerprint` is the
// SHA-256 of its DER form.
bool tls_peer_name(const SSL *ssl, char name[TLS_NAME_MAX_BYTES], unsigned char fingerprint[HASH_BYTES]);
// Of the first certificate in a PEM text: fingerprint and end of validity (seconds since 1970). Either may be NULL.
int tls_pem_certificate(const char *pem, unsigned char fingerprint[HASH_BYTES], int64_t *ret_not_after,
    struct err *err) MUST_CHECK;
// OpenSSL's oldest queued error with `context` before it; empties the queue. Returns ERR_CRYPTO.
int tls_error(struct err *err, const char *context);

#endif
