#include "ctl/client.h"
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"model", NULL, NULL, "the model's id (required unless in --file)"},
    {"prompt", NULL, NULL, "what was asked"},
    {"aggregate", NULL, NULL, "mean, maxmin, leximin, nash, lottery or jury"},
    {"jury", NULL, NULL,
        "who sits on it, as JSON: {\"seats\": [{\"attribute\": \"age\", \"value\": \"18-29\", \"count\": 12}]}"},
    {"file", NULL, NULL, "file with the whole request as JSON (- is standard input)"},
    CLIENT_SETTINGS,
    {0},
};

static int read_request(
    const struct config *config, int n_words, char **words, json_t **ret_request, struct err *err)
{
    const char *file = config_text(config, "file");
    json_error_t at;
    json_t *request = file == NULL             ? json_object()
                      : strcmp(file, "-") == 0 ? json_loadf(stdin, JSON_REJECT_DUPLICATES, &at)
                                               : json_load_file(file, JSON_REJECT_DUPLICATES, &at);
    if (request == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: %s", file, at.line, at.text);
    static const char *const names[] = {"model", "prompt", "aggregate"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (config_text(config, names[i]) != NULL)
            json_object_set_new(request, names[i], json_string(config_text(config, names[i])));
    }
    if (config_text(config, "jury") != NULL) {
        json_t *jury = json_loads(config_text(config, "jury"), JSON_REJECT_DUPLICATES, &at);
        if (jury == NULL) {
            json_decref(request);
            return err_set(err, ERR_INVALID, "--jury: %s", at.text);
        }
        json_object_set_new(request, "jury", jury);
    }
    if (n_words > 0) {
        json_t *candidates = json_array();
        for (int i = 0; i < n_words; i++)
            json_array_append_new(candidates, json_pack("{s:s}", "content", words[i]));
        json_object_set_new(request, "candidates", candidates);
    }
    *ret_request = request;
    return 0;
}

int command_score(int argc, char **argv)
{
    int n_words = 0, status = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv,
        "score --model M --prompt TEXT CANDIDATE... | score --file REQUEST.json", settings, &n_words);
    struct client *client = NULL;
    json_t *request = NULL, *answer = NULL;
    if (client_from_config(config, &client, &err) < 0 ||
        read_request(config, n_words, argv + 1, &request, &err) < 0 ||
        client_call(client, "POST", "/api/v1/score", request, NULL, NULL, &answer, &err) < 0) {
        status = command_fail("score", &err);
    } else {
        command_print(answer);
    }
    json_decref(request);
    client_free(client);
    config_free(config);
    return status;
}
