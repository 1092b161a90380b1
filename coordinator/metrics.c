#include "coordinator/metrics.h"

#include "base/buf.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic(int64_t) counts[N_METRICS];

// Same family in a row: the TYPE line is printed once for each.
static const struct {
    const char *family, *label;
} names[N_METRICS] = {
    [METRIC_ASSIGNMENTS_READ_AHEAD] = {"plenum_assignments_total", "outcome=\"read_ahead\""},
    [METRIC_ASSIGNMENTS_SEARCHED] = {"plenum_assignments_total", "outcome=\"searched\""},
    [METRIC_ASSIGNMENTS_AGAIN] = {"plenum_assignments_total", "outcome=\"again\""},
    [METRIC_ASSIGNMENTS_NONE] = {"plenum_assignments_total", "outcome=\"none_left\""},
    [METRIC_JUDGMENTS_ACCEPTED] = {"plenum_judgments_total", "outcome=\"accepted\""},
    [METRIC_JUDGMENTS_REPLAYED] = {"plenum_judgments_total", "outcome=\"replayed\""},
    [METRIC_JUDGMENTS_REFUSED] = {"plenum_judgments_total", "outcome=\"refused\""},
    [METRIC_BALLOTS] = {"plenum_ballots_total", "outcome=\"accepted\""},
    [METRIC_FITS_DONE] = {"plenum_fits_total", "outcome=\"done\""},
    [METRIC_FITS_FAILED] = {"plenum_fits_total", "outcome=\"failed\""},
    [METRIC_JOB_LEASES_EXPIRED] = {"plenum_job_leases_expired_total", ""},
    [METRIC_SCORES] = {"plenum_scores_total", ""},
    [METRIC_EXPORTS] = {"plenum_exports_total", ""},
    [METRIC_WEBHOOKS_DELIVERED] = {"plenum_webhook_tries_total", "outcome=\"delivered\""},
    [METRIC_WEBHOOKS_FAILED] = {"plenum_webhook_tries_total", "outcome=\"failed\""},
    [METRIC_TLS_RELOADS_DONE] = {"plenum_tls_reloads_total", "outcome=\"done\""},
    [METRIC_TLS_RELOADS_FAILED] = {"plenum_tls_reloads_total", "outcome=\"failed\""},
    [METRIC_TLS_NOT_AFTER] = {"plenum_tls_certificate_not_after_timestamp_seconds", ""},
};

void metrics_add(enum metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&counts[metric], n, memory_order_relaxed);
}

void metrics_set(enum metric metric, int64_t value)
{
    atomic_store_explicit(&counts[metric], value, memory_order_relaxed);
}

void metrics_print(struct buf *out)
{
    const char *last = NULL;
    for (int i = 0; i < N_METRICS; i++) {
        if (last == NULL || strcmp(names[i].family, last) != 0)
            buf_printf(out, "# TYPE %s %s\n", names[i].family,
                strstr(names[i].family, "_total") != NULL ? "counter" : "gauge");
        last = names[i].family;
        int64_t value = atomic_load_explicit(&counts[i], memory_order_relaxed);
        if (names[i].label[0] != '\0')
            buf_printf(out, "%s{%s} %lld\n", names[i].family, names[i].label, (long long)value);
        else
            buf_printf(out, "%s %lld\n", names[i].family, (long long)value);
    }
}
