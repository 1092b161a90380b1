#include "coordinator/dataset/exporter.h"

#include "base/arena.h"
#include "base/log.h"
#include "coordinator/api.h"
#include "coordinator/audit/entry.h"
#include "coordinator/dataset/run.h"
#include "coordinator/db/db.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"
#include "coordinator/work.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPTS_MAX = 3 };

struct exporter {
    const struct app *app;
    atomic_bool is_running, again, stopping;
    struct id last; // the runner's alone: which was tried last, and how often in a row
    int attempts;
};

struct claim {
    struct id id;
    json_t *request;
    int64_t created_us;
};

static int params_of(struct id id, struct db_params *params)
{
    db_params_init(params);
    db_add_number(params, id.shard_key);
    db_add_uuid(params, id.uuid);
    return 0;
}

// 1 with a claim, 0 when nothing is queued (or another process was faster), or an error.
static int claim_next(struct db_session *session, struct claim *claim, struct err *err)
{
    struct db_params params;
    struct db_result result;
    int rc = db_session_query(session, QUERY_DATASET_QUEUED, NULL, &result, err);
    if (rc < 0 || result.n_rows == 0)
        return rc;
    claim->id = (struct id){.shard_key = db_number(&result, 0, 0), .uuid = db_uuid(&result, 0, 1)};
    params_of(claim->id, &params);
    rc = db_session_query(session, QUERY_DATASET_EXPORT_CLAIM, &params, &result, err);
    if (rc < 0 || result.n_rows == 0)
        return rc;
    claim->request = json_loads(db_text(&result, 0, 0), 0, NULL);
    claim->created_us = db_number(&result, 0, 1);
    return 1;
}

static const char *manifest_hash(const json_t *manifest)
{
    const json_t *files = json_object_get(manifest, "files");
    return json_string_value(json_object_get(json_array_get(files, json_array_size(files) - 1), "sha256"));
}

// Done, with its entry for the log, in one commit.
static int finish(
    struct db_session *session, const struct claim *claim, const json_t *manifest, struct err *err)
{
    struct db_params params;
    struct db_result result;
    struct audit_entry entry;
    struct arena *arena = arena_new(64 * 1024);
    char *text = json_dumps(manifest, JSON_COMPACT);
    audit_entry_make(arena, "export",
        json_pack("{s:o, s:O, s:O, s:s}", "export", json_id(claim->id), "project",
            json_object_get(json_object_get(manifest, "project"), "id"), "formats",
            json_object_get(manifest, "formats"), "manifest_sha256", manifest_hash(manifest)),
        &entry);
    params_of(claim->id, &params);
    db_add_text(&params, text);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    db_add_uuid(&params, uuid_new()); // of the event
    int rc = db_session_query(session, QUERY_DATASET_EXPORT_DONE, &params, &result, err);
    free(text);
    arena_free(arena);
    return rc;
}

// What may go away is tried again, a few times; what can't be made stays failed.
static int put_back(struct exporter *exporter, const struct claim *claim, const struct err *why)
{
    struct db_session *session = NULL;
    struct db_params params;
    struct db_result result;
    struct err err;
    bool retry = why->code == ERR_IO && exporter->attempts < ATTEMPTS_MAX;
    log_event(LOG_ERROR, "export_failed", LOG_TEXT("detail", why->message),
        LOG_NUMBER("attempt", exporter->attempts));
    int rc = db_session_open(exporter->app->conninfo, &session, &err);
    if (rc == 0) {
        params_of(claim->id, &params);
        if (!retry)
            db_add_text(&params, why->message);
        rc = db_session_query(session, retry ? QUERY_DATASET_EXPORT_REQUEUE : QUERY_DATASET_EXPORT_FAILED,
            &params, &result, &err);
    }
    db_session_close(session);
    return rc;
}

static int run_claim(struct exporter *exporter, struct db_session *session, const struct claim *claim)
{
    json_t *manifest = NULL;
    struct err err = {0};
    bool is_same =
        exporter->last.shard_key == claim->id.shard_key && uuid_equal(exporter->last.uuid, claim->id.uuid);
    exporter->attempts = is_same ? exporter->attempts + 1 : 1;
    exporter->last = claim->id;
    const struct export_job job = {.app = exporter->app,
        .id = claim->id,
        .request = claim->request,
        .created_us = claim->created_us,
        .stopping = &exporter->stopping};
    int rc = export_run(&job, session, &manifest, &err);
    if (rc == 0)
        rc = finish(session, claim, manifest, &err);
    json_decref(manifest);
    if (rc == 0) {
        metrics_add(METRIC_EXPORTS, 1);
        return 0;
    }
    if (atomic_load(&exporter->stopping))
        return rc; // the next start finds it running, and runs it again
    // The database may be on its way back: wait for it, a little.
    for (int i = 0; i < 50 && put_back(exporter, claim, &err) < 0 && !atomic_load(&exporter->stopping); i++)
        usleep(200000);
    return rc;
}

static void run_all(struct exporter *exporter)
{
    struct db_session *session = NULL;
    struct err err = {0};
    int rc = db_session_open(exporter->app->conninfo, &session, &err);
    while (rc == 0 && !atomic_load(&exporter->stopping)) {
        struct claim claim = {0};
        rc = claim_next(session, &claim, &err);
        if (rc == 0)
            break;
        if (rc == 1)
            rc = run_claim(exporter, session, &claim);
        json_decref(claim.request);
    }
    if (rc < 0 && err.code != 0 && !atomic_load(&exporter->stopping))
        log_event(LOG_ERROR, "exporter", LOG_TEXT("detail", err.message));
    db_session_close(session);
}

static void run(void *arg)
{
    struct exporter *exporter = arg;
    do {
        atomic_store(&exporter->again, false);
        run_all(exporter);
        atomic_store(&exporter->is_running, false);
        // Whoever woke us in between saw us running and left it to us.
    } while (atomic_load(&exporter->again) && !atomic_load(&exporter->stopping) &&
             !atomic_exchange(&exporter->is_running, true));
}

static void done(void *arg UNUSED)
{
}

void exporter_wake(struct exporter *exporter, struct loop *loop)
{
    atomic_store(&exporter->again, true);
    if (atomic_exchange(&exporter->is_running, true))
        return;
    if (work_submit(loop->app->pool, loop->base, run, done, exporter) < 0)
        atomic_store(&exporter->is_running, false); // full: the next look at the queue comes by itself
}

int exporter_start(const struct app *app, struct exporter **ret_exporter, struct err *err)
{
    struct exporter *exporter = calloc(1, sizeof(*exporter));
    if (exporter == NULL)
        abort();
    exporter->app = app;
    *ret_exporter = exporter;
    struct db_session *session = NULL;
    struct db_params params;
    struct db_result result;
    int rc = db_session_open(app->conninfo, &session, err);
    if (rc == 0) {
        db_params_init(&params);
        db_add_null(&params);
        db_add_null(&params);
        rc = db_session_query(session, QUERY_DATASET_EXPORT_REQUEUE, &params, &result, err);
    }
    if (rc == 0 && result.n_rows > 0)
        log_event(LOG_INFO, "exports_resumed", LOG_NUMBER("count", result.n_rows));
    db_session_close(session);
    return rc;
}

void exporter_stop(struct exporter *exporter)
{
    atomic_store(&exporter->stopping, true);
}
