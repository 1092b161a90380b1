#include "ctl/client.h"
#include "ctl/command.h"

#include <stdlib.h>
#include <string.h>

static const struct config_setting settings[] = {
    {"name", NULL, NULL, "the project's name"},
    {"judgments-per-item", NULL, NULL, "how many judgments each item wants (create: default 3)"},
    {"preset", NULL, NULL,
        "create: the task of a published protocol, such as hh, llama2 or prism (docs/tasks.md)"},
    {"guideline", NULL, NULL, "file with the guideline in Markdown"},
    {"file", NULL, NULL,
        "create, change: file with the whole request as JSON, quotas for instance; flags win over it"},
    {"max-uses", NULL, "1", "invite: how often the invitation can be used"},
    {"json", NULL, "off", "create, invite: the whole answer, not the id or the link alone"},
    CLIENT_SETTINGS,
    {0},
};

// What the next command needs goes to stdout alone, so that a shell can keep it; the rest is for the reader.
static void print_made(const struct config *config, json_t *answer, const char *member, const char *hint)
{
    const char *value = json_string_value(json_object_get(answer, member));
    if (value == NULL || config_switch(config, "json")) {
        command_print(answer);
        return;
    }
    printf("%s\n", value);
    fprintf(stderr, "%s\n", hint);
    json_decref(answer);
}

// Of a study to be made, or what changes of one.
static int read_request(const struct config *config, bool is_new, json_t **ret_request, struct err *err)
{
    const char *file = config_text(config, "file"), *guideline = config_text(config, "guideline");
    json_error_t at;
    json_t *request = file != NULL ? json_load_file(file, JSON_REJECT_DUPLICATES, &at) : json_object();
    if (request == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: %s", file, at.line, at.text);
    if (config_text(config, "name") != NULL)
        json_object_set_new(request, "name", json_string(config_text(config, "name")));
    if (config_text(config, "judgments-per-item") != NULL) {
        int64_t n = 0;
        if (config_number(config, "judgments-per-item", 1, 1000, &n, err) < 0) {
            json_decref(request);
            return err->code;
        }
        json_object_set_new(request, "judgments_per_item", json_integer(n));
    }
    const char *preset = config_text(config, "preset");
    if (is_new && json_object_get(request, "task") == NULL)
        json_object_set_new(
            request, "task", preset != NULL ? json_object() : json_pack("{s:s}", "kind", "pairwise"));
    if (preset != NULL)
        json_object_set_new(json_object_get(request, "task"), "preset", json_string(preset));
    if (guideline != NULL) {
        FILE *in = fopen(guideline, "re");
        char *text = NULL;
        size_t size = 0;
        if (in == NULL || getdelim(&text, &size, '\0', in) < 0) {
            json_decref(request);
            return err_set_errno(err, "%s", guideline);
        }
        fclose(in);
        json_object_set_new(request, "guideline", json_string(text));
        free(text);
    }
    *ret_request = request;
    return 0;
}

static int create(struct client *client, const struct config *config, struct err *err)
{
    json_t *request = NULL, *body = NULL;
    char key[37];
    client_new_key(key);
    if (read_request(config, true, &request, err) < 0)
        return command_fail("project", err);
    int rc = client_call(client, "POST", "/api/v1/projects", request, key, NULL, &body, err);
    json_decref(request);
    if (rc < 0)
        return command_fail("project", err);
    print_made(config, body, "id", "made; next: plenum import --project ID FILE, plenum project invite ID");
    return 0;
}

// The same again changes nothing.
static int change(struct client *client, const struct config *config, const char *project, struct err *err)
{
    char path[256];
    json_t *request = NULL, *answer = NULL;
    if (config_text(config, "preset") != NULL)
        err_set(err, ERR_INVALID, "a study keeps its task: --preset is for create");
    if (err->code != 0 || read_request(config, false, &request, err) < 0)
        return command_fail("project", err);
    snprintf(path, sizeof(path), "/api/v1/projects/%s", project);
    int rc = client_call(client, "PATCH", path, request, NULL, NULL, &answer, err);
    json_decref(request);
    if (rc < 0)
        return command_fail("project", err);
    command_print(answer);
    return 0;
}

static int invite(struct client *client, const struct config *config, const char *project, struct err *err)
{
    int64_t n = 0;
    char path[256], hint[64];
    json_t *answer = NULL;
    int rc = config_number(config, "max-uses", 1, 1000000, &n, err);
    snprintf(path, sizeof(path), "/api/v1/projects/%s/invitations", project);
    snprintf(hint, sizeof(hint), "good for %lld %s", (long long)n, n == 1 ? "person" : "people");
    json_t *request = json_pack("{s:I}", "max_uses", (json_int_t)n);
    if (rc == 0)
        rc = client_call(client, "POST", path, request, NULL, NULL, &answer, err);
    json_decref(request);
    if (rc < 0)
        return command_fail("project", err);
    print_made(config, answer, "url", hint);
    return 0;
}

static int get_and_print(struct client *client, const char *path, struct err *err)
{
    json_t *answer = NULL;
    if (client_call(client, "GET", path, NULL, NULL, NULL, &answer, err) < 0)
        return command_fail("project", err);
    command_print(answer);
    return 0;
}

static int run(struct client *client, const struct config *config, int n_words, char **words)
{
    struct err err = {0};
    char path[256];
    if (n_words == 1 && strcmp(words[0], "create") == 0)
        return create(client, config, &err);
    if (n_words == 1 && strcmp(words[0], "list") == 0)
        return get_and_print(client, "/api/v1/projects", &err);
    if (n_words == 2 && (strcmp(words[0], "show") == 0 || strcmp(words[0], "quality") == 0)) {
        snprintf(path, sizeof(path), "/api/v1/projects/%s%s", words[1], words[0][0] == 's' ? "" : "/quality");
        return get_and_print(client, path, &err);
    }
    if (n_words == 2 && strcmp(words[0], "change") == 0)
        return change(client, config, words[1], &err);
    if (n_words == 2 && strcmp(words[0], "invite") == 0)
        return invite(client, config, words[1], &err);
    fprintf(stderr,
        "plenum project: expected create, list, show ID, change ID, quality ID or invite ID; see --help\n");
    return 2;
}

int command_project(int argc, char **argv)
{
    int n_words = 0;
    struct config *config = command_parse(
        argc, argv, "project create|list|show ID|change ID|quality ID|invite ID", settings, &n_words);
    struct client *client = NULL;
    struct err err = {0};
    if (client_from_config(config, &client, &err) < 0) {
        config_free(config);
        return command_fail("project", &err);
    }
    int status = run(client, config, n_words, argv + 1);
    client_free(client);
    config_free(config);
    return status;
}
