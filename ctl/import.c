#include "ctl/client.h"
#include "ctl/command.h"

#include "base/buf.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { UPLOAD_MAX_BYTES = 64 * 1024 * 1024 };

static const struct config_setting settings[] = {
    {"project", NULL, NULL, "the project's id (required)"},
    {"format", NULL, "plenum", "plenum, hh, trl or csv"},
    {"map", NULL, NULL,
        "csv: JSON file that says which columns are item, text, prompt, annotator, rating, attributes"},
    {"pool", NULL, NULL,
        "hh: name of the pool of annotators this file comes from (default: the file's name)"},
    {"pairs-per-annotator", NULL, NULL, "hh: cut the pool into annotators of so many pairs (marked as such)"},
    CLIENT_SETTINGS,
    {0},
};

static void add_query(struct buf *path, const char *name, const char *value)
{
    buf_printf(path, "%c%s=", strchr(path->data, '?') == NULL ? '?' : '&', name);
    for (const unsigned char *c = (const unsigned char *)value; *c != '\0'; c++) {
        if (isalnum(*c) || strchr("-._~", *c) != NULL)
            buf_add_char(path, (char)*c);
        else
            buf_printf(path, "%%%02X", *c);
    }
}

static int add_map(struct buf *path, const char *file, struct err *err)
{
    json_error_t at;
    json_t *map = json_load_file(file, JSON_REJECT_DUPLICATES, &at);
    if (map == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: %s", file, at.line, at.text);
    char *text = json_dumps(map, JSON_COMPACT);
    add_query(path, "map", text);
    free(text);
    json_decref(map);
    return 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

// The file's name without folder and endings: "data/helpful.jsonl.gz" is the pool "helpful".
static char *pool_of(const char *file)
{
    const char *slash = strrchr(file, '/');
    char *name = strdup(slash != NULL ? slash + 1 : file);
    if (name == NULL)
        abort();
    name[strcspn(name, ".")] = '\0';
    return name;
}

static int build_path(const struct config *config, const char *file, struct buf *path, struct err *err)
{
    const char *format = config_text(config, "format"), *map = config_text(config, "map");
    buf_printf(path, "/api/v1/projects/%s/items", config_text(config, "project"));
    if (strcmp(format, "plenum") != 0)
        add_query(path, "format", format);
    if (map != NULL && add_map(path, map, err) < 0)
        return err->code;
    if (strcmp(format, "hh") == 0 || strcmp(format, "trl") == 0) {
        const char *pool = config_text(config, "pool");
        char *own = pool_of(file);
        add_query(path, "pool", pool != NULL ? pool : own);
        free(own);
        if (config_text(config, "pairs-per-annotator") != NULL)
            add_query(path, "pairs_per_annotator", config_text(config, "pairs-per-annotator"));
    }
    return buf_check(path) < 0 ? err_set(err, ERR_LIMIT, "the settings of the import are too long") : 0;
}

static int send_file(struct client *client, const struct config *config, const char *file,
    json_t **ret_report, struct err *err)
{
    FILE *in = fopen(file, "re");
    struct stat about;
    if (in == NULL || fstat(fileno(in), &about) != 0)
        return err_set_errno(err, "%s", file);
    int rc = 0;
    struct buf path;
    buf_init(&path, 8000);
    if (about.st_size > UPLOAD_MAX_BYTES)
        rc = err_set(err, ERR_LIMIT, "%s is over 64 MiB: cut it (split -C 60m)", file);
    if (rc == 0)
        rc = build_path(config, file, &path, err);
    if (rc == 0) {
        const char *encoding = ends_with(file, ".gz") ? "gzip" : ends_with(file, ".zst") ? "zstd" : NULL;
        bool csv = strcmp(config_text(config, "format"), "csv") == 0;
        rc = client_upload(
            client, path.data, in, csv ? "text/csv" : "application/x-ndjson", encoding, ret_report, err);
        if (rc < 0)
            err_prefix(err, "%s", file);
    }
    buf_release(&path);
    fclose(in);
    return rc;
}

int command_import(int argc, char **argv)
{
    int n_words = 0;
    struct err err = {0};
    struct config *config =
        command_parse(argc, argv, "import --project P [--format F] FILE...", settings, &n_words);
    struct client *client = NULL;
    if (n_words < 1 || config_text(config, "project") == NULL) {
        fprintf(stderr, "plenum import: needs --project and a file; see --help\n");
        config_free(config);
        return 2;
    }
    int status = 0;
    if (client_from_config(config, &client, &err) < 0)
        status = command_fail("import", &err);
    // A file that can't be sent, or a line that is refused, keeps no other file out; the status tells of each.
    for (int i = 1; i <= n_words && client != NULL; i++) {
        json_t *report = NULL;
        if (send_file(client, config, argv[i], &report, &err) < 0) {
            status = command_fail("import", &err);
            continue;
        }
        json_object_set_new(report, "file", json_string(argv[i]));
        json_dumpf(report, stdout, JSON_COMPACT);
        printf("\n");
        if (json_array_size(json_object_get(report, "rejected")) > 0)
            status = 1;
        json_decref(report);
    }
    client_free(client);
    config_free(config);
    return status;
}
