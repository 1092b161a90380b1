#include "worker/identity.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/tls.h"
#include "proto/wire.h"
#include "worker/link.h"

#include <limits.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ENROL_MS = 15000, SECRET_HEX = 64, TURN_MS = 200 };

static int path_of(const char *folder, const char *name, char path[PATH_MAX], struct err *err)
{
    int length = snprintf(path, PATH_MAX, "%s/%s", folder, name);
    if (length < 0 || length >= PATH_MAX)
        return err_set(err, ERR_INVALID, "the key folder's path is too long");
    return 0;
}

int identity_load(const char *folder, struct identity *ret_identity, struct err *err)
{
    char path[PATH_MAX];
    struct identity identity = {0};
    buf_init(&identity.ca, TLS_PEM_MAX_BYTES);
    buf_init(&identity.worker, TLS_PEM_MAX_BYTES);
    int rc = path_of(folder, "ca.crt", path, err);
    if (rc == 0)
        rc = file_read(path, &identity.ca, err);
    if (rc == 0)
        rc = path_of(folder, "worker.pem", path, err);
    if (rc == 0)
        rc = file_read(path, &identity.worker, err);
    if (rc == 0)
        rc = tls_pem_certificate(identity.worker.data, NULL, &identity.not_after, err);
    if (rc < 0) {
        identity_release(&identity);
        return rc;
    }
    *ret_identity = identity;
    return 0;
}

void identity_release(struct identity *identity)
{
    if (identity->worker.length > 0)
        OPENSSL_cleanse(identity->worker.data, identity->worker.length);
    buf_release(&identity->worker);
    buf_release(&identity->ca);
}

int identity_context(const struct identity *identity, SSL_CTX **ret_context, struct err *err)
{
    return tls_worker_context(
        identity->ca.data, identity->worker.data, identity->worker.data, ret_context, err);
}

int identity_store(
    const char *folder, const char *ca_pem, const char *certificate_pem, const char *key_pem, struct err *err)
{
    char path[PATH_MAX];
    struct buf both;
    buf_init(&both, TLS_PEM_MAX_BYTES);
    buf_add_text(&both, certificate_pem);
    buf_add_text(&both, key_pem);
    int rc = buf_check(&both) < 0 ? err_set(err, ERR_LIMIT, "the certificate is too large") : 0;
    if (rc == 0)
        rc = file_make_parents(folder, err);
    if (rc == 0)
        rc = file_make_folder(folder, 0700, err);
    if (rc == 0)
        rc = path_of(folder, "ca.crt", path, err);
    if (rc == 0)
        rc = file_write(path, 0644, ca_pem, strlen(ca_pem), err);
    if (rc == 0)
        rc = path_of(folder, "worker.pem", path, err);
    if (rc == 0)
        rc = file_write(path, 0600, both.data, both.length, err);
    if (both.length > 0)
        OPENSSL_cleanse(both.data, both.length);
    buf_release(&both);
    return rc;
}

int identity_address(const char *setting, char *address, size_t size, struct err *err)
{
    struct buf text;
    buf_init(&text, size - 1);
    if (setting[0] == '@') {
        int rc = file_read(setting + 1, &text, err);
        if (rc < 0) {
            buf_release(&text);
            return rc;
        }
        while (text.length > 0 && (unsigned char)text.data[text.length - 1] <= ' ')
            text.data[--text.length] = '\0';
    } else {
        buf_add_text(&text, setting);
    }
    bool fits = buf_check(&text) == 0 && text.length > 0;
    if (fits)
        memcpy(address, text.data, text.length + 1);
    buf_release(&text);
    return fits ? 0 : err_set(err, ERR_INVALID, "the coordinator's address is empty or too long");
}

// --- enrolment ------------------------------------------------------------------------------------------------------
static int read_token(
    const char *token, char secret[SECRET_HEX + 1], unsigned char fingerprint[HASH_BYTES], struct err *err)
{
    unsigned char bytes[SECRET_HEX / 2];
    if (strlen(token) != 2 * SECRET_HEX + 1 || token[SECRET_HEX] != '.' ||
        hex_decode(token + SECRET_HEX + 1, fingerprint, HASH_BYTES) < 0)
        return err_set(err, ERR_INVALID, "that is not an enrolment token as `plenum worker enrol` prints it");
    memcpy(secret, token, SECRET_HEX);
    secret[SECRET_HEX] = '\0';
    if (hex_decode(secret, bytes, sizeof(bytes)) < 0)
        return err_set(err, ERR_INVALID, "that is not an enrolment token as `plenum worker enrol` prints it");
    return 0;
}

// The authority that came must be the one that was pinned, and the key ours.
static int accept_enrolled(const Plenum__Enrolled *enrolled, const unsigned char fingerprint[HASH_BYTES],
    const char *key_pem, const char *folder, struct err *err)
{
    unsigned char got[HASH_BYTES];
    SSL_CTX *context = NULL;
    int rc = tls_pem_certificate(enrolled->authority_pem, got, NULL, err);
    if (rc == 0 && !bytes_equal(got, fingerprint, HASH_BYTES))
        rc = err_set(err, ERR_CRYPTO, "the coordinator sent another authority than the token names");
    if (rc == 0)
        rc = tls_worker_context(enrolled->authority_pem, enrolled->certificate_pem, key_pem, &context, err);
    SSL_CTX_free(context);
    if (rc == 0)
        rc = identity_store(folder, enrolled->authority_pem, enrolled->certificate_pem, key_pem, err);
    return rc;
}

// Waits for the one answer. The frame's message lives in `arena`.
static int answer(struct link *link, int wake_fd, struct arena *arena, const Plenum__Enrolled **ret_enrolled,
    struct err *err)
{
    int64_t deadline_us = clock_monotonic_us() + (int64_t)ENROL_MS * 1000;
    while (clock_monotonic_us() < deadline_us) {
        struct frame frame;
        const void *message;
        int turned = link_turn(link, wake_fd, TURN_MS, err);
        int rc = link_next(link, &frame, turned < 0 ? NULL : err);
        if (rc == 0 && turned < 0)
            return turned;
        if (rc == 0)
            continue;
        if (rc == 1)
            rc = wire_unpack(&frame, WIRE_COORDINATOR, arena, &message, err);
        if (rc < 0)
            return rc;
        if (frame.type == WIRE_REFUSED)
            return err_set(
                err, ERR_CRYPTO, "the coordinator refused: %s", ((const Plenum__Refused *)message)->detail);
        if (frame.type != WIRE_ENROLLED)
            return err_set(err, ERR_INVALID, "%s where a certificate was due", wire_type_name(frame.type));
        *ret_enrolled = message;
        return 0;
    }
    return err_set(err, ERR_IO, "the coordinator did not answer in time");
}

static void ask(struct link *link, const char *secret, const char *name, const char *request_pem)
{
    char token_text[SECRET_HEX + 1], name_text[WIRE_NAME_MAX_BYTES + 1], request_text[TLS_PEM_MAX_BYTES];
    snprintf(token_text, sizeof(token_text), "%s", secret);
    snprintf(name_text, sizeof(name_text), "%s", name);
    snprintf(request_text, sizeof(request_text), "%s", request_pem);
    Plenum__Enrol enrol = PLENUM__ENROL__INIT;
    enrol.version_min = WIRE_VERSION_MIN;
    enrol.version_max = WIRE_VERSION_MAX;
    enrol.token = token_text;
    enrol.name = name_text;
    enrol.request_pem = request_text;
    wire_append(link_out(link), WIRE_ENROL, 0, &enrol);
}

int identity_enrol(const char *coordinator, const char *token, const char *name, const char *folder,
    int wake_fd, struct err *err)
{
    char secret[SECRET_HEX + 1], address[256];
    unsigned char fingerprint[HASH_BYTES];
    struct buf key, request;
    SSL_CTX *context = NULL;
    struct link *link = NULL;
    struct arena *arena = wire_arena_new();
    const Plenum__Enrolled *enrolled = NULL;
    buf_init(&key, TLS_PEM_MAX_BYTES);
    buf_init(&request, TLS_PEM_MAX_BYTES);
    int rc = read_token(token, secret, fingerprint, err);
    if (rc == 0)
        rc = identity_address(coordinator, address, sizeof(address), err);
    if (rc == 0)
        rc = tls_new_request(&key, &request, err);
    if (rc == 0)
        rc = tls_enrol_context(fingerprint, &context, err);
    if (rc == 0)
        rc = link_open(address, context, wake_fd, ENROL_MS, &link, err);
    if (rc == 0) {
        ask(link, secret, name, request.data);
        rc = answer(link, wake_fd, arena, &enrolled, err);
    }
    if (rc == 0 && enrolled != NULL)
        rc = accept_enrolled(enrolled, fingerprint, key.data, folder, err);
    link_free(link);
    SSL_CTX_free(context);
    arena_free(arena);
    if (key.length > 0)
        OPENSSL_cleanse(key.data, key.length);
    buf_release(&key);
    buf_release(&request);
    return rc;
}
