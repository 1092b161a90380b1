// All that is kept of a person, for themselves: JSON lines, written row by row to a file without a name (never more than one
// row in memory), then sent from there.
#include "coordinator/identity/routes.h"

#include "base/arena.h"
#include "base/json.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KIND, SHARD, ID, BODY, SEALED, IS_ANSWERS };

struct download {
    struct http_request *request;
    const struct app *app;
    struct uuid person;
    FILE *file; // NULL once it is given away
    int rc;
    struct err err;
};

static void download_release(void *arg)
{
    struct download *download = arg;
    if (download->file != NULL)
        fclose(download->file);
}

// --- on the pool ------------------------------------------------------------------------------------------------------
// What was sealed, or null when its key is gone.
static json_t *opened(const struct download *download, const struct db_result *row)
{
    struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
    struct buf plain;
    struct err err;
    size_t size = 0;
    const unsigned char *sealed = db_bytes(row, 0, SEALED, arena, &size);
    enum keys_purpose purpose = db_bool(row, 0, IS_ANSWERS) ? KEYS_DEMOGRAPHICS : KEYS_TEXT;
    json_t *value = NULL;
    buf_init(&plain, KEYS_SEALED_MAX_BYTES);
    if (keys_unseal(download->app->keys, download->person, purpose, sealed, size, &plain, &err) == 0) {
        value = json_loadb(plain.data, plain.length, 0, NULL);
        if (value == NULL) // a chat's words are no JSON
            value = json_stringn(plain.data, plain.length);
    }
    explicit_bzero(plain.data, plain.length);
    buf_release(&plain);
    arena_free(arena);
    return value != NULL ? value : json_null();
}

static int on_row(void *arg, const struct db_result *row, struct err *err)
{
    struct download *download = arg;
    json_t *line = json_loads(db_text(row, 0, BODY), 0, NULL);
    if (line == NULL)
        return err_set(err, ERR_INTERNAL, "a row that is no JSON");
    json_object_set_new(line, "kind", json_string(db_text(row, 0, KIND)));
    json_object_set_new(line, "id", json_db_id(row, 0, ID, db_number(row, 0, SHARD)));
    if (!db_is_null(row, 0, SEALED))
        json_object_set_new(line, "given", opened(download, row));
    char *text = json_text(line, JSON_COMPACT | JSON_SORT_KEYS);
    int written = fprintf(download->file, "%s\n", text);
    explicit_bzero(text, strlen(text));
    free(text);
    json_decref(line);
    return written > 0 ? 0 : err_set_errno(err, "writing");
}

static void run(void *arg)
{
    struct download *download = arg;
    struct db_session *session = NULL;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, download->person);
    download->file = tmpfile();
    if (download->file == NULL) {
        download->rc = err_set_errno(&download->err, "tmpfile");
        return;
    }
    download->rc = db_session_open(download->app->conninfo, &session, &download->err);
    if (download->rc == 0)
        download->rc =
            db_session_stream(session, QUERY_IDENTITY_DATA, &params, on_row, download, &download->err);
    db_session_close(session);
}

// --- on the loop ------------------------------------------------------------------------------------------------------
static void busy(struct http_request *request)
{
    http_reply_header(request, "Retry-After", "5");
    http_problem(request, 503, "There is much to do just now; try again in a moment.");
}

static void done(void *arg)
{
    struct download *download = arg;
    api_reply_written(download->request, download->file, "application/x-ndjson", "plenum-my-data.jsonl",
        "my_data", download->rc, &download->err);
}

static void data_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    if (actor->is_token && (actor->is_bound || actor->roles != 0)) {
        http_problem(request, 409, "This token was made for work; sign in to download what is yours.");
        return;
    }
    struct download *download = arena_calloc(http_arena(request), 1, sizeof(*download));
    *download = (struct download){.request = request, .app = loop->app, .person = actor->person};
    arena_on_free(http_arena(request), download_release, download);
    if (work_submit(loop->app->pool, loop->base, run, done, download) < 0)
        busy(request);
}

void me_data(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, data_as);
}
