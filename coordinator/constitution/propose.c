// Proposing an amendment: read what it is judged by, judge it here, and open it in one statement that holds only if
// nothing of that has changed meanwhile; else once more from the start.
#include "coordinator/constitution/constitution.h"

#include "coordinator/audit/entry.h"
#include "coordinator/constitution/rule.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"

#include <stdlib.h>
#include <string.h>

enum { RATIONALE_MAX = 10000, ATTEMPTS_MAX = 5, ARENA_MAX = 256 * 1024 * 1024 };

struct proposal {
    struct http_request *request;
    const struct actor *actor;
    struct id community;
    struct uuid key, amendment;
    json_t *body;
    int64_t base_version, cost, balance;
    const char *rationale;
    unsigned char hash[HASH_BYTES];
    int attempts;
};

// What the database said (constitution_proposal_facts.sql), and what follows from it.
struct facts {
    struct arena *arena; // of this attempt
    const struct db_result *result;
    json_t *settings, *recent;
    struct document *document;
    struct operations *operations;
    bool has_until;
    int64_t until_us, now_us, new_until_us;
};
enum {
    COMMUNITY_ID,
    SETTINGS,
    VERSION,
    DOCUMENT,
    UNTIL,
    NOW,
    RECENT,
    PRIOR,
    PRIOR_HASH,
    PRIOR_COST,
    PRIOR_BALANCE,
    PRIOR_CLOSES,
    PRIOR_RULE,
    KEY_VOTED
};

static void ask(struct proposal *proposal);

static void answer(const struct proposal *proposal, struct uuid amendment, int64_t cost, int64_t balance,
    int64_t closes_us, const char *rule)
{
    json_t *rule_json = json_loads(rule, 0, NULL);
    http_reply_json(proposal->request, 201,
        json_pack("{s:o, s:s, s:I, s:I, s:o, s:o}", "id",
            json_id((struct id){proposal->community.shard_key, amendment}), "state", "open", "cost",
            (json_int_t)cost, "balance", (json_int_t)balance, "closes_at", json_time_us(closes_us), "rule",
            rule_json));
}

static void on_opened(void *arg, const struct db_result *result)
{
    struct proposal *proposal = arg;
    if (result->status == DB_OK && result->n_rows == 1) {
        answer(proposal, proposal->amendment, proposal->cost, proposal->balance, db_number(result, 0, 0),
            db_text(result, 0, 1));
        return;
    }
    // Something has changed since it was read, or the same key was quicker.
    bool again =
        (result->status == DB_OK || result->status == DB_CONFLICT) && proposal->attempts < ATTEMPTS_MAX;
    if (again) {
        ask(proposal);
    } else if (!api_db_failed(proposal->request, result)) {
        http_reply_header(proposal->request, "Retry-After", "1");
        http_problem(proposal->request, 503, "This can't be done just now; try again.");
    }
}

// How often the proposer has changed an article in 30 days.
static int n_changes(void *arg, const char *article)
{
    const struct facts *facts = arg;
    int n = 0;
    for (size_t i = 0; i < json_array_size(facts->recent); i++) {
        const json_t *operations = json_array_get(facts->recent, i);
        for (size_t j = 0; j < json_array_size(operations); j++) {
            const json_t *operation = json_array_get(operations, j);
            const char *op = json_string_value(json_object_get(operation, "op"));
            bool adds = op != NULL && strcmp(op, "add") == 0;
            const char *changed = json_string_value(json_object_get(operation, adds ? "parent" : "article"));
            n += strcmp(changed != NULL ? changed : "", article) == 0;
        }
    }
    return n;
}

static bool parse_facts(struct proposal *proposal, struct facts *facts)
{
    const struct db_result *result = facts->result;
    struct http_request *request = proposal->request;
    struct fault fault = {0};
    if (db_is_null(result, 0, VERSION)) {
        http_problem(request, 409, "The community has no constitution yet.");
        return false;
    }
    if (db_number(result, 0, VERSION) != proposal->base_version) {
        http_problem_at(request, 409, "/base_version",
            "The constitution is at version %lld by now; read it first.",
            (long long)db_number(result, 0, VERSION));
        return false;
    }
    facts->settings = arena_json(facts->arena, json_loads(db_text(result, 0, SETTINGS), 0, NULL));
    facts->recent = arena_json(facts->arena, json_loads(db_text(result, 0, RECENT), 0, NULL));
    facts->has_until = !db_is_null(result, 0, UNTIL);
    facts->until_us = db_number(result, 0, UNTIL);
    facts->now_us = db_number(result, 0, NOW);
    json_t *stored = arena_json(facts->arena, json_loads(db_text(result, 0, DOCUMENT), 0, NULL));
    int rc = document_parse(stored, "", facts->arena, &facts->document, &fault);
    assert(rc == 0); // what is stored was parsed before
    struct document *after;
    if (operations_parse(json_object_get(proposal->body, "operations"), "/operations", facts->document,
            facts->arena, &facts->operations, &fault) < 0 ||
        document_amend(facts->document, facts->operations, "/operations", facts->arena, &after, &fault) < 0) {
        http_problem_at(request, 422, fault.pointer, "%s", fault.detail);
        return false;
    }
    return true;
}

// Prices it and takes it off the budget; replies itself when it can't be afforded.
static bool spend(struct proposal *proposal, struct facts *facts)
{
    struct http_request *request = proposal->request;
    struct cost_settings costs = settings_costs(facts->settings);
    struct budget budget = settings_budget(facts->settings);
    int64_t wait_us = 0;
    proposal->cost = cost_of(facts->document, facts->operations, &costs, n_changes, facts, facts->arena);
    if (!budget_spend(
            &budget, facts->until_us, facts->now_us, proposal->cost, &facts->new_until_us, &wait_us)) {
        long long left = (long long)budget_balance(&budget, facts->until_us, facts->now_us);
        if (wait_us >= 0) {
            char seconds[32];
            snprintf(seconds, sizeof(seconds), "%lld", (long long)(wait_us / 1000000 + 1));
            http_reply_header(request, "Retry-After", seconds);
        }
        http_problem_at(request, wait_us >= 0 ? 429 : 422, "/operations",
            wait_us >= 0 ? "This costs %lld of your budget, and %lld are left of it."
                         : "This costs %lld, more than a whole budget; propose it in parts. Left: %lld.",
            (long long)proposal->cost, left);
        return false;
    }
    proposal->balance = budget_balance(&budget, facts->new_until_us, facts->now_us);
    return true;
}

static json_t *text_hash(const char *text)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    hash_sha256(text, strlen(text), hash);
    hex_encode(hash, HASH_BYTES, hex);
    return json_string(hex);
}

static void open_amendment(struct proposal *proposal, const struct facts *facts)
{
    const struct loop *loop = http_context(proposal->request);
    char *operations = json_canonical(arena_json(facts->arena, operations_json(facts->operations)));
    char *rule = json_canonical(json_object_get(facts->settings, "rule"));
    proposal->amendment = uuid_new();
    struct audit_entry entry;
    audit_entry_make(facts->arena, "amendment",
        json_pack("{s:o, s:o, s:I, s:o, s:o, s:o, s:I}", "community", json_id(proposal->community),
            "amendment", json_id((struct id){proposal->community.shard_key, proposal->amendment}),
            "base_version", (json_int_t)proposal->base_version, "operations_hash", text_hash(operations),
            "rationale_hash", text_hash(proposal->rationale), "rule_hash", text_hash(rule), "cost",
            (json_int_t)proposal->cost),
        &entry);
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, proposal->community.shard_key);
    db_add_uuid(&params, proposal->amendment);
    db_add_number(&params, proposal->base_version);
    db_add_text(&params, operations);
    db_add_text(&params, proposal->rationale);
    db_add_uuid(&params, proposal->actor->participant);
    db_add_number(&params, proposal->cost);
    db_add_number(&params, proposal->balance);
    db_add_text(&params, rule);
    db_add_number(&params, settings_voting_seconds(facts->settings));
    db_add_uuid(&params, proposal->key);
    db_add_bytes(&params, proposal->hash, HASH_BYTES);
    db_add_uuid(&params, entry.id);
    db_add_text(&params, entry.text);
    if (facts->has_until)
        db_add_number(&params, facts->until_us);
    else
        db_add_null(&params);
    db_add_number(&params, facts->new_until_us);
    db_add_uuid(&params, uuid_new()); // of the event
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_CONSTITUTION_PROPOSE, &params, on_opened, proposal);
    free(operations);
    free(rule);
}

static void on_facts(void *arg, const struct db_result *result)
{
    struct proposal *proposal = arg;
    struct http_request *request = proposal->request;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    if (db_bool(result, 0, KEY_VOTED)) {
        api_key_reused(request);
        return;
    }
    if (!db_is_null(result, 0, PRIOR)) {
        size_t size = 0;
        const unsigned char *hash = db_bytes(result, 0, PRIOR_HASH, http_arena(request), &size);
        if (size == HASH_BYTES && bytes_equal(hash, proposal->hash, HASH_BYTES))
            answer(proposal, db_uuid(result, 0, PRIOR), db_number(result, 0, PRIOR_COST),
                db_number(result, 0, PRIOR_BALANCE), db_number(result, 0, PRIOR_CLOSES),
                db_text(result, 0, PRIOR_RULE));
        else
            api_key_reused(request);
        return;
    }
    struct facts facts = {.result = result, .arena = arena_new(ARENA_MAX)};
    if (parse_facts(proposal, &facts) && spend(proposal, &facts))
        open_amendment(proposal, &facts);
    arena_free(facts.arena);
}

static void ask(struct proposal *proposal)
{
    const struct loop *loop = http_context(proposal->request);
    struct db_params params;
    proposal->attempts++;
    db_params_init(&params);
    db_add_number(&params, proposal->community.shard_key);
    db_add_uuid(&params, proposal->actor->participant);
    db_add_uuid(&params, proposal->key);
    db_add_uuid(&params, proposal->community.uuid);
    db_query(loop->db, DB_READ, 0, QUERY_CONSTITUTION_PROPOSAL_FACTS, &params, on_facts, proposal);
}

static void propose_as(struct http_request *request, const struct actor *actor)
{
    struct proposal *proposal = arena_calloc(http_arena(request), 1, sizeof(*proposal));
    proposal->request = request;
    proposal->actor = actor;
    proposal->body = http_body_json(request);
    if (proposal->body == NULL || !api_idempotency_key(request, true, &proposal->key, NULL) ||
        !identity_param_id(request, "c", &proposal->community))
        return;
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, proposal->body, "", FIELDS("base_version", "operations", "rationale"));
    proposal->base_version =
        fields_integer(&fields, proposal->body, "", "base_version", FIELD_REQUIRED, 1, 1000000000, 0);
    fields_array(&fields, proposal->body, "", "operations", FIELD_REQUIRED, 1, OPERATIONS_MAX);
    proposal->rationale =
        fields_text(&fields, proposal->body, "", "rationale", FIELD_REQUIRED, 1, RATIONALE_MAX);
    if (!fields_finish(&fields, request))
        return;
    char *text = json_canonical(proposal->body);
    hash_sha256(text, strlen(text), proposal->hash);
    free(text);
    ask(proposal);
}

void amendment_propose(struct http_request *request)
{
    struct id community;
    if (identity_param_id(request, "c", &community))
        identity_require(request, ACTION_PROPOSE, &community, propose_as);
}
