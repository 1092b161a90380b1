#include "coordinator/dataset/run.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "coordinator/dataset/card.h"
#include "coordinator/dataset/edit.h"
#include "coordinator/dataset/item.h"
#include "coordinator/db/db.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct making {
    const struct export_job *job;
    struct export_run run;
    struct card_facts facts;
    char export_id[ID_TEXT_BYTES], project_id[ID_TEXT_BYTES];
    char *name;
    json_t *settings, *guidelines, *conditions, *filter;
    const struct export_view *views[FORMATS_MAX];
    void *states[FORMATS_MAX];
    size_t n_views;
};

// --- folders -------------------------------------------------------------------------------------------------------
int export_folder(const char *data_folder, struct id id, char path[EXPORT_FOLDER_MAX_BYTES], struct err *err)
{
    char text[ID_TEXT_BYTES];
    id_format(id, text);
    int length = snprintf(path, EXPORT_FOLDER_MAX_BYTES, "%s/exports/%s", data_folder, text);
    return length < EXPORT_FOLDER_MAX_BYTES ? 0
                                            : err_set(err, ERR_LIMIT, "the data folder's path is too long");
}

// A folder of ours: files, and no folders in it.
static int remove_folder(const char *path, struct err *err)
{
    DIR *folder = opendir(path);
    if (folder == NULL)
        return errno == ENOENT ? 0 : err_set_errno(err, "%s", path);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(folder), entry->d_name, 0);
    }
    closedir(folder);
    return rmdir(path) == 0 ? 0 : err_set_errno(err, "%s", path);
}

static int sync_folder(const char *path, struct err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd >= 0 && fsync(fd) == 0 ? 0 : err_set_errno(err, "%s", path);
    if (fd >= 0)
        close(fd);
    return rc;
}

static int publish(const char *data_folder, const char *part, const char *final, struct err *err)
{
    char exports[EXPORT_FOLDER_MAX_BYTES];
    snprintf(exports, sizeof(exports), "%s/exports", data_folder);
    // Made before by a run whose "done" was lost: the same files, so it may be replaced.
    int rc = sync_folder(part, err);
    if (rc == 0)
        rc = remove_folder(final, err);
    if (rc == 0 && rename(part, final) != 0)
        rc = err_set_errno(err, "%s", final);
    return rc == 0 ? sync_folder(exports, err) : rc;
}

// --- what is read --------------------------------------------------------------------------------------------------
static char *column_copy(const struct db_result *result, int column)
{
    char *text = strdup(db_text(result, 0, column));
    if (text == NULL)
        abort();
    return text;
}

static int read_project(struct making *making, struct db_session *session, struct err *err)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, making->job->id.shard_key);
    int rc = db_session_query(session, QUERY_DATASET_PROJECT, &params, &result, err);
    if (rc < 0)
        return rc;
    if (result.n_rows != 1)
        return err_set(err, ERR_NOT_FOUND, "the project is not there");
    id_format((struct id){.shard_key = making->job->id.shard_key, .uuid = db_uuid(&result, 0, 0)},
        making->project_id);
    making->name = column_copy(&result, 1);
    making->settings = json_loads(db_text(&result, 0, 2), 0, NULL);
    making->guidelines = json_loads(db_text(&result, 0, 5), 0, NULL);
    making->conditions = db_is_null(&result, 0, 9) ? NULL : json_loads(db_text(&result, 0, 9), 0, NULL);
    making->run.is_simulated = db_bool(&result, 0, 3);
    making->run.name = making->name;
    const char *excluded = json_string_value(json_object_get(making->filter, "excluded"));
    making->run.keeps_excluded = excluded != NULL && strcmp(excluded, "keep") == 0;
    const json_t *task = json_object_get(making->settings, "task");
    const char *kind = json_string_value(json_object_get(task, "kind"));
    const char *goal = json_string_value(json_object_get(task, "goal"));
    making->run.task = task;
    making->run.is_worse = goal != NULL && strcmp(goal, "worse") == 0;
    making->run.has_edits = edit_goes_out(json_string_value(json_object_get(task, "edit")));
    making->run.has_gold = json_object_get(making->settings, "onboarding") != NULL ||
                           json_object_get(making->settings, "attention_share") != NULL;
    making->run.keys = making->job->app->keys;
    making->facts = (struct card_facts){.export_id = making->export_id,
        .project_id = making->project_id,
        .language = json_string_value(json_object_get(making->settings, "language")),
        .task = kind != NULL ? kind : "",
        .guidelines = making->guidelines,
        .conditions = making->conditions,
        .filter = making->filter,
        .formats = json_object_get(making->job->request, "formats"),
        .created_us = making->job->created_us,
        .judgments_per_item = db_number(&result, 0, 4),
        .excluded_raters = db_number(&result, 0, 6),
        .has_community = !db_is_null(&result, 0, 7)};
    return 0;
}

// {"a","b"} as PostgreSQL writes an array.
static void add_array(struct buf *out, const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        buf_add_text(out, i == 0 ? "{\"" : ",\"");
        for (const char *c = json_string_value(json_array_get(list, i)); *c != '\0'; c++) {
            if (*c == '"' || *c == '\\')
                buf_add_char(out, '\\');
            buf_add_char(out, *c);
        }
        buf_add_char(out, '"');
    }
    buf_add_char(out, '}');
}

// The parameters that dataset_raters.sql and dataset_items.sql share. `tags` holds what they point at.
static void filter_params(const struct making *making, struct db_params *params, struct buf *tags)
{
    const json_t *list = json_object_get(making->filter, "tags");
    db_params_init(params);
    db_add_number(params, making->job->id.shard_key);
    db_add_text(params, json_string_value(json_object_get(making->filter, "language")));
    if (list != NULL)
        add_array(tags, list);
    db_add_text(params, list != NULL ? tags->data : NULL);
    db_add_text(params, json_string_value(json_object_get(making->filter, "judged_from")));
    db_add_text(params, json_string_value(json_object_get(making->filter, "judged_before")));
    db_add_text(params, json_string_value(json_object_get(making->filter, "source")));
    db_add_bool(params, making->run.keeps_excluded);
}

static int on_rater(void *arg, const struct db_result *row, struct err *err)
{
    struct making *making = arg;
    if (atomic_load(making->job->stopping))
        return err_set(err, ERR_CLOSED, "stopping");
    json_t *answers = NULL;
    if (!db_is_null(row, 0, 3)) {
        size_t size = 0;
        struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
        const unsigned char *sealed = db_bytes(row, 0, 3, arena, &size);
        answers = identity_open_demographics(making->job->app->keys, db_uuid(row, 0, 1), sealed, size);
        arena_free(arena);
    }
    int rc = release_add(&making->run.release, db_uuid(row, 0, 0), db_text(row, 0, 2),
        db_is_null(row, 0, 4) ? 0 : db_number(row, 0, 4), db_is_null(row, 0, 5) ? NULL : db_text(row, 0, 5),
        answers, err);
    json_decref(answers);
    return rc;
}

// Of an item that a person wrote; NULL: it was not sealed, or can't be opened any more.
static json_t *open_words(const struct making *making, const struct db_result *row)
{
    if (db_is_null(row, 0, 10))
        return NULL;
    size_t size = 0;
    struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
    const unsigned char *sealed = db_bytes(row, 0, 10, arena, &size);
    json_t *words = identity_open_words(making->job->app->keys, db_uuid(row, 0, 11), sealed, size);
    arena_free(arena);
    return words;
}

static int on_item(void *arg, const struct db_result *row, struct err *err)
{
    struct making *making = arg;
    struct export_item item;
    if (atomic_load(making->job->stopping))
        return err_set(err, ERR_CLOSED, "stopping");
    json_t *words = open_words(making, row);
    if (words == NULL && !db_is_null(row, 0, 10))
        return 0; // who wrote it has been erased
    int rc = item_read(&making->run, row, words, &item, err);
    json_decref(words);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < making->n_views; i++)
        making->views[i]->item(making->states[i], &making->run, &item);
    item_release(&item);
    return 0;
}

static int on_gold(void *arg, const struct db_result *row, struct err *err UNUSED)
{
    struct making *making = arg;
    struct export_judgment judgment;
    json_t *json = json_loads(db_text(row, 0, 1), 0, NULL);
    for (size_t i = 0; item_judgment(&making->run, json, &judgment) && i < making->n_views; i++) {
        if (making->views[i]->gold != NULL)
            making->views[i]->gold(making->states[i], db_text(row, 0, 0), &judgment);
    }
    json_decref(json);
    return 0;
}

// --- what is written -----------------------------------------------------------------------------------------------
static int open_views(struct making *making, struct err *err)
{
    const json_t *formats = json_object_get(making->job->request, "formats");
    for (size_t i = 0; i < json_array_size(formats); i++) {
        const struct export_view *view = export_view_named(json_string_value(json_array_get(formats, i)));
        if (view == NULL || making->n_views == FORMATS_MAX)
            return err_set(err, ERR_INVALID, "a format that is not known");
        making->views[making->n_views++] = view;
        if (view->open(&making->run, &making->states[making->n_views - 1], err) < 0)
            return err->code;
    }
    return 0;
}

// As fits choose (learn/dataset.c): the endpoint's embeddings where it has answered for all that was judged, else those that came with
// the responses.
static int choose_embeddings(struct making *making, struct db_session *session, struct err *err)
{
    struct db_params params;
    struct db_result shape;
    db_params_init(&params);
    db_add_number(&params, making->job->id.shard_key);
    int rc = db_session_query(session, QUERY_LEARN_DATA_SHAPE, &params, &shape, err);
    if (rc < 0 || shape.n_rows == 0 || db_is_null(&shape, 0, 5) ||
        db_number(&shape, 0, 8) != db_number(&shape, 0, 1))
        return rc;
    rc = hex_decode(db_text(&shape, 0, 5), making->run.space, HASH_BYTES);
    assert(rc == 0);
    making->run.n_dimensions = (uint32_t)db_number(&shape, 0, 7);
    making->run.embedder = strdup(db_text(&shape, 0, 6));
    if (making->run.embedder == NULL)
        abort();
    return 0;
}

static int write_data(struct making *making, struct db_session *session, struct err *err)
{
    struct db_params params;
    struct buf tags;
    buf_init(&tags, 64 * 1024);
    filter_params(making, &params, &tags);
    int rc = choose_embeddings(making, session, err);
    if (rc == 0)
        rc = db_session_stream(session, QUERY_DATASET_RATERS, &params, on_rater, making, err);
    if (rc == 0) {
        release_seal(&making->run.release);
        rc = open_views(making, err);
    }
    if (rc == 0 && making->run.has_gold)
        rc = db_session_stream(session, QUERY_DATASET_GOLD, &params, on_gold, making, err);
    if (rc == 0) {
        db_add_bool(&params, making->run.has_edits);
        if (making->run.embedder != NULL)
            db_add_bytes(&params, making->run.space, HASH_BYTES);
        else
            db_add_null(&params);
        rc = db_session_stream(session, QUERY_DATASET_ITEMS, &params, on_item, making, err);
    }
    buf_release(&tags);
    for (size_t i = 0; rc == 0 && i < making->run.n_files; i++)
        rc = outfile_finish(making->run.files[i].file, err);
    return rc;
}

static int write_papers(struct making *making, json_t **ret_manifest, struct err *err)
{
    static const struct {
        const char *name;
        const char *about;
        int (*write)(const struct export_run *run, const struct card_facts *facts, struct outfile *file,
            struct err *err);
    } papers[] = {
        {"README.md", "the dataset card", card_write_readme},
        {"croissant.json", "the same for machines, in Croissant", card_write_croissant},
    };
    for (size_t i = 0; i < ARRAY_SIZE(papers); i++) {
        struct outfile *file = NULL;
        int rc = outfile_open(making->run.folder, papers[i].name, &file, err);
        if (rc == 0)
            rc = papers[i].write(&making->run, &making->facts, file, err);
        if (file != NULL) { // a file of the run only now: the papers do not speak of themselves
            making->run.files[making->run.n_files++] =
                (struct export_file){.file = file, .about = papers[i].about};
            if (rc == 0)
                rc = outfile_finish(file, err);
        }
        if (rc < 0)
            return rc;
    }
    struct outfile *file = NULL;
    *ret_manifest = card_manifest(&making->run, &making->facts);
    int rc = outfile_open(making->run.folder, "manifest.json", &file, err);
    if (rc < 0)
        return rc;
    char *text = json_dumps(*ret_manifest, JSON_INDENT(2));
    outfile_add_text(file, text);
    outfile_add_text(file, "\n");
    free(text);
    rc = outfile_finish(file, err);
    json_array_append_new(json_object_get(*ret_manifest, "files"),
        json_pack("{s:s, s:I, s:s, s:s}", "name", "manifest.json", "size", (json_int_t)outfile_size(file),
            "sha256", outfile_sha256(file), "about", "this list, as a file"));
    outfile_free(file);
    return rc;
}

static void making_release(struct making *making)
{
    for (size_t i = 0; i < making->n_views; i++) {
        if (making->states[i] != NULL)
            making->views[i]->close(making->states[i]);
    }
    for (size_t i = 0; i < making->run.n_files; i++)
        outfile_free(making->run.files[i].file);
    release_close(&making->run.release);
    hash_stream_free(making->run.items_hash);
    hash_stream_free(making->run.judgments_hash);
    json_decref(making->settings);
    json_decref(making->guidelines);
    json_decref(making->conditions);
    json_decref(making->filter);
    free(making->name);
    free(making->run.embedder);
}

// Reads in one snapshot, which ends as soon as the data are on disk.
static int make(struct making *making, struct db_session *session, json_t **ret_manifest, struct err *err)
{
    int rc = db_session_begin(session, true, err);
    if (rc < 0)
        return rc;
    rc = read_project(making, session, err);
    if (rc == 0)
        rc = release_open(&making->run.release, making->job->app->data_folder, making->export_id,
            json_object_get(json_object_get(making->settings, "demographics"), "attributes"), err);
    if (rc == 0)
        rc = write_data(making, session, err);
    if (rc == 0)
        rc = db_session_commit(session, err);
    else if (db_session_rollback(session, NULL) < 0)
        return rc; // the connection is gone too; the first error says more
    return rc == 0 ? write_papers(making, ret_manifest, err) : rc;
}

int export_run(
    const struct export_job *job, struct db_session *session, json_t **ret_manifest, struct err *err)
{
    char final[EXPORT_FOLDER_MAX_BYTES], part[EXPORT_FOLDER_MAX_BYTES + 8], exports[EXPORT_FOLDER_MAX_BYTES];
    const json_t *filter = json_object_get(job->request, "filter");
    struct making making = {.job = job, .filter = filter != NULL ? json_deep_copy(filter) : json_object()};
    making.run.items_hash = hash_stream_new();
    making.run.judgments_hash = hash_stream_new();
    id_format(job->id, making.export_id);
    *ret_manifest = NULL;
    int rc = export_folder(job->app->data_folder, job->id, final, err);
    if (rc == 0) {
        snprintf(part, sizeof(part), "%s.part", final);
        snprintf(exports, sizeof(exports), "%s/exports", job->app->data_folder);
        making.run.folder = part;
        rc = file_make_folder(exports, 0700, err);
    }
    if (rc == 0)
        rc = remove_folder(part, err);
    if (rc == 0)
        rc = file_make_folder(part, 0700, err);
    if (rc == 0)
        rc = make(&making, session, ret_manifest, err);
    making_release(&making);
    if (rc == 0)
        rc = publish(job->app->data_folder, part, final, err);
    else if (remove_folder(part, NULL) < 0)
        log_event(LOG_WARNING, "export_leftover", LOG_TEXT("export", making.export_id));
    if (rc < 0) {
        json_decref(*ret_manifest);
        *ret_manifest = NULL;
    }
    return rc;
}
