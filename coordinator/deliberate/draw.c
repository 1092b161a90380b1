// The next statement for a member, drawn in the database by one random number of ours; the probability is kept, and goes with the vote.
#include "coordinator/deliberate/internal.h"

#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

// Columns of deliberate_draw.sql.
enum { STATEMENT, NUMBER, WORDS, KIND, N_LEFT, IS_OPEN };

struct drawing {
    struct http_request *request;
    struct id conversation;
};

static void on_drawn(void *arg, const struct db_result *result)
{
    const struct drawing *drawing = arg;
    struct http_request *request = drawing->request;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (!db_bool(result, 0, IS_OPEN))
        http_problem(request, 409, "The conversation is closed.");
    else if (db_is_null(result, 0, STATEMENT))
        http_reply_empty(request, 204);
    else
        http_reply_json(request, 200,
            json_pack("{s:o, s:I, s:s, s:s, s:I}", "id",
                json_db_id(result, 0, STATEMENT, drawing->conversation.shard_key), "number",
                (json_int_t)db_number(result, 0, NUMBER), "text", db_text(result, 0, WORDS), "kind",
                db_text(result, 0, KIND), "left", (json_int_t)db_number(result, 0, N_LEFT)));
}

static void draw_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    struct drawing *drawing = arena_calloc(http_arena(request), 1, sizeof(*drawing));
    uint32_t random = 0;
    drawing->request = request;
    if (!identity_param_id(request, "v", &drawing->conversation))
        return;
    rng_secure(&random, sizeof(random));
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, drawing->conversation.shard_key);
    db_add_uuid(&params, drawing->conversation.uuid);
    db_add_uuid(&params, actor->participant);
    db_add_real(&params, (double)random / 4294967296.0);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_DELIBERATE_DRAW, &params, on_drawn, drawing);
}

void statement_draw(struct http_request *request)
{
    struct id conversation;
    if (identity_param_id(request, "v", &conversation))
        identity_require(request, ACTION_VOTE, &conversation, draw_as);
}
