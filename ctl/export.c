#include "ctl/client.h"
#include "ctl/command.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct config_setting settings[] = {
    {"project", NULL, NULL, "the project's id (required)"},
    {"formats", NULL, "plenum", "comma-separated: plenum, trl, trl-implicit, csv, hh"},
    {"out", NULL, "export", "folder to put the files in"},
    CLIENT_SETTINGS,
    {0},
};

static json_t *formats_of(const char *text)
{
    json_t *formats = json_array();
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        if (length > 0)
            json_array_append_new(formats, json_stringn(text, length));
        text += length + (text[length] == ',');
    }
    return formats;
}

static int wait_done(struct client *client, const char *id, json_t **ret_export, struct err *err)
{
    char path[256];
    snprintf(path, sizeof(path), "/api/v1/exports/%s", id);
    for (;;) {
        json_t *export = NULL;
        if (client_call(client, "GET", path, NULL, NULL, NULL, &export, err) < 0)
            return err->code;
        const char *state = json_string_value(json_object_get(export, "state"));
        if (state != NULL && strcmp(state, "done") == 0) {
            *ret_export = export;
            return 0;
        }
        if (state == NULL || strcmp(state, "failed") == 0) {
            const char *why = json_string_value(json_object_get(export, "error"));
            int rc =
                err_set(err, ERR_INTERNAL, "the export failed: %s", why != NULL ? why : "no reason given");
            json_decref(export);
            return rc;
        }
        json_decref(export);
        usleep(100000);
    }
}

static int fetch(struct client *client, const char *id, const char *name, const char *folder, struct err *err)
{
    char url[512], path[PATH_MAX], part[PATH_MAX + 8];
    if (strchr(name, '/') != NULL)
        return err_set(err, ERR_INVALID, "the server names a file %s", name);
    snprintf(url, sizeof(url), "/api/v1/exports/%s/files/%s", id, name);
    snprintf(path, sizeof(path), "%s/%s", folder, name);
    snprintf(part, sizeof(part), "%s.part", path);
    FILE *out = fopen(part, "we");
    if (out == NULL)
        return err_set_errno(err, "%s", part);
    int rc = client_download(client, url, out, err);
    if (fclose(out) != 0 && rc == 0)
        rc = err_set_errno(err, "%s", part);
    if (rc == 0 && rename(part, path) != 0)
        rc = err_set_errno(err, "%s", path);
    return rc;
}

static int run(struct client *client, const struct config *config, struct err *err)
{
    char path[256];
    const char *folder = config_text(config, "out");
    snprintf(path, sizeof(path), "/api/v1/projects/%s/exports", config_text(config, "project"));
    json_t *request = json_pack("{s:o}", "formats", formats_of(config_text(config, "formats")));
    json_t *export = NULL;
    int rc = client_call(client, "POST", path, request, NULL, NULL, &export, err);
    json_decref(request);
    if (rc < 0)
        return rc;
    const char *from_server = json_string_value(json_object_get(export, "id"));
    char id[64];
    snprintf(id, sizeof(id), "%s", from_server != NULL ? from_server : "");
    json_decref(export);
    if ((rc = wait_done(client, id, &export, err)) < 0)
        return rc;
    if (mkdir(folder, 0777) != 0 && errno != EEXIST)
        return err_set_errno(err, "%s", folder);
    json_t *file, *manifest = json_object_get(export, "manifest");
    size_t i;
    json_array_foreach(json_object_get(manifest != NULL ? manifest : export, "files"), i, file)
    {
        const char *name = json_string_value(json_object_get(file, "name"));
        if (name == NULL || (rc = fetch(client, id, name, folder, err)) < 0)
            break;
        printf("%s/%s\n", folder, name);
    }
    json_decref(export);
    return rc;
}

int command_export(int argc, char **argv)
{
    int n_words = 0, status = 0;
    struct err err = {0};
    struct config *config =
        command_parse(argc, argv, "export --project P [--formats F,...] [--out FOLDER]", settings, &n_words);
    struct client *client = NULL;
    if (n_words > 0 || config_text(config, "project") == NULL) {
        fprintf(stderr, "plenum export: needs --project; see --help\n");
        status = 2;
    } else if (client_from_config(config, &client, &err) < 0 || run(client, config, &err) < 0) {
        status = command_fail("export", &err);
    }
    client_free(client);
    config_free(config);
    return status;
}
