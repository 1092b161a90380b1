// One fit on a thread of its own. The main thread starts it, asks how far it is, may cancel it, and takes its outcome;
// `wake_fd` (an eventfd) is written when it ends. Owns the dataset it was given.
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include "base/err.h"
#include "worker/dataset.h"
#include "worker/fit/fit.h"
#include "worker/ranks.h"

struct job;

enum { JOB_PHASE_BYTES = 32 };

// ERR_INVALID when the method or an option is unknown or out of range (`dataset` is freed then too). `ranks`, the caller's, are the
// workers that do it together (NULL: none).
int job_start(const char *method, const char *attribute, const char *options_json, struct dataset *dataset,
    struct spill *spill, struct ranks *ranks, int wake_fd, struct job **ret_job, struct err *err) MUST_CHECK;
void job_cancel(struct job *job); // soon, not at once
bool job_ended(const struct job *job);
// How far it is; the phase is copied to `phase`, which ret_progress then names.
void job_progress(struct job *job, char phase[JOB_PHASE_BYTES], struct fit_progress *ret_progress);
// After the end: 0 and the result, or what went wrong. ERR_INVALID: the data can't be fitted.
int job_outcome(const struct job *job, const struct fit_result **ret_result, struct err *err) MUST_CHECK;
void job_free(struct job *job); // waits for the thread; NULL is allowed

#endif
