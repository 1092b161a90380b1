// Votes on statements: checked here, stored by natural group commit, answered after it.
#include "coordinator/deliberate/internal.h"

#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <string.h>

enum { BATCH_MAX_ROWS = 500, N_COLUMNS = 8, ATTEMPTS_MAX = 4 };

struct voting {
    struct http_request *request;
    const char *values[N_COLUMNS]; // of deliberate_votes.sql, in the request's arena
    int attempts;
};

void statement_votes_start(struct loop *loop)
{
    loop->statement_votes =
        db_batch_new(loop->db, DB_WRITE, QUERY_DELIBERATE_VOTES, N_COLUMNS, BATCH_MAX_ROWS);
}

static void on_stored(void *arg, const struct db_result *result, int row)
{
    struct voting *voting = arg;
    struct http_request *request = voting->request;
    const struct loop *loop = http_context(request);
    if (result->status == DB_CONFLICT && ++voting->attempts < ATTEMPTS_MAX) {
        db_batch_add(loop->statement_votes, voting->values, on_stored, voting);
        return;
    }
    if (api_db_failed(request, result))
        return;
    const char *outcome = db_text(result, row, 1);
    if (strcmp(outcome, "ok") == 0)
        http_reply_json(request, 200, json_pack("{s:I}", "revision", (json_int_t)db_number(result, row, 2)));
    else if (strcmp(outcome, "mismatch") == 0)
        api_key_reused(request);
    else if (strcmp(outcome, "closed") == 0)
        http_problem(request, 409, "The conversation is closed.");
    else if (strcmp(outcome, "hidden") == 0)
        http_problem(request, 409, "This statement is not shown any more.");
    else
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
}

static const char *uuid_copy(struct arena *arena, struct uuid uuid)
{
    char *text = arena_alloc(arena, UUID_TEXT_BYTES);
    uuid_format(uuid, text);
    return text;
}

static void vote_as(struct http_request *request, const struct actor *actor)
{
    static const char *const choices[] = {"agree", "disagree", "pass", NULL};
    const struct loop *loop = http_context(request);
    struct arena *arena = http_arena(request);
    json_t *body = http_body_json(request);
    struct uuid key;
    struct id statement;
    if (body == NULL || !api_idempotency_key(request, true, &key, NULL) ||
        !identity_param_id(request, "s", &statement))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("choice", "important"));
    int choice = fields_choice(&fields, body, "", "choice", FIELD_REQUIRED, choices);
    bool is_important = fields_bool(&fields, body, "", "important", false);
    if (!fields_finish(&fields, request))
        return;
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    api_request_hash(request, body, hash);
    hex_encode(hash, HASH_BYTES, hex);
    struct voting *voting = arena_calloc(arena, 1, sizeof(*voting));
    voting->request = request;
    voting->values[0] = arena_printf(arena, "%lld", (long long)statement.shard_key);
    voting->values[1] = uuid_copy(arena, statement.uuid);
    voting->values[2] = uuid_copy(arena, actor->participant);
    voting->values[3] = choices[choice];
    voting->values[4] = is_important ? "t" : "f";
    voting->values[5] = actor->demographics_version > 0
                            ? arena_printf(arena, "%lld", (long long)actor->demographics_version)
                            : NULL;
    voting->values[6] = uuid_copy(arena, key);
    voting->values[7] = arena_printf(arena, "\\x%s", hex);
    db_batch_add(loop->statement_votes, voting->values, on_stored, voting);
}

void statement_vote(struct http_request *request)
{
    struct id statement;
    if (identity_param_id(request, "s", &statement))
        identity_require(request, ACTION_VOTE, &statement, vote_as);
}
