// Workers, for the operator: a token to enrol one, who there is, and revoking one (it is refused within half a minute).
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/learn/internal.h"
#include "coordinator/learn/routes.h"

#include <string.h>

enum { SECRET_BYTES = 32, ENROLMENT_SECONDS = 3600 };

// --- enrolment ------------------------------------------------------------------------------------------------------
struct enrolment {
    struct http_request *request;
    char token[2 * SECRET_BYTES + 1 + HASH_HEX_BYTES]; // secret.fingerprint of the authority
};

static void on_added(void *arg, const struct db_result *result)
{
    struct enrolment *enrolment = arg;
    if (api_db_failed(enrolment->request, result))
        return;
    json_t *body = json_object();
    json_object_set_new(body, "token", json_string(enrolment->token));
    json_object_set_new(body, "expires_at", json_db_time(result, 0, 0));
    http_reply_json(enrolment->request, 201, body);
}

static void enrolment_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct enrolment *enrolment = arena_calloc(http_arena(request), 1, sizeof(*enrolment));
    unsigned char secret[SECRET_BYTES], hash[HASH_BYTES], authority[HASH_BYTES];
    struct db_params params;
    enrolment->request = request;
    rng_secure(secret, sizeof(secret));
    tls_authority_fingerprint(loop->app->learn->authority, authority);
    hex_encode(secret, sizeof(secret), enrolment->token);
    enrolment->token[2 * SECRET_BYTES] = '.';
    hex_encode(authority, sizeof(authority), enrolment->token + 2 * SECRET_BYTES + 1);
    hash_sha256(secret, sizeof(secret), hash);
    db_params_init(&params);
    db_add_bytes(&params, hash, sizeof(hash));
    db_add_number(&params, ENROLMENT_SECONDS);
    db_query(loop->db, DB_WRITE, 0, QUERY_LEARN_ENROLMENT_ADD, &params, on_added, enrolment);
}

void workers_enrolment(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, enrolment_as);
}

// --- who there is -----------------------------------------------------------------------------------------------------
static json_t *worker_json(const struct db_result *result, int row)
{
    json_t *worker = json_object();
    json_object_set_new(worker, "id", json_db_id(result, row, 0, 0));
    json_object_set_new(worker, "name", json_string(db_text(result, row, 1)));
    json_object_set_new(worker, "enrolled_at", json_db_time(result, row, 2));
    json_object_set_new(worker, "last_seen_at", json_db_time(result, row, 3));
    json_object_set_new(worker, "revoked_at", json_db_time(result, row, 4));
    json_object_set_new(worker, "busy", json_boolean(db_bool(result, row, 5)));
    return worker;
}

static void on_list(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id last = {0};
    struct uuid cursor;
    int limit;
    if (api_db_failed(request, result) || !api_page(request, &limit, &cursor))
        return;
    json_t *rows = json_array();
    for (int row = 0; row < result->n_rows && row < limit; row++) {
        json_array_append_new(rows, worker_json(result, row));
        last.uuid = db_uuid(result, row, 0);
    }
    api_reply_page(request, rows, result->n_rows > limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct uuid cursor;
    struct db_params params;
    int limit;
    if (!api_page(request, &limit, &cursor))
        return;
    db_params_init(&params);
    db_add_uuid(&params, cursor);
    db_add_number(&params, limit + 1);
    db_query(loop->db, DB_READ, 0, QUERY_LEARN_WORKERS, &params, on_list, request);
}

void workers_list(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, list_as);
}

static void on_revoked(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is no such worker.");
    else
        http_reply_empty(request, 204);
}

static void delete_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id id;
    struct db_params params;
    if (!identity_param_id(request, "w", &id))
        return;
    db_params_init(&params);
    db_add_uuid(&params, id.uuid);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_LEARN_WORKER_REVOKE, &params, on_revoked, request);
}

void workers_delete(struct http_request *request)
{
    identity_require(request, ACTION_OPERATE, NULL, delete_as);
}
