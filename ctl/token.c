#include "ctl/client.h"
#include "ctl/command.h"

#include <string.h>

static const struct config_setting settings[] = {
    {"name", NULL, "command line", "what the token is for"},
    {"role", NULL, "researcher", "researcher, reviewer, service or operator"},
    {"project", NULL, NULL, "bind it to one project"},
    {"expires-at", NULL, NULL, "RFC 3339 time"},
    {"json", NULL, "off", "create: the whole answer, not the token alone"},
    CLIENT_SETTINGS,
    {0},
};

// The secret alone on stdout, so that a shell can keep it; the rest is for the reader.
static void print_made(json_t *answer)
{
    const char *secret = json_string_value(json_object_get(answer, "token"));
    const char *id = json_string_value(json_object_get(answer, "id"));
    printf("%s\n", secret != NULL ? secret : "");
    fprintf(stderr, "shown this once; to take it back: plenum token revoke %s\n", id != NULL ? id : "ID");
    json_decref(answer);
}

static int run(struct client *client, const struct config *config, int n_words, char **words)
{
    struct err err = {0};
    json_t *answer = NULL, *request = NULL;
    char path[256] = "/api/v1/tokens";
    const char *method = "GET";
    if (n_words == 1 && strcmp(words[0], "create") == 0) {
        method = "POST";
        request = json_pack("{s:s, s:[s], s:s*, s:s*}", "name", config_text(config, "name"), "scopes",
            config_text(config, "role"), "project", config_text(config, "project"), "expires_at",
            config_text(config, "expires-at"));
    } else if (n_words == 2 && strcmp(words[0], "revoke") == 0) {
        method = "DELETE";
        snprintf(path, sizeof(path), "/api/v1/tokens/%s", words[1]);
    } else if (n_words != 1 || strcmp(words[0], "list") != 0) {
        fprintf(stderr, "plenum token: expected create, list or revoke ID; see --help\n");
        return 2;
    }
    bool prints_secret = request != NULL && !config_switch(config, "json");
    int rc = client_call(client, method, path, request, NULL, NULL, &answer, &err);
    json_decref(request);
    if (rc < 0)
        return command_fail("token", &err);
    if (prints_secret)
        print_made(answer);
    else
        command_print(answer);
    return 0;
}

int command_token(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv, "token create|list|revoke ID", settings, &n_words);
    struct client *client = NULL;
    int status = client_from_config(config, &client, &err) < 0 ? command_fail("token", &err)
                                                               : run(client, config, n_words, argv + 1);
    client_free(client);
    config_free(config);
    return status;
}
