#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/fit_server.h"
#include "ctl/judgments.h"
#include "worker/fit/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"project", NULL, NULL, "list, latest: the project's id"},
    {"method", NULL, NULL, "latest: of this method alone"},
    {"file", NULL, NULL,
        "compare: without a server, judgments as plenum fit reads them; A and B are then artefact files"},
    {"dimension", NULL, NULL, "compare: which ratings are the preference, where there are several"},
    {"quiet", NULL, "off", "compare: no progress on stderr"},
    CLIENT_SETTINGS,
    {0},
};

enum { PATH_BYTES = 256 };

static int get_and_print(struct client *client, const char *path, struct err *err)
{
    json_t *answer = NULL;
    int rc = client_call(client, "GET", path, NULL, NULL, NULL, &answer, err);
    command_print(answer);
    return rc;
}

// The id alone, so that a shell can keep it: of the 200 newest, which are listed newest first.
static int print_latest(struct client *client, const struct config *config, const char *path, struct err *err)
{
    const char *method = config_text(config, "method");
    json_t *answer = NULL, *model;
    bool found = false;
    size_t i;
    if (client_call(client, "GET", path, NULL, NULL, NULL, &answer, err) < 0)
        return err->code;
    json_array_foreach(json_object_get(answer, "data"), i, model)
    {
        const char *id = json_string_value(json_object_get(model, "id"));
        const char *its_method = json_string_value(json_object_get(model, "method"));
        found = id != NULL && its_method != NULL && (method == NULL || strcmp(method, its_method) == 0);
        if (found) {
            printf("%s\n", id);
            break;
        }
    }
    json_decref(answer);
    return found ? 0
                 : err_set(err, ERR_NOT_FOUND, "the project has no %s model yet; plenum fit makes one",
                       method != NULL ? method : "fitted");
}

// Both as they are served, on what neither has learnt from (worker/fit/compare.h).
static int compare_files(const struct config *config, char **words, struct err *err)
{
    const char *dimension = config_text(config, "dimension");
    struct artefact *a = artefact_open(words[0], err), *b = a != NULL ? artefact_open(words[1], err) : NULL;
    struct judgments *judgments =
        b != NULL ? judgments_read(config_text(config, "file"), dimension != NULL ? dimension : "", true, err)
                  : NULL;
    const struct fit_options options = {.method = FIT_POOLED, .seed = 1};
    struct fit_result result = {0};
    int rc =
        judgments != NULL ? compare_run(judgments_data(judgments), a, b, &options, &result, err) : err->code;
    if (rc == 0)
        command_print(json_loads(result.card, 0, NULL));
    fit_result_release(&result);
    judgments_free(judgments);
    artefact_close(a);
    artefact_close(b);
    return rc;
}

static int compare_on_server(
    struct client *client, const struct config *config, char **words, struct err *err)
{
    char path[PATH_BYTES], key[37];
    json_t *request =
               json_pack("{s:s, s:s*}", "with", words[1], "dimension", config_text(config, "dimension")),
           *fit = NULL, *done = NULL;
    snprintf(path, sizeof(path), "/api/v1/models/%.64s/comparisons", words[0]);
    client_new_key(key);
    int rc = client_call(client, "POST", path, request, key, NULL, &fit, err);
    const char *id = json_string_value(json_object_get(fit, "id"));
    if (rc == 0)
        rc = id != NULL ? fit_wait_for(client, id, config_switch(config, "quiet"), &done, err)
                        : err_set(err, ERR_INVALID, "the answer names no comparison");
    command_print(json_incref(json_object_get(done, "metrics")));
    json_decref(done);
    json_decref(fit);
    json_decref(request);
    return rc;
}

static int run(struct client *client, const struct config *config, int n_words, char **words)
{
    struct err err = {0};
    char path[PATH_BYTES];
    const char *project = config_text(config, "project");
    int rc;
    snprintf(path, sizeof(path), "/api/v1/projects/%.64s/models?limit=200", project != NULL ? project : "");
    if (n_words == 2 && strcmp(words[0], "show") == 0) {
        snprintf(path, sizeof(path), "/api/v1/models/%.64s", words[1]);
        rc = get_and_print(client, path, &err);
    } else if (n_words == 1 && strcmp(words[0], "list") == 0 && project != NULL) {
        rc = get_and_print(client, path, &err);
    } else if (n_words == 1 && strcmp(words[0], "latest") == 0 && project != NULL) {
        rc = print_latest(client, config, path, &err);
    } else if (n_words == 3 && strcmp(words[0], "compare") == 0) {
        rc = compare_on_server(client, config, words + 1, &err);
    } else {
        fprintf(stderr,
            "plenum model: expected show ID, list --project P, latest --project P or compare A B; see --help\n");
        return 2;
    }
    return rc < 0 ? command_fail("model", &err) : 0;
}

int command_model(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv,
        "model show ID | model list --project P | model latest --project P [--method M] | model compare A B [--file FILE]",
        settings, &n_words);
    struct client *client = NULL;
    if (config_text(config, "file") != NULL) {
        bool is_asked = n_words == 3 && strcmp(argv[1], "compare") == 0;
        int failed = is_asked ? compare_files(config, argv + 2, &err)
                              : err_set(&err, ERR_INVALID, "--file is for compare A.artefact B.artefact");
        config_free(config);
        return failed ? command_fail("model", &err) : 0;
    }
    int status = client_from_config(config, &client, &err) < 0 ? command_fail("model", &err)
                                                               : run(client, config, n_words, argv + 1);
    client_free(client);
    config_free(config);
    return status;
}
