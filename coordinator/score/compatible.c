// The routes serving stacks already call, in their own shapes, errors too. Which one is told by the path and the body: `texts` is
// TEI's rerank, `query` with `items` SGLang's score, `response` slime's reward, `prompts` or a list of `query` OpenRLHF's; else
// vLLM, whose shapes Cohere's, LiteLLM's and verl's clients read as well. Unknown fields are ignored, as those servers do.
//
// A rerank compares the documents of one query: their scores are centred on them. All else asks what one response is worth by
// itself: its score is against the training mean, and does not depend on what else is in the request.
#include "coordinator/score/score.h"

#include "base/clock.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/embed/embed.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"
#include "coordinator/metrics.h"
#include "coordinator/score/models.h"
#include "coordinator/score/scoring.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum kind { KIND_RERANK, KIND_SCORE, KIND_CLASSIFY, KIND_POOLING, KIND_REWARD };
enum shape { SHAPE_VLLM, SHAPE_TEI, SHAPE_SGLANG, SHAPE_OPENRLHF, SHAPE_SLIME };

struct call {
    struct http_request *request;
    enum kind kind;
    bool (*find)(struct call *call); // what is scored in the body; false when it has answered
    enum shape shape;
    json_t *body; // NULL: not read yet
    struct lifted lifted;
    struct id model_id;
    const char *model_text;
    const char *list; // how the caller names what is scored, for errors
    json_t *documents;
    struct model *model;         // held until the answer
    struct embed_wanted *wanted; // NULL: no endpoint makes what the model needs
};

// --- errors -----------------------------------------------------------------------------------------------------------
static enum shape shape_of(const json_t *body)
{
    return json_object_get(body, "texts") != NULL ? SHAPE_TEI : SHAPE_VLLM;
}

static const char *vllm_type(int status)
{
    switch (status) {
    case 401:
        return "AuthenticationError";
    case 404:
        return "NotFoundError";
    case 405:
        return "MethodNotAllowedError";
    case 503:
        return "ServiceUnavailableError";
    default:
        return status < 500 ? "BadRequestError" : "InternalServerError";
    }
}

static const char *tei_type(int status)
{
    return status == 429 || status == 503 ? "Overloaded" : status < 500 ? "Validation" : "Backend";
}

json_t *compatible_error(const struct http_request *request, int status, const char *detail)
{
    json_t *message = json_string(detail);
    if (message == NULL)
        message = json_string("The request holds bytes that are not UTF-8.");
    if (shape_of(http_body_parsed(request)) == SHAPE_TEI)
        return json_pack("{s:o, s:s}", "error", message, "error_type", tei_type(status));
    return json_pack("{s:{s:o, s:s, s:n, s:i}}", "error", "message", message, "type", vllm_type(status),
        "param", "code", status);
}

// What is wrong with the body: the servers themselves differ in the status.
static int wrong(const struct call *call)
{
    return call->shape == SHAPE_TEI ? 422 : 400;
}

// --- answers ----------------------------------------------------------------------------------------------------------
// vLLM had two names for it before the present one; verl still says `activation`.
static bool is_raw(const json_t *body)
{
    return json_is_true(json_object_get(body, "raw_scores")) ||
           json_is_false(json_object_get(body, "use_activation")) ||
           json_is_false(json_object_get(body, "activation")) ||
           json_is_false(json_object_get(body, "softmax"));
}

static double shown_score(const struct call *call, double score)
{
    return is_raw(call->body) ? score : predict_sigmoid(score);
}

static size_t top_n(const struct call *call, size_t n)
{
    json_t *wanted = json_object_get(call->body, "top_n");
    json_int_t value = json_integer_value(wanted);
    return json_is_integer(wanted) && value > 0 && (size_t)value < n ? (size_t)value : n;
}

static json_t *tei_answer(const struct call *call, const struct scoring *scoring)
{
    json_t *list = json_array();
    bool with_text = json_is_true(json_object_get(call->body, "return_text"));
    for (size_t rank = 0; rank < scoring->n_candidates; rank++) {
        size_t i = scoring->result.order[rank];
        json_t *entry =
            json_pack("{s:i, s:f}", "index", (int)i, "score", shown_score(call, scoring->result.scores[i]));
        if (with_text)
            json_object_set(entry, "text", json_array_get(json_object_get(call->body, "texts"), i));
        json_array_append_new(list, entry);
    }
    return list;
}

// A linear model has no tokens; four bytes a token is the usual reckoning.
static json_int_t n_tokens(const struct scoring *scoring)
{
    size_t n_bytes = 0;
    for (size_t i = 0; i < scoring->n_candidates; i++)
        n_bytes += scoring->candidates[i].text_length;
    return (json_int_t)(n_bytes / 4);
}

static json_t *usage_json(const struct scoring *scoring)
{
    json_int_t tokens = n_tokens(scoring);
    return json_pack(
        "{s:I, s:I, s:i}", "prompt_tokens", tokens, "total_tokens", tokens, "completion_tokens", 0);
}

static json_t *id_json(const char *kind)
{
    char id[UUID_TEXT_BYTES], own[64];
    uuid_format(uuid_new(), id);
    snprintf(own, sizeof(own), "%s-%s", kind, id);
    return json_string(own);
}

// vLLM's, and Cohere's `meta` beside its `usage`; documents stay out where the caller says so.
static json_t *rerank_answer(const struct call *call, const struct scoring *scoring)
{
    json_t *results = json_array();
    size_t n = top_n(call, scoring->n_candidates);
    bool with_documents = !json_is_false(json_object_get(call->body, "return_documents"));
    for (size_t rank = 0; rank < n; rank++) {
        size_t i = scoring->result.order[rank];
        const struct predict_candidate *candidate = &scoring->candidates[i];
        json_t *result = json_pack("{s:i}", "index", (int)i);
        if (with_documents)
            json_object_set_new(result, "document",
                candidate->text == NULL
                    ? json_object()
                    : json_pack("{s:s%}", "text", candidate->text, candidate->text_length));
        json_object_set_new(
            result, "relevance_score", json_real(shown_score(call, scoring->result.scores[i])));
        json_array_append_new(results, result);
    }
    return json_pack("{s:o, s:s, s:o, s:{s:{s:s}, s:{s:i}}, s:o}", "id", id_json("rerank"), "model",
        call->model_text, "usage", usage_json(scoring), "meta", "api_version", "version", "2", "billed_units",
        "search_units", 1, "results", results);
}

static json_t *datum(const struct call *call, size_t i, double score)
{
    switch (call->kind) {
    case KIND_CLASSIFY:
        return json_pack(
            "{s:i, s:s, s:[f], s:i}", "index", (int)i, "label", "LABEL_0", "probs", score, "num_classes", 1);
    case KIND_POOLING:
        return json_pack("{s:i, s:s, s:[f]}", "index", (int)i, "object", "pooling", "data", score);
    default:
        return json_pack("{s:i, s:s, s:f}", "index", (int)i, "object", "score", "score", score);
    }
}

// vLLM's lists of /score, /classify and /pooling.
static json_t *list_answer(const struct call *call, const struct scoring *scoring)
{
    static const char *const names[] = {
        [KIND_SCORE] = "score", [KIND_CLASSIFY] = "classify", [KIND_POOLING] = "pool"};
    json_t *data = json_array();
    for (size_t i = 0; i < scoring->n_candidates; i++)
        json_array_append_new(data, datum(call, i, shown_score(call, scoring->result.scores[i])));
    return json_pack("{s:o, s:s, s:I, s:s, s:o, s:o}", "id", id_json(names[call->kind]), "object", "list",
        "created", (json_int_t)(clock_real_us() / 1000000), "model", call->model_text, "data", data, "usage",
        usage_json(scoring));
}

// One number an item: a reward model has one label.
static json_t *sglang_answer(const struct call *call, const struct scoring *scoring)
{
    json_t *scores = json_array();
    for (size_t i = 0; i < scoring->n_candidates; i++)
        json_array_append_new(scores, json_pack("[f]", shown_score(call, scoring->result.scores[i])));
    return json_pack("{s:o, s:s, s:o, s:s}", "scores", scores, "model", call->model_text, "usage",
        usage_json(scoring), "object", "scoring");
}

// What the trainer optimises, what it filters by (0..1), and what it logs: how those fare who are served least.
static json_t *openrlhf_answer(const struct call *call, const struct scoring *scoring)
{
    json_t *rewards = json_array(), *scores = json_array(), *worst = json_array();
    for (size_t i = 0; i < scoring->n_candidates; i++) {
        json_array_append_new(rewards, json_real(shown_score(call, scoring->result.scores[i])));
        json_array_append_new(scores, json_real(predict_sigmoid(scoring->result.scores[i])));
        json_array_append_new(worst, json_real(shown_score(call, scoring->result.worst_utility[i])));
    }
    return json_pack("{s:o, s:o, s:{s:o}}", "rewards", rewards, "scores", scores, "extra_logs",
        "worst_group_reward", worst);
}

static void reply_scores(const struct call *call, const struct scoring *scoring)
{
    json_t *answer = call->shape == SHAPE_TEI        ? tei_answer(call, scoring)
                     : call->shape == SHAPE_SGLANG   ? sglang_answer(call, scoring)
                     : call->shape == SHAPE_OPENRLHF ? openrlhf_answer(call, scoring)
                     : call->kind == KIND_RERANK     ? rerank_answer(call, scoring)
                                                     : list_answer(call, scoring);
    http_reply_json(call->request, 200, answer);
}

// slime reads a bare number.
static void reply_number(const struct call *call, const struct scoring *scoring)
{
    char text[32];
    snprintf(text, sizeof(text), "%.15g", shown_score(call, scoring->result.scores[0]));
    http_reply_json_text(call->request, 200, text);
}

static void answer(struct call *call);

static void on_embedded(void *arg)
{
    struct call *call = arg;
    if (score_embedded(call->request, call->wanted, call->model, wrong(call)))
        answer(call);
    else
        model_release(&call->model);
}

static void answer(struct call *call)
{
    struct arena *arena = http_arena(call->request);
    struct err err = {0};
    struct scoring scoring = {.artefact = model_artefact(call->model),
        .lifted = &call->lifted,
        .wanted = call->wanted,
        .alone = call->kind != KIND_RERANK};
    int rc = scoring_read_documents(
        &scoring, call->documents, json_object_get(call->body, "embeddings"), call->list, arena, &err);
    if (rc == 0 && score_wants(call->wanted)) {
        embed_texts(call->request, call->wanted, on_embedded, call);
        return;
    }
    if (rc < 0 || scoring_choose_rule(&scoring, NULL, &err) < 0 ||
        scoring_read_weights(&scoring, NULL, arena, &err) < 0 || scoring_run(&scoring, arena, &err) < 0) {
        http_problem(call->request, wrong(call), "%s", err.message);
    } else {
        metrics_add(METRIC_SCORES, (int64_t)scoring.n_candidates);
        score_headers(call->request, call->model, call->model_text);
        if (call->shape == SHAPE_SLIME)
            reply_number(call, &scoring);
        else
            reply_scores(call, &scoring);
    }
    model_release(&call->model);
}

static void on_model(void *arg, struct model *model, const struct err *model_err)
{
    struct call *call = arg;
    if (model == NULL) {
        const char *detail;
        int status = model_status(model_err, &detail);
        http_problem(call->request, status, "%s", status == 404 ? "The model does not exist." : detail);
        return;
    }
    call->model = model;
    call->wanted = score_wanted(call->request, model, call->model_id);
    answer(call);
}

// --- what is scored -------------------------------------------------------------------------------------------------------
// The list of what the caller sent: one thing is a list of one. New reference.
static json_t *as_list(json_t *value)
{
    return json_is_array(value) ? json_incref(value) : json_pack("[O]", value);
}

static bool fail(const struct call *call, const char *detail)
{
    http_problem(call->request, wrong(call), "%s", detail);
    return false;
}

static json_t *first_of(const json_t *body, const char *const *names, const char **ret_name)
{
    for (; *names != NULL; names++) {
        json_t *value = json_object_get(body, *names);
        *ret_name = *names;
        if (value != NULL && !json_is_null(value))
            return value;
    }
    return NULL;
}

// vLLM's pairs: one to many, or as many to as many. The first of a pair is the prompt, which linear models don't read.
static bool find_pairs(struct call *call)
{
    const char *name;
    json_t *queries = first_of(call->body, FIELDS("queries", "text_1", "data_1"), &name);
    json_t *documents = first_of(call->body, FIELDS("documents", "items", "text_2", "data_2"), &call->list);
    if (queries == NULL || documents == NULL)
        return fail(call, "queries (or text_1) and documents (or text_2) must be there");
    size_t n_queries = json_is_array(queries) ? json_array_size(queries) : 1;
    call->documents = as_list(documents);
    if (n_queries != 1 && n_queries != json_array_size(call->documents))
        return fail(call, "there must be one query, or one for each document");
    return true;
}

static bool find_score(struct call *call)
{
    const json_t *body = call->body;
    if (json_object_get(body, "query") == NULL || json_object_get(body, "items") == NULL)
        return find_pairs(call);
    call->shape = SHAPE_SGLANG;
    call->list = "items";
    call->documents = as_list(json_object_get(body, "items"));
    return true;
}

// `input` is a text or a list of texts (or our objects with embeddings); `messages` are a conversation whose last answer counts.
static bool find_input(struct call *call)
{
    json_t *input = json_object_get(call->body, "input"), *messages = json_object_get(call->body, "messages");
    json_t *text = NULL;
    call->list = "input";
    if (input != NULL) {
        call->documents = as_list(input);
        return true;
    }
    call->list = "messages";
    for (size_t i = 0; i < json_array_size(messages); i++) {
        const json_t *message = json_array_get(messages, i);
        const char *role = json_string_value(json_object_get(message, "role"));
        if (role != NULL && strcmp(role, "assistant") == 0)
            text = json_array_get(messages, i);
    }
    if (text == NULL)
        return fail(call, "input must be texts, or messages must hold an answer of the assistant");
    call->documents = json_pack("[O]", text);
    return true;
}

static bool find_rerank(struct call *call)
{
    call->shape = shape_of(call->body);
    call->list = call->shape == SHAPE_TEI ? "texts" : "documents";
    call->documents = json_incref(json_object_get(call->body, call->list));
    return json_is_string(json_object_get(call->body, "query")) || fail(call, "query must be a text");
}

// A trainer's `query` is the prompt with the response behind it: what is judged is the response.
static json_t *without_prompt(json_t *query, const json_t *prompt)
{
    size_t length = json_string_length(prompt);
    if (json_is_string(query) && length > 0 && json_string_length(query) > length &&
        memcmp(json_string_value(query), json_string_value(prompt), length) == 0)
        return json_string(json_string_value(query) + length);
    return json_incref(query);
}

static bool find_reward(struct call *call)
{
    json_t *response = json_object_get(call->body, "response"), *query = json_object_get(call->body, "query");
    const json_t *prompts = json_object_get(call->body, "prompts");
    if (response != NULL) {
        call->shape = SHAPE_SLIME;
        call->list = "response";
        call->documents = json_pack("[O]", response);
        return true;
    }
    call->shape = SHAPE_OPENRLHF;
    call->list = "query";
    if (!json_is_array(query))
        return fail(call, "query must be a list of texts, or response must be one");
    if (prompts != NULL && json_array_size(prompts) != json_array_size(query))
        return fail(call, "prompts must be as many as query");
    call->documents = json_array();
    for (size_t i = 0; i < json_array_size(query); i++)
        json_array_append_new(
            call->documents, without_prompt(json_array_get(query, i), json_array_get(prompts, i)));
    return true;
}

// --- the way of a request ---------------------------------------------------------------------------------------------------
static void drop_documents(void *arg)
{
    const struct call *call = arg;
    json_decref(call->documents);
}

static void permitted(struct http_request *request, const struct actor *actor UNUSED)
{
    struct call *call = http_kept(request);
    model_acquire(http_context(request), call->model_id, on_model, call);
}

static void read_as(struct http_request *request, const struct actor *actor UNUSED)
{
    struct call *call = http_kept(request);
    call->body = score_body(request, &call->lifted);
    if (call->body == NULL)
        return;
    arena_on_free(http_arena(request), drop_documents, call);
    call->shape = call->kind == KIND_RERANK ? shape_of(call->body) : SHAPE_VLLM;
    call->model_text = json_string_value(json_object_get(call->body, "model"));
    if (call->model_text == NULL) // TEI's callers and trainers name none: the address they are given does
        call->model_text = http_query(request, "model");
    if (call->model_text == NULL) {
        http_problem(request, wrong(call), "model must be the id of a model");
        return;
    }
    if (!call->find(call))
        return; // it has answered
    if (id_parse(call->model_text, &call->model_id) < 0)
        http_problem(request, 404, "The model does not exist.");
    else
        identity_require(request, ACTION_USE_MODEL, &call->model_id, permitted);
}

// Nobody's body is read before somebody answers for it.
static void begin(struct http_request *request, enum kind kind, bool (*find)(struct call *call))
{
    struct call *call = arena_calloc(http_arena(request), 1, sizeof(*call));
    *call = (struct call){.request = request, .kind = kind, .find = find};
    http_keep(request, call);
    identity_require(request, ACTION_SELF, NULL, read_as);
}

void compatible_rerank(struct http_request *request)
{
    begin(request, KIND_RERANK, find_rerank);
}

void compatible_score(struct http_request *request)
{
    begin(request, KIND_SCORE, find_score);
}

void compatible_classify(struct http_request *request)
{
    begin(request, KIND_CLASSIFY, find_input);
}

void compatible_pooling(struct http_request *request)
{
    begin(request, KIND_POOLING, find_input);
}

void compatible_reward(struct http_request *request)
{
    begin(request, KIND_REWARD, find_reward);
}

void compatible_health(struct http_request *request)
{
    http_reply(request, 200, "application/json", "", 0);
}

// --- /v1/models -------------------------------------------------------------------------------------------------------------
static void on_models(void *arg, const struct db_result *result)
{
    struct http_request *request = arg;
    if (api_db_failed(request, result))
        return;
    json_t *data = json_array();
    for (int row = 0; row < result->n_rows; row++) {
        struct id id = {db_number(result, row, 0), db_uuid(result, row, 1)};
        json_array_append_new(data, json_pack("{s:o, s:s, s:I, s:s, s:s}", "id", json_id(id), "object",
                                        "model", "created", (json_int_t)(db_number(result, row, 3) / 1000000),
                                        "owned_by", "plenum", "method", db_text(result, row, 2)));
    }
    http_reply_json(request, 200, json_pack("{s:s, s:o}", "object", "list", "data", data));
}

static void list_models(struct http_request *request, const struct actor *actor)
{
    const struct loop *loop = http_context(request);
    bool may_all = (actor->roles & (ROLE_OPERATOR | ROLE_SERVICE)) != 0;
    struct db_params params;
    db_params_init(&params);
    db_add_uuid(&params, actor->person);
    db_add_bool(&params, may_all);
    db_add_number(&params, actor->is_bound ? actor->bound_shard_key : 0);
    db_query(loop->db, DB_READ, 0, QUERY_SCORE_MODELS, &params, on_models, request);
}

// A token that is bound to a project sees that project's.
static void who_lists(struct http_request *request, const struct actor *actor)
{
    if (actor != NULL && actor->is_bound) {
        const struct id project = {.shard_key = actor->bound_shard_key};
        identity_require(request, ACTION_USE_MODEL, &project, list_models);
    } else {
        identity_require(request, ACTION_SELF, NULL, list_models);
    }
}

void compatible_models(struct http_request *request)
{
    identity_ask(request, who_lists);
}
