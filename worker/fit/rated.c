// A jury's people from what they rated: how high each rates, how each follows the pooled score and the factors (ordinal.h). Pairs of one
// annotator's ratings lose the first of these, which tells people apart most.
#include "worker/fit/jury.h"

#include "worker/fit/logistic.h"
#include "worker/fit/ordinal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5 };

// The ratings of one split, in the order of annotators.
struct rated_split {
    uint32_t n, *first, *response;
    uint8_t *level;
    double *weight;
};

struct rated_session {
    struct session *session;
    struct arena *arena;
    const struct jury_basis *basis;
    uint32_t n_levels;
    float value[ORDINAL_LEVELS_MAX];
    struct rated_split split[SPLITS];
    double *score; // pooled, of every response: of training responses by models that did not see them
};

// --- levels and splits ----------------------------------------------------------------------------------------------------
static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

// The values that occur, ascending. False: fewer than two, or too many to be a scale.
static bool find_levels(struct rated_session *rated)
{
    const struct fit_data *data = rated->session->data;
    float *sorted = arena_memdup(rated->arena, data->rating_value, data->n_ratings * sizeof(*sorted));
    qsort(sorted, data->n_ratings, sizeof(*sorted), by_value);
    for (uint32_t i = 0; i < data->n_ratings; i++) {
        if (i > 0 && sorted[i] == sorted[i - 1])
            continue;
        if (rated->n_levels == ORDINAL_LEVELS_MAX)
            return false;
        rated->value[rated->n_levels++] = sorted[i];
    }
    return rated->n_levels >= 2;
}

static uint8_t level_of(const struct rated_session *rated, float value)
{
    uint8_t level = 0;
    while (rated->value[level] < value)
        level++;
    return level;
}

static void take_split(struct rated_session *rated, enum split which)
{
    const struct fit_data *data = rated->session->data;
    const uint8_t *split_of = rated->session->pairs.split_of;
    struct rated_split *split = &rated->split[which];
    uint32_t n = data->n_annotators;
    split->first = arena_calloc(rated->arena, (size_t)n + 2, sizeof(uint32_t));
    for (uint32_t i = 0; i < data->n_ratings; i++) {
        bool is_in = split_of[data->rating_response[i]] == which;
        split->first[data->rating_annotator[i] + 2] += is_in;
        split->n += is_in;
    }
    for (uint32_t a = 0; a < n; a++)
        split->first[a + 2] += split->first[a + 1];
    split->response = arena_calloc(rated->arena, split->n, sizeof(uint32_t));
    split->level = arena_calloc(rated->arena, split->n, sizeof(uint8_t));
    split->weight = arena_calloc(rated->arena, split->n, sizeof(double));
    for (uint32_t i = 0; i < data->n_ratings; i++) {
        if (split_of[data->rating_response[i]] != which)
            continue;
        uint32_t at = split->first[data->rating_annotator[i] + 1]++;
        split->response[at] = data->rating_response[i];
        split->level[at] = level_of(rated, data->rating_value[i]);
        split->weight[at] = 1;
    }
}

// --- scores that did not see what they score --------------------------------------------------------------------------------
static uint32_t fold_of(uint32_t response)
{
    return (uint32_t)(pairs_mix(response) % FOLDS);
}

static void score_by(const struct rated_session *rated, const double *w, enum split which, uint32_t fold)
{
    const struct design *design = &rated->session->design;
    uint32_t *rows = malloc(((size_t)design->n_rows + 1) * sizeof(*rows)), n = 0;
    if (rows == NULL)
        abort();
    for (uint32_t r = 0; r < design->n_rows; r++) {
        if (rated->session->pairs.split_of[r] == which && (fold == FOLDS || fold_of(r) == fold))
            rows[n++] = r;
    }
    design_multiply(design, rows, n, w, rated->score);
    free(rows);
}

static void score_all(struct rated_session *rated)
{
    struct session *session = rated->session;
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    uint32_t d = session->design.n_columns;
    double *w = arena_alloc(rated->arena, d * sizeof(*w)),
           *weight = arena_alloc(rated->arena, ((size_t)train->n + 1) * sizeof(*weight));
    rated->score = arena_calloc(rated->arena, session->design.n_rows, sizeof(double));
    for (uint32_t fold = 0; fold < FOLDS && !session->cancelled; fold++) {
        struct logistic logistic;
        double total = 0;
        for (uint32_t i = 0; i < train->n; i++) {
            bool is_seen = fold_of(train->left[i]) != fold && fold_of(train->right[i]) != fold;
            weight[i] = is_seen ? session->pairs.capped[i] : 0;
            total += weight[i];
        }
        memcpy(w, session->heads[0].w, d * sizeof(*w));
        if (total > 0) {
            logistic_init(&logistic, &session->design, train, weight, total, session->lambda);
            logistic.stop = session_stop;
            logistic.stop_arg = session;
            (void)logistic_minimise(&logistic, 1e-4, 100, w);
            logistic_release(&logistic);
        }
        score_by(rated, w, SPLIT_TRAIN, fold);
    }
    score_by(rated, session->heads[0].w, SPLIT_VALIDATION, FOLDS);
    score_by(rated, session->heads[0].w, SPLIT_TEST, FOLDS);
}

// --- what is said of each rating: 1, the score, the factors --------------------------------------------------------------------
static double *inputs(const struct rated_session *rated, enum split which, uint32_t k)
{
    const struct session *session = rated->session;
    const struct rated_split *split = &rated->split[which];
    double *x = arena_calloc(rated->arena, (size_t)split->n * k + 1, sizeof(*x));
    double *reward = arena_calloc(rated->arena, session->design.n_rows, sizeof(*reward));
    uint32_t *rows = arena_alloc(rated->arena, ((size_t)session->design.n_rows + 1) * sizeof(*rows)), n = 0;
    for (uint32_t r = 0; r < session->design.n_rows; r++) {
        if (session->pairs.split_of[r] == which)
            rows[n++] = r;
    }
    for (uint32_t j = 0; j < k; j++) {
        if (j > 1)
            design_multiply(&session->design, rows, n,
                rated->basis->v + (size_t)(j - 2) * session->design.n_columns, reward);
        for (uint32_t i = 0; i < split->n; i++)
            x[(size_t)i * k + j] =
                j == 0 ? 1
                       : rated->basis->scale[j - 1] *
                             (j == 1 ? rated->score[split->response[i]] : reward[split->response[i]]);
    }
    return x;
}

static void fit_ratings(const struct rated_session *rated, uint32_t k, struct ordinal *ret_ordinal)
{
    static const double start[JURY_BASIS_MAX] = {0, 1};
    const struct rated_split *split = &rated->split[SPLIT_TRAIN];
    const struct rated train = {.n = split->n,
        .k = k,
        .n_annotators = rated->session->data->n_annotators,
        .n_levels = rated->n_levels,
        .x = inputs(rated, SPLIT_TRAIN, k),
        .first = split->first,
        .level = split->level,
        .weight = split->weight};
    ordinal_fit(&train, start, NULL, rated->session->arena, ret_ordinal);
}

// --- how well ratings are foretold ------------------------------------------------------------------------------------------------
struct error {
    double n, absolute, x, y, xx, yy, xy;
};

static void add_error(struct error *error, double foretold, double median, double is)
{
    error->n++;
    error->absolute += fabs(median - is);
    error->x += foretold;
    error->y += is;
    error->xx += foretold * foretold;
    error->yy += is * is;
    error->xy += foretold * is;
}

static json_t *error_json(const struct error *error)
{
    double n = error->n, xy = error->xy - error->x * error->y / n, xx = error->xx - error->x * error->x / n;
    double yy = error->yy - error->y * error->y / n, r = xx > 1e-12 && yy > 1e-12 ? xy / sqrt(xx * yy) : 0;
    return json_pack("{s:f, s:f, s:I}", "mae", n > 0 ? error->absolute / n : 0, "r", r, "n", (json_int_t)n);
}

// On a scale from 0 to 1: the mean of what may be said correlates, the median of it errs least. `alike`: as if all were the mean person.
static json_t *foretold_json(const struct rated_session *rated, const struct ordinal *ordinal, bool alike)
{
    const struct rated_split *split = &rated->split[SPLIT_TEST];
    uint32_t k = ordinal->people.k;
    double *x = inputs(rated, SPLIT_TEST, k), chance[ORDINAL_LEVELS_MAX];
    double low = rated->value[0], range = rated->value[rated->n_levels - 1] - low;
    struct error error = {0};
    for (uint32_t a = 0; a < rated->session->data->n_annotators; a++) {
        const double *c = alike ? ordinal->people.mean : ordinal->people.coefficient + (size_t)a * k;
        const double *v = alike ? ordinal->people.covariance : ordinal->people.posterior + (size_t)a * k * k;
        for (uint32_t i = split->first[a]; i < split->first[a + 1]; i++) {
            double mean = 0, up_to = 0, median = -1;
            ordinal_foretell(ordinal, c, v, x + (size_t)i * k, chance);
            for (uint32_t l = 0; l < rated->n_levels; l++) {
                double value = (rated->value[l] - low) / range;
                mean += chance[l] * value;
                up_to += chance[l];
                if (median < 0 && up_to >= 0.5)
                    median = value;
            }
            add_error(&error, mean, median < 0 ? 1 : median, (rated->value[split->level[i]] - low) / range);
        }
    }
    return error_json(&error);
}

// --- for the jury --------------------------------------------------------------------------------------------------------------
// The coefficients without how high people rate: that favours no response.
static void without_first(const struct jurors *from, struct arena *arena, struct jurors *to)
{
    uint32_t k = from->k - 1, n = from->n_annotators;
    *to = (struct jurors){.k = k,
        .n_annotators = n,
        .mean = arena_memdup(arena, from->mean + 1, k * sizeof(double)),
        .covariance = arena_calloc(arena, (size_t)k * k, sizeof(double)),
        .coefficient = arena_calloc(arena, (size_t)n * k, sizeof(double)),
        .posterior = arena_calloc(arena, (size_t)n * k * k, sizeof(double)),
        .iterations = from->iterations};
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t j = 0; j < k; j++)
            to->covariance[i * k + j] = from->covariance[(i + 1) * from->k + j + 1];
    }
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t i = 0; i < k; i++) {
            to->coefficient[(size_t)a * k + i] = from->coefficient[(size_t)a * from->k + i + 1];
            for (uint32_t j = 0; j < k; j++)
                to->posterior[((size_t)a * k + i) * k + j] =
                    from->posterior[((size_t)a * from->k + i + 1) * from->k + j + 1];
        }
    }
}

json_t *rated_people(struct session *session, const struct jury_basis *basis, struct jurors *ret_jurors)
{
    struct rated_session rated = {.session = session, .arena = arena_new(SIZE_MAX), .basis = basis};
    json_t *json = NULL;
    if (session->data->n_ratings > 0 && basis->k < JURY_BASIS_MAX && find_levels(&rated)) {
        struct ordinal people, rating_only;
        for (enum split which = SPLIT_TRAIN; which < SPLITS; which++)
            take_split(&rated, which);
        score_all(&rated);
        fit_ratings(&rated, basis->k + 1, &people);
        fit_ratings(&rated, 1, &rating_only);
        json = json_pack("{s:o, s:o, s:o, s:f}", "people", foretold_json(&rated, &people, false), "content",
            foretold_json(&rated, &people, true), "raters", foretold_json(&rated, &rating_only, false),
            "rating_sd", sqrt(people.people.covariance[0]));
        without_first(&people.people, session->arena, ret_jurors);
    }
    arena_free(rated.arena);
    return json;
}
