#include "coordinator/dataset/dataset.h"

#include "base/hash.h"
#include "coordinator/api.h"
#include "coordinator/dataset/exporter.h"
#include "coordinator/dataset/run.h"
#include "coordinator/dataset/view.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILTER_TAGS_MAX = 50, FILTER_TEXT_MAX = 100, LOOK_SECONDS = 10 };

// Shared by the loops, started and stopped with the room.
static struct exporter *exporter;

struct call {
    struct http_request *request;
    struct id project, export;
    int limit;
    char *answer; // to POST
    const char *name;
};

static struct call *call_new(struct http_request *request)
{
    struct call *call = arena_calloc(http_arena(request), 1, sizeof(*call));
    call->request = request;
    return call;
}

// --- POST ----------------------------------------------------------------------------------------------------------
static json_t *read_formats(struct fields *fields, const json_t *body)
{
    json_t *formats = fields_array(fields, body, "", "formats", FIELD_REQUIRED, 1, FORMATS_MAX), *one;
    size_t i;
    json_array_foreach(formats, i, one)
    {
        char pointer[48];
        snprintf(pointer, sizeof(pointer), "/formats/%zu", i);
        if (!json_is_string(one) || export_view_named(json_string_value(one)) == NULL)
            fields_fail(fields, pointer, "A format must be one of: plenum, trl, trl-implicit, csv, hh.");
        for (size_t j = 0; j < i; j++) {
            if (json_equal(one, json_array_get(formats, j)))
                fields_fail(fields, pointer, "Each format can be asked for once.");
        }
    }
    return formats;
}

static void read_tags(struct fields *fields, const json_t *filter)
{
    json_t *tags = fields_array(fields, filter, "/filter", "tags", FIELD_OPTIONAL, 1, FILTER_TAGS_MAX), *one;
    size_t i;
    json_array_foreach(tags, i, one)
    {
        char pointer[48];
        snprintf(pointer, sizeof(pointer), "/filter/tags/%zu", i);
        if (!json_is_string(one) || text_characters(json_string_value(one)) > FILTER_TEXT_MAX)
            fields_fail(fields, pointer, "A tag must be text of at most %d characters.", FILTER_TEXT_MAX);
    }
}

static void read_filter(struct fields *fields, const json_t *body)
{
    static const char *const sources[] = {"live", "import", NULL};
    static const char *const excluded[] = {"leave_out", "keep", NULL};
    const json_t *filter = fields_object(fields, body, "", "filter", FIELD_OPTIONAL);
    if (filter == NULL)
        return;
    fields_only(fields, filter, "/filter",
        FIELDS("language", "tags", "judged_from", "judged_before", "source", "excluded"));
    fields_text(fields, filter, "/filter", "language", FIELD_OPTIONAL, 1, FILTER_TEXT_MAX);
    fields_time(fields, filter, "/filter", "judged_from", FIELD_OPTIONAL);
    fields_time(fields, filter, "/filter", "judged_before", FIELD_OPTIONAL);
    fields_choice(fields, filter, "/filter", "source", FIELD_OPTIONAL, sources);
    fields_choice(fields, filter, "/filter", "excluded", FIELD_OPTIONAL, excluded);
    read_tags(fields, filter);
}

static void on_created(void *arg, const struct db_result *result)
{
    struct call *call = arg;
    struct http_request *request = call->request;
    struct loop *loop = http_context(request);
    if (api_db_failed(request, result))
        return;
    if (!db_bool(result, 0, 3)) {
        http_problem(request, 404, "There is no such project.");
        return;
    }
    enum api_key key = api_key_state(request, result);
    if (key == API_KEY_NEW)
        exporter_wake(exporter, loop);
    if (key != API_KEY_ANSWERED)
        http_reply_json_text(request, 202, key == API_KEY_NEW ? call->answer : db_text(result, 0, 2));
}

static void create_as(struct http_request *request, const struct actor *actor)
{
    struct loop *loop = http_context(request);
    struct call *call = call_new(request);
    struct fields fields;
    struct uuid key;
    bool has_key = false;
    json_t *body = http_body_json(request);
    if (body == NULL || !identity_param_id(request, "p", &call->project) ||
        !api_idempotency_key(request, false, &key, &has_key))
        return;
    fields_init(&fields);
    const json_t *formats = read_formats(&fields, body);
    read_filter(&fields, body);
    fields_only(&fields, body, "", FIELDS("formats", "filter"));
    if (!fields_finish(&fields, request))
        return;
    const json_t *filter = json_object_get(body, "filter");
    json_t *wanted = json_pack("{s:O, s:o}", "formats", formats, "filter",
        json_is_object(filter) ? json_deep_copy(filter) : json_object());
    json_t *answer = json_object();
    call->export = id_new(call->project.shard_key);
    json_object_set_new(answer, "id", json_id(call->export));
    json_object_set_new(answer, "state", json_string("queued"));
    char *wanted_text = json_canonical(wanted), *answer_text = json_canonical(answer);
    unsigned char hash[HASH_BYTES];
    api_request_hash(request, body, hash);
    call->answer = arena_strdup(http_arena(request), answer_text);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, call->project.shard_key);
    db_add_uuid(&params, call->export.uuid);
    db_add_uuid(&params, call->project.uuid);
    db_add_text(&params, wanted_text);
    db_add_uuid(&params, actor->person);
    if (has_key)
        db_add_uuid(&params, key);
    else
        db_add_null(&params);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_text(&params, answer_text);
    db_query(loop->db, DB_WRITE, has_key ? DB_RETRY_SAFE : 0, QUERY_DATASET_EXPORT_CREATE, &params,
        on_created, call);
    free(wanted_text);
    free(answer_text);
    json_decref(wanted);
    json_decref(answer);
}

// --- GET -----------------------------------------------------------------------------------------------------------
// Columns from `at`: state, request, error, created, finished.
static json_t *export_json(const struct db_result *result, int row, int at, struct id id)
{
    json_t *request = json_loads(db_text(result, row, at + 1), 0, NULL);
    json_t *json = json_object();
    json_object_set_new(json, "id", json_id(id));
    json_object_set_new(json, "state", json_string(db_text(result, row, at)));
    json_object_set(json, "formats", json_object_get(request, "formats"));
    json_object_set(json, "filter", json_object_get(request, "filter"));
    if (!db_is_null(result, row, at + 2))
        json_object_set_new(json, "error", json_string(db_text(result, row, at + 2)));
    json_object_set_new(json, "created_at", json_db_time(result, row, at + 3));
    json_object_set_new(json, "finished_at", json_db_time(result, row, at + 4));
    json_decref(request);
    return json;
}

static void on_list(void *arg, const struct db_result *result)
{
    struct call *call = arg;
    if (api_db_failed(call->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {.shard_key = call->project.shard_key};
    for (int i = 0; i < result->n_rows && i < call->limit; i++) {
        last.uuid = db_uuid(result, i, 0);
        json_array_append_new(rows, export_json(result, i, 1, last));
    }
    api_reply_page(call->request, rows, result->n_rows > call->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct loop *loop = http_context(request);
    struct call *call = call_new(request);
    struct uuid cursor;
    if (!identity_param_id(request, "p", &call->project) || !api_page(request, &call->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, call->project.shard_key);
    db_add_uuid(&params, cursor);
    db_add_number(&params, call->limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_DATASET_EXPORTS, &params, on_list, call);
}

static void on_shown(void *arg, const struct db_result *result)
{
    struct call *call = arg;
    if (api_db_failed(call->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(call->request, 404, "There is no such export.");
        return;
    }
    json_t *json = export_json(result, 0, 0, call->export);
    if (!db_is_null(result, 0, 5))
        json_object_set_new(json, "manifest", json_loads(db_text(result, 0, 5), 0, NULL));
    http_reply_json(call->request, 200, json);
}

static void show_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct loop *loop = http_context(request);
    struct call *call = call_new(request);
    if (!identity_param_id(request, "e", &call->export))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, call->export.shard_key);
    db_add_uuid(&params, call->export.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_DATASET_EXPORT, &params, on_shown, call);
}

// --- files ---------------------------------------------------------------------------------------------------------
static const char *media_type(const char *name)
{
    static const char *const types[][2] = {{".md", "text/markdown; charset=utf-8"},
        {".json", "application/json"}, {".jsonl", "application/x-ndjson"},
        {".csv", "text/csv; charset=utf-8"}, {".zst", "application/zstd"}};
    const char *end = strrchr(name, '.');
    for (size_t i = 0; end != NULL && i < ARRAY_SIZE(types); i++) {
        if (strcmp(end, types[i][0]) == 0)
            return types[i][1];
    }
    return "application/octet-stream";
}

// The manifest has the name, so it is one of those that we gave.
static void on_file(void *arg, const struct db_result *result)
{
    struct call *call = arg;
    const struct loop *loop = http_context(call->request);
    char path[EXPORT_FOLDER_MAX_BYTES + 256], folder[EXPORT_FOLDER_MAX_BYTES];
    struct stat about;
    struct err err;
    if (api_db_failed(call->request, result))
        return;
    if (result->n_rows == 0 || export_folder(loop->app->data_folder, call->export, folder, &err) < 0) {
        http_problem(call->request, 404, "The export has no such file, or is not done.");
        return;
    }
    snprintf(path, sizeof(path), "%s/%.200s", folder, call->name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fstat(fd, &about) != 0 || about.st_size != db_number(result, 0, 0)) {
        if (fd >= 0)
            close(fd);
        http_problem(call->request, 410, "The file was made, but is no longer here as it was.");
        return;
    }
    http_reply_header(call->request, "Content-Disposition",
        arena_printf(http_arena(call->request), "attachment; filename=\"%s\"", call->name));
    http_reply_file(call->request, 200, media_type(call->name), fd, (uint64_t)about.st_size);
}

static void file_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct loop *loop = http_context(request);
    struct call *call = call_new(request);
    if (!identity_param_id(request, "e", &call->export))
        return;
    call->name = http_param(request, "name");
    if (strchr(call->name, '/') != NULL || call->name[0] == '.' || strlen(call->name) > 200) {
        http_problem(request, 404, "The export has no such file, or is not done.");
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, call->export.shard_key);
    db_add_uuid(&params, call->export.uuid);
    db_add_text(&params, call->name);
    db_query(loop->db, DB_READ, 0, QUERY_DATASET_EXPORT_FILE, &params, on_file, call);
}

static void of_project(
    struct http_request *request, void (*then)(struct http_request *, const struct actor *))
{
    struct id id;
    if (identity_param_id(request, "p", &id))
        identity_require(request, ACTION_MANAGE_PROJECT, &id, then);
}

static void of_export(struct http_request *request, void (*then)(struct http_request *, const struct actor *))
{
    struct id id;
    if (identity_param_id(request, "e", &id))
        identity_require(request, ACTION_MANAGE_PROJECT, &id, then);
}

static void create(struct http_request *request)
{
    of_project(request, create_as);
}

static void list(struct http_request *request)
{
    of_project(request, list_as);
}

static void show(struct http_request *request)
{
    of_export(request, show_as);
}

static void file(struct http_request *request)
{
    of_export(request, file_as);
}

static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/exports",
        .handle = create,
        .class = HTTP_CLASS_BULK,
        .cost = 20},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/exports", .handle = list, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET, .pattern = "/api/v1/exports/{e}", .handle = show, .class = HTTP_CLASS_READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/exports/{e}/files/{name}",
        .handle = file,
        .class = HTTP_CLASS_BULK},
    {0},
};

// --- the room ------------------------------------------------------------------------------------------------------
static void on_queued(void *arg, const struct db_result *result)
{
    if (result->status == DB_OK && result->n_rows > 0)
        exporter_wake(exporter, arg);
}

static void look(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct loop *loop = arg;
    db_query(loop->db, DB_READ, 0, QUERY_DATASET_QUEUED, NULL, on_queued, loop);
}

static struct event *timer;

static int start(struct app *app, struct err *err)
{
    return exporter_start(app, &exporter, err);
}

// One loop looks at the queue now and then: for what was left over, and what other coordinators could not take.
static int loop_start(struct loop *loop, struct err *err)
{
    static const struct timeval interval = {.tv_sec = LOOK_SECONDS};
    if (loop->index != 0)
        return 0;
    timer = event_new(loop->base, -1, EV_PERSIST, look, loop);
    if (timer == NULL || event_add(timer, &interval) != 0)
        return err_set(err, ERR_INTERNAL, "no timer");
    event_active(timer, EV_TIMEOUT, 0);
    return 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index != 0)
        return;
    event_free(timer);
    timer = NULL;
}

static void stop(struct app *app UNUSED)
{
    exporter_stop(exporter);
}

const struct room dataset_room = {
    .name = "dataset",
    .routes = routes,
    .start = start,
    .loop_start = loop_start,
    .loop_stop = loop_stop,
    .stop = stop,
};
