#include "coordinator/identity/routes.h"

#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/cache.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"

struct leaving {
    struct http_request *request;
    struct uuid person;
};

static void on_left(void *arg, const struct db_result *result)
{
    const struct leaving *leaving = arg;
    const struct loop *loop = http_context(leaving->request);
    if (api_db_failed(leaving->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(leaving->request, 404, "You are not in this study or community.");
        return;
    }
    identity_cache_forget(loop->identity, leaving->person);
    http_reply_empty(leaving->request, 204);
}

static void leave_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct id object;
    if (!identity_param_id(request, "p", &object))
        return;
    struct leaving *leaving = arena_calloc(http_arena(request), 1, sizeof(*leaving));
    *leaving = (struct leaving){.request = request, .person = actor->person};
    struct db_params params;
    db_params_init(&params);
    // The deployment's shard holds roles that are not one's own to drop.
    db_add_number(&params, object.shard_key != DEPLOYMENT_SHARD ? object.shard_key : -1);
    db_add_uuid(&params, actor->person);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_IDENTITY_LEAVE, &params, on_left, leaving);
}

void me_leave(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, leave_as);
}

// Public: whoever holds a receipt can check it without us.
void receipt_key(struct http_request *request)
{
    const struct loop *loop = http_context(request);
    const struct note_key *key = keys_log(loop->app->keys);
    char public_key[64], verifier[NOTE_KEY_BYTES];
    base64_encode(key->public_key, ED25519_BYTES, public_key);
    note_key_format(key, false, verifier);
    json_t *body = json_object();
    json_object_set_new(body, "algorithm", json_string("Ed25519"));
    json_object_set_new(body, "name", json_string(key->name));
    json_object_set_new(body, "public_key", json_string(public_key));
    json_object_set_new(body, "verifier", json_string(verifier));
    http_reply_json(request, 200, body);
}
