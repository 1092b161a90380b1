#include "coordinator/room.h"

#include "base/file.h"
#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/routes.h"
#include "coordinator/limits.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { ACTOR_COLUMNS = 2, ACTORS_A_BATCH = 100 };

// The operator's token of a new deployment. The file first: when the database then fails, the next start does both
// again; the other way round nobody would hold the token.
static int make_operator(const struct app *app, struct db_session *session, struct err *err)
{
    char path[PATH_MAX], secret[SECRET_TEXT_BYTES], line[SECRET_TEXT_BYTES + 1];
    unsigned char hash[HASH_BYTES];
    secret_new(secret);
    if (secret_hash(secret, hash) < 0)
        return err_set(err, ERR_INTERNAL, "a new token is malformed");
    snprintf(path, sizeof(path), "%s/admin.token", app->data_folder);
    snprintf(line, sizeof(line), "%s\n", secret);
    int rc = file_write(path, 0600, line, strlen(line), err);
    if (rc < 0)
        return rc;
    struct db_result result;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, uuid_new());
    db_add_bytes(&params, hash, HASH_BYTES);
    rc = db_session_query(session, QUERY_IDENTITY_FIRST_OPERATOR, &params, &result, err);
    if (rc == 0)
        log_plain(LOG_INFO, "operator_token_written");
    return rc;
}

static int first_start(const struct app *app, struct err *err)
{
    struct db_session *session = NULL;
    struct db_result result;
    struct db_params params;
    int rc = db_session_open(app->conninfo, &session, err);
    if (rc < 0)
        return rc;
    db_params_init(&params);
    rc = db_session_query(session, QUERY_IDENTITY_HAS_OPERATOR, &params, &result, err);
    if (rc == 0 && !db_bool(&result, 0, 0))
        rc = make_operator(app, session, err);
    db_session_close(session);
    return rc;
}

static int start(struct app *app, struct err *err)
{
    int rc = keys_open(app->data_folder, &app->keys, err);
    return rc == 0 ? first_start(app, err) : rc;
}

static void stop(struct app *app)
{
    keys_free(app->keys);
    app->keys = NULL;
}

static int loop_start(struct loop *loop, struct err *err)
{
    loop->identity = identity_cache_new();
    loop->actors = db_batch_new(loop->db, DB_READ, QUERY_IDENTITY_ACTOR, ACTOR_COLUMNS, ACTORS_A_BATCH);
    return loop->index == 0 ? submissions_start(loop, err) : 0;
}

static void loop_stop(struct loop *loop)
{
    if (loop->index == 0)
        submissions_stop(loop);
    identity_cache_free(loop->identity);
    loop->identity = NULL;
}

#define READ HTTP_CLASS_READ
#define WRITE HTTP_CLASS_WRITE
static const struct http_route routes[] = {
    {.method = HTTP_POST,
        .pattern = "/api/v1/accounts",
        .handle = accounts_create,
        .class = WRITE,
        .limit = LIMIT_SIGN_IN},
    {.method = HTTP_POST,
        .pattern = "/api/v1/session",
        .handle = session_create,
        .class = WRITE,
        .limit = LIMIT_SIGN_IN},
    {.method = HTTP_GET, .pattern = "/api/v1/session", .handle = session_show, .class = READ},
    {.method = HTTP_DELETE, .pattern = "/api/v1/session", .handle = session_end, .class = WRITE},
    {.method = HTTP_GET, .pattern = "/api/v1/sessions", .handle = sessions_list, .class = READ},
    {.method = HTTP_DELETE, .pattern = "/api/v1/sessions/{id}", .handle = sessions_revoke, .class = WRITE},
    {.method = HTTP_POST, .pattern = "/api/v1/tokens", .handle = tokens_create, .class = WRITE},
    {.method = HTTP_GET, .pattern = "/api/v1/tokens", .handle = tokens_list, .class = READ},
    {.method = HTTP_DELETE, .pattern = "/api/v1/tokens/{t}", .handle = tokens_revoke, .class = WRITE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/members/{person}",
        .handle = members_put_deployment,
        .class = WRITE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/projects/{p}/members/{person}",
        .handle = members_put_project,
        .class = WRITE},
    {.method = HTTP_PUT,
        .pattern = "/api/v1/communities/{c}/members/{person}",
        .handle = members_put_community,
        .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/invitations",
        .handle = invitations_create_project,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/invitations",
        .handle = invitations_list_project,
        .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/communities/{c}/invitations",
        .handle = invitations_create_community,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/communities/{c}/invitations",
        .handle = invitations_list_community,
        .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/invitations/{code}",
        .handle = invitations_show,
        .class = READ,
        .limit = LIMIT_JOIN},
    {.method = HTTP_GET,
        .pattern = "/api/v1/join",
        .handle = invitations_show_query,
        .class = READ,
        .limit = LIMIT_JOIN},
    {.method = HTTP_POST, .pattern = "/api/v1/join", .handle = join, .class = WRITE, .limit = LIMIT_JOIN},
    {.method = HTTP_GET, .pattern = "/api/v1/projects/{p}/panel", .handle = panel_show, .class = READ},
    {.method = HTTP_PUT, .pattern = "/api/v1/projects/{p}/panel", .handle = panel_put, .class = WRITE},
    {.method = HTTP_DELETE, .pattern = "/api/v1/projects/{p}/panel", .handle = panel_remove, .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/panel/secret",
        .handle = panel_secret_make,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/projects/{p}/submissions",
        .handle = submissions_list,
        .class = READ},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/submissions",
        .handle = submissions_end,
        .class = WRITE},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/submissions/export",
        .handle = submissions_export,
        .class = HTTP_CLASS_BULK,
        .cost = 20},
    {.method = HTTP_POST,
        .pattern = "/api/v1/projects/{p}/submissions/mine",
        .handle = submission_mine,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_DELETE,
        .pattern = "/api/v1/projects/{p}/submissions/mine",
        .handle = submission_return,
        .class = WRITE,
        .limit = LIMIT_JUDGE},
    {.method = HTTP_GET, .pattern = "/api/v1/me", .handle = me_show, .class = READ},
    {.method = HTTP_GET,
        .pattern = "/api/v1/me/data",
        .handle = me_data,
        .class = HTTP_CLASS_BULK,
        .cost = 20},
    {.method = HTTP_DELETE, .pattern = "/api/v1/me", .handle = me_erase, .class = WRITE},
    {.method = HTTP_DELETE, .pattern = "/api/v1/persons/{person}", .handle = persons_erase, .class = WRITE},
    {.method = HTTP_DELETE, .pattern = "/api/v1/me/participations/{p}", .handle = me_leave, .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/demographics",
        .handle = demographics_list,
        .class = READ,
        .limit = LIMIT_OPEN},
    {.method = HTTP_GET, .pattern = "/api/v1/me/demographics", .handle = demographics_get, .class = READ},
    {.method = HTTP_PUT, .pattern = "/api/v1/me/demographics", .handle = demographics_put, .class = WRITE},
    {.method = HTTP_DELETE,
        .pattern = "/api/v1/me/demographics",
        .handle = demographics_delete,
        .class = WRITE},
    {.method = HTTP_GET,
        .pattern = "/api/v1/receipts/key",
        .handle = receipt_key,
        .class = READ,
        .limit = LIMIT_OPEN},
    {0},
};

const struct room identity_room = {.name = "identity",
    .routes = routes,
    .start = start,
    .loop_start = loop_start,
    .loop_stop = loop_stop,
    .stop = stop};
