#include "base/json.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/identity/routes.h"
#include "coordinator/loop.h"

#include <stdlib.h>

bool keyed_read(struct http_request *request, const json_t *body, struct keyed *ret_keyed)
{
    api_request_hash(request, body, ret_keyed->hash);
    return api_idempotency_key(request, false, &ret_keyed->key, &ret_keyed->has_key);
}

void keyed_add(struct http_request *request, struct keyed *keyed, json_t *answer, struct db_params *params)
{
    const struct loop *loop = http_context(request);
    struct arena *arena = http_arena(request);
    char *text = json_text(answer, JSON_COMPACT);
    keyed->answer = arena_strdup(arena, text);
    free(text);
    json_decref(answer);
    if (keyed->has_key)
        db_add_uuid(params, keyed->key);
    else
        db_add_null(params);
    db_add_bytes(params, keyed->hash, HASH_BYTES);
    if (keyed->has_key)
        db_add_text(params, keys_seal_answer(loop->app->keys, arena, keyed->key, keyed->answer));
    else
        db_add_null(params);
}

const char *keyed_open(struct http_request *request, const struct keyed *keyed, const char *stored)
{
    const struct loop *loop = http_context(request);
    const char *answer = keys_open_answer(loop->app->keys, http_arena(request), keyed->key, stored);
    if (answer == NULL)
        http_problem(request, 410, "This has been done; its answer can't be told once more.");
    return answer;
}

void keyed_reply(struct http_request *request, const struct keyed *keyed, const struct db_result *result)
{
    enum api_key state = api_key_state(request, result);
    if (state == API_KEY_ANSWERED)
        return;
    const char *answer =
        state == API_KEY_NEW ? keyed->answer : keyed_open(request, keyed, db_text(result, 0, 2));
    if (answer != NULL)
        http_reply_json_text(request, 201, answer);
}
