#include "ctl/client.h"
#include "ctl/command.h"

#include <stdio.h>
#include <string.h>

static const struct config_setting settings[] = {
    CLIENT_SETTINGS,
    {0},
};

// The token goes to whoever starts the worker: it is printed alone, so that a script can take it.
static int enrol(struct client *client)
{
    struct err err = {0};
    json_t *answer = NULL;
    if (client_call(client, "POST", "/api/v1/workers/enrolments", NULL, NULL, NULL, &answer, &err) < 0)
        return command_fail("worker", &err);
    const char *token = json_string_value(json_object_get(answer, "token"));
    const char *expires = json_string_value(json_object_get(answer, "expires_at"));
    printf("%s\n", token != NULL ? token : "");
    fprintf(stderr,
        "good once, until %s; on the worker's machine:\n"
        "  plenum-worker enrol --coordinator HOST:PORT --keys FOLDER --enrolment-token TOKEN\n",
        expires != NULL ? expires : "?");
    json_decref(answer);
    return 0;
}

static int call(struct client *client, const char *method, const char *path)
{
    struct err err = {0};
    json_t *answer = NULL;
    if (client_call(client, method, path, NULL, NULL, NULL, &answer, &err) < 0)
        return command_fail("worker", &err);
    command_print(answer);
    return 0;
}

static int run(struct client *client, int n_words, char **words)
{
    char path[256];
    if (n_words == 1 && strcmp(words[0], "enrol") == 0)
        return enrol(client);
    if (n_words == 1 && strcmp(words[0], "list") == 0)
        return call(client, "GET", "/api/v1/workers");
    if (n_words == 2 && strcmp(words[0], "revoke") == 0) {
        snprintf(path, sizeof(path), "/api/v1/workers/%.100s", words[1]);
        return call(client, "DELETE", path);
    }
    fprintf(stderr, "plenum worker: expected enrol, list or revoke ID; see --help\n");
    return 2;
}

int command_worker(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv, "worker enrol|list|revoke ID", settings, &n_words);
    struct client *client = NULL;
    int status = client_from_config(config, &client, &err) < 0 ? command_fail("worker", &err)
                                                               : run(client, n_words, argv + 1);
    client_free(client);
    config_free(config);
    return status;
}
