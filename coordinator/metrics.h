// The process's counters, and what else is one number: one enum, one table, atomic, any thread. Labels are fixed words, never ids or people.
// http adds its own by http_server_metrics.
#ifndef COORDINATOR_METRICS_H
#define COORDINATOR_METRICS_H

#include "base/base.h"

struct buf;

enum metric {
    METRIC_ASSIGNMENTS_READ_AHEAD, // a new lease on a slot that was in memory
    METRIC_ASSIGNMENTS_SEARCHED,   // a new lease on a slot that was looked for
    METRIC_ASSIGNMENTS_AGAIN,      // the lease that was out already
    METRIC_ASSIGNMENTS_NONE,
    METRIC_JUDGMENTS_ACCEPTED,
    METRIC_JUDGMENTS_REPLAYED,
    METRIC_JUDGMENTS_REFUSED,
    METRIC_BALLOTS,
    METRIC_FITS_DONE,
    METRIC_FITS_FAILED,
    METRIC_JOB_LEASES_EXPIRED,
    METRIC_SCORES,
    METRIC_EXPORTS,
    METRIC_WEBHOOKS_DELIVERED,
    METRIC_WEBHOOKS_FAILED, // a try, not a delivery: it may come again
    METRIC_TLS_RELOADS_DONE,
    METRIC_TLS_RELOADS_FAILED,
    METRIC_TLS_NOT_AFTER, // a gauge: seconds since 1970; 0 without TLS
    N_METRICS
};

void metrics_add(enum metric metric, int64_t n);
void metrics_set(enum metric metric, int64_t value);
void metrics_print(struct buf *out);

#endif
