// What a fit is asked for with, and how it goes into the queue: by a request (fits.c) or a schedule (refits.c).
#ifndef COORDINATOR_LEARN_QUEUE_H
#define COORDINATOR_LEARN_QUEUE_H

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/loop.h"

// What a method is asked for with. Texts live in the arena it was read into, or are static.
struct fit_asked {
    const char *method, *attribute; // attribute NULL: none
    const char *options;            // JSON object
};

extern const char *const fit_methods[]; // ended by NULL; the last is "compliance", which can't be scheduled
// Reads method, attribute and options of the object at `at` ("" or "/refits/0").
void fit_asked_read(struct fields *fields, const json_t *body, const char *at, struct arena *arena,
    struct fit_asked *ret_asked);

enum queue_outcome {
    QUEUE_IS_IN,
    QUEUE_KEY_IS_TAKEN, // by the same key at the same moment
    QUEUE_FAILED,       // `result` says how
};

// A fit on its way into the queue: a job in nobody's lease, the fit's row, then the job is opened. What it points to lives until
// it is told.
struct queueing {
    struct loop *loop;
    int64_t shard_key;
    struct uuid fit, job;
    struct fit_asked asked;
    struct uuid by;
    const struct uuid *predecessor; // the model it begins from; NULL: none
    const struct uuid *key;         // with what is to be answered when it comes again; NULL: none
    const unsigned char *request_hash;
    const char *body;
    void (*told)(void *arg, enum queue_outcome outcome, const struct db_result *result);
    void *arg;
};
void queue_fit(struct queueing *queueing);

#endif
