#include "ctl/client.h"
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"project", NULL, NULL, "list, latest: the project's id"},
    {"method", NULL, NULL, "latest: of this method alone"},
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
    } else {
        fprintf(
            stderr, "plenum model: expected show ID, list --project P or latest --project P; see --help\n");
        return 2;
    }
    return rc < 0 ? command_fail("model", &err) : 0;
}

int command_model(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv,
        "model show ID | model list --project P | model latest --project P [--method M]", settings, &n_words);
    struct client *client = NULL;
    int status = client_from_config(config, &client, &err) < 0 ? command_fail("model", &err)
                                                               : run(client, config, n_words, argv + 1);
    client_free(client);
    config_free(config);
    return status;
}
