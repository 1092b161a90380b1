#include "ctl/client.h"
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"endpoint", NULL, NULL,
        "set: the whole address of an OpenAI-compatible endpoint, https://models.example/v1/embeddings"},
    {"model", NULL, NULL, "set: the embedding model"},
    {"dimensions", NULL, NULL, "set: how many numbers are asked for (default: as the model has them)"},
    {"key-file", NULL, NULL, "set: file with the endpoint's key; it is sealed, and shown to nobody again"},
    CLIENT_SETTINGS,
    {0},
};

static const char about[] =
    "embeddings set|show|retry|remove STUDY\n\n"
    "set: from now on the study's responses are sent to this endpoint, an outside party, for their embeddings; fits, exports and\n"
    "scores then use these (docs/studies.md). What people wrote themselves is never sent. show: how far it has come, and what went\n"
    "wrong. retry: ask again at once. remove: send nothing more, and forget the key; what was answered stays.";

// The first line of the file.
static int read_key(const char *path, json_t *request, struct err *err)
{
    FILE *in = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    if (in == NULL)
        return err_set_errno(err, "%s", path);
    ssize_t length = getline(&line, &size, in);
    fclose(in);
    if (length > 0)
        line[strcspn(line, "\r\n")] = '\0';
    int rc = length > 0 ? 0 : err_set(err, ERR_INVALID, "%s holds no key", path);
    if (rc == 0)
        json_object_set_new(request, "key", json_string(line));
    if (line != NULL)
        explicit_bzero(line, size);
    free(line);
    return rc;
}

static int read_request(const struct config *config, json_t *request, struct err *err)
{
    const char *endpoint = config_text(config, "endpoint"), *model = config_text(config, "model"),
               *key_file = config_text(config, "key-file");
    int64_t dimensions = 0;
    if (endpoint == NULL || model == NULL)
        return err_set(err, ERR_INVALID, "set needs --endpoint and --model");
    if (config_text(config, "dimensions") != NULL &&
        config_number(config, "dimensions", 1, 8192, &dimensions, err) < 0)
        return err->code;
    json_object_set_new(request, "url", json_string(endpoint));
    json_object_set_new(request, "model", json_string(model));
    if (dimensions > 0)
        json_object_set_new(request, "dimensions", json_integer(dimensions));
    return key_file != NULL ? read_key(key_file, request, err) : 0;
}

static int run(struct client *client, const struct config *config, int n_words, char **words, struct err *err)
{
    static const struct {
        const char *word, *method, *tail;
    } verbs[] = {
        {"show", "GET", ""}, {"set", "PUT", ""}, {"remove", "DELETE", ""}, {"retry", "POST", "/retry"}};
    size_t i = 0;
    while (n_words == 2 && i < ARRAY_SIZE(verbs) && strcmp(words[0], verbs[i].word) != 0)
        i++;
    if (n_words != 2 || i == ARRAY_SIZE(verbs)) {
        fprintf(
            stderr, "plenum embeddings: expected set, show, retry or remove, and a study's id; see --help\n");
        return 2;
    }
    char path[256];
    json_t *request = strcmp(words[0], "set") == 0 ? json_object() : NULL, *answer = NULL;
    snprintf(path, sizeof(path), "/api/v1/projects/%s/embeddings%s", words[1], verbs[i].tail);
    int rc = request != NULL ? read_request(config, request, err) : 0;
    if (rc == 0)
        rc = client_call(client, verbs[i].method, path, request, NULL, NULL, &answer, err);
    json_decref(request);
    if (rc < 0)
        return command_fail("embeddings", err);
    command_print(answer);
    return 0;
}

int command_embeddings(int argc, char **argv)
{
    int n_words = 0;
    struct config *config = command_parse(argc, argv, about, settings, &n_words);
    struct client *client = NULL;
    struct err err = {0};
    if (client_from_config(config, &client, &err) < 0) {
        config_free(config);
        return command_fail("embeddings", &err);
    }
    int status = run(client, config, n_words, argv + 1, &err);
    client_free(client);
    config_free(config);
    return status;
}
