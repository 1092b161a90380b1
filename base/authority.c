#include "base/authority.h"

#include "base/clock.h"
#include "base/file.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    BACKDATE_SECONDS = 24 * 3600, // clocks differ, and are set back
    DAY_SECONDS = 86400,
    AUTHORITY_DAYS = 3650,
    SERVER_DAYS = 365,
    SERIAL_BITS = 127
};

struct tls_authority {
    X509 *cert;
    EVP_PKEY *key;
    char *pem;
};

static EVP_PKEY *key_new(void)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    if (key == NULL)
        abort();
    return key;
}

// No password is ever asked for on a terminal.
static int no_password(char *out UNUSED, int size UNUSED, int writing UNUSED, void *arg UNUSED)
{
    return -1;
}

int tls_pem_read(const char *pem, X509 **ret_cert, EVP_PKEY **ret_key, struct err *err)
{
    ERR_clear_error();
    BIO *bio = BIO_new_mem_buf(pem, (int)min_size(strlen(pem), TLS_PEM_MAX_BYTES));
    if (bio == NULL)
        abort();
    int rc = 0;
    if (ret_cert != NULL && (*ret_cert = PEM_read_bio_X509(bio, NULL, no_password, NULL)) == NULL)
        rc = tls_error(err, "not a certificate in PEM form");
    if (ret_key != NULL && (*ret_key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL)) == NULL)
        rc = tls_error(err, "not a private key in PEM form");
    BIO_free(bio);
    return rc;
}

static void bio_to_buf(BIO *bio, struct buf *out)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    assert(size > 0);
    buf_add(out, data, (size_t)size);
    BIO_free(bio);
}

static void cert_to_pem(X509 *cert, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_X509(bio, cert) != 1)
        abort();
    bio_to_buf(bio, out);
}

static void key_to_pem(EVP_PKEY *key, struct buf *out)
{
    BIO *bio = BIO_new(BIO_s_mem());
    if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        abort();
    bio_to_buf(bio, out);
}

// --- making certificates ----------------------------------------------------------------------------------------------
struct draft {
    const char *name;
    int64_t valid_seconds;
    EVP_PKEY *public_key;
    X509 *issuer; // NULL: itself
    EVP_PKEY *issuer_key;
    const char *const (*extensions)[2]; // ended by NULLs
};

static const char *const authority_extensions[][2] = {
    {"basicConstraints", "critical,CA:TRUE,pathlen:0"},
    {"keyUsage", "critical,keyCertSign,cRLSign"},
    {"subjectKeyIdentifier", "hash"},
    {NULL, NULL},
};
static const char *const server_extensions[][2] = {
    {"basicConstraints", "critical,CA:FALSE"},
    {"keyUsage", "critical,digitalSignature"},
    {"extendedKeyUsage", "serverAuth"},
    {"subjectAltName", "DNS:" TLS_COORDINATOR_NAME},
    {NULL, NULL},
};
static const char *const worker_extensions[][2] = {
    {"basicConstraints", "critical,CA:FALSE"},
    {"keyUsage", "critical,digitalSignature"},
    {"extendedKeyUsage", "clientAuth"},
    {NULL, NULL},
};

static void add_extensions(X509 *cert, X509 *issuer, const char *const (*extensions)[2])
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    for (size_t i = 0; extensions[i][0] != NULL; i++) {
        X509_EXTENSION *extension = X509V3_EXT_conf(NULL, &context, extensions[i][0], extensions[i][1]);
        if (extension == NULL || X509_add_ext(cert, extension, -1) != 1)
            abort();
        X509_EXTENSION_free(extension);
    }
}

static void set_serial(X509 *cert)
{
    BIGNUM *serial = BN_new();
    if (serial == NULL || BN_rand(serial, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) != 1 ||
        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(cert)) == NULL)
        abort();
    BN_free(serial);
}

static int make_certificate(const struct draft *draft, X509 **ret_cert, struct err *err)
{
    X509 *cert = X509_new();
    if (cert == NULL || X509_set_version(cert, X509_VERSION_3) != 1)
        abort();
    set_serial(cert);
    time_t now = (time_t)(clock_real_us() / 1000000);
    X509_NAME *name = X509_get_subject_name(cert);
    X509 *issuer = draft->issuer != NULL ? draft->issuer : cert;
    // An expired one (a test's) has to begin before it ends.
    int64_t begin = -BACKDATE_SECONDS + (draft->valid_seconds < 0 ? draft->valid_seconds : 0);
    int rc = 0;
    if (ASN1_TIME_adj(X509_getm_notBefore(cert), now, 0, (long)begin) == NULL ||
        ASN1_TIME_adj(X509_getm_notAfter(cert), now, 0, (long)draft->valid_seconds) == NULL ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)draft->name, -1, -1, 0) !=
            1 ||
        X509_set_issuer_name(cert, X509_get_subject_name(issuer)) != 1 ||
        X509_set_pubkey(cert, draft->public_key) != 1) {
        rc = tls_error(err, "can't fill in a certificate");
    } else {
        add_extensions(cert, issuer, draft->extensions);
        if (X509_sign(cert, draft->issuer_key, EVP_sha256()) <= 0)
            rc = tls_error(err, "can't sign a certificate");
    }
    if (rc < 0) {
        X509_free(cert);
        return rc;
    }
    *ret_cert = cert;
    return 0;
}

// --- the authority ----------------------------------------------------------------------------------------------------
static int authority_make(const char *cert_path, const char *key_path, struct err *err)
{
    EVP_PKEY *key = key_new();
    struct draft draft = {
        .name = "Plenum private authority",
        .valid_seconds = (int64_t)AUTHORITY_DAYS * DAY_SECONDS,
        .public_key = key,
        .issuer_key = key,
        .extensions = authority_extensions,
    };
    X509 *cert;
    int rc = make_certificate(&draft, &cert, err);
    if (rc == 0) {
        struct buf key_pem, cert_pem;
        buf_init(&key_pem, TLS_PEM_MAX_BYTES);
        buf_init(&cert_pem, TLS_PEM_MAX_BYTES);
        key_to_pem(key, &key_pem);
        cert_to_pem(cert, &cert_pem);
        // The key first: a crash in between leaves no certificate whose key is lost.
        rc = file_write(key_path, 0600, key_pem.data, key_pem.length, err);
        if (rc == 0)
            rc = file_write(cert_path, 0644, cert_pem.data, cert_pem.length, err);
        OPENSSL_cleanse(key_pem.data, key_pem.length);
        buf_release(&key_pem);
        buf_release(&cert_pem);
        X509_free(cert);
    }
    EVP_PKEY_free(key);
    return rc;
}

static int authority_read(
    const char *cert_path, const char *key_path, struct tls_authority *authority, struct err *err)
{
    struct buf cert_pem, key_pem;
    buf_init(&cert_pem, TLS_PEM_MAX_BYTES);
    buf_init(&key_pem, TLS_PEM_MAX_BYTES);
    int rc = file_read(cert_path, &cert_pem, err);
    if (rc == 0)
        rc = file_read(key_path, &key_pem, err);
    if (rc == 0)
        rc = tls_pem_read(cert_pem.data, &authority->cert, NULL, err);
    if (rc == 0)
        rc = tls_pem_read(key_pem.data, NULL, &authority->key, err);
    if (rc == 0 && X509_check_private_key(authority->cert, authority->key) != 1)
        rc = tls_error(err, "ca.key does not belong to ca.crt");
    if (rc == 0)
        authority->pem = buf_detach(&cert_pem);
    if (key_pem.length > 0)
        OPENSSL_cleanse(key_pem.data, key_pem.length);
    buf_release(&key_pem);
    buf_release(&cert_pem);
    return rc;
}

int tls_authority_open(const char *folder, struct tls_authority **ret_authority, struct err *err)
{
    char cert_path[PATH_MAX], key_path[PATH_MAX];
    int n = snprintf(cert_path, sizeof(cert_path), "%s/ca.crt", folder);
    int m = snprintf(key_path, sizeof(key_path), "%s/ca.key", folder);
    if (n < 0 || m < 0 || (size_t)n >= sizeof(cert_path) || (size_t)m >= sizeof(key_path))
        return err_set(err, ERR_INVALID, "the path of the key folder is too long");
    struct tls_authority *authority = calloc(1, sizeof(*authority));
    if (authority == NULL)
        abort();
    int rc = authority_read(cert_path, key_path, authority, err);
    if (rc == ERR_NOT_FOUND && authority->cert == NULL) {
        struct buf probe;
        buf_init(&probe, TLS_PEM_MAX_BYTES);
        // A certificate without its key is somebody's mistake, and not to be papered over.
        rc = file_read(cert_path, &probe, NULL) == 0 ? ERR_NOT_FOUND
                                                     : authority_make(cert_path, key_path, err);
        buf_release(&probe);
        if (rc == 0)
            rc = authority_read(cert_path, key_path, authority, err);
    }
    if (rc < 0) {
        tls_authority_free(authority);
        return rc;
    }
    *ret_authority = authority;
    return 0;
}

void tls_authority_free(struct tls_authority *authority)
{
    if (authority == NULL)
        return;
    X509_free(authority->cert);
    EVP_PKEY_free(authority->key);
    free(authority->pem);
    free(authority);
}

const char *tls_authority_pem(const struct tls_authority *authority)
{
    return authority->pem;
}

void tls_authority_fingerprint(const struct tls_authority *authority, unsigned char out[HASH_BYTES])
{
    unsigned size = HASH_BYTES;
    if (X509_digest(authority->cert, EVP_sha256(), out, &size) != 1)
        abort();
}

// A request is taken for its key only, and the key must be one that we would make ourselves.
static int request_key(const char *request_pem, EVP_PKEY **ret_key, struct err *err)
{
    ERR_clear_error();
    BIO *bio = BIO_new_mem_buf(request_pem, (int)min_size(strlen(request_pem), TLS_PEM_MAX_BYTES));
    if (bio == NULL)
        abort();
    X509_REQ *request = PEM_read_bio_X509_REQ(bio, NULL, no_password, NULL);
    BIO_free(bio);
    EVP_PKEY *key = request != NULL ? X509_REQ_get_pubkey(request) : NULL;
    char group[32] = "";
    size_t length;
    int rc = 0;
    if (key == NULL)
        rc = err_set(err, ERR_INVALID, "not a certificate request in PEM form");
    else if (EVP_PKEY_get_group_name(key, group, sizeof(group), &length) != 1 ||
             strcmp(group, "prime256v1") != 0)
        rc = err_set(err, ERR_INVALID, "the request's key is not of the curve P-256");
    else if (X509_REQ_verify(request, key) != 1)
        rc = err_set(err, ERR_INVALID, "the request is not signed by its own key");
    ERR_clear_error();
    X509_REQ_free(request);
    if (rc < 0) {
        EVP_PKEY_free(key);
        return rc;
    }
    *ret_key = key;
    return 0;
}

int tls_authority_sign(const struct tls_authority *authority, const char *request_pem, const char *name,
    int64_t valid_seconds, struct buf *ret_pem, struct err *err)
{
    assert(strlen(name) < TLS_NAME_MAX_BYTES);
    EVP_PKEY *key;
    int rc = request_key(request_pem, &key, err);
    if (rc < 0)
        return rc;
    struct draft draft = {
        .name = name,
        .valid_seconds = valid_seconds,
        .public_key = key,
        .issuer = authority->cert,
        .issuer_key = authority->key,
        .extensions = worker_extensions,
    };
    X509 *cert;
    rc = make_certificate(&draft, &cert, err);
    EVP_PKEY_free(key);
    if (rc < 0)
        return rc;
    cert_to_pem(cert, ret_pem);
    X509_free(cert);
    if (buf_check(ret_pem) < 0)
        return err_set(err, ERR_LIMIT, "no room for the certificate");
    return 0;
}

int tls_authority_server_certificate(const struct tls_authority *authority, X509 **ret_ca, X509 **ret_cert,
    EVP_PKEY **ret_key, struct err *err)
{
    EVP_PKEY *key = key_new();
    struct draft draft = {
        .name = TLS_COORDINATOR_NAME,
        .valid_seconds = (int64_t)SERVER_DAYS * DAY_SECONDS,
        .public_key = key,
        .issuer = authority->cert,
        .issuer_key = authority->key,
        .extensions = server_extensions,
    };
    int rc = make_certificate(&draft, ret_cert, err);
    if (rc < 0) {
        EVP_PKEY_free(key);
        return rc;
    }
    *ret_ca = authority->cert;
    *ret_key = key;
    return 0;
}

int tls_new_request(struct buf *ret_key_pem, struct buf *ret_request_pem, struct err *err)
{
    ERR_clear_error();
    EVP_PKEY *key = key_new();
    X509_REQ *request = X509_REQ_new();
    BIO *bio = BIO_new(BIO_s_mem());
    if (request == NULL || bio == NULL)
        abort();
    int rc = 0;
    X509_NAME *name = X509_REQ_get_subject_name(request);
    if (X509_REQ_set_version(request, X509_REQ_VERSION_1) != 1 || X509_REQ_set_pubkey(request, key) != 1 ||
        X509_NAME_add_entry_by_txt(
            name, "CN", MBSTRING_ASC, (const unsigned char *)"plenum-worker", -1, -1, 0) != 1 ||
        X509_REQ_sign(request, key, EVP_sha256()) <= 0 || PEM_write_bio_X509_REQ(bio, request) != 1) {
        rc = tls_error(err, "can't make a certificate request");
        BIO_free(bio);
    } else {
        bio_to_buf(bio, ret_request_pem);
        key_to_pem(key, ret_key_pem);
        if (buf_check(ret_key_pem) < 0 || buf_check(ret_request_pem) < 0)
            rc = err_set(err, ERR_LIMIT, "no room for a certificate request");
    }
    X509_REQ_free(request);
    EVP_PKEY_free(key);
    return rc;
}
