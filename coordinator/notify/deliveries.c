// What became of a webhook's deliveries, and sending one again or a test.
#include "coordinator/notify/internal.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

// Columns of notify_deliveries.sql.
enum { EVENT, SHARD_KEY, KIND, HAPPENED_AT, STATE, TRIES, TRIED_AT, STATUS, ERROR, NEXT_AT };

struct listing {
    struct http_request *request;
    int limit;
};

static json_t *delivery_json(const struct db_result *result, int row)
{
    json_t *one = json_object();
    json_object_set_new(one, "id", json_db_id(result, row, EVENT, db_number(result, row, SHARD_KEY)));
    json_object_set_new(one, "type", json_string(db_text(result, row, KIND)));
    json_object_set_new(one, "happened_at", json_db_time(result, row, HAPPENED_AT));
    json_object_set_new(one, "state", json_string(db_text(result, row, STATE)));
    json_object_set_new(one, "tries", json_integer(db_number(result, row, TRIES)));
    json_object_set_new(one, "tried_at", json_db_time(result, row, TRIED_AT));
    json_object_set_new(one, "status",
        db_is_null(result, row, STATUS) ? json_null() : json_integer(db_number(result, row, STATUS)));
    json_object_set_new(one, "error",
        db_is_null(result, row, ERROR) ? json_null() : json_string(db_text(result, row, ERROR)));
    json_object_set_new(one, "next_try_at", json_db_time(result, row, NEXT_AT));
    return one;
}

static void on_list(void *arg, const struct db_result *result)
{
    const struct listing *listing = arg;
    if (api_db_failed(listing->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {0};
    for (int i = 0; i < result->n_rows && i < listing->limit; i++) {
        json_array_append_new(rows, delivery_json(result, i));
        last = (struct id){db_number(result, i, SHARD_KEY), db_uuid(result, i, EVENT)};
    }
    api_reply_page(listing->request, rows, result->n_rows > listing->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct listing *listing = arena_calloc(http_arena(request), 1, sizeof(*listing));
    struct id webhook;
    struct uuid cursor;
    listing->request = request;
    if (!identity_param_id(request, "w", &webhook) || !api_page(request, &listing->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, webhook.shard_key);
    db_add_uuid(&params, webhook.uuid);
    db_add_number(&params, listing->limit + 1);
    if (http_query(request, "cursor") != NULL)
        db_add_uuid(&params, cursor);
    else
        db_add_null(&params);
    db_query(loop->db, DB_READ, 0, QUERY_NOTIFY_DELIVERIES, &params, on_list, listing);
}

void deliveries_list(struct http_request *request)
{
    webhook_require(request, list_as);
}

// --- sent again, or to see whether it arrives --------------------------------------------------------------------------
static void on_due(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    struct id webhook;
    if (api_db_failed(request, result) || !identity_param_id(request, "w", &webhook))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is nothing here, or it is being sent just now.");
    else
        http_reply_empty(request, 202);
}

static void again_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id webhook, event;
    if (!identity_param_id(request, "w", &webhook) || !identity_param_id(request, "e", &event))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, webhook.shard_key);
    db_add_uuid(&params, webhook.uuid);
    db_add_uuid(&params, event.uuid);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_NOTIFY_AGAIN, &params, on_due, request);
}

void deliveries_again(struct http_request *request)
{
    webhook_require(request, again_as);
}

static void test_as(struct http_request *request, const struct actor *actor UNUSED)
{
    const struct loop *loop = http_context(request);
    struct id webhook;
    if (!identity_param_id(request, "w", &webhook))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, webhook.shard_key);
    db_add_uuid(&params, webhook.uuid);
    db_add_uuid(&params, uuid_new());
    db_query(loop->db, DB_WRITE, 0, QUERY_NOTIFY_WEBHOOK_TEST, &params, on_due, request);
}

void webhooks_test(struct http_request *request)
{
    webhook_require(request, test_as);
}
