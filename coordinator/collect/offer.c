#include "coordinator/collect/offer.h"

#include "base/hash.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/collect/gold.h"
#include "coordinator/collect/routes.h"
#include "coordinator/collect/submission.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"

#include <string.h>

enum { ATTEMPTS_MAX = 4 };

// Columns of collect_gold_next.sql that are looked at here.
enum { STATE = 0, HAD_LEASE = 1, LEASE = 2, PART = 13, IS_LOST = 14, HAS_FAILED = 15 };

struct offer {
    struct http_request *request;
    const struct actor *actor;
    struct id project;
    struct gold_rules gold;
    int64_t constitution_version;
    bool is_attention; // this one is to be, if one is left
    int status, attempts;
    void (*go_on)(void *arg);
    void *arg;
};

static void look(struct offer *offer);

static void on_offer(void *arg, const struct db_result *result)
{
    struct offer *offer = arg;
    struct http_request *request = offer->request;
    bool is_lost = result->status == DB_OK && result->n_rows == 1 && db_bool(result, 0, IS_LOST);
    if ((result->status == DB_CONFLICT || is_lost) && ++offer->attempts < ATTEMPTS_MAX) {
        look(offer);
        return;
    }
    if (api_db_failed(request, result))
        return;
    bool is_open = result->n_rows == 1 && strcmp(db_text(result, 0, STATE), "open") == 0;
    if (is_open && !db_is_null(result, 0, LEASE)) {
        metrics_add(
            db_bool(result, 0, HAD_LEASE) ? METRIC_ASSIGNMENTS_AGAIN : METRIC_ASSIGNMENTS_SEARCHED, 1);
        assignments_reply(request, offer->status, offer->project.shard_key, result,
            db_is_null(result, 0, PART) ? NULL : db_text(result, 0, PART));
    } else if (is_open && db_bool(result, 0, HAS_FAILED)) {
        submission_none(request, offer->actor, offer->project.shard_key, "not_qualified");
    } else {
        offer->go_on(offer->arg);
    }
}

static void look(struct offer *offer)
{
    const struct loop *loop = http_context(offer->request);
    const char *again = http_query(offer->request, "try_again");
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, offer->project.shard_key);
    db_add_uuid(&params, offer->actor->participant);
    db_add_uuid(&params, uuid_new());
    if (offer->constitution_version > 0)
        db_add_number(&params, offer->constitution_version);
    else
        db_add_null(&params);
    db_add_number(&params, offer->gold.practice);
    db_add_number(&params, offer->gold.qualification);
    db_add_text(&params, arena_printf(http_arena(offer->request), "%.17g", offer->gold.share));
    db_add_number(&params, offer->gold.tries);
    db_add_bool(&params, again != NULL && strcmp(again, "true") == 0);
    db_add_bool(&params, offer->is_attention);
    // Whatever became of one that was lost on the way: the next look finds it.
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_GOLD_NEXT, &params, on_offer, offer);
}

void offer_gold(struct http_request *request, const struct actor *actor, struct id project,
    const struct gold_rules *gold, int64_t constitution_version, void (*go_on)(void *arg), void *arg)
{
    if (!gold_is_given(gold)) {
        go_on(arg);
        return;
    }
    struct offer *offer = arena_calloc(http_arena(request), 1, sizeof(*offer));
    struct rng rng;
    rng_seed(&rng, rng_secure_u64());
    *offer = (struct offer){.request = request,
        .actor = actor,
        .project = project,
        .gold = *gold,
        .constitution_version = constitution_version,
        .is_attention = rng_uniform(&rng) < gold->attention,
        .status = 201,
        .go_on = go_on,
        .arg = arg};
    look(offer);
}

// --- taking back ----------------------------------------------------------------------------------------------------------
static void gone(void *arg)
{
    const struct offer *offer = arg;
    http_problem(offer->request, 409, "This task is not yours any more; ask for the next one.");
}

static void on_undone(void *arg, const struct db_result *result)
{
    struct offer *offer = arg;
    struct http_request *request = offer->request;
    if (api_db_failed(request, result))
        return;
    if (result->n_rows == 0)
        http_problem(request, 404, "There is no judgment of yours under this task.");
    else if (!db_is_null(result, 0, 3) && !db_bool(result, 0, 3))
        api_key_reused(request);
    else if (strcmp(db_text(result, 0, 1), "attention") != 0)
        http_problem(request, 409, "What was answered to practise or to qualify stays as it was.");
    else if (strcmp(db_text(result, 0, 0), "open") != 0)
        http_problem(request, 409, "The study is %s: answers can't be taken back.", db_text(result, 0, 0));
    else if (!db_bool(result, 0, 2))
        gone(offer);
    else
        look(offer);
}

void offer_undo(struct http_request *request, const struct actor *actor, struct id lease, struct uuid key,
    const unsigned char *hash)
{
    const struct loop *loop = http_context(request);
    struct offer *offer = arena_calloc(http_arena(request), 1, sizeof(*offer));
    *offer = (struct offer){.request = request,
        .actor = actor,
        .project = {.shard_key = lease.shard_key},
        .status = 200,
        .go_on = gone,
        .arg = offer};
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, lease.shard_key);
    db_add_uuid(&params, lease.uuid);
    db_add_uuid(&params, actor->participant);
    db_add_uuid(&params, uuid_new());
    db_add_uuid(&params, key);
    db_add_bytes(&params, hash, HASH_BYTES);
    db_query(loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_COLLECT_GOLD_UNDO, &params, on_undone, offer);
}
