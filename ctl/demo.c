#include "ctl/demo.h"

#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/program.h"
#include "ctl/simulate.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Visitors of a demonstration come with one link; it never gives a ballot outside of it.
enum { VISITORS_MAX = 100000, FIT_POLL_US = 200000, FIT_WAIT_S = 300 };

struct demo {
    const struct demo_options *options;
    json_t *study;
    char project[64], community[64], url[PATH_MAX];
};

static void step(const struct demo *demo, const char *format, ...) PRINTF_LIKE(2, 3);
static void step(const struct demo *demo, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    demo->options->step(demo->options->arg, text);
}

// The file of the demonstration's folder that study.json names under `key`, or `name` itself.
static void path_of(const struct demo *demo, const char *name, char path[PATH_MAX])
{
    snprintf(path, PATH_MAX, "%s/%s", demo->options->folder, name);
}

static int load_json(const struct demo *demo, const char *name, json_t **ret_json, struct err *err)
{
    char path[PATH_MAX];
    json_error_t at;
    path_of(demo, name, path);
    *ret_json = json_load_file(path, JSON_REJECT_DUPLICATES, &at);
    return *ret_json != NULL ? 0 : err_set(err, ERR_INVALID, "%s:%d: %s", path, at.line, at.text);
}

// POST; takes `request`; copies "id" of the answer when `ret_id` is given.
static int post(const struct demo *demo, struct client *client, const char *path, json_t *request,
    char ret_id[64], struct err *err)
{
    char key[37];
    json_t *answer = NULL;
    client_new_key(key);
    (void)demo;
    int rc = client_call(client, "POST", path, request, key, NULL, &answer, err);
    json_decref(request);
    const char *id = json_string_value(json_object_get(answer, "id"));
    if (rc == 0 && ret_id != NULL && (id == NULL || snprintf(ret_id, 64, "%s", id) >= 64))
        rc = err_set(err, ERR_INVALID, "%s answered without an id", path);
    json_decref(answer);
    return rc < 0 ? err_prefix(err, "%s", path) : 0;
}

static int load_community(struct demo *demo, struct err *err)
{
    struct client *client = demo->options->client;
    json_t *constitution = NULL;
    char path[256];
    int rc = load_json(demo, "constitution.json", &constitution, err);
    if (rc < 0)
        return rc;
    rc = post(demo, client, "/api/v1/communities",
        // Visitors come after the vote has opened, and are to have one.
        json_pack("{s:O, s:s, s:s, s:{s:s}}", "name", json_object_get(constitution, "name"), "visibility",
            "public", "admission", "open", "rule", "electorate", "until_close"),
        demo->community, err);
    snprintf(path, sizeof(path), "/api/v1/communities/%s/constitution", demo->community);
    if (rc == 0)
        rc = post(demo, client, path, json_incref(constitution), NULL, err);
    json_decref(constitution);
    if (rc == 0)
        step(demo, "the demonstration's constitution");
    return rc;
}

static int load_project(struct demo *demo, struct err *err)
{
    struct client *client = demo->options->client;
    json_t *request = json_deep_copy(json_object_get(demo->study, "project")), *report = NULL;
    json_object_set(request, "consent", json_object_get(demo->study, "consent"));
    json_object_set(request, "warning", json_object_get(demo->study, "warning"));
    json_object_set_new(request, "community", json_string(demo->community));
    int rc = post(demo, client, "/api/v1/projects", request, demo->project, err);
    if (rc < 0)
        return rc;
    char path[256], file[PATH_MAX];
    snprintf(path, sizeof(path), "/api/v1/projects/%s/items", demo->project);
    path_of(demo, "items.jsonl", file);
    FILE *in = fopen(file, "re");
    if (in == NULL)
        return err_set_errno(err, "%s", file);
    rc = client_upload(client, path, in, "application/x-ndjson", NULL, &report, err);
    fclose(in);
    if (rc < 0)
        return err_prefix(err, "%s", path);
    json_int_t accepted = json_integer_value(json_object_get(report, "accepted"));
    size_t rejected = json_array_size(json_object_get(report, "rejected"));
    json_decref(report);
    if (rejected > 0)
        return err_set(err, ERR_INVALID, "%zu lines of %s were rejected", rejected, file);
    step(demo, "the demonstration's study with %d items", (int)accepted);
    return 0;
}

static int invite(const struct demo *demo, int max_uses, char code[128], struct err *err)
{
    char path[256];
    json_t *answer = NULL, *request = json_pack("{s:i}", "max_uses", max_uses);
    snprintf(path, sizeof(path), "/api/v1/projects/%s/invitations", demo->project);
    int rc = client_call(demo->options->client, "POST", path, request, NULL, NULL, &answer, err);
    json_decref(request);
    const char *text = json_string_value(json_object_get(answer, "code"));
    if (rc == 0 && (text == NULL || snprintf(code, 128, "%s", text) >= 128))
        rc = err_set(err, ERR_INVALID, "an invitation came without a code");
    json_decref(answer);
    return rc;
}

static int simulate(struct demo *demo, struct err *err)
{
    char annotators[PATH_MAX], items[PATH_MAX], code[128];
    json_t *plan = NULL;
    path_of(demo, "annotators.json", annotators);
    path_of(demo, "items.jsonl", items);
    int rc = load_json(demo, "annotators.json", &plan, err);
    if (rc < 0)
        return rc;
    int n = (int)json_array_size(json_object_get(plan, "annotators"));
    json_decref(plan);
    if ((rc = invite(demo, n, code, err)) < 0)
        return rc;
    struct simulate_options options = {.url = demo->options->url,
        .code = code,
        .project_id = demo->project,
        .annotators = annotators,
        .items = items,
        .seed = 1};
    struct simulate_result result;
    if ((rc = simulate_run(&options, &result, err)) < 0)
        return rc;
    step(
        demo, "%d simulated annotators made %d judgments", (int)result.n_annotators, (int)result.n_judgments);
    return 0;
}

// A member of its own proposes: the operator is not of the community.
static int propose(struct demo *demo, struct err *err)
{
    json_t *amendment = NULL, *answer = NULL, *request;
    char path[256], code[128];
    struct client *member = client_new(demo->options->url, NULL);
    int rc = load_json(demo, "amendment.json", &amendment, err);
    if (rc == 0)
        rc = invite(demo, 1, code, err);
    if (rc == 0) {
        request = json_pack("{s:s, s:b, s:{s:s}}", "code", code, "simulated", 1, "consent", "version", "1");
        rc = client_call(member, "POST", "/api/v1/join", request, NULL, NULL, &answer, err);
        json_decref(request);
    }
    if (rc == 0) {
        client_set_token(member, json_string_value(json_object_get(answer, "token")));
        snprintf(path, sizeof(path), "/api/v1/communities/%s/join", demo->community);
        rc = post(demo, member, path, json_object(), NULL, err);
    }
    if (rc == 0) {
        snprintf(path, sizeof(path), "/api/v1/communities/%s/amendments", demo->community);
        rc = post(demo, member, path, json_incref(amendment), NULL, err);
    }
    json_decref(answer);
    json_decref(amendment);
    client_free(member);
    if (rc == 0)
        step(demo, "one amendment is open for votes");
    return rc;
}

static int wait_for_fit(const struct demo *demo, const char *id, struct err *err)
{
    char path[256];
    snprintf(path, sizeof(path), "/api/v1/fits/%s", id);
    for (int waited_us = 0; waited_us / 1000000 < FIT_WAIT_S; waited_us += FIT_POLL_US) {
        json_t *fit = NULL;
        if (client_call(demo->options->client, "GET", path, NULL, NULL, NULL, &fit, err) < 0)
            return err->code;
        const char *state = json_string_value(json_object_get(fit, "state"));
        bool done = state != NULL && strcmp(state, "done") == 0;
        bool ended = done || state == NULL || strcmp(state, "failed") == 0 || strcmp(state, "cancelled") == 0;
        const char *why = json_string_value(json_object_get(fit, "error"));
        if (ended && !done)
            err_set(err, ERR_INTERNAL, "a fit did not succeed: %s", why != NULL ? why : "no reason given");
        json_decref(fit);
        if (ended)
            return done ? 0 : err->code;
        usleep(FIT_POLL_US);
    }
    return err_set(err, ERR_IO, "a fit was not done after %d s", FIT_WAIT_S);
}

static int fit(struct demo *demo, struct err *err)
{
    static const char *const methods[] = {"pooled", "maxmin", "jury"};
    char path[256], ids[ARRAY_SIZE(methods)][64];
    int rc = 0;
    snprintf(path, sizeof(path), "/api/v1/projects/%s/fits", demo->project);
    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(methods); i++)
        rc = post(demo, demo->options->client, path, json_pack("{s:s}", "method", methods[i]), ids[i], err);
    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(methods); i++) {
        rc = wait_for_fit(demo, ids[i], err);
        if (rc == 0)
            step(demo, "fitted: %s", methods[i]);
    }
    return rc;
}

static int write_mark(struct demo *demo, struct err *err)
{
    char code[128], temporary[PATH_MAX + 8];
    int rc = invite(demo, VISITORS_MAX, code, err);
    if (rc < 0)
        return rc;
    json_t *mark = json_pack("{s:s, s:s, s:s, s:b}", "project_id", demo->project, "community_id",
        demo->community, "invitation_code", code, "simulated", 1);
    snprintf(temporary, sizeof(temporary), "%s.part", demo->options->mark);
    rc = json_dump_file(mark, temporary, JSON_INDENT(2));
    json_decref(mark);
    // The coordinator may run as another user: it reads what the operator's supervisor wrote.
    struct stat folder_about;
    char folder[PATH_MAX];
    snprintf(folder, sizeof(folder), "%s", demo->options->mark);
    *strrchr(folder, '/') = '\0';
    if (rc != 0 || stat(folder, &folder_about) != 0 ||
        (geteuid() == 0 && chown(temporary, folder_about.st_uid, folder_about.st_gid) != 0) ||
        rename(temporary, demo->options->mark) != 0)
        return err_set_errno(err, "%s", demo->options->mark);
    return 0;
}

int demo_load(const struct demo_options *options, struct err *err)
{
    struct demo demo = {.options = options};
    int rc = load_json(&demo, "study.json", &demo.study, err);
    if (rc == 0)
        rc = load_community(&demo, err);
    if (rc == 0)
        rc = load_project(&demo, err);
    if (rc == 0)
        rc = simulate(&demo, err);
    if (rc == 0)
        rc = propose(&demo, err);
    if (rc == 0 && options->with_fits)
        rc = fit(&demo, err);
    if (rc == 0)
        rc = write_mark(&demo, err);
    json_decref(demo.study);
    return rc < 0 ? err_prefix(err, "demonstration study") : 0;
}

// --- the command -----------------------------------------------------------------------------------------------------
static const struct config_setting settings[] = {
    {"fits", NULL, "on", "off: ask for no fits (there is no worker)"},
    CLIENT_SETTINGS,
    {0},
};

static void print_step(void *arg UNUSED, const char *what)
{
    fprintf(stderr, "%s\n", what);
}

// The study's id alone on stdout, so that a shell can keep it.
static int print_project(const char *mark, struct err *err)
{
    json_error_t at;
    json_t *loaded = json_load_file(mark, JSON_REJECT_DUPLICATES, &at);
    const char *id = json_string_value(json_object_get(loaded, "project_id"));
    if (id != NULL)
        printf("%s\n", id);
    json_decref(loaded);
    return id != NULL ? 0 : err_set(err, ERR_INVALID, "%s names no project", mark);
}

int command_demo(int argc, char **argv)
{
    int n_words = 0, status = 0;
    struct err err = {0};
    struct config *config = command_parse(argc, argv,
        "demo [--data FOLDER]\n\nLoads the demonstration study unless it is there, and prints its id.",
        settings, &n_words);
    struct client *client = NULL;
    char folder[PROGRAM_PATH_BYTES], mark[PATH_MAX];
    const char *data = config_text(config, "data");
    snprintf(mark, sizeof(mark), "%s/demo.json",
        data != NULL     ? data
        : geteuid() == 0 ? "/var/lib/plenum"
                         : "./var");
    if (!program_demo_folder(folder)) {
        err_set(&err, ERR_NOT_FOUND, "no demonstration study beside the program");
        status = command_fail("demo", &err);
    } else if (client_from_config(config, &client, &err) < 0) {
        status = command_fail("demo", &err);
    } else {
        struct demo_options options = {.url = config_text(config, "url"),
            .client = client,
            .folder = folder,
            .mark = mark,
            .with_fits = config_switch(config, "fits"),
            .step = print_step};
        int rc = access(mark, F_OK) == 0 ? 0 : demo_load(&options, &err);
        if (rc < 0 || print_project(mark, &err) < 0)
            status = command_fail("demo", &err);
    }
    client_free(client);
    config_free(config);
    return status;
}
