// Leases: taken for workers that are ready, kept alive by their heartbeats, ended by a result, a failure, a cancellation
// or silence. Every statement carries the fence, so that what comes late changes nothing.
#include "coordinator/learn/internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/learn/stream.h"
#include "coordinator/metrics.h"

#include <event2/bufferevent.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLL_MS = 2000, SPENT_MS = 5000, COUNTS = 0, DOES_NOT_COUNT = 1 };

// --- the life of a lease ----------------------------------------------------------------------------------------------
// `link` NULL: only to have something said about the job.
static struct lease *lease_new(struct learn *learn, struct link *link)
{
    struct lease *lease = calloc(1, sizeof(*lease));
    if (lease == NULL)
        abort();
    lease->learn = learn;
    lease->link = link;
    lease->fd = -1;
    if (link != NULL) {
        link->lease = lease;
        link->ready = false;
        link->credits = 0;
    }
    LIST_INSERT_HEAD(&learn->leases, lease, entry);
    return lease;
}

static void lease_free_if_idle(struct lease *lease)
{
    if (lease->state != LEASE_OVER || lease->n_calls > 0)
        return;
    LIST_REMOVE(lease, entry);
    free(lease->about);
    free(lease);
}

void lease_call_ended(struct lease *lease)
{
    lease->n_calls--;
    lease_free_if_idle(lease);
}

void lease_over(struct lease *lease)
{
    if (lease->state == LEASE_OVER)
        return;
    lease->state = LEASE_OVER;
    gang_dismiss(lease, "the lease has ended");
    if (lease->link != NULL)
        lease->link->lease = NULL;
    lease->link = NULL;
    if (lease->stream != NULL)
        stream_cancel(lease->stream);
    registry_drop(lease);
    lease_free_if_idle(lease);
}

// Starts a statement about the lease: job and fence come first. The callback ends with lease_call_ended.
static void params_of_job(const struct lease *lease, struct db_params *params)
{
    db_params_init(params);
    db_add_uuid(params, lease->job);
    db_add_number(params, (int64_t)lease->fence);
}

static void params_of_fit(const struct lease *lease, struct db_params *params)
{
    db_params_init(params);
    db_add_number(params, lease->shard_key);
    db_add_uuid(params, lease->fit);
    db_add_number(params, (int64_t)lease->fence);
}

static void call(struct lease *lease, enum query query, const struct db_params *params, db_callback *callback)
{
    lease->n_calls++;
    db_query(lease->learn->loop->db, DB_WRITE, DB_RETRY_SAFE, query, params, callback, lease);
}

static void on_told(void *arg, const struct db_result *result UNUSED)
{
    lease_call_ended(arg); // if it did not get through, the lease runs out by itself
}

static void end_job(struct lease *lease, const char *state, const char *detail)
{
    struct db_params params;
    params_of_job(lease, &params);
    db_add_text(&params, state);
    db_add_text(&params, detail);
    call(lease, QUERY_LEARN_JOB_END, &params, on_told);
}

// `detail` NULL: nothing went wrong.
static void release_job(struct lease *lease, int not_counted, const char *detail)
{
    struct db_params params;
    params_of_job(lease, &params);
    db_add_number(&params, not_counted);
    db_add_text(&params, detail);
    call(lease, QUERY_LEARN_RELEASE, &params, on_told);
}

// The fit is over with an error that is the data's, not a worker's.
static void fail_fit(struct lease *lease, const char *detail)
{
    struct db_params params;
    params_of_fit(lease, &params);
    db_add_text(&params, detail);
    db_add_uuid(&params, uuid_new()); // of the event
    call(lease, QUERY_LEARN_FIT_FAIL, &params, on_told);
    end_job(lease, "failed", detail);
    metrics_add(METRIC_FITS_FAILED, 1);
    log_event(LOG_WARNING, "fit_failed", LOG_TEXT("detail", detail));
}

// --- taking -----------------------------------------------------------------------------------------------------------
// The fit is not to be worked on: its job ends as the fit has ended.
static void on_state(void *arg, const struct db_result *result)
{
    struct lease *lease = arg;
    if (lease->state != LEASE_OVER) {
        const char *state = result->status == DB_OK && result->n_rows == 1 ? db_text(result, 0, 0) : "";
        if (result->status != DB_OK || strcmp(state, "running") == 0 || strcmp(state, "queued") == 0)
            release_job(lease, DOES_NOT_COUNT, NULL);
        else if (result->n_rows == 0)
            end_job(lease, "failed", "the request that made this job did not get through");
        else
            end_job(lease, state, db_text(result, 0, 1));
        struct link *link = lease->link;
        lease_over(lease);
        if (link != NULL && link->state == LINK_OPEN)
            link->ready = true;
    }
    lease_call_ended(lease);
}

// To the link that holds the lease and to those who help it.
static void offer_to(struct lease *lease, const struct db_result *result, uint32_t rank)
{
    char fit[] = "fit", part[] = "part", method[64], attribute[256], options[WIRE_OPTIONS_MAX_BYTES];
    struct uuid job = lease->job;
    snprintf(method, sizeof(method), "%s", db_text(result, 0, 0));
    snprintf(attribute, sizeof(attribute), "%s", db_text(result, 0, 1));
    snprintf(options, sizeof(options), "%s", db_text(result, 0, 2));
    Plenum__Offer message = PLENUM__OFFER__INIT;
    message.job_id = wire_uuid(&job);
    message.fence = lease->fence;
    message.kind = rank == 0 ? fit : part;
    message.method = method;
    message.attribute = attribute;
    message.options = options;
    message.lease_ms = LEARN_LEASE_MS;
    message.rank = rank;
    message.ranks = lease->n_ranks;
    link_say(rank == 0 ? lease->link : lease->helpers[rank], WIRE_OFFER, lease->stream_id, &message);
}

static void offer(struct lease *lease, const struct db_result *result)
{
    const char *method = db_text(result, 0, 0), *attribute = db_text(result, 0, 1);
    json_t *json = json_loads(db_text(result, 0, 2), 0, NULL);
    json_int_t workers = json_integer_value(json_object_get(json, "workers"));
    uint32_t n = gang_gather(lease, workers > 1 ? (uint32_t)workers : 1);
    for (uint32_t rank = 0; rank < n; rank++)
        offer_to(lease, result, rank);
    log_event(LOG_INFO, "job_leased", LOG_TEXT("method", method), LOG_NUMBER("fence", lease->fence),
        LOG_NUMBER("link", lease->link->number), LOG_NUMBER("workers", n));
    const char *dimension = json_string_value(json_object_get(json, "dimension"));
    const json_t *models = json_object_get(json, "models");
    struct uuid compared[WIRE_ARTEFACTS_MAX];
    size_t n_compared = 0;
    for (size_t i = 0; i < json_array_size(models) && i < WIRE_ARTEFACTS_MAX; i++) {
        struct id id;
        if (id_parse(json_string_value(json_array_get(models, i)), &id) == 0)
            compared[n_compared++] = id.uuid;
    }
    bool is_refit = n_compared == 0 && !db_is_null(result, 0, 3);
    if (is_refit)
        compared[n_compared++] = db_uuid(result, 0, 3);
    struct err err;
    lease->state = LEASE_STREAMING;
    bool is_of_pairs = strcmp(method, "compliance") != 0; // of others nothing changes with edits
    if (stream_start(lease, attribute, dimension != NULL ? dimension : "", is_of_pairs, compared, n_compared,
            is_refit, &err) < 0)
        jobs_stream_failed(lease, ERR_IO, &err);
    json_decref(json);
}

static void on_begun(void *arg, const struct db_result *result)
{
    struct lease *lease = arg;
    if (lease->state == LEASE_OVER) {
        lease_call_ended(lease);
    } else if (result->status == DB_OK && result->n_rows == 1) {
        offer(lease, result);
        lease_call_ended(lease);
    } else {
        struct db_params params;
        db_params_init(&params);
        db_add_number(&params, lease->shard_key);
        db_add_uuid(&params, lease->fit);
        db_query(lease->learn->loop->db, DB_READ, 0, QUERY_LEARN_FIT_STATE, &params, on_state,
            lease); // the same call
    }
}

struct taking {
    struct learn *learn;
    uint64_t link;
};

static void on_leased(void *arg, const struct db_result *result)
{
    struct taking taking = *(struct taking *)arg;
    struct learn *learn = taking.learn;
    free(arg);
    learn->leasing = false;
    if (learn->stopping || result->status != DB_OK || result->n_rows == 0)
        return; // a lease that was taken and is not worked on runs out
    struct link *link = links_find(learn, taking.link);
    bool usable =
        link != NULL && link->state == LINK_OPEN && link->ready && link->lease == NULL && link->helps == NULL;
    struct lease *lease = lease_new(learn, usable ? link : NULL);
    lease->job = db_uuid(result, 0, 0);
    lease->shard_key = db_number(result, 0, 1);
    lease->fit = db_uuid(result, 0, 2);
    lease->fence = (uint64_t)db_number(result, 0, 3);
    lease->stream_id = ++learn->last_stream_id;
    if (db_bool(result, 0, 4)) {
        metrics_add(METRIC_JOB_LEASES_EXPIRED, 1);
        log_event(LOG_WARNING, "lease_expired", LOG_NUMBER("fence", lease->fence));
    }
    if (!usable) {
        release_job(lease, DOES_NOT_COUNT, NULL);
        lease_over(lease);
    } else {
        struct db_params params;
        params_of_fit(lease, &params);
        call(lease, QUERY_LEARN_FIT_BEGIN, &params, on_begun);
    }
    jobs_poll(learn);
}

void jobs_poll(struct learn *learn)
{
    if (learn->stopping || learn->leasing || learn->n_streams >= LEARN_STREAMS_MAX ||
        clock_monotonic_us() < learn->lease_after_us)
        return;
    struct link *link;
    LIST_FOREACH(link, &learn->links, entry)
    {
        if (link->state == LINK_OPEN && link->ready && link->lease == NULL && link->helps == NULL)
            break;
    }
    if (link == NULL)
        return;
    struct taking *taking = calloc(1, sizeof(*taking));
    if (taking == NULL)
        abort();
    *taking = (struct taking){.learn = learn, .link = link->number};
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, link->worker);
    db_add_number(&params, LEARN_LEASE_MS);
    learn->leasing = true;
    learn->polled_us = clock_monotonic_us();
    db_query(learn->loop->db, DB_WRITE, 0, QUERY_LEARN_LEASE, &params, on_leased, taking);
}

// --- columns out ------------------------------------------------------------------------------------------------------
void jobs_pump(struct lease *lease)
{
    bool moved = false, with_credit;
    while (lease->state == LEASE_STREAMING && lease->stream != NULL && gang_may_write(lease, &with_credit)) {
        struct buf frame;
        enum wire_type type;
        if (!stream_take(lease->stream, with_credit, &frame, &type))
            break;
        gang_write(lease, &frame, type == WIRE_DATASET_CHUNK);
        buf_release(&frame);
        moved = true;
        if (type == WIRE_DATASET_END) {
            char hex[2 + HASH_HEX_BYTES] = "\\x";
            struct db_params params;
            stream_snapshot(lease->stream, lease->snapshot);
            free(lease->about);
            lease->about = stream_about(lease->stream);
            hex_encode(lease->snapshot, HASH_BYTES, hex + 2);
            lease->state = LEASE_FITTING;
            params_of_job(lease, &params);
            db_add_text(&params, hex);
            db_add_text(&params, lease->about);
            call(lease, QUERY_LEARN_SNAPSHOT, &params, on_told);
            params_of_fit(lease, &params);
            db_add_text(&params, stream_seen(lease->stream));
            call(lease, QUERY_LEARN_FIT_SEEN, &params, on_told);
        }
    }
    if (moved) // the thread may be waiting to be joined
        event_active(lease->learn->on_wake, EV_READ, 0);
}

// A database or a disk of ours that is away for a while is no worker's end: it would use all attempts up within a second.
static void give_back(struct lease *lease, int rc, const char *detail)
{
    release_job(lease, rc == ERR_IO ? DOES_NOT_COUNT : COUNTS, detail);
    if (rc == ERR_IO)
        lease->learn->lease_after_us = clock_monotonic_us() + (int64_t)POLL_MS * 1000;
}

void jobs_stream_failed(struct lease *lease, int rc, const struct err *err)
{
    if (lease->state != LEASE_STREAMING)
        return;
    log_event(LOG_ERROR, "dataset", LOG_TEXT("detail", err->message));
    link_cancel(lease->link, lease->stream_id, "the dataset could not be read");
    if (rc == ERR_INVALID || rc == ERR_LIMIT)
        fail_fit(lease, err->message);
    else
        give_back(lease, rc, err->message);
    lease_over(lease);
}

// --- kept alive -------------------------------------------------------------------------------------------------------
// No row, and the statement did run: the lease is another's, or the fit was cancelled.
static void on_lease_kept(void *arg, const struct db_result *result)
{
    struct lease *lease = arg;
    if (lease->state != LEASE_OVER && lease->state != LEASE_STORING && result->status == DB_OK &&
        result->n_rows == 0) {
        link_cancel(lease->link, lease->stream_id, "the lease has ended");
        lease_over(lease);
    }
    lease_call_ended(lease);
}

static void on_fit_kept(void *arg, const struct db_result *result)
{
    struct lease *lease = arg;
    if (lease->state != LEASE_OVER && lease->state != LEASE_STORING && result->status == DB_OK &&
        result->n_rows == 0) {
        link_cancel(lease->link, lease->stream_id, "the fit was cancelled");
        end_job(lease, "cancelled", "the fit was cancelled");
        lease_over(lease);
    }
    lease_call_ended(lease);
}

static void keep_fit(struct lease *lease, const Plenum__Heartbeat *heartbeat)
{
    json_t *json =
        json_pack("{s:s, s:f}", "phase", heartbeat->phase, "fraction", (double)heartbeat->fraction);
    if (json != NULL && heartbeat->loss > 0)
        json_object_set_new(json, "loss", json_real((double)heartbeat->loss));
    if (json != NULL && heartbeat->left_s > 0)
        json_object_set_new(json, "left_s", json_integer(heartbeat->left_s));
    char *text = json != NULL ? json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(4)) : NULL;
    struct db_params params;
    params_of_fit(lease, &params);
    db_add_text(&params, text != NULL ? text : "{}");
    call(lease, QUERY_LEARN_FIT_PROGRESS, &params, on_fit_kept);
    free(text);
    json_decref(json);
}

static struct lease *lease_of(const struct link *link, ProtobufCBinaryData job, uint64_t fence)
{
    struct lease *lease = link->lease;
    if (lease == NULL || job.len != UUID_BYTES || lease->fence != fence ||
        !uuid_equal(lease->job, wire_uuid_of(job)))
        return NULL;
    return lease;
}

static bool helps_with(const struct link *link, ProtobufCBinaryData job, uint64_t fence)
{
    const struct lease *lease = link->helps;
    return lease != NULL && job.len == UUID_BYTES && lease->fence == fence &&
           uuid_equal(lease->job, wire_uuid_of(job));
}

static void on_heartbeat(struct link *link, uint32_t stream, const Plenum__Heartbeat *heartbeat)
{
    Plenum__HeartbeatReply reply = PLENUM__HEARTBEAT_REPLY__INIT;
    link_say(link, WIRE_HEARTBEAT_REPLY, 0, &reply);
    if (heartbeat->job_id.len == 0)
        return;
    if (helps_with(link, heartbeat->job_id, heartbeat->fence))
        return;
    struct lease *lease = lease_of(link, heartbeat->job_id, heartbeat->fence);
    if (lease == NULL) {
        link_cancel(link, stream, "the lease has ended");
        return;
    }
    struct db_params params;
    params_of_job(lease, &params);
    db_add_number(&params, LEARN_LEASE_MS);
    call(lease, QUERY_LEARN_HEARTBEAT, &params, on_lease_kept);
    if (lease->state == LEASE_FITTING || lease->state == LEASE_STREAMING)
        keep_fit(lease, heartbeat);
}

static void on_checked(void *arg, const struct db_result *result)
{
    struct lease *lease = arg;
    const char *state = result->status == DB_OK && result->n_rows == 1 ? db_text(result, 0, 0) : "running";
    if (lease->state != LEASE_OVER && lease->state != LEASE_STORING && strcmp(state, "cancelled") == 0) {
        link_cancel(lease->link, lease->stream_id, "the fit was cancelled");
        end_job(lease, "cancelled", "the fit was cancelled");
        lease_over(lease);
    }
    lease_call_ended(lease);
}

void jobs_check(struct learn *learn)
{
    struct lease *lease, *next;
    for (lease = LIST_FIRST(&learn->leases); lease != NULL; lease = next) {
        next = LIST_NEXT(lease, entry);
        if (lease->state != LEASE_STREAMING && lease->state != LEASE_FITTING)
            continue;
        struct db_params params;
        db_params_init(&params);
        db_add_number(&params, lease->shard_key);
        db_add_uuid(&params, lease->fit);
        lease->n_calls++;
        db_query(learn->loop->db, DB_READ, 0, QUERY_LEARN_FIT_STATE, &params, on_checked, lease);
    }
}

// --- a worker that comes back with a job in hand ------------------------------------------------------------------------
struct holding {
    struct learn *learn;
    uint64_t link;
};

static void on_held(void *arg, const struct db_result *result)
{
    struct holding holding = *(struct holding *)arg;
    free(arg);
    struct link *link = links_find(holding.learn, holding.link);
    if (link == NULL || link->state != LINK_CHECKING || !link->holds)
        return;
    link->holds = false;
    if (result->status != DB_OK) {
        link_refuse(link, WIRE_REFUSED_BUSY, "the database can't be asked just now"); // it will come again
        return;
    }
    if (result->n_rows == 0) {
        greeting_welcome(link);
        link_cancel(link, link->held_stream, "the lease has ended");
        return;
    }
    struct lease *lease = lease_new(holding.learn, link);
    lease->job = link->held_job;
    lease->fence = link->held_fence;
    lease->stream_id = link->held_stream;
    lease->shard_key = db_number(result, 0, 0);
    lease->fit = db_uuid(result, 0, 1);
    lease->state = LEASE_FITTING;
    if (hex_decode(db_text(result, 0, 2), lease->snapshot, HASH_BYTES) < 0)
        memset(lease->snapshot, 0, HASH_BYTES);
    if (!db_is_null(result, 0, 3) && (lease->about = strdup(db_text(result, 0, 3))) == NULL)
        abort();
    log_event(LOG_INFO, "job_held", LOG_NUMBER("fence", lease->fence), LOG_NUMBER("link", link->number));
    greeting_welcome(link);
}

void jobs_hold(struct link *link)
{
    struct holding *holding = calloc(1, sizeof(*holding));
    if (holding == NULL)
        abort();
    *holding = (struct holding){.learn = link->learn, .link = link->number};
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, link->held_job);
    db_add_number(&params, (int64_t)link->held_fence);
    db_add_uuid(&params, link->worker);
    db_add_number(&params, LEARN_LEASE_MS);
    db_query(link->learn->loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_LEARN_HOLD, &params, on_held, holding);
}

// A worker that was computing gets a moment to come back; one that had nothing yet gives the job to the next at once.
void jobs_link_lost(struct link *link)
{
    struct lease *lease = link->lease;
    link->ready = false;
    if (link->helps != NULL)
        gang_lost(link);
    if (lease == NULL)
        return;
    struct db_params params;
    switch (lease->state) {
    case LEASE_TAKING:
    case LEASE_STREAMING:
        release_job(lease, COUNTS, "the link broke while the data were sent");
        lease_over(lease);
        return;
    case LEASE_FITTING:
        params_of_job(lease, &params);
        db_add_number(&params, LEARN_GRACE_MS);
        call(lease, QUERY_LEARN_GRACE, &params, on_told);
        lease_over(lease);
        return;
    case LEASE_STORING: // it is here; whoever brought it
        lease->link = NULL;
        link->lease = NULL;
        return;
    case LEASE_OVER:
        return;
    }
}

// --- what workers say ---------------------------------------------------------------------------------------------------
static void on_credit(struct link *link, uint32_t stream, const Plenum__Credit *credit)
{
    struct lease *lease = link->lease != NULL ? link->lease : link->helps;
    if (lease == NULL || lease->stream_id != stream)
        return;
    link->credits += credit->chunks;
    if (link->credits > WIRE_CREDITS_MAX)
        link_refuse(link, WIRE_REFUSED_PROTOCOL, "more credit than may be outstanding");
    else
        jobs_pump(lease);
}

static void on_artefact(struct link *link, uint32_t stream, const Plenum__ArtefactChunk *chunk)
{
    struct lease *lease = link->lease;
    struct err err;
    if (lease == NULL || lease->stream_id != stream)
        return; // of a lease that has ended: the worker will hear of it
    if (lease->state != LEASE_FITTING) {
        link_refuse(link, WIRE_REFUSED_PROTOCOL, "an artefact out of turn");
        return;
    }
    int rc = registry_chunk(lease, chunk, &err);
    if (rc == ERR_INVALID || rc == ERR_LIMIT) {
        link_refuse(link, WIRE_REFUSED_PROTOCOL, err.message);
    } else if (rc < 0) {
        log_event(LOG_ERROR, "artefact", LOG_TEXT("detail", err.message));
        link_cancel(link, stream, "the artefact could not be stored");
        give_back(lease, rc, err.message);
        lease_over(lease);
    }
}

static void on_result(struct link *link, const Plenum__Result *result)
{
    struct lease *lease = lease_of(link, result->job_id, result->fence);
    struct err err;
    if (lease == NULL || lease->state != LEASE_FITTING)
        return;
    int rc = registry_result(lease, result, &err);
    if (rc == 0)
        return;
    log_event(LOG_ERROR, "result", LOG_TEXT("detail", err.message));
    link_cancel(link, lease->stream_id, err.message);
    release_job(lease, COUNTS, err.message);
    lease_over(lease);
}

void jobs_stored(struct lease *lease, int rc, bool counted, const char *detail)
{
    if (rc == 0 && counted) {
        end_job(lease, "done", NULL);
        metrics_add(METRIC_FITS_DONE, 1);
        log_event(LOG_INFO, "fit_done", LOG_NUMBER("fence", lease->fence), LOG_NUMBER("bytes", lease->size));
    } else if (rc < 0) { // not what it said it is: another worker may do better; or our disk
        log_event(LOG_ERROR, "result", LOG_TEXT("detail", detail));
        give_back(lease, rc, detail);
    }
    if (lease->link != NULL) {
        char text[WIRE_DETAIL_MAX_BYTES];
        snprintf(text, sizeof(text), "%s", detail);
        Plenum__Accepted accepted = PLENUM__ACCEPTED__INIT;
        accepted.counted = rc == 0 && counted;
        accepted.detail = text;
        link_say(lease->link, WIRE_ACCEPTED, lease->stream_id, &accepted);
    }
    lease_over(lease);
}

static void on_failed(struct link *link, const Plenum__Failed *failed)
{
    if (helps_with(link, failed->job_id, failed->fence)) {
        gang_lost(link);
        return;
    }
    struct lease *lease = lease_of(link, failed->job_id, failed->fence);
    if (lease == NULL || lease->state == LEASE_STORING)
        return;
    log_event(
        LOG_WARNING, "worker_failed", LOG_NUMBER("again", failed->again), LOG_TEXT("detail", failed->detail));
    if (failed->again)
        release_job(lease, COUNTS, failed->detail);
    else
        fail_fit(lease, failed->detail);
    lease_over(lease);
}

static void on_release(struct link *link, const Plenum__Release *release)
{
    if (helps_with(link, release->job_id, release->fence)) {
        gang_lost(link);
        return;
    }
    struct lease *lease = lease_of(link, release->job_id, release->fence);
    if (lease == NULL || lease->state == LEASE_STORING)
        return;
    release_job(lease, DOES_NOT_COUNT, NULL);
    lease_over(lease);
}

void jobs_message(struct link *link, unsigned type, uint32_t stream, const void *message)
{
    switch (type) {
    case WIRE_READY:
        if (link->helps != NULL)
            gang_ended(link);
        link->ready = true;
        jobs_poll(link->learn);
        return;
    case WIRE_HEARTBEAT:
        on_heartbeat(link, stream, message);
        return;
    case WIRE_CREDIT:
        on_credit(link, stream, message);
        return;
    case WIRE_ARTEFACT_CHUNK:
        on_artefact(link, stream, message);
        return;
    case WIRE_SHARE:
        gang_share(link, stream, message);
        return;
    case WIRE_RESULT:
        on_result(link, message);
        return;
    case WIRE_FAILED:
        on_failed(link, message);
        return;
    case WIRE_RELEASE:
        on_release(link, message);
        return;
    default:
        link_refuse(link, WIRE_REFUSED_PROTOCOL, "not a message for a coordinator");
    }
}

// --- time -------------------------------------------------------------------------------------------------------------
static void on_spent(void *arg, const struct db_result *result)
{
    struct learn *learn = arg;
    if (learn->stopping || result->status != DB_OK)
        return;
    for (int row = 0; row < result->n_rows; row++) {
        struct lease *lease = lease_new(learn, NULL);
        char detail[256];
        lease->job = db_uuid(result, row, 0);
        lease->shard_key = db_number(result, row, 1);
        lease->fit = db_uuid(result, row, 2);
        lease->fence = (uint64_t)db_number(result, row, 3);
        snprintf(detail, sizeof(detail), "given up after %lld attempts: %.200s",
            (long long)db_number(result, row, 4), db_text(result, row, 5));
        fail_fit(lease, detail);
        lease_over(lease);
    }
}

void jobs_tick(struct learn *learn, int64_t now_us)
{
    struct lease *lease, *next;
    for (lease = LIST_FIRST(&learn->leases); lease != NULL; lease = next) {
        next = LIST_NEXT(lease, entry);
        if (lease->state == LEASE_STORING && lease->retry_us != 0 && now_us >= lease->retry_us)
            registry_retry(lease);
    }
    if (now_us - learn->polled_us > (int64_t)POLL_MS * 1000)
        jobs_poll(learn);
    if (now_us - learn->spent_us > (int64_t)SPENT_MS * 1000) {
        learn->spent_us = now_us;
        struct db_params none;
        db_params_init(&none);
        db_query(learn->loop->db, DB_READ, 0, QUERY_LEARN_SPENT, &none, on_spent, learn);
    }
}
