// A constitution's versions: storing the first, reading any.
#include "coordinator/constitution/constitution.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/audit/entry.h"
#include "coordinator/constitution/document.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

// Parsing 2 MiB of JSON into articles takes some ten times that; a document's own limits are far below.
enum { DOCUMENT_ARENA_MAX = 128 * 1024 * 1024 };

struct version {
    struct http_request *request;
    struct id community;
    char hash[HASH_HEX_BYTES];
    int limit;
};

static void free_arena(void *arg)
{
    arena_free(arg);
}

static struct version *version_new(struct http_request *request)
{
    struct version *version = arena_calloc(http_arena(request), 1, sizeof(*version));
    version->request = request;
    return identity_param_id(request, "c", &version->community) ? version : NULL;
}

// --- storing -------------------------------------------------------------------------------------------------------
static void on_stored(void *arg, const struct db_result *result)
{
    const struct version *version = arg;
    if (result->status == DB_CONFLICT) {
        http_problem(version->request, 409, "Another version was stored at the same time; read it first.");
        return;
    }
    if (api_db_failed(version->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(version->request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (db_is_null(result, 0, 0)) {
        http_problem(version->request, 409,
            "Amendments have been proposed: from now on the constitution is changed by them alone.");
        return;
    }
    http_reply_json(version->request, db_bool(result, 0, 1) ? 201 : 200,
        json_pack("{s:o, s:I, s:s}", "community_id", json_id(version->community), "version",
            (json_int_t)db_number(result, 0, 0), "hash", version->hash));
}

static void put_as(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    json_t *body = http_body_json(request);
    struct version *version = body != NULL ? version_new(request) : NULL;
    if (version == NULL)
        return;
    struct arena *arena = arena_new(DOCUMENT_ARENA_MAX);
    arena_on_free(http_arena(request), free_arena, arena);
    struct document *document = NULL;
    struct fault fault = {0};
    unsigned char hash[HASH_BYTES];
    size_t size = 0;
    if (document_parse(body, "", arena, &document, &fault) < 0) {
        http_problem_at(request, 422, fault.pointer, "%s", fault.detail);
        return;
    }
    const char *text = document_canonical(document, arena, &size, hash);
    if (text == NULL) {
        http_problem_at(request, 422, "", "A constitution has at most 1 MiB.");
        return;
    }
    hex_encode(hash, HASH_BYTES, version->hash);
    struct audit_entry entry;
    audit_entry_make(arena, "constitution",
        json_pack("{s:o, s:s, s:s, s:o}", "community", json_id(version->community), "hash", version->hash,
            "version", "@version", "by", json_id((struct id){.uuid = actor->credential})),
        &entry);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, version->community.shard_key);
    db_add_uuid(&params, version->community.uuid);
    db_add_text(&params, text);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CONSTITUTION_PUT, &params, on_stored, version);
}

void constitution_put(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_MANAGE_COMMUNITY, &community, put_as);
}

// --- reading -------------------------------------------------------------------------------------------------------
// The stored text goes out as it is: {"community": ..., "version": ..., ... and the members of the document.
static void on_shown(void *arg, const struct db_result *result)
{
    const struct version *version = arg;
    if (api_db_failed(version->request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(version->request, 404, "There is no such constitution, or it is not yours to see.");
        return;
    }
    const char *document = db_text(result, 0, 3);
    assert(document[0] == '{' && document[1] == '"');
    char *head = json_canonical(arena_json(http_arena(version->request),
        json_pack("{s:{s:o, s:s}, s:I, s:s, s:o, s:o}", "community", "id", json_id(version->community),
            "name", db_text(result, 0, 0), "version", (json_int_t)db_number(result, 0, 1), "hash",
            db_text(result, 0, 2), "created_at", json_db_time(result, 0, 4), "amendment_id",
            json_db_id(result, 0, 5, version->community.shard_key))));
    struct buf out;
    buf_init(&out, 2 * DOCUMENT_MAX_BYTES);
    buf_add(&out, head, strlen(head) - 1);
    buf_add_char(&out, ',');
    buf_add_text(&out, document + 1);
    free(head);
    if (buf_check(&out) == 0)
        http_reply(version->request, 200, "application/json", out.data, out.length);
    else
        http_problem(version->request, 500, "The constitution is longer than it can be.");
    buf_release(&out);
}

// ?version=: 0 when absent; replies 422 itself and returns -1.
static int wanted_version(struct http_request *request)
{
    const char *text = http_query(request, "version");
    if (text == NULL)
        return 0;
    char *end = NULL;
    long value = strtol(text, &end, 10);
    if (end != text && *end == '\0' && value > 0 && value <= INT_MAX)
        return (int)value;
    http_problem_at(request, 422, "?version", "version must be a whole number from 1.");
    return -1;
}

static void show_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    const struct loop *loop = http_context(request);
    struct version *version = version_new(request);
    int wanted = version != NULL ? wanted_version(request) : -1;
    if (wanted < 0)
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, version->community.shard_key);
    db_add_uuid(&params, version->community.uuid);
    if (wanted > 0)
        db_add_number(&params, wanted);
    else
        db_add_null(&params);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_DOCUMENT, &params, on_shown, version);
}

void constitution_show(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_VIEW_COMMUNITY, &community, show_as);
}

// --- listing -------------------------------------------------------------------------------------------------------
static void on_listed(void *arg, const struct db_result *result)
{
    const struct version *version = arg;
    if (api_db_failed(version->request, result))
        return;
    json_t *rows = json_array();
    struct id last = {.shard_key = version->community.shard_key};
    for (int i = 0; i < result->n_rows && i < version->limit; i++) {
        int64_t number = db_number(result, i, 0);
        last.uuid = api_version_cursor(number);
        json_array_append_new(
            rows, json_pack("{s:I, s:s, s:o, s:o}", "version", (json_int_t)number, "hash",
                      db_text(result, i, 1), "created_at", json_db_time(result, i, 2), "amendment_id",
                      json_db_id(result, i, 3, version->community.shard_key)));
    }
    api_reply_page(version->request, rows, result->n_rows > version->limit, last);
}

static void list_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    const struct loop *loop = http_context(request);
    struct version *version = version_new(request);
    struct uuid cursor;
    if (version == NULL || !api_page(request, &version->limit, &cursor))
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, version->community.shard_key);
    db_add_number(&params, api_version_before(cursor));
    db_add_number(&params, version->limit + 1);
    db_add_uuid(&params, version->community.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_VERSIONS, &params, on_listed, version);
}

void constitution_versions(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_VIEW_COMMUNITY, &community, list_as);
}
