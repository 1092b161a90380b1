#include "ctl/client.h"
#include "ctl/command.h"

#include <string.h>

static const struct config_setting settings[] = {
    {"community", NULL, NULL, "its name or id; load makes one of that name when there is none"},
    {"version", NULL, NULL, "show: which version (default: the latest)"},
    {"visibility", NULL, "public", "of a new community: public or members"},
    {"admission", NULL, "open", "of a new community: open or invitation"},
    {"rule", NULL, "majority", "of a new community: majority or two_thirds"},
    {"electorate", NULL, "at_opening", "of a new community: at_opening or until_close"},
    CLIENT_SETTINGS,
    {0},
};

enum { PATH_BYTES = 256, PAGES_MAX = 1000 };

// "" when there is none of that name or id; two of one name are an error.
static int find(struct client *client, const char *name, char id[64], struct err *err)
{
    char path[PATH_BYTES] = "/api/v1/communities?limit=200";
    id[0] = '\0';
    for (int page = 0; page < PAGES_MAX; page++) {
        json_t *body = NULL;
        if (client_call(client, "GET", path, NULL, NULL, NULL, &body, err) < 0)
            return err->code;
        const json_t *list = json_object_get(body, "data");
        int rc = 0;
        for (size_t i = 0; rc == 0 && i < json_array_size(list); i++) {
            const char *its_id = json_string_value(json_object_get(json_array_get(list, i), "id"));
            const char *its_name = json_string_value(json_object_get(json_array_get(list, i), "name"));
            if (its_id == NULL || its_name == NULL ||
                (strcmp(its_id, name) != 0 && strcmp(its_name, name) != 0))
                continue;
            if (id[0] != '\0')
                rc = err_set(
                    err, ERR_CONFLICT, "there are several communities of the name %s; give an id", name);
            snprintf(id, 64, "%s", its_id);
        }
        const char *cursor = json_string_value(json_object_get(body, "next_cursor"));
        snprintf(path, sizeof(path), "/api/v1/communities?limit=200&cursor=%s", cursor != NULL ? cursor : "");
        bool last = cursor == NULL;
        json_decref(body);
        if (rc < 0 || last)
            return rc;
    }
    return err_set(err, ERR_LIMIT, "there are too many communities; give an id");
}

static int create(struct client *client, const struct config *config, char id[64], struct err *err)
{
    char key[37];
    json_t *body = NULL;
    json_t *request = json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "name", config_text(config, "community"),
        "visibility", config_text(config, "visibility"), "admission", config_text(config, "admission"),
        "rule", "kind", config_text(config, "rule"), "electorate", config_text(config, "electorate"));
    client_new_key(key);
    int rc = client_call(client, "POST", "/api/v1/communities", request, key, NULL, &body, err);
    json_decref(request);
    if (rc == 0)
        snprintf(id, 64, "%s", json_string_value(json_object_get(body, "id")));
    json_decref(body);
    return rc;
}

static int print_answer(
    struct client *client, const char *method, const char *path, json_t *request, struct err *err)
{
    json_t *body = NULL;
    int rc = client_call(client, method, path, request, NULL, NULL, &body, err);
    command_print(body);
    return rc;
}

static int load(struct client *client, const struct config *config, const char *file, struct err *err)
{
    char id[64], path[PATH_BYTES];
    json_error_t at;
    json_t *document = json_load_file(file, JSON_REJECT_DUPLICATES, &at);
    if (document == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: %s", file, at.line, at.text);
    int rc = find(client, config_text(config, "community"), id, err);
    if (rc == 0 && id[0] == '\0')
        rc = create(client, config, id, err);
    snprintf(path, sizeof(path), "/api/v1/communities/%s/constitution", id);
    if (rc == 0)
        rc = print_answer(client, "POST", path, document, err);
    json_decref(document);
    return rc;
}

static int show(struct client *client, const struct config *config, struct err *err)
{
    char id[64], path[PATH_BYTES];
    const char *version = config_text(config, "version");
    int rc = find(client, config_text(config, "community"), id, err);
    if (rc == 0 && id[0] == '\0')
        return err_set(err, ERR_NOT_FOUND, "there is no community %s", config_text(config, "community"));
    snprintf(path, sizeof(path), "/api/v1/communities/%s/constitution%s%s", id,
        version != NULL ? "?version=" : "", version != NULL ? version : "");
    return rc == 0 ? print_answer(client, "GET", path, NULL, err) : rc;
}

int command_constitution(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config = command_parse(
        argc, argv, "constitution load --community NAME FILE | show --community NAME", settings, &n_words);
    struct client *client = NULL;
    bool loads = n_words == 2 && strcmp(argv[1], "load") == 0,
         shows = n_words == 1 && strcmp(argv[1], "show") == 0;
    if ((!loads && !shows) || config_text(config, "community") == NULL) {
        fprintf(
            stderr, "plenum constitution: expected load --community NAME FILE or show --community NAME\n");
        config_free(config);
        return 2;
    }
    int rc = client_from_config(config, &client, &err);
    if (rc == 0)
        rc = loads ? load(client, config, argv[2], &err) : show(client, config, &err);
    client_free(client);
    config_free(config);
    return rc < 0 ? command_fail("constitution", &err) : 0;
}
