// Who a worker is: hello (a certificate and not revoked), enrolment (a token, once), renewal (a certificate for a newer).
#include "coordinator/learn/internal.h"

#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

enum { SECRET_HEX = 64 };

// A question to the database about a link that may be gone when the answer comes.
struct ask {
    struct learn *learn;
    uint64_t link;
    struct uuid worker;
    struct buf certificate;
};

static struct ask *ask_new(struct link *link)
{
    struct ask *ask = calloc(1, sizeof(*ask));
    if (ask == NULL)
        abort();
    ask->learn = link->learn;
    ask->link = link->number;
    buf_init(&ask->certificate, TLS_PEM_MAX_BYTES);
    return ask;
}

static void ask_free(struct ask *ask)
{
    buf_release(&ask->certificate);
    free(ask);
}

// --- hello --------------------------------------------------------------------------------------------------------
void greeting_welcome(struct link *link)
{
    Plenum__Welcome message = PLENUM__WELCOME__INIT;
    message.version = WIRE_VERSION_MAX;
    message.heartbeat_ms = LEARN_HEARTBEAT_MS;
    message.idle_ms = LEARN_IDLE_MS;
    link->state = LINK_OPEN;
    link_say(link, WIRE_WELCOME, 0, &message);
    log_event(LOG_INFO, "worker_linked", LOG_NUMBER("link", link->number));
}

static void on_seen(void *arg, const struct db_result *result)
{
    struct ask *ask = arg;
    struct link *link = links_find(ask->learn, ask->link);
    ask_free(ask);
    if (link == NULL || (link->state != LINK_CHECKING && link->state != LINK_OPEN))
        return;
    if (result->status != DB_OK && link->state == LINK_CHECKING)
        link_refuse(link, WIRE_REFUSED_BUSY, "the database can't be asked just now");
    else if (result->status == DB_OK && result->n_rows == 0)
        link_refuse(link, WIRE_REFUSED_IDENTITY, "this worker is not known here, or was revoked");
    else if (link->state == LINK_CHECKING && link->holds)
        jobs_hold(link); // what it brings may be whole already: its lease stands before it is let in
    else if (link->state == LINK_CHECKING)
        greeting_welcome(link);
}

void greeting_seen(struct link *link)
{
    struct db_params params;
    link->seen_us = clock_monotonic_us();
    db_params_init(&params);
    db_add_uuid(&params, link->worker);
    db_add_text(&params, link->certificate_hex);
    db_query(link->learn->loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_LEARN_WORKER_SEEN, &params, on_seen,
        ask_new(link));
}

void greeting_hello(struct link *link, const Plenum__Hello *hello)
{
    if (wire_choose_version(hello->version_min, hello->version_max) == 0) {
        char detail[128];
        snprintf(detail, sizeof(detail), "this coordinator speaks versions %d to %d of the protocol",
            WIRE_VERSION_MIN, WIRE_VERSION_MAX);
        link_refuse(link, WIRE_REFUSED_VERSION, detail);
        return;
    }
    if (!link->has_name) {
        link_refuse(
            link, WIRE_REFUSED_IDENTITY, "a worker shows its certificate; without one it can only enrol");
        return;
    }
    link->holds = hello->held_job_id.len != 0;
    if (link->holds) {
        link->held_job = wire_uuid_of(hello->held_job_id);
        link->held_fence = hello->held_fence;
        link->held_stream = hello->held_stream;
    }
    link->state = LINK_CHECKING;
    greeting_seen(link);
}

// --- enrolment and renewal ------------------------------------------------------------------------------------------
static void send_certificate(struct link *link, struct uuid worker, char *certificate)
{
    char name[UUID_TEXT_BYTES], authority[TLS_PEM_MAX_BYTES];
    uuid_format(worker, name);
    snprintf(authority, sizeof(authority), "%s", tls_authority_pem(link->learn->authority));
    Plenum__Enrolled enrolled = PLENUM__ENROLLED__INIT;
    enrolled.worker_id = name;
    enrolled.certificate_pem = certificate;
    enrolled.authority_pem = authority;
    link_say(link, WIRE_ENROLLED, 0, &enrolled);
}

static void on_enrolled(void *arg, const struct db_result *result)
{
    struct ask *ask = arg;
    struct link *link = links_find(ask->learn, ask->link);
    if (link != NULL && link->state == LINK_CHECKING) {
        if (result->status != DB_OK) {
            link_refuse(link, WIRE_REFUSED_BUSY, "the database can't be asked just now");
        } else if (result->n_rows == 0) {
            link_refuse(
                link, WIRE_REFUSED_IDENTITY, "the token is unknown, was used already, or has expired");
        } else {
            log_event(LOG_INFO, "worker_enrolled", LOG_NUMBER("link", link->number));
            send_certificate(link, ask->worker, ask->certificate.data);
            link->state =
                LINK_GREETING; // it may say hello on a link with its certificate; this one ends in time
        }
    }
    ask_free(ask);
}

static int sign(const struct link *link, struct uuid worker, const char *request, struct buf *certificate,
    struct err *err)
{
    char name[UUID_TEXT_BYTES];
    uuid_format(worker, name);
    return tls_authority_sign(
        link->learn->authority, request, name, (int64_t)TLS_WORKER_DAYS * 86400, certificate, err);
}

static void renew(struct link *link, const Plenum__Enrol *enrol)
{
    struct buf certificate;
    struct err err;
    buf_init(&certificate, TLS_PEM_MAX_BYTES);
    if (sign(link, link->worker, enrol->request_pem, &certificate, &err) < 0)
        link_refuse(link, WIRE_REFUSED_PROTOCOL, err.message);
    else
        send_certificate(link, link->worker, certificate.data);
    buf_release(&certificate);
}

// The token's hash in PostgreSQL's form of bytes, or false.
static bool token_hash(const char *token, char hex[2 + HASH_HEX_BYTES])
{
    unsigned char secret[SECRET_HEX / 2], hash[HASH_BYTES];
    if (strlen(token) != SECRET_HEX || hex_decode(token, secret, sizeof(secret)) < 0)
        return false;
    hash_sha256(secret, sizeof(secret), hash);
    memcpy(hex, "\\x", 2);
    hex_encode(hash, sizeof(hash), hex + 2);
    return true;
}

static void enrol_new(struct link *link, const Plenum__Enrol *enrol)
{
    char secret[2 + HASH_HEX_BYTES], fingerprint[2 + HASH_HEX_BYTES] = "\\x";
    unsigned char hash[HASH_BYTES];
    struct err err;
    if (!token_hash(enrol->token, secret)) {
        link_refuse(link, WIRE_REFUSED_IDENTITY, "the token is unknown, was used already, or has expired");
        return;
    }
    struct ask *ask = ask_new(link);
    ask->worker = uuid_new();
    // Signed before the token is spent, so that a bad request costs no token.
    if (sign(link, ask->worker, enrol->request_pem, &ask->certificate, &err) < 0 ||
        tls_pem_certificate(ask->certificate.data, hash, NULL, &err) < 0) {
        link_refuse(link, WIRE_REFUSED_PROTOCOL, err.message);
        ask_free(ask);
        return;
    }
    hex_encode(hash, sizeof(hash), fingerprint + 2);
    struct db_params params;
    db_params_init(&params);
    db_add_text(&params, secret);
    db_add_uuid(&params, ask->worker);
    db_add_text(&params, enrol->name);
    db_add_text(&params, fingerprint);
    link->state = LINK_CHECKING;
    db_query(link->learn->loop->db, DB_WRITE, 0, QUERY_LEARN_ENROL, &params, on_enrolled, ask);
}

void greeting_enrol(struct link *link, const Plenum__Enrol *enrol)
{
    if (wire_choose_version(enrol->version_min, enrol->version_max) == 0)
        link_refuse(link, WIRE_REFUSED_VERSION, "no version of the protocol in common");
    else if (enrol->token[0] == '\0' && link->state == LINK_OPEN)
        renew(link, enrol);
    else if (link->state == LINK_GREETING && !link->has_name)
        enrol_new(link, enrol);
    else
        link_refuse(link, WIRE_REFUSED_PROTOCOL, "a worker enrols once, on a link of its own");
}
