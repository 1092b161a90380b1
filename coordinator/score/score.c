#include "coordinator/score/score.h"

#include "base/hash.h"
#include "coordinator/api.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/metrics.h"
#include "coordinator/score/models.h"
#include "coordinator/score/scoring.h"

#include <stdlib.h>
#include <string.h>

struct call {
    struct http_request *request;
    json_t *body;
    struct id model_id;
    const char *model_text;
};

// "/pointer what is wrong" -> a problem at that pointer.
static void reply_pointed(struct http_request *request, const struct err *err)
{
    const char *space = strchr(err->message, ' ');
    if (err->message[0] != '/' || space == NULL) {
        http_problem(request, 422, "%s", err->message);
        return;
    }
    char *pointer = arena_strndup(http_arena(request), err->message, (size_t)(space - err->message));
    http_problem_at(request, 422, pointer, "%s", err->message);
}

static json_t *group_json(const struct artefact_head *head)
{
    return json_pack("{s:s, s:s, s:f, s:i, s:i}", "attribute", head->attribute, "value", head->value, "share",
        head->share, "n_annotators", (int)head->n_annotators, "n_judgments", (int)head->n_judgments);
}

static json_t *candidate_json(const struct scoring *scoring, size_t i, const size_t *rank_of)
{
    const struct aggregate_result *result = &scoring->result;
    json_t *by_group = json_array();
    for (size_t g = 0; g < scoring->n_groups; g++) {
        const struct artefact_head *head = scoring_group(scoring, g);
        json_array_append_new(
            by_group, json_pack("{s:s, s:s, s:f}", "attribute", head->attribute, "value", head->value,
                          "score", scoring->utilities[i * scoring->n_groups + g]));
    }
    const struct artefact_head *worst = scoring_group(scoring, result->worst_group[i]);
    json_t *json = json_pack("{s:i, s:s?, s:f, s:i, s:o, s:{s:s, s:s, s:f}, s:[]}", "index", (int)i, "id",
        scoring->ids[i], "score", result->scores[i], "rank", (int)rank_of[i], "by_group", by_group, "worst",
        "attribute", worst->attribute, "value", worst->value, "score", result->worst_utility[i],
        "violations");
    if (result->lottery != NULL)
        json_object_set_new(json, "probability", json_real(result->lottery[i]));
    if (scoring->seats != NULL)
        json_object_set_new(json, "jury", scoring_jury_of_candidate(scoring, i));
    return json;
}

// Whom the choice serves least, in numbers: a reader must not have to look for it.
static json_t *why_json(const struct scoring *scoring)
{
    const struct aggregate_result *result = &scoring->result;
    const struct artefact_head *worst = scoring_group(scoring, result->worst_group[result->choice]);
    json_t *objectors = json_array();
    for (size_t g = 0; g < scoring->n_groups; g++) {
        size_t best = 0;
        for (size_t i = 1; i < scoring->n_candidates; i++) {
            if (scoring->utilities[i * scoring->n_groups + g] >
                scoring->utilities[best * scoring->n_groups + g])
                best = i;
        }
        double loss = scoring->utilities[best * scoring->n_groups + g] -
                      scoring->utilities[result->choice * scoring->n_groups + g];
        if (best != result->choice && loss > 0)
            json_array_append_new(objectors,
                json_pack("{s:s, s:s, s:i, s:f}", "attribute", scoring_group(scoring, g)->attribute, "value",
                    scoring_group(scoring, g)->value, "prefers", (int)best, "loss", loss));
    }
    return json_pack("{s:s, s:b, s:s, s:{s:s, s:s, s:f}, s:o}", "aggregate",
        scoring->seats != NULL ? "jury" : aggregate_rule_name(scoring->rule), "supported",
        scoring->artefact->supported, "scale",
        scoring->n_candidates > 1 ? "log-odds, centred on these candidates"
                                  : "log-odds against the training mean",
        "worst_off", "attribute", worst->attribute, "value", worst->value, "score",
        result->worst_utility[result->choice], "objectors", objectors);
}

static json_t *answer_json(const struct scoring *scoring, const char *model_text, struct arena *arena)
{
    const struct aggregate_result *result = &scoring->result;
    size_t *rank_of = arena_alloc(arena, scoring->n_candidates * sizeof(*rank_of));
    for (size_t rank = 0; rank < scoring->n_candidates; rank++)
        rank_of[result->order[rank]] = rank;
    char hash[HASH_HEX_BYTES];
    hex_encode(artefact_hash(scoring->artefact), HASH_BYTES, hash);
    json_t *groups = json_array(), *candidates = json_array();
    for (size_t g = 0; g < scoring->n_groups; g++)
        json_array_append_new(groups, group_json(scoring_group(scoring, g)));
    for (size_t i = 0; i < scoring->n_candidates; i++)
        json_array_append_new(candidates, candidate_json(scoring, i, rank_of));
    json_t *answer = json_pack("{s:s, s:s, s:s, s:o, s:o, s:{s:i, s:s?}, s:o}", "model", model_text,
        "artefact", hash, "method", scoring->artefact->method, "groups", groups, "candidates", candidates,
        "choice", "index", (int)result->choice, "id", scoring->ids[result->choice], "why", why_json(scoring));
    if (result->lottery != NULL)
        json_object_set_new(answer, "lottery",
            json_pack("{s:f, s:f}", "value", result->lottery_value, "gap", result->lottery_gap));
    if (scoring->seats != NULL)
        json_object_set_new(answer, "verdict", scoring_verdict_json(scoring));
    return answer;
}

static void on_model(void *arg, struct model *model, const struct err *model_err)
{
    struct call *call = arg;
    struct http_request *request = call->request;
    struct arena *arena = http_arena(request);
    struct err err = {0};
    if (model == NULL) {
        if (model_err->code == ERR_NOT_FOUND)
            http_problem(request, 404, "There is no such model.");
        else
            http_problem(request, model_err->code == ERR_LIMIT || model_err->code == ERR_IO ? 503 : 500,
                "The model can't be loaded now.");
        return;
    }
    struct scoring scoring = {.artefact = model_artefact(model)};
    if (scoring_read_candidates(
            &scoring, json_object_get(call->body, "candidates"), "/candidates", arena, &err) < 0 ||
        scoring_read_jury(&scoring, json_object_get(call->body, "jury"), arena, &err) < 0 ||
        scoring_choose_rule(&scoring, json_string_value(json_object_get(call->body, "aggregate")), &err) <
            0 ||
        scoring_read_weights(&scoring, json_object_get(call->body, "weights"), arena, &err) < 0 ||
        scoring_run(&scoring, arena, &err) < 0) {
        reply_pointed(request, &err);
    } else {
        metrics_add(METRIC_SCORES, (int64_t)scoring.n_candidates);
        http_reply_header(request, "X-Model", call->model_text);
        http_reply_json(request, 200, answer_json(&scoring, call->model_text, arena));
    }
    model_release(&model);
}

static void permitted(struct http_request *request, const struct actor *actor UNUSED)
{
    struct call *call = arena_calloc(http_arena(request), 1, sizeof(*call));
    call->request = request;
    call->body = http_body_json(request);
    call->model_text = json_string_value(json_object_get(call->body, "model"));
    if (id_parse(call->model_text, &call->model_id) < 0)
        return; // checked before
    model_acquire(http_context(request), call->model_id, on_model, call);
}

static void score(struct http_request *request)
{
    json_t *body = http_body_json(request);
    struct fields fields;
    if (body == NULL)
        return;
    fields_init(&fields);
    fields_only(&fields, body, "", FIELDS("model", "prompt", "candidates", "aggregate", "weights", "jury"));
    if (!fields_finish(&fields, request))
        return;
    json_t *prompt = json_object_get(body, "prompt"), *aggregate = json_object_get(body, "aggregate");
    const char *model = json_string_value(json_object_get(body, "model"));
    struct id id;
    if (model == NULL)
        http_problem_at(request, 422, "/model", "model must be the id of a model.");
    else if (prompt != NULL && !json_is_string(prompt) && !json_is_array(prompt))
        http_problem_at(request, 422, "/prompt", "prompt must be a text or a list of messages.");
    else if (aggregate != NULL && !json_is_string(aggregate))
        http_problem_at(request, 422, "/aggregate", "aggregate must be the name of a rule.");
    else if (id_parse(model, &id) < 0)
        http_problem(request, 404, "There is no such model.");
    else
        identity_require(request, ACTION_USE_MODEL, &id, permitted);
}

#define RERANK(path)                                                                                         \
    {                                                                                                        \
        .method = HTTP_POST, .pattern = (path), .handle = compatible_rerank, .class = HTTP_CLASS_SCORE,      \
        .flags = HTTP_CROSS_SITE | HTTP_OWN_ERRORS                                                           \
    }

static const struct http_route score_routes[] = {
    {.method = HTTP_POST, .pattern = "/api/v1/score", .handle = score, .class = HTTP_CLASS_SCORE},
    RERANK("/rerank"),
    RERANK("/v1/rerank"),
    RERANK("/v2/rerank"),
    {0},
};

static int start(struct app *app, struct err *err UNUSED)
{
    app->models = model_cache_new();
    return 0;
}

static void stop(struct app *app)
{
    model_cache_free(app->models);
    app->models = NULL;
}

const struct room score_room = {.name = "score", .routes = score_routes, .start = start, .stop = stop};
