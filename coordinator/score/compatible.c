// The routes serving stacks already call, in their own shapes, errors too: vLLM's and TEI's rerank. Which one is told by
// the body: `texts` is TEI, else vLLM. Unknown fields are ignored, as those servers do.
#include "coordinator/score/score.h"

#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/metrics.h"
#include "coordinator/score/models.h"
#include "coordinator/score/scoring.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum shape { SHAPE_VLLM, SHAPE_TEI };

struct call {
    struct http_request *request;
    json_t *body;
    enum shape shape;
    struct id model_id;
    const char *model_text;
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
static double shown_score(const struct call *call, double score)
{
    bool raw = json_is_true(json_object_get(call->body, "raw_scores")) ||
               json_is_false(json_object_get(call->body, "use_activation"));
    return raw ? score : predict_sigmoid(score);
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

static json_t *vllm_answer(const struct call *call, const struct scoring *scoring)
{
    json_t *results = json_array();
    size_t n = top_n(call, scoring->n_candidates), n_bytes = 0;
    for (size_t i = 0; i < scoring->n_candidates; i++)
        n_bytes += scoring->candidates[i].text_length;
    for (size_t rank = 0; rank < n; rank++) {
        size_t i = scoring->result.order[rank];
        const struct predict_candidate *candidate = &scoring->candidates[i];
        json_t *document = candidate->text == NULL
                               ? json_object()
                               : json_pack("{s:s%}", "text", candidate->text, candidate->text_length);
        json_array_append_new(results, json_pack("{s:i, s:o, s:f}", "index", (int)i, "document", document,
                                           "relevance_score", shown_score(call, scoring->result.scores[i])));
    }
    char id[UUID_TEXT_BYTES], own[64];
    uuid_format(uuid_new(), id);
    snprintf(own, sizeof(own), "rerank-%s", id);
    // A linear model has no tokens; four bytes a token is the usual reckoning.
    return json_pack("{s:s, s:s, s:{s:I, s:I}, s:{s:{s:s}, s:{s:i}}, s:o}", "id", own, "model",
        call->model_text, "usage", "prompt_tokens", (json_int_t)(n_bytes / 4), "total_tokens",
        (json_int_t)(n_bytes / 4), "meta", "api_version", "version", "2", "billed_units", "search_units", 1,
        "results", results);
}

static void on_model(void *arg, struct model *model, const struct err *model_err)
{
    struct call *call = arg;
    struct arena *arena = http_arena(call->request);
    struct err err = {0};
    if (model == NULL) {
        if (model_err->code == ERR_NOT_FOUND) {
            http_problem(call->request, 404, "The model does not exist.");
            return;
        }
        bool may_pass = model_err->code == ERR_LIMIT || model_err->code == ERR_IO;
        if (may_pass)
            http_reply_header(call->request, "Retry-After", "1");
        http_problem(call->request, may_pass ? 503 : 500, "The model can't be loaded now.");
        return;
    }
    const char *list = call->shape == SHAPE_TEI ? "texts" : "documents";
    struct scoring scoring = {.artefact = model_artefact(model)};
    if (scoring_read_documents(&scoring, json_object_get(call->body, list),
            json_object_get(call->body, "embeddings"), list, arena, &err) < 0 ||
        scoring_choose_rule(&scoring, NULL, &err) < 0 ||
        scoring_read_weights(&scoring, NULL, arena, &err) < 0 || scoring_run(&scoring, arena, &err) < 0) {
        http_problem(call->request, wrong(call), "%s", err.message);
    } else {
        metrics_add(METRIC_SCORES, (int64_t)scoring.n_candidates);
        http_reply_header(call->request, "X-Model", call->model_text);
        http_reply_json(call->request, 200,
            call->shape == SHAPE_TEI ? tei_answer(call, &scoring) : vllm_answer(call, &scoring));
    }
    model_release(&model);
}

static struct call *read_call(struct http_request *request)
{
    json_t *body = http_body_json(request);
    if (body == NULL)
        return NULL;
    struct call *call = arena_calloc(http_arena(request), 1, sizeof(*call));
    call->request = request;
    call->body = body;
    call->shape = shape_of(body);
    call->model_text = json_string_value(json_object_get(body, "model"));
    if (call->model_text == NULL) // TEI's callers name none: the address they are given does
        call->model_text = http_query(request, "model");
    if (call->model_text == NULL) {
        http_problem(request, wrong(call), "model must be the id of a model");
        return NULL;
    }
    if (!json_is_string(json_object_get(body, "query"))) {
        http_problem(request, wrong(call), "query must be a text");
        return NULL;
    }
    if (id_parse(call->model_text, &call->model_id) < 0) {
        http_problem(request, 404, "The model does not exist.");
        return NULL;
    }
    return call;
}

static void permitted(struct http_request *request, const struct actor *actor UNUSED)
{
    struct call *call = read_call(request);
    if (call != NULL)
        model_acquire(http_context(request), call->model_id, on_model, call);
}

void compatible_rerank(struct http_request *request)
{
    const struct call *call = read_call(request);
    if (call != NULL)
        identity_require(request, ACTION_USE_MODEL, &call->model_id, permitted);
}
