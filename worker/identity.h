// Who this worker is: ca.crt (whom it trusts) and worker.pem (its certificate and private key in one file, so that the
// two always belong together) in its key folder. Reading and writing them, and enrolling to get them.
#ifndef WORKER_IDENTITY_H
#define WORKER_IDENTITY_H

#include "base/buf.h"
#include "base/err.h"

#include <openssl/ssl.h>

struct identity {
    struct buf ca, worker; // PEM
    int64_t not_after;     // seconds since 1970
};

// ERR_NOT_FOUND when this worker was never enrolled.
int identity_load(const char *folder, struct identity *ret_identity, struct err *err) MUST_CHECK;
void identity_release(struct identity *identity);
int identity_context(const struct identity *identity, SSL_CTX **ret_context, struct err *err) MUST_CHECK;
// Puts a new certificate and its key in place.
int identity_store(const char *folder, const char *ca_pem, const char *certificate_pem, const char *key_pem,
    struct err *err) MUST_CHECK;
// "host:port", or "@FILE" for a file that holds it. `address` has room for `size` bytes.
int identity_address(const char *setting, char *address, size_t size, struct err *err) MUST_CHECK;

// Spends the token (as `plenum worker enrol` printed it: secret.fingerprint) and stores what comes back. Blocking.
int identity_enrol(const char *coordinator, const char *token, const char *name, const char *folder,
    int wake_fd, struct err *err) MUST_CHECK;

#endif
