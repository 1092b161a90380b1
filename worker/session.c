#include "worker/session.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "base/spill.h"
#include "base/tls.h"
#include "proto/wire.h"
#include "worker/identity.h"
#include "worker/job.h"
#include "worker/link.h"

#include <float.h>
#include <math.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONNECT_MS = 10000,
    BACKOFF_MIN_MS = 200,
    BACKOFF_MAX_MS = 15000,
    DEFAULT_IDLE_MS = 30000, // until welcome says
    STOP_MS = 10000,         // to bring home what is done, or to give the lease back
    CREDITS = 16,            // chunks the coordinator may have under way
    CREDITS_BACK = 8,        // given back so many at a time
    RENEW_SECONDS = 10 * 86400,
};

enum state {
    STATE_OFFLINE,   // no link; may hold a fit
    STATE_GREETING,  // hello is out
    STATE_IDLE,      // ready is out
    STATE_RECEIVING, // columns come
    STATE_FITTING,   // job is running
    STATE_ENDING,    // the lease is gone, the fit's thread has yet to notice
    STATE_SENDING,   // artefact goes out
    STATE_SENT,      // result is out, the coordinator's word is awaited
};

struct session {
    const struct session_settings *settings;
    enum state state;
    struct link *link;
    int64_t heartbeat_us, idle_ms, next_heartbeat_us;
    int backoff_ms;
    // The lease and the work on it.
    struct uuid job_id;
    uint64_t fence;
    uint32_t stream;
    bool holds; // job_id, fence and stream say something
    char method[64], attribute[WIRE_DETAIL_MAX_BYTES], *options;
    struct dataset *dataset;
    struct spill *spill; // where the data lie
    struct job *job;
    uint32_t rank;       // of several that do it together; not 0: this one helps, and brings nothing home
    struct ranks *ranks; // NULL: it is done alone
    uint32_t chunks_taken;
    size_t n_sent;      // bytes of the artefact
    struct buf new_key; // a renewal is under way
    int refused;        // enum wire_refusal
    char refusal[WIRE_DETAIL_MAX_BYTES];
};

static void say(struct session *session, enum wire_type type, const void *message)
{
    wire_append(link_out(session->link), type, session->stream, message);
}

static ProtobufCBinaryData job_bytes(const struct session *session)
{
    return session->holds ? wire_uuid(&session->job_id) : (ProtobufCBinaryData){0};
}

// Lets go of the job, whatever stage it was in. A fit that still runs ends first (STATE_ENDING waits for it).
static void drop_job(struct session *session)
{
    assert(session->job == NULL || job_ended(session->job));
    job_free(session->job);
    session->job = NULL;
    ranks_free(session->ranks);
    session->ranks = NULL;
    session->rank = 0;
    dataset_free(session->dataset);
    session->dataset = NULL;
    free(session->options);
    session->options = NULL;
    session->holds = false;
    session->n_sent = 0;
}

static void become_ready(struct session *session)
{
    Plenum__Ready ready = PLENUM__READY__INIT;
    drop_job(session);
    session->state = STATE_IDLE;
    if (*session->settings->stopping == 0)
        say(session, WIRE_READY, &ready);
}

static void stop_working(struct session *session)
{
    if (session->job == NULL || job_ended(session->job)) {
        become_ready(session);
        return;
    }
    job_cancel(session->job);
    session->state = STATE_ENDING;
}

static void report_failure(struct session *session, bool again, const char *detail)
{
    char text[WIRE_DETAIL_MAX_BYTES];
    snprintf(text, sizeof(text), "%s", detail);
    Plenum__Failed failed = PLENUM__FAILED__INIT;
    failed.job_id = job_bytes(session);
    failed.fence = session->fence;
    failed.again = again;
    failed.detail = text;
    say(session, WIRE_FAILED, &failed);
    log_event(LOG_WARNING, "job_failed", LOG_TEXT("detail", detail));
    stop_working(session);
}

static void grant(struct session *session, uint32_t chunks)
{
    Plenum__Credit credit = PLENUM__CREDIT__INIT;
    credit.chunks = chunks;
    say(session, WIRE_CREDIT, &credit);
}

static void say_progress(struct session *session, char phase[JOB_PHASE_BYTES], Plenum__Heartbeat *heartbeat)
{
    struct fit_progress progress;
    job_progress(session->job, phase, &progress);
    heartbeat->fraction = (float)progress.fraction;
    heartbeat->loss = progress.loss > 0 && progress.loss < FLT_MAX ? (float)progress.loss : 0;
    heartbeat->left_s = progress.left_s > 0 ? (uint32_t)fmin(ceil(progress.left_s), WIRE_LEFT_MAX_S) : 0;
}

static void say_heartbeat(struct session *session)
{
    char phase[JOB_PHASE_BYTES] = "";
    Plenum__Heartbeat heartbeat = PLENUM__HEARTBEAT__INIT;
    heartbeat.job_id = job_bytes(session);
    heartbeat.fence = session->holds ? session->fence : 0;
    if (session->job != NULL)
        say_progress(session, phase, &heartbeat);
    else if (session->holds)
        snprintf(phase, sizeof(phase), "receiving");
    heartbeat.phase = phase;
    say(session, WIRE_HEARTBEAT, &heartbeat);
    session->next_heartbeat_us = clock_monotonic_us() + session->heartbeat_us;
}

// --- messages ---------------------------------------------------------------------------------------------------------
static void renew_if_due(struct session *session)
{
    struct identity identity;
    struct buf request;
    struct err err;
    if (identity_load(session->settings->keys, &identity, &err) < 0)
        return;
    int64_t left = identity.not_after - clock_real_us() / 1000000;
    identity_release(&identity);
    if (left > RENEW_SECONDS)
        return;
    buf_init(&request, TLS_PEM_MAX_BYTES);
    buf_clear(&session->new_key);
    if (tls_new_request(&session->new_key, &request, &err) == 0) {
        char name[WIRE_NAME_MAX_BYTES + 1];
        snprintf(name, sizeof(name), "%s", session->settings->name);
        Plenum__Enrol enrol = PLENUM__ENROL__INIT;
        enrol.version_min = WIRE_VERSION_MIN;
        enrol.version_max = WIRE_VERSION_MAX;
        enrol.name = name;
        enrol.request_pem = request.data;
        say(session, WIRE_ENROL, &enrol);
    }
    buf_release(&request);
}

static void on_enrolled(struct session *session, const Plenum__Enrolled *enrolled)
{
    struct identity identity;
    struct err err;
    if (session->new_key.length == 0)
        return;
    int rc = identity_load(session->settings->keys, &identity, &err);
    if (rc == 0) { // the authority that is trusted stays the one that was pinned
        rc = identity_store(session->settings->keys, identity.ca.data, enrolled->certificate_pem,
            session->new_key.data, &err);
        identity_release(&identity);
    }
    OPENSSL_cleanse(session->new_key.data, session->new_key.length);
    buf_clear(&session->new_key);
    if (rc < 0)
        log_event(LOG_ERROR, "renewal", LOG_TEXT("detail", err.message));
    else
        log_plain(LOG_INFO, "certificate_renewed");
}

static int on_welcome(struct session *session, const Plenum__Welcome *welcome, struct err *err)
{
    if (session->state != STATE_GREETING || wire_choose_version(welcome->version, welcome->version) == 0)
        return err_set(err, ERR_INVALID, "welcome out of turn or of an unknown version");
    session->heartbeat_us = (int64_t)welcome->heartbeat_ms * 1000;
    session->idle_ms = welcome->idle_ms;
    session->backoff_ms = 0;
    log_plain(LOG_INFO, "linked");
    renew_if_due(session);
    if (!session->holds)
        stop_working(session); // of what the last link was about, if anything still runs
    else if (job_ended(session->job))
        session->state = STATE_SENDING;
    else
        session->state = STATE_FITTING;
    session->n_sent = 0;
    say_heartbeat(session);
    return 0;
}

static int on_offer(struct session *session, uint32_t stream, const Plenum__Offer *offer, struct err *err)
{
    if (session->state != STATE_IDLE)
        return err_set(err, ERR_INVALID, "an offer to a worker that is busy");
    session->job_id = wire_uuid_of(offer->job_id);
    session->fence = offer->fence;
    session->stream = stream;
    session->holds = true;
    session->rank = offer->rank;
    if (offer->ranks > 1)
        session->ranks = ranks_new(offer->rank, offer->ranks, session->settings->wake_fd);
    session->chunks_taken = 0;
    snprintf(session->method, sizeof(session->method), "%s", offer->method);
    snprintf(session->attribute, sizeof(session->attribute), "%s", offer->attribute);
    session->options = strdup(offer->options);
    if (session->options == NULL)
        abort();
    session->state = STATE_RECEIVING;
    log_event(LOG_INFO, "job_taken", LOG_TEXT("method", session->method), LOG_NUMBER("fence", session->fence),
        LOG_NUMBER("rank", session->rank));
    if (strcmp(offer->kind, offer->rank == 0 ? "fit" : "part") != 0)
        report_failure(session, true, "this worker does only fits, and helps with them");
    else
        grant(session, CREDITS);
    return 0;
}

static void start_fit(struct session *session)
{
    struct err err;
    struct dataset *dataset = session->dataset;
    session->dataset = NULL;
    log_event(LOG_INFO, "fit_started", LOG_NUMBER("bytes", dataset_bytes(dataset)),
        LOG_NUMBER("judgments", dataset_fit_data(dataset)->n_judgments),
        LOG_NUMBER("ratings", dataset_fit_data(dataset)->n_ratings));
    int rc = job_start(session->method, session->attribute, session->options, dataset, session->spill,
        session->ranks, session->settings->wake_fd, &session->job, &err);
    if (rc < 0) {
        report_failure(session, rc != ERR_INVALID, err.message);
        return;
    }
    session->state = STATE_FITTING;
    say_heartbeat(session);
}

// A dataset that can't be taken is this worker's trouble or the link's: another may do better.
static void on_dataset(struct session *session, unsigned type, const void *message)
{
    struct err err;
    int rc = 0;
    if (type == WIRE_DATASET_HEADER) {
        if (session->dataset != NULL)
            rc = err_set(&err, ERR_INVALID, "a second header");
        else
            rc = dataset_new(message, session->settings->memory_bytes + session->settings->cache_bytes,
                session->spill, &session->dataset, &err);
    } else if (session->dataset == NULL) {
        rc = err_set(&err, ERR_INVALID, "columns before their header");
    } else if (type == WIRE_DATASET_CHUNK) {
        rc = dataset_add(session->dataset, message, &err);
        if (rc == 0 && ++session->chunks_taken % CREDITS_BACK == 0)
            grant(session, CREDITS_BACK);
    } else {
        rc = dataset_finish(session->dataset, message, &err);
        if (rc == 0)
            start_fit(session);
    }
    if (rc < 0)
        report_failure(session, true, err.message);
}

static int on_refused(struct session *session, const Plenum__Refused *refused, struct err *err)
{
    session->refused = (int)refused->code;
    snprintf(session->refusal, sizeof(session->refusal), "%s", refused->detail);
    return err_set(err, ERR_CLOSED, "the coordinator refused: %.300s", refused->detail);
}

static int on_message(
    struct session *session, const struct frame *frame, const void *message, struct err *err)
{
    bool ours = session->holds && frame->id == session->stream;
    switch (frame->type) {
    case WIRE_WELCOME:
        return on_welcome(session, message, err);
    case WIRE_REFUSED:
        return on_refused(session, message, err);
    case WIRE_ENROLLED:
        on_enrolled(session, message);
        return 0;
    case WIRE_OFFER:
        return on_offer(session, frame->id, message, err);
    case WIRE_CANCEL:
        if (ours) {
            log_event(
                LOG_INFO, "job_cancelled", LOG_TEXT("reason", ((const Plenum__Cancel *)message)->reason));
            stop_working(session);
        }
        return 0;
    case WIRE_DATASET_HEADER:
    case WIRE_DATASET_CHUNK:
    case WIRE_DATASET_END:
        if (ours && session->state == STATE_RECEIVING)
            on_dataset(session, frame->type, message);
        return 0; // what was under way when the job was dropped
    case WIRE_ACCEPTED:
        if (ours && session->state == STATE_SENT) {
            const Plenum__Accepted *accepted = message;
            log_event(LOG_INFO, "job_done", LOG_NUMBER("counted", accepted->counted));
            become_ready(session);
        }
        return 0;
    case WIRE_SHARE:
        if (ours && session->ranks != NULL) {
            const Plenum__Share *share = message;
            ranks_take(session->ranks, share->rank, share->data.data, share->data.len);
        }
        return 0;
    case WIRE_HEARTBEAT_REPLY:
        return 0;
    default:
        return err_set(err, ERR_INVALID, "%s is not for a worker", wire_type_name(frame->type));
    }
}

static int take_frames(struct session *session, struct err *err)
{
    for (;;) {
        struct frame frame;
        const void *message;
        int got = link_next(session->link, &frame, err);
        if (got <= 0)
            return got;
        struct arena *arena = wire_arena_new();
        int rc = wire_unpack(&frame, WIRE_COORDINATOR, arena, &message, err);
        if (rc == 0)
            rc = on_message(session, &frame, message, err);
        arena_free(arena);
        if (rc < 0)
            return rc;
    }
}

// --- bringing home ------------------------------------------------------------------------------------------------------
static void send_result(struct session *session, const struct fit_result *result)
{
    unsigned char hash[HASH_BYTES], snapshot[HASH_BYTES];
    memcpy(hash, result->artefact_hash, HASH_BYTES);
    memcpy(snapshot, result->snapshot, HASH_BYTES);
    Plenum__Result message = PLENUM__RESULT__INIT;
    message.job_id = job_bytes(session);
    message.fence = session->fence;
    message.size = result->artefact.length;
    message.sha256 = (ProtobufCBinaryData){.len = HASH_BYTES, .data = hash};
    message.snapshot = (ProtobufCBinaryData){.len = HASH_BYTES, .data = snapshot};
    message.card = result->card;
    say(session, WIRE_RESULT, &message);
    session->state = STATE_SENT;
}

static void send_artefact(struct session *session)
{
    const struct fit_result *result;
    struct err err;
    int rc = job_outcome(session->job, &result, &err);
    if (rc < 0) {
        report_failure(session, rc != ERR_INVALID, err.message);
        return;
    }
    if (result->artefact.length > WIRE_ARTEFACT_MAX_BYTES || strlen(result->card) > WIRE_CARD_MAX_BYTES) {
        report_failure(session, false, "the model or its card is larger than the protocol takes");
        return;
    }
    while (session->n_sent < result->artefact.length && link_waiting(session->link) < LINK_OUT_ENOUGH_BYTES) {
        size_t size = min_size(result->artefact.length - session->n_sent, WIRE_CHUNK_MAX_BYTES);
        Plenum__ArtefactChunk chunk = PLENUM__ARTEFACT_CHUNK__INIT;
        chunk.offset = session->n_sent;
        chunk.data.len = size;
        chunk.data.data = (uint8_t *)result->artefact.data + session->n_sent;
        say(session, WIRE_ARTEFACT_CHUNK, &chunk);
        session->n_sent += size;
    }
    if (session->n_sent == result->artefact.length)
        send_result(session, result);
}

// This worker's parts, to the others by way of the coordinator.
static void send_shares(struct session *session)
{
    const void *data;
    size_t size;
    while (link_waiting(session->link) < LINK_OUT_ENOUGH_BYTES &&
           (size = ranks_to_send(session->ranks, &data)) > 0) {
        Plenum__Share share = PLENUM__SHARE__INIT;
        share.rank = session->rank;
        share.data.len = min_size(size, WIRE_CHUNK_MAX_BYTES);
        share.data.data = (uint8_t *)(uintptr_t)data; // protobuf-c has no const; packing only reads
        say(session, WIRE_SHARE, &share);
        ranks_sent(session->ranks, share.data.len);
    }
}

static void tend_job(struct session *session)
{
    if (session->state == STATE_FITTING && session->ranks != NULL)
        send_shares(session);
    if (session->state == STATE_FITTING && job_ended(session->job)) {
        if (session->rank > 0) // who leads has the same
            become_ready(session);
        else
            session->state = STATE_SENDING;
    }
    if (session->state == STATE_SENDING)
        send_artefact(session);
    if (session->state == STATE_ENDING && job_ended(session->job))
        become_ready(session);
}

// --- the link -----------------------------------------------------------------------------------------------------------
static void say_hello(struct session *session)
{
    char name[WIRE_NAME_MAX_BYTES + 1], program[] = "plenum-worker " PLENUM_VERSION;
    snprintf(name, sizeof(name), "%s", session->settings->name);
    Plenum__Hello hello = PLENUM__HELLO__INIT;
    hello.version_min = WIRE_VERSION_MIN;
    hello.version_max = WIRE_VERSION_MAX;
    hello.program = program;
    hello.name = name;
    hello.held_job_id = job_bytes(session);
    hello.held_fence = session->holds ? session->fence : 0;
    hello.held_stream = session->holds ? session->stream : 0;
    say(session, WIRE_HELLO, &hello);
    session->state = STATE_GREETING;
    session->idle_ms = DEFAULT_IDLE_MS;
    session->heartbeat_us = (int64_t)DEFAULT_IDLE_MS * 1000;
    session->next_heartbeat_us = clock_monotonic_us() + session->heartbeat_us;
}

static int connect_once(struct session *session, struct err *err)
{
    const struct session_settings *settings = session->settings;
    struct identity identity;
    SSL_CTX *context = NULL;
    char address[256];
    int rc = identity_address(settings->coordinator, address, sizeof(address), err);
    if (rc < 0)
        return rc;
    rc = identity_load(settings->keys, &identity, err);
    if (rc < 0)
        return rc;
    rc = identity_context(&identity, &context, err);
    identity_release(&identity);
    if (rc == 0)
        rc = link_open(address, context, settings->wake_fd, CONNECT_MS, &session->link, err);
    SSL_CTX_free(context);
    if (rc == 0)
        say_hello(session);
    return rc;
}

// A fit goes on without a link; columns that were coming are lost, and so is a lease that nothing was made of.
static void lose_link(struct session *session, const struct err *err)
{
    log_event(LOG_WARNING, "link_lost", LOG_TEXT("detail", err->message));
    link_free(session->link);
    session->link = NULL;
    if (session->ranks != NULL)
        ranks_lose(session->ranks);
    if (session->rank > 0 && session->job != NULL) { // nobody waits for what a helper does
        job_cancel(session->job);
        session->state = STATE_ENDING;
    }
    if (session->state == STATE_ENDING)
        session->holds = false;
    else if (session->job == NULL)
        drop_job(session);
    session->state = STATE_OFFLINE;
}

// Waits between half of the back-off and all of it, so that many workers do not come back at once.
static void wait_offline(struct session *session)
{
    if (session->backoff_ms == 0)
        session->backoff_ms = BACKOFF_MIN_MS;
    int ms = session->backoff_ms / 2 + (int)(rng_secure_u64() % (uint64_t)(session->backoff_ms / 2 + 1));
    session->backoff_ms = session->backoff_ms * 2 < BACKOFF_MAX_MS ? session->backoff_ms * 2 : BACKOFF_MAX_MS;
    struct pollfd polled = {.fd = session->settings->wake_fd, .events = POLLIN};
    poll(&polled, 1, ms);
}

static void clear_wake(const struct session *session)
{
    uint64_t count;
    ssize_t got UNUSED = read(session->settings->wake_fd, &count, sizeof(count));
}

static int turn(struct session *session, struct err *err)
{
    int64_t left_us = session->next_heartbeat_us - clock_monotonic_us();
    int timeout_ms = left_us > 0 ? (int)(left_us / 1000) + 1 : 0;
    int turned = link_turn(session->link, session->settings->wake_fd, timeout_ms, err);
    clear_wake(session);
    struct err later;
    int rc = take_frames(session, &later);
    if (rc < 0) {
        *err = later;
        return rc;
    }
    if (turned < 0)
        return turned;
    if (link_silence_ms(session->link) > session->idle_ms)
        return err_set(err, ERR_IO, "the coordinator has been silent for too long");
    tend_job(session);
    if (clock_monotonic_us() >= session->next_heartbeat_us && session->state > STATE_GREETING)
        say_heartbeat(session);
    return 0;
}

// --- the end ------------------------------------------------------------------------------------------------------------
// What is done goes home; what is not goes back to the queue.
static void give_back(struct session *session)
{
    Plenum__Release release = PLENUM__RELEASE__INIT;
    release.job_id = job_bytes(session);
    release.fence = session->fence;
    say(session, WIRE_RELEASE, &release);
    if (session->job != NULL)
        job_cancel(session->job);
    session->holds = false;
    session->state = STATE_IDLE;
}

static void finish(struct session *session)
{
    int64_t deadline_us = clock_monotonic_us() + (int64_t)STOP_MS * 1000;
    struct err err = {0};
    while (session->link != NULL && clock_monotonic_us() < deadline_us) {
        if (session->state == STATE_RECEIVING ||
            (session->state == STATE_FITTING && !job_ended(session->job)))
            give_back(session);
        bool busy = session->state == STATE_FITTING || session->state == STATE_SENDING ||
                    session->state == STATE_SENT;
        if (!busy && link_waiting(session->link) == 0)
            break;
        int64_t next_us = clock_monotonic_us() + 100000;
        session->next_heartbeat_us =
            session->next_heartbeat_us < next_us ? session->next_heartbeat_us : next_us;
        if (turn(session, &err) < 0)
            break;
    }
    link_free(session->link);
    session->link = NULL;
    while (session->job != NULL && !job_ended(session->job) && clock_monotonic_us() < deadline_us) {
        job_cancel(session->job);
        poll(NULL, 0, 20);
    }
    if (session->job != NULL && !job_ended(session->job)) {
        log_plain(LOG_WARNING, "stopped_within_a_fit");
        _exit(0); // its thread does not look up; the lease was given back or ends by itself
    }
    drop_job(session);
    buf_release(&session->new_key);
}

int session_run(const struct session_settings *settings, struct err *err)
{
    struct session session = {.settings = settings,
        .spill = spill_new(settings->cache, settings->memory_bytes, settings->cache_bytes)};
    int rc = 0;
    buf_init(&session.new_key, TLS_PEM_MAX_BYTES);
    while (*settings->stopping == 0) {
        if (session.link == NULL) {
            rc = connect_once(&session, err);
            if (rc < 0) {
                log_event(LOG_WARNING, "no_link", LOG_TEXT("detail", err->message));
                wait_offline(&session);
                clear_wake(&session);
                continue;
            }
        }
        struct err lost = {0};
        if (turn(&session, &lost) < 0)
            lose_link(&session, &lost);
        if (session.refused == WIRE_REFUSED_IDENTITY || session.refused == WIRE_REFUSED_VERSION) {
            rc = err_set(err, ERR_CRYPTO, "the coordinator refuses this worker: %.300s", session.refusal);
            break;
        }
        if (session.link == NULL)
            wait_offline(&session);
    }
    bool refused = session.refused == WIRE_REFUSED_IDENTITY || session.refused == WIRE_REFUSED_VERSION;
    finish(&session);
    spill_free(session.spill);
    return refused ? rc : 0;
}
