#include "coordinator/score/score.h"

#include "coordinator/api.h"
#include "coordinator/embed/embed.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/metrics.h"
#include "coordinator/score/answer.h"
#include "coordinator/score/explain.h"
#include "coordinator/score/models.h"
#include "coordinator/score/scoring.h"
#include "coordinator/score/scoring_objectives.h"
#include "reward/batch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES_DEFAULT = 10 };

struct call {
    struct http_request *request;
    json_t *body;
    struct lifted lifted;
    struct id model_id;
    const char *model_text;
    enum answer_detail detail;
    size_t n_features; // of explanations; 0: none
    bool is_beside;    // objectives, articles or people are asked of
    bool has_judge;    // another model says whether articles are complied with
    struct id judge_id;
    struct model *model, *judge; // held until the answer; judge NULL: none of its own
    struct embed_wanted *wanted; // NULL: no endpoint makes what the model needs
};

json_t *score_body(struct http_request *request, struct lifted *ret_lifted)
{
    size_t size, light_size;
    const char *body = http_body(request, &size);
    const char *light = lift_embeddings(body, size, http_arena(request), ret_lifted, &light_size);
    return light != NULL ? http_body_json_of(request, light, light_size) : http_body_json(request);
}

void score_headers(struct http_request *request, const struct model *model, const char *model_text)
{
    char version[24];
    http_reply_header(request, "X-Model", model_text);
    snprintf(version, sizeof(version), "%lld", (long long)model_constitution_version(model));
    if (model_constitution_version(model) > 0)
        http_reply_header(request, "X-Constitution-Version", version);
}

struct embed_wanted *score_wanted(struct http_request *request, const struct model *model, struct id id)
{
    const struct artefact *artefact = model_artefact(model);
    if (artefact->features != ARTEFACT_EMBEDDING || model_space(model) == NULL)
        return NULL;
    struct embed_wanted *wanted = arena_calloc(http_arena(request), 1, sizeof(*wanted));
    *wanted = (struct embed_wanted){
        .shard_key = id.shard_key, .space = model_space(model), .n_dimensions = artefact->n_dimensions};
    return wanted;
}

bool score_wants(const struct embed_wanted *wanted)
{
    return wanted != NULL && wanted->n > 0 && wanted->values == NULL;
}

bool score_embedded(struct http_request *request, const struct embed_wanted *wanted,
    const struct model *model, int wrong_status)
{
    if (wanted->values != NULL)
        return true;
    if (wanted->status == 422) {
        http_problem(request, wrong_status,
            "Candidates need embeddings of %s, %u numbers each, on which the model was fitted; the study's endpoint does not "
            "make such any more.",
            model_embedder(model), wanted->n_dimensions);
        return false;
    }
    http_reply_header(request, "Retry-After", "2");
    http_problem(request, wanted->status, "%s", wanted->detail);
    return false;
}

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

// --- what is asked ------------------------------------------------------------------------------------------------------
// One scoring a prompt; `prompts` NULL: the body is the only one.
static int read_prompts(const struct call *call, json_t *prompts, struct scoring *scorings, size_t n,
    struct arena *arena, struct err *err)
{
    int rc = 0;
    for (size_t p = 0; rc == 0 && p < n; p++) {
        json_t *prompt = prompts != NULL ? json_array_get(prompts, p) : call->body;
        const char *at = prompts != NULL ? arena_printf(arena, "/prompts/%zu", p) : "";
        json_t *id = prompts != NULL ? json_object_get(prompt, "id") : NULL;
        const char *name;
        json_t *member;
        if (!json_is_object(prompt))
            return err_set(err, ERR_INVALID, "%s must be {id?, prompt?, candidates}", at);
        json_object_foreach(prompt, name, member)
        {
            if (prompts != NULL && strcmp(name, "id") != 0 && strcmp(name, "prompt") != 0 &&
                strcmp(name, "candidates") != 0)
                return err_set(err, ERR_INVALID, "%s/%.64s there is no such field", at, name);
        }
        if (id != NULL && !json_is_string(id))
            return err_set(err, ERR_INVALID, "%s/id must be a text", at);
        scorings[p].id = json_string_value(id);
        rc = scoring_read_candidates(&scorings[p], json_object_get(prompt, "candidates"),
            arena_printf(arena, "%s/candidates", at), arena, err);
    }
    return rc;
}

// The rule is the same for all: it is read once.
static int read_rule(
    const struct call *call, struct scoring *scorings, size_t n, struct arena *arena, struct err *err)
{
    struct scoring *first = &scorings[0];
    int rc = scoring_read_jury(first, json_object_get(call->body, "jury"), arena, err);
    if (rc == 0)
        rc = scoring_choose_rule(first, json_string_value(json_object_get(call->body, "aggregate")), err);
    if (rc == 0)
        rc = scoring_read_weights(first, json_object_get(call->body, "weights"), arena, err);
    for (size_t p = 1; p < n; p++) {
        scorings[p].seats = first->seats;
        scorings[p].n_seats = first->n_seats;
        scorings[p].draws = first->draws;
        scorings[p].rule = first->rule;
        scorings[p].n_groups = first->n_groups;
        scorings[p].weights = first->weights;
    }
    return rc;
}

// What is asked beside the preference, the same of each prompt.
static int read_beside(const struct call *call, const struct artefact *judge, struct scoring *scorings,
    size_t n, struct arena *arena, struct err *err)
{
    struct scoring_objectives asked = {.people = json_is_true(json_object_get(call->body, "people"))};
    if (!call->is_beside)
        return 0;
    int rc = scoring_read_objectives(
        &asked, scorings[0].artefact, json_object_get(call->body, "objectives"), arena, err);
    if (rc == 0)
        rc =
            scoring_read_constitution(&asked, judge, json_object_get(call->body, "constitution"), arena, err);
    for (size_t p = 0; p < n; p++)
        scorings[p].beside = arena_memdup(arena, &asked, sizeof(asked));
    return rc;
}

static int check_amounts(const struct call *call, const struct scoring *scorings, size_t n, struct err *err)
{
    size_t n_all = 0;
    enum aggregate_rule rule = scorings[0].rule;
    bool is_lottery =
        scorings[0].seats == NULL && (rule == AGGREGATE_LOTTERY || rule == AGGREGATE_MAXIMAL_LOTTERY);
    for (size_t p = 0; p < n; p++)
        n_all += scorings[p].n_candidates;
    if (n_all > SCORING_ALL_MAX)
        return err_set(err, ERR_INVALID, "/prompts have %zu candidates, at most %d are scored at once", n_all,
            SCORING_ALL_MAX);
    if (is_lottery && n_all > SCORING_LOTTERIES_MAX)
        return err_set(err, ERR_INVALID, "/aggregate a lottery takes at most %d candidates in all",
            SCORING_LOTTERIES_MAX);
    if (call->n_features > 0 && n_all > SCORING_EXPLAINED_MAX)
        return err_set(err, ERR_INVALID, "/explain takes at most %d candidates", SCORING_EXPLAINED_MAX);
    if (scorings[0].seats != NULL && n_all * scorings[0].draws > SCORING_DRAWN_MAX)
        return err_set(
            err, ERR_INVALID, "/jury/draws times candidates must be at most %d", SCORING_DRAWN_MAX);
    return 0;
}

// --- scores alone: one pass over embeddings that lie behind one another (reward/batch.h) ---------------------------------
static const float *one_block(const struct scoring *scorings, size_t n)
{
    const float *next = NULL;
    for (size_t p = 0; p < n; p++) {
        for (size_t i = 0; i < scorings[p].n_candidates; i++) {
            const struct predict_candidate *candidate = &scorings[p].candidates[i];
            if (next != NULL && candidate->embedding != next)
                return NULL;
            next = candidate->embedding + candidate->n_dimensions;
        }
        if (scorings[p].n_candidates < 2)
            return NULL; // it is measured against the training mean
    }
    return scorings[0].candidates[0].embedding;
}

struct scored {
    double score;
    uint32_t index;
};

static int best_first(const void *a, const void *b)
{
    const struct scored *x = a, *y = b;
    return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->index < y->index ? -1 : 1;
}

static void order_by_score(struct scoring *scoring, double *scores, struct arena *arena)
{
    size_t n = scoring->n_candidates;
    struct scored *scored = arena_alloc(arena, n * sizeof(*scored));
    uint32_t *order = arena_alloc(arena, n * sizeof(*order));
    for (size_t i = 0; i < n; i++)
        scored[i] = (struct scored){.score = scores[i], .index = (uint32_t)i};
    qsort(scored, n, sizeof(*scored), best_first);
    for (size_t i = 0; i < n; i++)
        order[i] = scored[i].index;
    scoring->result = (struct aggregate_result){.scores = scores, .order = order, .choice = order[0]};
}

// False: these are not such, or the rule needs more than scores.
static bool in_one_pass(
    const struct call *call, struct scoring *scorings, size_t n, struct arena *arena, struct err *err)
{
    const struct scoring *first = &scorings[0];
    bool is_sum = first->rule == AGGREGATE_MEAN || first->rule == AGGREGATE_MAXMIN ||
                  first->rule == AGGREGATE_WEIGHTS || first->rule == AGGREGATE_NASH;
    if (call->is_beside || call->detail != ANSWER_SCORES || call->n_features > 0 || first->seats != NULL ||
        !is_sum || first->artefact->features != ARTEFACT_EMBEDDING)
        return false;
    uint32_t *first_of = arena_alloc(arena, (n + 1) * sizeof(*first_of)),
             *choice = arena_alloc(arena, n * sizeof(*choice));
    first_of[0] = 0;
    for (size_t p = 0; p < n; p++)
        first_of[p + 1] = first_of[p] + (uint32_t)scorings[p].n_candidates;
    double *scores = arena_alloc(arena, first_of[n] * sizeof(*scores));
    const struct batch batch = {.artefact = first->artefact,
        .rule = first->rule,
        .weights = first->weights,
        .embedding = one_block(scorings, n),
        .first = first_of,
        .n_prompts = (uint32_t)n};
    if (batch.embedding == NULL || batch_choose(&batch, choice, scores, err) < 0)
        return false;
    for (size_t p = 0; p < n; p++)
        order_by_score(&scorings[p], scores + first_of[p], arena);
    return true;
}

static int decide(
    const struct call *call, struct scoring *scorings, size_t n, struct arena *arena, struct err *err)
{
    if (in_one_pass(call, scorings, n, arena, err))
        return 0;
    int rc = scoring_rewards(scorings, n, arena, err);
    for (size_t p = 0; rc == 0 && p < n; p++) {
        rc = scoring_decide(&scorings[p], arena, err);
        if (rc == 0 && scorings[p].beside != NULL)
            rc = scoring_judge(scorings[p].beside, &scorings[p], arena, err);
        if (rc == 0 && scorings[p].beside != NULL)
            rc = scoring_leave_out(scorings[p].beside, &scorings[p], arena, err);
        if (rc == 0 && call->n_features > 0) {
            scorings[p].n_features = call->n_features;
            scoring_explain(&scorings[p], arena);
        }
    }
    return rc;
}

// --- the answer -----------------------------------------------------------------------------------------------------------
static void reply(const struct call *call, const struct model *model, const struct scoring *scorings,
    size_t n, bool is_batch)
{
    struct buf out;
    size_t n_all = 0;
    const struct answer answer = {.scorings = scorings,
        .n = n,
        .is_batch = is_batch,
        .detail = call->detail,
        .model_text = call->model_text,
        .constitution_version = model_constitution_version(model)};
    for (size_t p = 0; p < n; p++)
        n_all += scorings[p].n_candidates;
    buf_init(&out, ANSWER_MAX_BYTES);
    answer_write(&answer, http_arena(call->request), &out);
    metrics_add(METRIC_SCORES, (int64_t)n_all);
    score_headers(call->request, model, call->model_text);
    if (buf_check(&out) < 0)
        http_problem(call->request, 422, "The answer would be longer than %d bytes.", ANSWER_MAX_BYTES);
    else
        http_reply(call->request, 200, "application/json", out.data, out.length);
    buf_release(&out);
}

static void let_go(struct call *call)
{
    model_release(&call->judge);
    model_release(&call->model);
}

static void answer_by(struct call *call);

static void on_embedded(void *arg)
{
    struct call *call = arg;
    if (score_embedded(call->request, call->wanted, call->model, 422))
        answer_by(call);
    else
        let_go(call);
}

static void answer_by(struct call *call)
{
    struct http_request *request = call->request;
    struct arena *arena = http_arena(request);
    struct err err = {0};
    json_t *prompts = json_object_get(call->body, "prompts");
    const struct model *model = call->model, *judge = call->judge != NULL ? call->judge : model;
    size_t n = prompts != NULL ? json_array_size(prompts) : 1;
    struct scoring *scorings = arena_calloc(arena, n, sizeof(*scorings));
    for (size_t p = 0; p < n; p++)
        scorings[p] = (struct scoring){
            .artefact = model_artefact(model), .lifted = &call->lifted, .wanted = call->wanted};
    int rc = read_prompts(call, prompts, scorings, n, arena, &err);
    if (rc == 0 && score_wants(call->wanted)) {
        embed_texts(request, call->wanted, on_embedded, call);
        return;
    }
    if (rc < 0 || read_rule(call, scorings, n, arena, &err) < 0 ||
        check_amounts(call, scorings, n, &err) < 0 ||
        read_beside(call, model_artefact(judge), scorings, n, arena, &err) < 0 ||
        decide(call, scorings, n, arena, &err) < 0)
        reply_pointed(request, &err);
    else
        reply(call, model, scorings, n, prompts != NULL);
    let_go(call);
}

static bool is_there(struct call *call, const struct model *model, const struct err *model_err)
{
    const char *detail;
    if (model != NULL)
        return true;
    int status = model_status(model_err, &detail);
    http_problem(call->request, status, "%s", detail);
    let_go(call);
    return false;
}

// Candidates have one embedding each: it must be of the kind that both were fitted on.
static bool reads_others(const struct model *model, const struct model *judge)
{
    const char *one = model_space(model), *other = model_space(judge);
    return model_artefact(judge)->features == ARTEFACT_EMBEDDING &&
           strcmp(one != NULL ? one : "", other != NULL ? other : "") != 0;
}

static void on_judge(void *arg, struct model *judge, const struct err *model_err)
{
    struct call *call = arg;
    call->judge = judge;
    if (!is_there(call, judge, model_err))
        return;
    if (reads_others(call->model, judge)) {
        http_problem_at(call->request, 422, "/constitution/model",
            "The model that judges articles was fitted on embeddings of another model.");
        let_go(call);
        return;
    }
    answer_by(call);
}

static void on_model(void *arg, struct model *model, const struct err *model_err)
{
    struct call *call = arg;
    call->model = model;
    if (!is_there(call, model, model_err))
        return;
    call->wanted = score_wanted(call->request, model, call->model_id);
    if (call->has_judge)
        model_acquire(http_context(call->request), call->judge_id, on_judge, call);
    else
        answer_by(call);
}

static void permitted(struct http_request *request, const struct actor *actor UNUSED)
{
    struct call *call = http_kept(request);
    model_acquire(http_context(request), call->model_id, on_model, call);
}

// `explain`: true, or how many features.
static void read_explain(struct fields *fields, struct call *call)
{
    const json_t *explain = json_object_get(call->body, "explain");
    if (json_is_true(explain))
        call->n_features = FEATURES_DEFAULT;
    else if (json_is_integer(explain) && json_integer_value(explain) > 0 &&
             json_integer_value(explain) <= SCORING_FEATURES_MAX)
        call->n_features = (size_t)json_integer_value(explain);
    else if (explain != NULL && !json_is_false(explain) && !json_is_null(explain))
        fields_fail(fields, "/explain", "explain must be true, or a number of features from 1 to %d.",
            SCORING_FEATURES_MAX);
}

// The model that judges articles is one of the same study, so that who may use the one may use the other.
static void read_judge(struct fields *fields, struct call *call)
{
    const json_t *judge = json_object_get(json_object_get(call->body, "constitution"), "model"),
                 *people = json_object_get(call->body, "people");
    struct id model;
    call->is_beside = json_object_get(call->body, "objectives") != NULL ||
                      json_object_get(call->body, "constitution") != NULL || json_is_true(people);
    if (people != NULL && !json_is_boolean(people))
        fields_fail(fields, "/people", "people must be true or false.");
    if (judge == NULL || call->model_text == NULL || id_parse(call->model_text, &model) < 0)
        return;
    call->has_judge = true;
    if (!json_is_string(judge) || id_parse(json_string_value(judge), &call->judge_id) < 0 ||
        call->judge_id.shard_key != model.shard_key)
        fields_fail(fields, "/constitution/model", "model must be the id of a model of the same study.");
}

static bool read_body(struct call *call)
{
    static const char *const details[] = {[ANSWER_FULL] = "full", [ANSWER_SCORES] = "scores", NULL};
    struct http_request *request = call->request;
    const json_t *body = call->body, *prompt = json_object_get(body, "prompt"),
                 *aggregate = json_object_get(body, "aggregate"), *prompts = json_object_get(body, "prompts");
    struct fields fields;
    fields_init(&fields);
    fields_only(&fields, body, "",
        FIELDS("model", "prompt", "candidates", "prompts", "aggregate", "weights", "jury", "explain",
            "detail", "objectives", "constitution", "people"));
    call->model_text = json_string_value(json_object_get(body, "model"));
    int detail = fields_choice(&fields, body, "", "detail", FIELD_OPTIONAL, details);
    call->detail = detail == ANSWER_SCORES ? ANSWER_SCORES : ANSWER_FULL;
    read_explain(&fields, call);
    read_judge(&fields, call);
    if (call->model_text == NULL)
        fields_fail(&fields, "/model", "model must be the id of a model.");
    if (prompt != NULL && !json_is_string(prompt) && !json_is_array(prompt))
        fields_fail(&fields, "/prompt", "prompt must be a text or a list of messages.");
    if (aggregate != NULL && !json_is_string(aggregate))
        fields_fail(&fields, "/aggregate", "aggregate must be the name of a rule.");
    if (prompts != NULL && (prompt != NULL || json_object_get(body, "candidates") != NULL))
        fields_fail(&fields, "/prompts", "Either prompts, or one prompt and its candidates.");
    if (prompts != NULL && (!json_is_array(prompts) || json_array_size(prompts) < 1 ||
                               json_array_size(prompts) > SCORING_PROMPTS_MAX))
        fields_fail(&fields, "/prompts", "prompts must be a list of 1 to %d of them.", SCORING_PROMPTS_MAX);
    return fields_finish(&fields, request);
}

static void score_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct call *call = arena_calloc(http_arena(request), 1, sizeof(*call));
    call->request = request;
    call->body = score_body(request, &call->lifted);
    if (call->body == NULL || !read_body(call))
        return;
    http_keep(request, call);
    if (id_parse(call->model_text, &call->model_id) < 0)
        http_problem(request, 404, "There is no such model.");
    else
        identity_require(request, ACTION_USE_MODEL, &call->model_id, permitted);
}

// Nobody's body is read before somebody answers for it.
static void score(struct http_request *request)
{
    identity_require(request, ACTION_SELF, NULL, score_as);
}

// --- the room -------------------------------------------------------------------------------------------------------------
#define COMPATIBLE(path, handler)                                                                            \
    {                                                                                                        \
        .method = HTTP_POST, .pattern = (path), .handle = (handler), .class = HTTP_CLASS_SCORE,              \
        .flags = HTTP_CROSS_SITE | HTTP_OWN_ERRORS                                                           \
    }

static const struct http_route score_routes[] = {
    {.method = HTTP_POST, .pattern = "/api/v1/score", .handle = score, .class = HTTP_CLASS_SCORE},
    COMPATIBLE("/rerank", compatible_rerank),
    COMPATIBLE("/v1/rerank", compatible_rerank),
    COMPATIBLE("/v2/rerank", compatible_rerank),
    COMPATIBLE("/score", compatible_score),
    COMPATIBLE("/v1/score", compatible_score),
    COMPATIBLE("/classify", compatible_classify),
    COMPATIBLE("/v1/classify", compatible_classify),
    COMPATIBLE("/pooling", compatible_pooling),
    COMPATIBLE("/v1/pooling", compatible_pooling),
    COMPATIBLE("/get_reward", compatible_reward),
    {.method = HTTP_GET,
        .pattern = "/v1/models",
        .handle = compatible_models,
        .class = HTTP_CLASS_READ,
        .flags = HTTP_CROSS_SITE | HTTP_OWN_ERRORS},
    {.method = HTTP_GET, .pattern = "/health", .handle = compatible_health, .class = HTTP_CLASS_PROBE},
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
