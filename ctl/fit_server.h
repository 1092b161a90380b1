// plenum fit --project: asks the coordinator for a fit, shows its progress, prints its card's metrics.
#ifndef CTL_FIT_SERVER_H
#define CTL_FIT_SERVER_H

#include "base/config.h"
#include "base/err.h"
#include "ctl/client.h"
#include "worker/fit/fit.h"

// `config` holds CLIENT_SETTINGS and the settings project, method, attribute, seed, clusters, hard, quiet.
int fit_on_server(const struct config *config, struct err *err) MUST_CHECK;
// On stderr: a new phase at once, else every few seconds.
struct fit_shown {
    char phase[96]; // the last one
    int64_t at_us;
};
void fit_show(struct fit_shown *shown, const struct fit_progress *now);
// Until the fit (or comparison) has ended. ERR_INTERNAL: it failed, the message says why.
int fit_wait_for(
    struct client *client, const char *id, bool quiet, json_t **ret_fit, struct err *err) MUST_CHECK;

#endif
