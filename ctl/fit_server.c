#include "ctl/fit_server.h"

#include "base/clock.h"
#include "ctl/client.h"
#include "ctl/command.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { POLL_US = 250000, SHOW_EVERY_US = 5000000 };

static json_t *request_of(const struct config *config)
{
    json_t *options = json_object();
    const char *seed = config_text(config, "seed"), *clusters = config_text(config, "clusters");
    if (strcmp(seed, "1") != 0)
        json_object_set_new(options, "seed", json_integer(strtoll(seed, NULL, 10)));
    if (strcmp(clusters, "0") != 0)
        json_object_set_new(options, "clusters", json_integer(strtoll(clusters, NULL, 10)));
    if (config_switch(config, "hard"))
        json_object_set_new(options, "hard", json_true());
    if (!config_switch(config, "style"))
        json_object_set_new(options, "style", json_false());
    json_t *request = json_pack("{s:s, s:s*}", "method", config_text(config, "method"), "attribute",
        config_text(config, "attribute"));
    if (config_text(config, "from") != NULL)
        json_object_set_new(request, "from", json_string(config_text(config, "from")));
    if (json_object_size(options) > 0)
        json_object_set(request, "options", options);
    json_decref(options);
    return request;
}

void fit_show(struct fit_shown *shown, const struct fit_progress *now)
{
    int64_t at_us = clock_monotonic_us();
    if (strcmp(shown->phase, now->phase) == 0 && at_us - shown->at_us < SHOW_EVERY_US)
        return;
    snprintf(shown->phase, sizeof(shown->phase), "%s", now->phase);
    shown->at_us = at_us;
    fprintf(stderr, "%3.0f %% %s", 100 * now->fraction, now->phase);
    if (isfinite(now->loss))
        fprintf(stderr, ", loss %.4f", now->loss);
    if (isfinite(now->left_s))
        fprintf(stderr, ", about %.0f s left", ceil(now->left_s));
    fputc('\n', stderr);
}

static double number_or_none(const json_t *json, const char *name)
{
    const json_t *number = json_object_get(json, name);
    return json_is_number(number) ? json_number_value(number) : NAN;
}

static void show(const json_t *fit, struct fit_shown *shown)
{
    const json_t *progress = json_object_get(fit, "progress");
    const char *phase = json_string_value(json_object_get(progress, "phase"));
    char now[96];
    snprintf(now, sizeof(now), "%s: %s", json_string_value(json_object_get(fit, "state")),
        phase != NULL ? phase : "waiting for a worker");
    fit_show(shown, &(struct fit_progress){.phase = now,
                        .fraction = json_number_value(json_object_get(progress, "fraction")),
                        .loss = number_or_none(progress, "loss"),
                        .left_s = number_or_none(progress, "left_s")});
}

int fit_wait_for(struct client *client, const char *id, bool quiet, json_t **ret_fit, struct err *err)
{
    struct fit_shown shown = {.phase = ""};
    char path[256];
    snprintf(path, sizeof(path), "/api/v1/fits/%s", id);
    for (;;) {
        json_t *fit = NULL;
        if (client_call(client, "GET", path, NULL, NULL, NULL, &fit, err) < 0)
            return err->code;
        const char *state = json_string_value(json_object_get(fit, "state"));
        if (state == NULL || strcmp(state, "failed") == 0 || strcmp(state, "cancelled") == 0) {
            const char *why = json_string_value(json_object_get(fit, "error"));
            int rc = err_set(err, ERR_INTERNAL, "the fit %s: %s", state != NULL ? state : "is in no state",
                why != NULL ? why : "no reason given");
            json_decref(fit);
            return rc;
        }
        if (strcmp(state, "done") == 0) {
            *ret_fit = fit;
            return 0;
        }
        if (!quiet)
            show(fit, &shown);
        json_decref(fit);
        usleep(POLL_US);
    }
}

int fit_on_server(const struct config *config, struct err *err)
{
    struct client *client = NULL;
    int rc = client_from_config(config, &client, err);
    if (rc < 0)
        return rc;
    char path[256], key[37];
    json_t *request = request_of(config), *fit = NULL;
    snprintf(path, sizeof(path), "/api/v1/projects/%s/fits", config_text(config, "project"));
    client_new_key(key);
    rc = client_call(client, "POST", path, request, key, NULL, &fit, err);
    json_decref(request);
    const char *id = json_string_value(json_object_get(fit, "id"));
    json_t *done = NULL;
    if (rc == 0)
        rc = id != NULL ? fit_wait_for(client, id, config_switch(config, "quiet"), &done, err)
                        : err_set(err, ERR_INVALID, "the answer names no fit");
    command_print(done);
    json_decref(fit);
    client_free(client);
    return rc;
}
