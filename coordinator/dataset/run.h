// Makes the files of one export: one repeatable-read snapshot, streamed row by row, written to DATA/exports/ID.part and
// renamed when whole. Blocking; on a pool thread. Running one again gives the same files, so a coordinator that died in
// the middle just begins anew.
#ifndef COORDINATOR_DATASET_RUN_H
#define COORDINATOR_DATASET_RUN_H

#include "base/err.h"
#include "base/id.h"

#include <jansson.h>
#include <stdatomic.h>

struct app;
struct db_session;

struct export_job {
    const struct app *app;
    struct id id;
    const json_t *request; // {formats, filter}
    int64_t created_us;
    const atomic_bool *stopping; // true: give up soon, with ERR_CLOSED
};

// The manifest is a new reference, with manifest.json itself among its files.
int export_run(const struct export_job *job, struct db_session *session, json_t **ret_manifest,
    struct err *err) MUST_CHECK;

enum { EXPORT_FOLDER_MAX_BYTES = 3000 };
// DATA/exports/ID.
int export_folder(
    const char *data_folder, struct id id, char path[EXPORT_FOLDER_MAX_BYTES], struct err *err) MUST_CHECK;

#endif
