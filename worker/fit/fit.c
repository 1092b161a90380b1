#include "worker/fit/fit.h"

#include "base/clock.h"
#include "worker/fit/logistic.h"
#include "worker/fit/session.h"

#include "reward/features.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const method_names[] = {[FIT_POOLED] = "pooled",
    [FIT_GROUP] = "group",
    [FIT_DRO] = "dro",
    [FIT_MAXMIN] = "maxmin",
    [FIT_JURY] = "jury",
    [FIT_COMPLIANCE] = "compliance"};

const char *fit_method_name(enum fit_method method)
{
    return method_names[method];
}

bool fit_method_parse(const char *name, enum fit_method *ret_method)
{
    for (size_t i = 0; i < ARRAY_SIZE(method_names); i++) {
        if (strcmp(name, method_names[i]) == 0) {
            *ret_method = (enum fit_method)i;
            return true;
        }
    }
    return false;
}

uint64_t fit_prompt_hash(const void *bytes, size_t size)
{
    unsigned char hash[HASH_BYTES];
    uint64_t key = 0;
    hash_sha256(bytes, size, hash);
    for (size_t i = 0; i < 8; i++)
        key = key << 8 | hash[i];
    return key;
}

void session_progress(struct session *session, const char *phase, double fraction)
{
    if (session->began_us == 0)
        session->began_us = clock_monotonic_us();
    double now = (double)(clock_monotonic_us() - session->began_us) / 1e6;
    if (session->phase == NULL || strcmp(phase, session->phase) != 0)
        session->loss = NAN; // another phase minimises something else
    session->progress = fraction;
    session->phase = phase;
    fit_left_add(&session->left, now, fit_left_share(session->options->method, fraction));
    struct fit_progress progress = {.phase = phase,
        .fraction = fraction,
        .loss = session->loss,
        .left_s = fit_left_tell(&session->left, now)};
    if (session->options->progress != NULL &&
        !session->options->progress(session->options->progress_arg, &progress))
        session->cancelled = true;
}

void session_trace(void *arg, double objective)
{
    struct session *session = arg;
    session->loss = -objective;
}

bool session_stop(void *arg)
{
    struct session *session = arg;
    if (!session->cancelled)
        session_progress(session, session->phase, session->progress);
    return session->cancelled;
}

void session_logits(const struct session *session, enum split split, const double *w, double *ret_z)
{
    double *reward = calloc(session->design.n_rows, sizeof(*reward));
    if (reward == NULL)
        abort();
    logistic_logits(&session->design, &session->pairs.split[split], w, reward, ret_z);
    free(reward);
}

// ---------------------------------------------------------------- the data's name
static void hash_column(struct hash_stream *stream, const void *column, size_t count, size_t size)
{
    uint64_t bytes = column != NULL ? count * size : 0;
    hash_stream_add(stream, &bytes, sizeof(bytes));
    if (bytes > 0)
        hash_stream_add(stream, column, bytes);
}

static void hash_text(struct hash_stream *stream, const char *text, size_t length)
{
    uint64_t bytes = length;
    hash_stream_add(stream, &bytes, sizeof(bytes));
    hash_stream_add(stream, text, length);
}

void fit_snapshot(const struct fit_data *data, unsigned char out[HASH_BYTES])
{
    if (data->snapshot != NULL) {
        memcpy(out, data->snapshot, HASH_BYTES);
        return;
    }
    struct hash_stream *stream = hash_stream_new();
    hash_column(stream, data->item_first, (size_t)data->n_items + 1, sizeof(uint32_t));
    hash_column(stream, data->item_prompt, data->n_items, sizeof(uint64_t));
    for (uint32_t i = 0; data->response_text != NULL && i < data->n_responses; i++)
        hash_text(stream, data->response_text[i], data->response_length[i]);
    hash_column(
        stream, data->response_embedding, (size_t)data->n_responses * data->n_dimensions, sizeof(float));
    hash_column(stream, data->judgment_annotator, data->n_judgments, sizeof(uint32_t));
    hash_column(stream, data->judgment_left, data->n_judgments, sizeof(uint32_t));
    hash_column(stream, data->judgment_right, data->n_judgments, sizeof(uint32_t));
    hash_column(stream, data->judgment_outcome, data->n_judgments, sizeof(uint8_t));
    hash_column(stream, data->judgment_strength, data->n_judgments, sizeof(uint8_t));
    hash_column(stream, data->judgment_weight, data->n_judgments, sizeof(float));
    if (data->judgment_is_recent != NULL) {
        hash_column(stream, data->judgment_is_recent, data->n_judgments, sizeof(uint8_t));
        hash_column(stream, data->rating_is_recent, data->n_ratings, sizeof(uint8_t));
    }
    hash_column(stream, data->rating_annotator, data->n_ratings, sizeof(uint32_t));
    hash_column(stream, data->rating_response, data->n_ratings, sizeof(uint32_t));
    hash_column(stream, data->rating_value, data->n_ratings, sizeof(float));
    for (uint32_t i = 0; i < data->n_objectives; i++)
        hash_text(stream, data->objective_name[i], strlen(data->objective_name[i]));
    if (data->n_objectives > 0) {
        hash_column(stream, data->objective_annotator, data->n_objective_ratings, sizeof(uint32_t));
        hash_column(stream, data->objective_response, data->n_objective_ratings, sizeof(uint32_t));
        hash_column(stream, data->objective_number, data->n_objective_ratings, sizeof(uint8_t));
        hash_column(stream, data->objective_value, data->n_objective_ratings, sizeof(float));
    }
    for (uint32_t i = 0; i < data->n_languages; i++)
        hash_text(stream, data->language_name[i], strlen(data->language_name[i]));
    if (data->n_languages > 0)
        hash_column(stream, data->item_language, data->n_items, sizeof(uint32_t));
    hash_column(stream, data->annotator_key, data->n_annotators, sizeof(uint64_t));
    for (uint32_t a = 0; a < data->n_attributes; a++) {
        hash_text(stream, data->attribute_name[a], strlen(data->attribute_name[a]));
        for (uint32_t v = 0; v < data->attribute_n_values[a]; v++)
            hash_text(stream, data->attribute_value[a][v], strlen(data->attribute_value[a][v]));
    }
    if (data->n_edits > 0) {
        hash_column(stream, data->edit_item, data->n_edits, sizeof(uint32_t));
        hash_column(stream, data->edit_before, data->n_edits, sizeof(uint32_t));
    }
    for (uint32_t m = 0; m < data->n_models; m++)
        hash_text(stream, data->model_name[m], strlen(data->model_name[m]));
    if (data->n_models > 0)
        hash_column(stream, data->response_model, data->n_responses, sizeof(uint32_t));
    hash_column(
        stream, data->annotator_group, (size_t)data->n_attributes * data->n_annotators, sizeof(uint32_t));
    hash_stream_finish(stream, out);
}

// ---------------------------------------------------------------- steps
static int check_objectives(const struct fit_data *data, struct err *err)
{
    for (uint32_t i = 0; i < data->n_objectives; i++) {
        if (strlen(data->objective_name[i]) >= FIT_NAME_MAX / 2)
            return err_set(err, ERR_INVALID, "objective %u has a name of over %d bytes", i, FIT_NAME_MAX / 2);
    }
    for (uint32_t i = 0; data->n_objectives > 0 && i < data->n_objective_ratings; i++) {
        if (data->objective_annotator[i] >= data->n_annotators ||
            data->objective_response[i] >= data->n_responses ||
            data->objective_number[i] >= data->n_objectives || !isfinite(data->objective_value[i]))
            return err_set(
                err, ERR_INVALID, "rating %u of an objective names what is not there, or is no number", i);
    }
    for (uint32_t i = 0; data->n_languages > 0 && i < data->n_items; i++) {
        if (data->item_language[i] >= data->n_languages && data->item_language[i] != FIT_NO_GROUP)
            return err_set(err, ERR_INVALID, "item %u names a language that is not there", i);
    }
    return 0;
}

int fit_check(const struct fit_data *data, const struct fit_options *options, struct err *err)
{
    if ((options->method == FIT_GROUP || options->method == FIT_DRO) && options->attribute == NULL)
        return err_set(err, ERR_INVALID, "this method needs an attribute: the groups to fit for");
    if (options->clusters > FIT_CLUSTERS_MAX || options->clusters_max > FIT_CLUSTERS_MAX)
        return err_set(err, ERR_INVALID, "at most %d clusters", FIT_CLUSTERS_MAX);
    if (!(options->lambda >= 0) || !isfinite(options->lambda) ||
        !(options->annotator_cap >= 0 && options->annotator_cap <= 1))
        return err_set(
            err, ERR_INVALID, "lambda and the annotators' cap must be numbers from 0 up, the cap at most 1");
    uint64_t n_said = options->method == FIT_COMPLIANCE && data->n_objectives > 0
                          ? data->n_objective_ratings
                          : (uint64_t)data->n_judgments + data->n_ratings;
    if (data->n_items == 0 || data->n_annotators == 0 || n_said == 0)
        return err_set(err, ERR_INVALID, "there are no judgments to fit");
    if (data->n_dimensions > FEATURES_EMBEDDING_MAX_DIMENSIONS)
        return err_set(
            err, ERR_LIMIT, "embeddings have at most %d dimensions", FEATURES_EMBEDDING_MAX_DIMENSIONS);
    if (data->n_dimensions == 0 && (data->response_text == NULL || data->response_length == NULL))
        return err_set(err, ERR_INVALID, "responses have neither text nor embeddings");
    if (data->n_models > 0 && data->response_model == NULL)
        return err_set(err, ERR_INVALID, "models are named, but not which responses they made");
    for (uint32_t i = 0; data->n_models > 0 && i < data->n_responses; i++) {
        if (data->response_model[i] >= data->n_models && data->response_model[i] != FIT_NO_GROUP)
            return err_set(err, ERR_INVALID, "response %u names a model that is not there", i);
    }
    return check_objectives(data, err);
}

uint32_t session_item_of(const struct session *session, uint32_t response)
{
    const uint32_t *first = session->data->item_first, n_own = first[session->data->n_items];
    if (response >= n_own)
        return session->data->edit_item[response - n_own];
    uint32_t low = 0, high = session->data->n_items;
    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        *(first[middle] <= response ? &low : &high) = middle;
    }
    return low;
}

static int prepare(struct session *session, struct err *err)
{
    const struct fit_data *data = session->data;
    int failed = pairs_build(
        data, session->options->annotator_cap, session->options->split, session->arena, &session->pairs, err);
    if (failed == 0 && session->options->method != FIT_COMPLIANCE)
        failed = pairs_enough(&session->pairs, err);
    if (failed)
        return failed;
    session->n_test = session->pairs.split[SPLIT_TEST].n;
    session->n_said =
        data->n_judgments + data->n_ratings; // each under 2^31: the wire and PAIRS_MAX bound them
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    bool *in_training = arena_calloc(session->arena, data->n_responses, sizeof(*in_training));
    for (uint32_t i = 0; i < train->n_rows; i++)
        in_training[train->rows[i]] = true;
    for (uint32_t i = 0; data->n_objectives > 0 && i < data->n_objective_ratings; i++) {
        uint32_t response = data->objective_response[i];
        in_training[response] = in_training[response] || session->pairs.split_of[response] == SPLIT_TRAIN;
    }
    session_progress(session, "features", 0.05);
    return design_build(data, in_training,
        session->options->style_off ? FEATURES_NGRAMS : FEATURES_NGRAMS_STYLE, session->pool,
        session->options->spill, session->arena, &session->design, err);
}

uint32_t session_judgments(const struct session *session, const struct grouping *grouping, uint32_t group)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    double weight = 0;
    for (uint32_t i = 0; i < train->n; i++) {
        uint32_t own = grouping->of_annotator[train->annotator[i]];
        weight += own != FIT_NO_GROUP && (group == FIT_NO_GROUP || own == group) ? train->weight[i] : 0;
    }
    return (uint32_t)fmin(round(weight), UINT32_MAX);
}

static void count_judgments(struct session *session)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    struct artefact_head *all = &session->heads[0].about;
    bool *seen = arena_calloc(session->arena, session->data->n_annotators, sizeof(*seen));
    for (uint32_t i = 0; i < session->data->n_judgments; i++)
        seen[session->data->judgment_annotator[i]] = true;
    for (uint32_t i = 0; i < session->data->n_ratings; i++)
        seen[session->data->rating_annotator[i]] = true;
    for (uint32_t a = 0; a < session->data->n_annotators; a++)
        all->n_annotators += seen[a];
    double weight = 0;
    for (uint32_t i = 0; i < train->n; i++)
        weight += train->weight[i];
    all->n_judgments = (uint32_t)fmin(round(weight), UINT32_MAX);
}

static int fit_heads(struct session *session, struct err *err)
{
    const struct fit_options *options = session->options;
    int failed = session_fit_pooled(session, err);
    if (failed)
        return failed;
    count_judgments(session);
    session_progress(session, "pooled", 0.35);
    session->first_own = session->n_heads;
    if (options->method == FIT_GROUP) {
        session_fit_groups(session, &session->grouping);
    } else if (options->method == FIT_DRO) {
        failed = session_fit_robust(session, &session->grouping, err);
        if (failed)
            return failed;
    } else if (options->method == FIT_MAXMIN) {
        session_fit_clusters(session, &session->clusters);
        if (options->attribute == NULL)
            session->grouping = session->clusters;
    } else if (options->method == FIT_JURY) {
        session_fit_jury(session);
    }
    return 0;
}

static int fit_method(struct session *session, struct err *err)
{
    const struct fit_options *options = session->options;
    int failed = session_start(session, err);
    bool was_warm = session->warm != NULL;
    if (failed == 0 && options->attribute != NULL)
        failed = session_group_by(session, options->attribute, &session->grouping, err);
    if (failed == 0 && options->method == FIT_COMPLIANCE)
        return session_fit_compliance(session, err);
    if (failed == 0)
        failed = fit_heads(session, err);
    if (failed == 0 && was_warm && session->warm == NULL) { // given up on the way: from the beginning
        session->n_heads = 0;
        failed = fit_heads(session, err);
    }
    if (failed)
        return failed;
    session->n_own = session->n_heads - session->first_own;
    if ((options->method == FIT_MAXMIN || options->method == FIT_DRO) && options->attribute != NULL &&
        session->n_heads + session->grouping.n <= ARTEFACT_HEADS_MAX)
        session_fit_groups(session, &session->grouping); // the fallback, should the claim fail
    session->n_preference = session->n_heads;
    session_fit_objectives(session);
    return 0;
}

// What a refit will take up from this model.
static const struct artefact_training *training_of(struct session *session)
{
    const struct artefact *before = session->options->predecessor;
    struct artefact_training *training = arena_calloc(session->arena, 1, sizeof(*training));
    double *scales = arena_calloc(session->arena, session->n_heads, sizeof(*scales));
    for (uint32_t h = 0; h < session->n_heads; h++)
        scales[h] = session->heads[h].offset_scale;
    *training = (struct artefact_training){.lambda = session->lambda,
        .mixture_lambda = session->mixture_lambda,
        .offset_scale = scales,
        .n_judgments = session->n_said,
        .n_cold = session->warm != NULL ? session->warm->training->n_cold : session->n_said,
        .n_refits = session->warm != NULL ? session->warm->training->n_refits + 1 : 0,
        .has_predecessor = before != NULL};
    if (before != NULL)
        memcpy(training->predecessor, artefact_hash(before), HASH_BYTES);
    return training;
}

// All heads in one matrix, feature-major. Embeddings have every row; hashed text those seen in training.
static int write_artefact(struct session *session, bool supported, struct fit_result *result, struct err *err)
{
    uint32_t d = session->design.n_columns, n_heads = session->n_heads;
    bool text = session->design.dense == NULL;
    float *weights = arena_alloc(session->arena, (size_t)d * n_heads * sizeof(*weights));
    struct artefact_head *heads = arena_alloc(session->arena, n_heads * sizeof(*heads));
    for (uint32_t h = 0; h < n_heads; h++) {
        heads[h] = session->heads[h].about;
        for (uint32_t c = 0; c < d; c++)
            weights[(size_t)c * n_heads + h] = (float)session->heads[h].w[c];
    }
    struct artefact artefact = {.method = fit_method_name(session->options->method),
        .features = text ? ARTEFACT_HASHED_TEXT : ARTEFACT_EMBEDDING,
        .text_version = session->design.text_version,
        .n_dimensions = text ? features_dimensions(session->design.text_version) : d,
        .normalise = !text && session->data->normalise_embeddings,
        .supported = supported,
        .seed = session->options->seed,
        .n_heads = n_heads,
        .heads = heads,
        .jury = session->jury,
        .n_objectives = session->n_objectives,
        .objectives = session->objectives,
        .has_held_out = true,
        .split = session->options->split,
        .held_out_from = session->pairs.test_from,
        .training = training_of(session),
        .n_rows = d,
        .row_index = text && d < features_dimensions(session->design.text_version)
                         ? session->design.column_index
                         : NULL,
        .weights = weights};
    memcpy(artefact.snapshot, result->snapshot, HASH_BYTES);
    return artefact_write(&artefact, &result->artefact, result->artefact_hash, err);
}

// `start` of the card: from which model it began, or why from none; and whether judgments have moved since that one.
static void start_json(struct session *session, json_t *card)
{
    json_t *start = json_pack("{s:s}", "kind", session->warm != NULL ? "warm" : "cold");
    if (session->warm == NULL)
        json_object_set_new(start, "why", json_string(session->start));
    if (session->options->predecessor != NULL) {
        char hex[HASH_HEX_BYTES];
        hex_encode(artefact_hash(session->options->predecessor), HASH_BYTES, hex);
        json_object_set_new(start, "from", json_string(hex));
    }
    json_object_set_new(card, "start", start);
    if (session->drift != NULL)
        json_object_set(card, "drift", session->drift);
}

static int finish(struct session *session, struct fit_result *result, struct err *err)
{
    bool supported;
    session_progress(session, "evaluate", 0.9);
    json_t *card = session_evaluate(session, &supported);
    if (session->options->method != FIT_COMPLIANCE)
        session_models(session, card);
    start_json(session, card);
    fit_snapshot(session->data, result->snapshot);
    int failed = write_artefact(session, supported, result, err);
    if (failed == 0) {
        char hex[HASH_HEX_BYTES];
        hex_encode(result->snapshot, HASH_BYTES, hex);
        json_object_set_new(card, "snapshot", json_string(hex));
        hex_encode(result->artefact_hash, HASH_BYTES, hex);
        json_object_set_new(card, "artefact", json_string(hex));
        result->card = json_dumps(card, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(6));
        assert(result->card != NULL);
    }
    json_decref(card);
    return failed;
}

int fit_run(const struct fit_data *data, const struct fit_options *options, struct fit_result *ret_result,
    struct err *err)
{
    *ret_result = (struct fit_result){0};
    int failed = fit_check(data, options, err);
    if (failed)
        return failed;
    openblas_set_num_threads(1); // sums in one order, whatever the machine's cores
    struct session session = {.data = data,
        .options = options,
        .arena = arena_new(SIZE_MAX),
        .phase = "prepare",
        .loss = NAN,
        .began_us = clock_monotonic_us()};
    session.pool = pool_new(options->threads);
    pool_join(session.pool, options->ranks);
    buf_init(&ret_result->artefact, ARTEFACT_MAX_BYTES);
    failed = prepare(&session, err);
    if (failed == 0)
        failed = fit_method(&session, err);
    if (failed == 0 && session.cancelled)
        failed = err_set(err, ERR_CLOSED, "the fit was cancelled");
    if (failed == 0)
        failed = finish(&session, ret_result, err);
    pool_free(session.pool);
    arena_free(session.arena);
    json_decref(session.jury_card);
    json_decref(session.objectives_card);
    json_decref(session.drift);
    if (failed)
        fit_result_release(ret_result);
    return failed;
}

void fit_result_release(struct fit_result *result)
{
    if (result->artefact.data != NULL)
        buf_release(&result->artefact);
    free(result->card);
    *result = (struct fit_result){0};
}
