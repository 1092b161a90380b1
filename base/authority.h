// The inside of the private authority, shared by tls.c and authority.c; others use tls.h.
#ifndef BASE_AUTHORITY_H
#define BASE_AUTHORITY_H

#include "base/tls.h"

// A certificate for TLS_COORDINATOR_NAME with a key of its own (the caller frees both); `ret_ca` is the authority's.
int tls_authority_server_certificate(const struct tls_authority *authority, X509 **ret_ca, X509 **ret_cert,
    EVP_PKEY **ret_key, struct err *err) MUST_CHECK;
// The first certificate or the first private key of a PEM text; the one not asked for is NULL.
int tls_pem_read(const char *pem, X509 **ret_cert, EVP_PKEY **ret_key, struct err *err) MUST_CHECK;

#endif
