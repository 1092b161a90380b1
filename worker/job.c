#include "worker/job.h"

#include "worker/fit/compare.h"

#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct job {
    pthread_t thread;
    int wake_fd;
    struct dataset *dataset;
    struct ranks *ranks; // the session's
    char *attribute;
    struct fit_options options;
    bool compares; // two models, and fits none
    _Atomic(bool) cancelled, ended;
    pthread_mutex_t lock; // of phase and progress
    char phase[JOB_PHASE_BYTES];
    struct fit_progress progress; // its phase is the one above
    // Written by the thread before `ended`, read after it.
    int rc;
    struct err err;
    struct fit_result result;
};

// --- options: as the coordinator has checked them, read leniently ------------------------------------------------------
static double number_of(const json_t *options, const char *name, double max)
{
    double value = json_number_value(json_object_get(options, name));
    return value >= 0 && value <= max ? value : 0;
}

static int read_options(
    struct job *job, const char *method, const char *attribute, const char *options_json, struct err *err)
{
    struct fit_options *options = &job->options;
    job->compares = strcmp(method, "compare") == 0;
    if (job->compares)
        options->method = FIT_POOLED;
    else if (!fit_method_parse(method, &options->method))
        return err_set(err, ERR_INVALID, "this worker does not know the method %s", method);
    json_error_t where;
    json_t *json = json_loads(options_json[0] != '\0' ? options_json : "{}", JSON_REJECT_DUPLICATES, &where);
    if (!json_is_object(json)) {
        json_decref(json);
        return err_set(err, ERR_INVALID, "the options are not a JSON object");
    }
    if (attribute[0] != '\0') {
        job->attribute = strdup(attribute);
        if (job->attribute == NULL)
            abort();
    }
    options->attribute = job->attribute;
    json_int_t seed = json_integer_value(json_object_get(json, "seed"));
    options->seed = seed > 0 ? (uint64_t)seed : 1;
    options->clusters = (uint32_t)number_of(json, "clusters", FIT_CLUSTERS_MAX);
    options->clusters_max = (uint32_t)number_of(json, "clusters_max", FIT_CLUSTERS_MAX);
    options->restarts = (uint32_t)number_of(json, "restarts", 64);
    options->hard = json_is_true(json_object_get(json, "hard"));
    options->style_off = json_is_false(json_object_get(json, "style"));
    options->annotator_cap = number_of(json, "annotator_cap", 1);
    options->lambda = number_of(json, "lambda", 1e6);
    json_decref(json);
    return 0;
}

// --- the thread -------------------------------------------------------------------------------------------------------
static bool on_progress(void *arg, const struct fit_progress *now)
{
    struct job *job = arg;
    pthread_mutex_lock(&job->lock);
    snprintf(job->phase, sizeof(job->phase), "%s", now->phase);
    job->progress = *now;
    pthread_mutex_unlock(&job->lock);
    return !atomic_load(&job->cancelled);
}

static int run_comparison(struct job *job)
{
    struct artefact *models[2] = {NULL, NULL};
    int rc = 0;
    if (dataset_n_artefacts(job->dataset) != ARRAY_SIZE(models))
        return err_set(&job->err, ERR_INVALID, "two models are compared, and %zu came",
            dataset_n_artefacts(job->dataset));
    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(models); i++) {
        size_t size;
        const void *bytes = dataset_artefact(job->dataset, i, &size);
        models[i] = artefact_open_bytes(bytes, size, &job->err);
        rc = models[i] != NULL ? 0 : ERR_INVALID;
    }
    if (rc == 0)
        rc = compare_run(
            dataset_fit_data(job->dataset), models[0], models[1], &job->options, &job->result, &job->err);
    for (size_t i = 0; i < ARRAY_SIZE(models); i++)
        artefact_close(models[i]);
    return rc;
}

// A model that came along is what the fit begins from.
static int run_fit(struct job *job)
{
    struct artefact *predecessor = NULL;
    if (dataset_n_artefacts(job->dataset) == 1) {
        size_t size;
        const void *bytes = dataset_artefact(job->dataset, 0, &size);
        predecessor = artefact_open_bytes(bytes, size, &job->err);
        if (predecessor == NULL)
            return err_prefix(&job->err, "the model to begin from");
    }
    job->options.predecessor = predecessor;
    int rc = fit_run(dataset_fit_data(job->dataset), &job->options, &job->result, &job->err);
    artefact_close(predecessor);
    return rc;
}

static void *run(void *arg)
{
    struct job *job = arg;
    job->rc = job->compares ? run_comparison(job) : run_fit(job);
    atomic_store(&job->ended, true);
    uint64_t one = 1;
    ssize_t put UNUSED = write(job->wake_fd, &one, sizeof(one));
    return NULL;
}

int job_start(const char *method, const char *attribute, const char *options_json, struct dataset *dataset,
    struct spill *spill, struct ranks *ranks, int wake_fd, struct job **ret_job, struct err *err)
{
    struct job *job = calloc(1, sizeof(*job));
    if (job == NULL)
        abort();
    job->dataset = dataset;
    job->ranks = ranks;
    job->options.ranks = ranks_for_fit(ranks);
    job->options.spill = spill;
    job->wake_fd = wake_fd;
    job->rc = ERR_INTERNAL;
    pthread_mutex_init(&job->lock, NULL);
    snprintf(job->phase, sizeof(job->phase), "starting");
    job->progress = (struct fit_progress){.loss = NAN, .left_s = NAN};
    int rc = read_options(job, method, attribute, options_json, err);
    if (rc == 0) {
        job->options.progress = on_progress;
        job->options.progress_arg = job;
        int failure = pthread_create(&job->thread, NULL, run, job);
        if (failure != 0)
            rc = err_set(err, ERR_IO, "no thread for the fit: %s", strerror(failure));
    }
    if (rc < 0) {
        pthread_mutex_destroy(&job->lock);
        dataset_free(job->dataset);
        free(job->attribute);
        free(job);
        return rc;
    }
    *ret_job = job;
    return 0;
}

void job_cancel(struct job *job)
{
    atomic_store(&job->cancelled, true);
    if (job->ranks != NULL)
        ranks_lose(job->ranks); // it may be waiting for them
}

bool job_ended(const struct job *job)
{
    return atomic_load(&job->ended);
}

void job_progress(struct job *job, char phase[JOB_PHASE_BYTES], struct fit_progress *ret_progress)
{
    pthread_mutex_lock(&job->lock);
    snprintf(phase, JOB_PHASE_BYTES, "%s", job->phase);
    *ret_progress = job->progress;
    pthread_mutex_unlock(&job->lock);
    ret_progress->phase = phase;
    ret_progress->fraction = fmin(fmax(ret_progress->fraction, 0), 1);
}

int job_outcome(const struct job *job, const struct fit_result **ret_result, struct err *err)
{
    assert(job_ended(job));
    if (job->rc < 0) {
        *err = job->err;
        return job->rc;
    }
    *ret_result = &job->result;
    return 0;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    pthread_join(job->thread, NULL);
    if (job->rc == 0)
        fit_result_release(&job->result);
    pthread_mutex_destroy(&job->lock);
    dataset_free(job->dataset);
    free(job->attribute);
    free(job);
}
