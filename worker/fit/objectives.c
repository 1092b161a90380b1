#include "worker/fit/objectives.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FOLDS = 5, VALIDATION_MIN = 20, REPEATS_MIN = 30, GROUP_VALIDATION_MIN = 50, HEAD_ITERATIONS = 80 };
static const double lambda_grid[] = {1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5};
static const double offset_grid[] = {0.03, 0.1, 0.3, 1, 3};
static const double lambda_unknown = 3e-3;

// --- the ratings ------------------------------------------------------------------------------------------------------------
static bool is_of(const struct objective_work *work, uint32_t i, enum split which)
{
    const struct fit_data *data = work->session->data;
    return data->objective_number[i] == work->number &&
           work->session->pairs.split_of[data->objective_response[i]] == which;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

// The values that occur in training, ascending. NULL, or why they are no scale.
static const char *find_levels(struct objective_work *work)
{
    const struct fit_data *data = work->session->data;
    double *sorted = arena_alloc(work->arena, ((size_t)data->n_objective_ratings + 1) * sizeof(*sorted));
    uint32_t n = 0, count[2] = {0};
    for (uint32_t i = 0; i < data->n_objective_ratings; i++) {
        if (!is_of(work, i, SPLIT_TRAIN))
            continue;
        sorted[n++] = data->objective_value[i];
        count[data->objective_value[i] > 0.5F]++;
    }
    if (n < OBJECTIVE_RATINGS_MIN)
        return arena_printf(work->session->arena, "%u ratings to learn from are too few: %d are needed", n,
            OBJECTIVE_RATINGS_MIN);
    if (work->is_article && (count[0] < OBJECTIVE_EACH_MIN || count[1] < OBJECTIVE_EACH_MIN))
        return arena_printf(work->session->arena,
            "%u answers of yes and %u of no to learn from: %d of each are needed", count[1], count[0],
            OBJECTIVE_EACH_MIN);
    qsort(sorted, n, sizeof(*sorted), by_value);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && sorted[i] == sorted[i - 1])
            continue;
        if (work->n_levels == ORDINAL_LEVELS_MAX)
            return arena_printf(work->session->arena, "more than %d different ratings are no scale of steps",
                ORDINAL_LEVELS_MAX);
        work->value[work->n_levels++] = sorted[i];
    }
    return work->n_levels < 2 ? "all ratings to learn from are the same" : NULL;
}

// The nearest of the values that training knows.
static uint8_t level_of(const struct objective_work *work, double value)
{
    uint32_t level = 0;
    while (level + 1 < work->n_levels && work->value[level] < value)
        level++;
    if (level > 0 && value - work->value[level - 1] < work->value[level] - value)
        level--;
    return (uint8_t)level;
}

static void take_rows(struct objective_work *work, enum split which)
{
    const struct fit_data *data = work->session->data;
    struct objective_rows *rows = &work->rows[which];
    uint32_t n = data->n_annotators;
    rows->first = arena_calloc(work->arena, (size_t)n + 2, sizeof(uint32_t));
    for (uint32_t i = 0; i < data->n_objective_ratings; i++) {
        if (is_of(work, i, which)) {
            rows->first[data->objective_annotator[i] + 2]++;
            rows->n++;
        }
    }
    for (uint32_t a = 0; a < n; a++)
        rows->first[a + 2] += rows->first[a + 1];
    rows->response = arena_calloc(work->arena, rows->n, sizeof(uint32_t));
    rows->annotator = arena_calloc(work->arena, rows->n, sizeof(uint32_t));
    rows->level = arena_calloc(work->arena, rows->n, sizeof(uint8_t));
    rows->weight = arena_calloc(work->arena, rows->n, sizeof(double));
    for (uint32_t i = 0; i < data->n_objective_ratings; i++) {
        if (!is_of(work, i, which))
            continue;
        uint32_t at = rows->first[data->objective_annotator[i] + 1]++;
        rows->response[at] = data->objective_response[i];
        rows->annotator[at] = data->objective_annotator[i];
        rows->level[at] = level_of(work, data->objective_value[i]);
        rows->weight[at] = 1;
    }
}

// Nobody weighs more in training than the cap of the fit allows.
static void cap_rows(struct objective_work *work)
{
    struct objective_rows *rows = &work->rows[SPLIT_TRAIN];
    uint32_t n = work->session->data->n_annotators;
    double *total = arena_calloc(work->arena, (size_t)n + 1, sizeof(*total));
    for (uint32_t a = 0; a < n; a++) {
        total[a] = rows->first[a + 1] - rows->first[a];
        work->n_people += total[a] > 0;
    }
    double share = fmin(fmax(work->session->pairs.cap, 1.0 / fmax(work->n_people, 1)), 1);
    double most = pairs_cap_weight(total, n, share);
    for (uint32_t i = 0; i < rows->n; i++)
        rows->weight[i] = fmin(1, most / total[rows->annotator[i]]);
}

// --- the model ----------------------------------------------------------------------------------------------------------------
static struct cumulative_data data_of(
    const struct objective_work *work, enum split which, const double *weight, const double *offset)
{
    const struct objective_rows *rows = &work->rows[which];
    return (struct cumulative_data){.design = &work->session->design,
        .n = rows->n,
        .n_levels = work->n_levels,
        .response = rows->response,
        .level = rows->level,
        .weight = weight,
        .offset = offset,
        .stop = session_stop,
        .stop_arg = work->session};
}

static struct cumulative copy_of(const struct cumulative *model, struct arena *arena)
{
    struct cumulative copy = *model;
    size_t heads = (size_t)model->n_groups + 1;
    copy.w = arena_memdup(arena, model->w, heads * model->n_columns * sizeof(double));
    copy.height = arena_memdup(arena, model->height, heads * sizeof(double));
    copy.threshold = arena_memdup(arena, model->threshold, model->n_levels * sizeof(double));
    return copy;
}

double objective_row_loss(const struct objective_work *work, const struct cumulative *model,
    const struct objective_link *link, double spread, uint8_t level, double score)
{
    double ignored, scale = 1 / sqrt(1 + 3.14159265358979323846 / 8 * (spread + link->residual));
    return cumulative_loss(
        model->threshold, work->n_levels, level, link->shift + link->slope * score, scale, &ignored);
}

// The mean loss of validation rows, each by its group's part where the model has groups.
static double validation_loss(
    const struct objective_work *work, const struct cumulative *model, const uint32_t *group, double spread)
{
    const struct objective_rows *rows = &work->rows[SPLIT_VALIDATION];
    const struct objective_link plain = {.slope = 1};
    double *score = calloc((size_t)rows->n + 1, sizeof(*score)), sum = 0;
    if (score == NULL)
        abort();
    struct cumulative_data data = data_of(work, SPLIT_VALIDATION, rows->weight, NULL);
    data.group = group;
    data.n_groups = model->n_groups;
    cumulative_scores(&data, model, score);
    for (uint32_t i = 0; i < rows->n; i++)
        sum += objective_row_loss(work, model, &plain, spread, rows->level[i], score[i]);
    free(score);
    return rows->n > 0 ? sum / rows->n : 0;
}

// Walks down the grid, warm, until the validation loss rose twice.
static void choose_lambda(struct objective_work *work)
{
    const struct objective_rows *train = &work->rows[SPLIT_TRAIN];
    struct cumulative_data data = data_of(work, SPLIT_TRAIN, train->weight, NULL);
    double best = INFINITY;
    struct cumulative at;
    cumulative_init(&data, work->arena, &work->model);
    at = copy_of(&work->model, work->arena);
    work->lambda = work->session->options->lambda > 0 ? work->session->options->lambda : lambda_unknown;
    if (work->session->options->lambda > 0 || work->rows[SPLIT_VALIDATION].n < VALIDATION_MIN) {
        cumulative_minimise(&data, work->lambda, 0, 1e-4, HEAD_ITERATIONS, &work->model);
        return;
    }
    for (size_t i = 0, worse = 0; i < ARRAY_SIZE(lambda_grid) && worse < 2 && !work->session->cancelled;
         i++) {
        cumulative_minimise(&data, lambda_grid[i], 0, 1e-4, HEAD_ITERATIONS, &at);
        double loss = validation_loss(work, &at, NULL, 0);
        worse = loss < best ? 0 : worse + 1;
        if (loss < best) {
            best = loss;
            work->lambda = lambda_grid[i];
            work->model = copy_of(&at, work->arena);
        }
    }
}

static uint32_t fold_of(uint32_t response)
{
    return (uint32_t)(pairs_mix(response) % FOLDS);
}

// The scores of training rows by models that saw no rating of their response.
static double *unseen_scores(struct objective_work *work, const double *offset)
{
    const struct objective_rows *rows = &work->rows[SPLIT_TRAIN];
    double *weight = arena_alloc(work->arena, ((size_t)rows->n + 1) * sizeof(*weight));
    double *score = arena_calloc(work->arena, (size_t)rows->n + 1, sizeof(*score));
    double *all = arena_calloc(work->arena, (size_t)rows->n + 1, sizeof(*all));
    for (uint32_t fold = 0; fold < FOLDS && !work->session->cancelled; fold++) {
        struct cumulative_data data = data_of(work, SPLIT_TRAIN, weight, offset);
        struct cumulative model = copy_of(&work->model, work->arena);
        double total = 0;
        for (uint32_t i = 0; i < rows->n; i++) {
            weight[i] = fold_of(rows->response[i]) == fold ? 0 : rows->weight[i];
            total += weight[i];
        }
        if (total > 0)
            cumulative_minimise(&data, work->lambda, 0, 1e-4, HEAD_ITERATIONS, &model);
        cumulative_scores(&data, &model, all);
        for (uint32_t i = 0; i < rows->n; i++)
            score[i] = fold_of(rows->response[i]) == fold ? all[i] : score[i];
    }
    return score;
}

// --- how high each rates --------------------------------------------------------------------------------------------------------
struct heights_said {
    const struct objective_work *work;
    const double *score;
};

static void height_term(
    const void *arg, uint32_t i, double eta, double *ret_loss, double *ret_slope, double *ret_curve)
{
    const struct heights_said *said = arg;
    const double *threshold = said->work->model.threshold;
    uint32_t n = said->work->n_levels, level = said->work->rows[SPLIT_TRAIN].level[i];
    double at = eta + said->score[i];
    *ret_loss = cumulative_loss(threshold, n, (uint8_t)level, at, 1, ret_slope);
    double e, upper = 1, lower = 0;
    if (level + 1 < n) {
        e = exp(-fabs(threshold[level] - at));
        upper = threshold[level] >= at ? 1 / (1 + e) : e / (1 + e);
    }
    if (level > 0) {
        e = exp(-fabs(threshold[level - 1] - at));
        lower = threshold[level - 1] >= at ? 1 / (1 + e) : e / (1 + e);
    }
    *ret_curve = upper * (1 - upper) + lower * (1 - lower);
}

// By empirical Bayes (jurors.h): somebody who rated little is taken to rate as people do on the average.
static void find_heights(struct objective_work *work, const double *score)
{
    const struct objective_rows *rows = &work->rows[SPLIT_TRAIN];
    uint32_t n = work->session->data->n_annotators;
    work->height = arena_calloc(work->arena, n, sizeof(double));
    work->uncertain = arena_calloc(work->arena, n, sizeof(double));
    if (work->n_people < 2)
        return;
    double *ones = arena_alloc(work->arena, ((size_t)rows->n + 1) * sizeof(*ones)), start = 0;
    for (uint32_t i = 0; i < rows->n; i++)
        ones[i] = 1;
    struct heights_said heights = {work, score};
    struct said said = {.x = ones,
        .k = 1,
        .n_annotators = n,
        .first = rows->first,
        .weight = rows->weight,
        .term = height_term,
        .arg = &heights};
    struct jurors jurors;
    jurors_fit(&said, &start, NULL, work->arena, &jurors);
    work->spread = fmax(jurors.covariance[0], 0);
    for (uint32_t a = 0; a < n; a++) {
        work->height[a] = jurors.coefficient[a] - jurors.mean[0];
        work->uncertain[a] = fmin(fmax(jurors.posterior[a], 0), work->spread);
    }
}

static double *offsets_of(const struct objective_work *work, enum split which)
{
    const struct objective_rows *rows = &work->rows[which];
    double *offset = arena_calloc(work->arena, (size_t)rows->n + 1, sizeof(*offset));
    for (uint32_t i = 0; i < rows->n; i++)
        offset[i] = work->height[rows->annotator[i]];
    return offset;
}

// --- calibration ----------------------------------------------------------------------------------------------------------------
static int by_response(const void *a, const void *b)
{
    const struct objective_point *x = a, *y = b;
    if (x->response != y->response)
        return x->response < y->response ? -1 : 1;
    return x->annotator < y->annotator ? -1 : x->annotator > y->annotator;
}

static uint32_t add_points(const struct objective_work *work, enum split which, const double *score,
    const uint32_t *group, uint32_t wanted, struct objective_point *points)
{
    const struct objective_rows *rows = &work->rows[which];
    uint32_t n = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        uint32_t a = rows->annotator[i];
        if (group != NULL && group[i] != wanted)
            continue;
        points[n++] = (struct objective_point){.response = rows->response[i],
            .annotator = a,
            .level = rows->level[i],
            .score = score[i],
            .offset = work->height[a],
            .scale = 1 / sqrt(1 + 3.14159265358979323846 / 8 * work->uncertain[a]),
            .weight = rows->weight[i]};
    }
    return n;
}

static uint32_t repeated(const struct objective_point *points, uint32_t n)
{
    uint32_t repeats = 0;
    bool was_same = false;
    for (uint32_t i = 1; i < n; i++) {
        bool is_same = points[i].response == points[i - 1].response;
        repeats += is_same && !was_same;
        was_same = is_same;
    }
    return repeats;
}

// What w . x varies by under the penalty as a prior: all that the features could say, where no response was rated twice.
static double prior_variance(const struct objective_work *work)
{
    const struct design *design = &work->session->design;
    const struct objective_rows *rows = &work->rows[SPLIT_TRAIN];
    double squares = 0, total = 0;
    for (uint32_t i = 0; i < rows->n; i++) {
        uint32_t row = rows->response[i];
        total += rows->weight[i];
        for (uint32_t c = 0; design->dense != NULL && c < design->n_columns; c++)
            squares += pow(design->dense[(size_t)row * design->n_columns + c], 2);
        for (uint64_t j = design->dense == NULL ? design->start[row] : 1;
             j < (design->dense == NULL ? design->start[row + 1] : 1); j++)
            squares += design->value[j] * design->value[j];
    }
    return fmin(squares / rows->n / (work->lambda * total), 16);
}

static void calibrate(struct objective_work *work, const double *unseen)
{
    const struct objective_rows *validation = &work->rows[SPLIT_VALIDATION];
    size_t n_max = (size_t)work->rows[SPLIT_TRAIN].n + validation->n;
    struct objective_point *points = arena_alloc(work->arena, (n_max + 1) * sizeof(*points));
    double *score = arena_calloc(work->arena, (size_t)validation->n + 1, sizeof(*score));
    struct cumulative_data data = data_of(work, SPLIT_VALIDATION, validation->weight, NULL);
    cumulative_scores(&data, &work->model, score);
    uint32_t n = add_points(work, SPLIT_TRAIN, unseen, NULL, 0, points);
    n += add_points(work, SPLIT_VALIDATION, score, NULL, 0, points + n);
    qsort(points, n, sizeof(*points), by_response);
    work->has_repeats = repeated(points, n) >= REPEATS_MIN;
    work->link = (struct objective_link){0};
    if (work->is_article && !work->has_repeats)
        work->link.residual = prior_variance(work);
    objective_link_fit(
        work->model.threshold, work->n_levels, points, n, work->is_article && work->has_repeats, &work->link);
    // Heights were found without what the features don't tell, which flattens them (MacKay 1992).
    double heights = sqrt(1 + 3.14159265358979323846 / 8 * work->link.residual);
    for (uint32_t a = 0; a < work->session->data->n_annotators; a++) {
        work->height[a] *= heights;
        work->uncertain[a] *= heights * heights;
    }
    work->spread *= heights * heights;
    // These people are drawn from all: the mean of their heights is not known better than that.
    work->link.covariance[0] += work->spread / fmax(work->n_people, 1);
}

// --- groups ---------------------------------------------------------------------------------------------------------------------
static uint32_t *groups_of(
    const struct objective_work *work, enum split which, const struct grouping *grouping)
{
    const struct objective_rows *rows = &work->rows[which];
    uint32_t *group = arena_alloc(work->arena, ((size_t)rows->n + 1) * sizeof(*group));
    for (uint32_t i = 0; i < rows->n; i++)
        group[i] = grouping->of_annotator[rows->annotator[i]];
    return group;
}

// Within its group nobody's height counts that the group's own has: heights become those within groups. Gives their variance.
static double within_groups(
    const struct objective_work *work, const struct grouping *grouping, double *height)
{
    uint32_t n = work->session->data->n_annotators, n_all = 0;
    double sum[FIT_VALUES_MAX + 1] = {0}, people[FIT_VALUES_MAX + 1] = {0}, squares = 0, uncertain = 0;
    const uint32_t *first = work->rows[SPLIT_TRAIN].first;
    for (uint32_t a = 0; a < n; a++) {
        uint32_t group = grouping->of_annotator[a];
        if (group != FIT_NO_GROUP && first[a + 1] > first[a]) {
            sum[group] += work->height[a];
            people[group]++;
        }
    }
    for (uint32_t a = 0; a < n; a++) {
        uint32_t group = grouping->of_annotator[a];
        height[a] =
            work->height[a] - (group != FIT_NO_GROUP && people[group] > 0 ? sum[group] / people[group] : 0);
        if (first[a + 1] > first[a]) {
            squares += height[a] * height[a];
            uncertain += work->uncertain[a];
            n_all++;
        }
    }
    return n_all > 0 ? (squares + uncertain) / n_all : 0;
}

static void calibrate_groups(struct objective_work *work, const uint32_t *group,
    struct objective_grouped *grouped, struct objective_link *links)
{
    const struct objective_rows *rows = &work->rows[SPLIT_VALIDATION];
    struct objective_point *points = arena_alloc(work->arena, ((size_t)rows->n + 1) * sizeof(*points));
    double *score = arena_calloc(work->arena, (size_t)rows->n + 1, sizeof(*score));
    struct cumulative_data data = data_of(work, SPLIT_VALIDATION, rows->weight, NULL);
    data.group = group;
    data.n_groups = grouped->grouping->n;
    cumulative_scores(&data, grouped->model, score);
    for (uint32_t g = 0; g < grouped->grouping->n; g++) {
        uint32_t n = add_points(work, SPLIT_VALIDATION, score, group, g, points);
        qsort(points, n, sizeof(*points), by_response);
        links[g] = (struct objective_link){.residual = work->link.residual};
        objective_link_fit(grouped->model->threshold, work->n_levels, points,
            n >= GROUP_VALIDATION_MIN ? n : 0, false, &links[g]);
        links[g].covariance[0] += grouped->spread / fmax(grouped->grouping->n_annotators[g], 1);
    }
    grouped->link = links;
}

// Shared + offsets for the groups of the attribute; no model where pooled foretells the validation ratings better.
static void fit_groups(struct objective_work *work, struct objective_grouped *grouped)
{
    const struct objective_rows *rows = &work->rows[SPLIT_TRAIN];
    const struct grouping *grouping = grouped->grouping;
    double *all_heights = work->height, *offset;
    uint32_t *train_group = groups_of(work, SPLIT_TRAIN, grouping);
    uint32_t *validation_group = groups_of(work, SPLIT_VALIDATION, grouping);
    double *within = arena_calloc(work->arena, work->session->data->n_annotators, sizeof(double));
    double best = validation_loss(work, &work->model, NULL, work->spread);
    grouped->spread = within_groups(work, grouping, within);
    work->height = within;
    offset = offsets_of(work, SPLIT_TRAIN);
    struct cumulative_data data = data_of(work, SPLIT_TRAIN, rows->weight, offset);
    data.group = train_group;
    data.n_groups = grouping->n;
    struct cumulative at, *chosen = arena_calloc(work->arena, 1, sizeof(*chosen));
    cumulative_init(&data, work->arena, &at);
    for (uint32_t g = 0; g <= grouping->n; g++)
        memcpy(at.w + (size_t)g * at.n_columns, work->model.w, at.n_columns * sizeof(double));
    memcpy(at.threshold, work->model.threshold, work->n_levels * sizeof(double));
    for (size_t i = 0; i < ARRAY_SIZE(offset_grid) && !work->session->cancelled; i++) {
        cumulative_minimise(&data, work->lambda, offset_grid[i], 1e-4, HEAD_ITERATIONS, &at);
        double loss = validation_loss(work, &at, validation_group, grouped->spread);
        if (loss >= best)
            continue;
        best = loss;
        *chosen = copy_of(&at, work->arena);
        grouped->model = chosen;
        grouped->a = offset_grid[i];
    }
    if (grouped->model != NULL)
        calibrate_groups(work, validation_group, grouped,
            arena_calloc(work->arena, (size_t)grouping->n + 1, sizeof(struct objective_link)));
    work->height = all_heights;
}

// --- into the artefact ------------------------------------------------------------------------------------------------------------
static uint32_t add_head(struct objective_work *work, const double *w, double slope, const char *value)
{
    struct session *session = work->session;
    uint32_t d = session->design.n_columns, number = session->n_heads++;
    struct head *head = &session->heads[number];
    *head = (struct head){.w = arena_alloc(session->arena, d * sizeof(double)),
        .about = {.attribute = "",
            .value = value,
            .share = 0,
            .tau = 1,
            .n_annotators = work->n_people,
            .n_judgments = work->rows[SPLIT_TRAIN].n}};
    for (uint32_t c = 0; c < d; c++)
        head->w[c] = slope * w[c];
    return number;
}

// A head's score is slope times the model's, so the link's slope has variance by the score's scale.
static void write_covariance(const struct objective_link *link, double *covariance)
{
    double slope = fabs(link->slope) > 1e-6 ? link->slope : 1e-6;
    covariance[0] = link->covariance[0];
    covariance[1] = link->covariance[1] / slope;
    covariance[2] = fmin(link->covariance[2] / (slope * slope), 1e6);
}

static uint32_t n_ratings_of(
    const struct objective_work *work, const struct grouping *grouping, uint32_t g, uint32_t *ret_people)
{
    const uint32_t *first = work->rows[SPLIT_TRAIN].first;
    uint32_t n = 0;
    *ret_people = 0;
    for (uint32_t a = 0; a < work->session->data->n_annotators; a++) {
        if (grouping->of_annotator[a] != g)
            continue;
        n += first[a + 1] - first[a];
        *ret_people += first[a + 1] > first[a];
    }
    return n;
}

static void keep(
    struct objective_work *work, const struct objective_grouped *grouped, const bool *own, bool supported)
{
    struct session *session = work->session;
    struct objective *out = &session->objectives[session->n_objectives++];
    struct objective_group *groups =
        arena_calloc(session->arena, (size_t)FIT_VALUES_MAX + 2, sizeof(*groups));
    double *threshold = arena_calloc(session->arena, work->n_levels, sizeof(double));
    const char *kind = work->is_article ? OBJECTIVE_ARTICLE : "dimension:";
    const char *name = arena_printf(session->arena, "%s%s", kind, work->name);
    for (uint32_t l = 0; l + 1 < work->n_levels; l++)
        threshold[l] = work->model.threshold[l] - work->link.shift;
    groups[0] = (struct objective_group){.attribute = "",
        .value = "all",
        .head = add_head(work, work->model.w, work->link.slope, name),
        .n_annotators = work->n_people,
        .n_ratings = work->rows[SPLIT_TRAIN].n};
    write_covariance(&work->link, groups[0].covariance);
    *out = (struct objective){.name = arena_strdup(session->arena, work->name),
        .is_article = work->is_article,
        .supported = supported,
        .n_levels = work->n_levels,
        .value = arena_memdup(session->arena, work->value, work->n_levels * sizeof(double)),
        .threshold = threshold,
        .spread = work->spread,
        .residual = work->link.residual,
        .n_groups = 1,
        .groups = groups};
    for (uint32_t g = 0; grouped->model != NULL && g < grouped->grouping->n; g++) {
        if (!own[g] || session->n_heads == ARTEFACT_HEADS_MAX)
            continue;
        const struct objective_link *link = &grouped->link[g];
        struct objective_group *group = &groups[out->n_groups++];
        *group = (struct objective_group){.attribute = grouped->grouping->attribute,
            .value = grouped->grouping->name[g],
            .head = add_head(work, grouped->model->w + ((size_t)g + 1) * work->model.n_columns, link->slope,
                arena_printf(session->arena, "%s, %s", name, grouped->grouping->name[g]))};
        // The group's thresholds are those of everybody, moved by its height: exactly so with two levels, and else as near as a shift comes.
        double moved = 0;
        for (uint32_t l = 0; l + 1 < work->n_levels; l++)
            moved += (threshold[l] - grouped->model->threshold[l]) / (work->n_levels - 1);
        group->height = link->slope * grouped->model->height[g + 1] + link->shift + moved;
        group->n_ratings = n_ratings_of(work, grouped->grouping, g, &group->n_annotators);
        write_covariance(link, group->covariance);
    }
}

// --- one objective ------------------------------------------------------------------------------------------------------------------
static void not_fitted(struct session *session, const struct objective_work *work, const char *reason)
{
    json_array_append_new(json_object_get(session->objectives_card, "not_fitted"),
        json_pack("{s:s, s:s, s:s}", "name", work->name, "kind", work->is_article ? "article" : "dimension",
            "reason", reason));
}

static void fit_one(struct session *session, uint32_t number, const struct grouping *grouping)
{
    const char *name = session->data->objective_name[number];
    bool is_article = strncmp(name, OBJECTIVE_ARTICLE, strlen(OBJECTIVE_ARTICLE)) == 0, supported;
    bool own[FIT_VALUES_MAX + 1] = {false};
    struct objective_work work = {.session = session,
        .arena = arena_new(SIZE_MAX),
        .number = number,
        .name = name + (is_article ? strlen(OBJECTIVE_ARTICLE) : 0),
        .is_article = is_article};
    struct objective_grouped grouped = {.grouping = grouping};
    const char *reason = find_levels(&work);
    for (enum split which = SPLIT_TRAIN; reason == NULL && which < SPLITS; which++)
        take_rows(&work, which);
    if (reason == NULL && work.rows[SPLIT_TEST].n < OBJECTIVE_TEST_MIN)
        reason = "too few ratings of the prompts that are held out to say how good it would be";
    if (reason == NULL && (session->n_objectives == OBJECTIVES_MAX || session->n_heads == ARTEFACT_HEADS_MAX))
        reason = "a model has no room for more";
    if (reason != NULL) {
        not_fitted(session, &work, reason);
        arena_free(work.arena);
        return;
    }
    cap_rows(&work);
    choose_lambda(&work);
    find_heights(&work, unseen_scores(&work, NULL));
    double *offset = offsets_of(&work, SPLIT_TRAIN);
    struct cumulative_data data = data_of(&work, SPLIT_TRAIN, work.rows[SPLIT_TRAIN].weight, offset);
    cumulative_minimise(&data, work.lambda, 0, 1e-5, 2 * HEAD_ITERATIONS, &work.model);
    calibrate(&work, unseen_scores(&work, offset));
    if (grouping->n > 1 && work.rows[SPLIT_VALIDATION].n >= VALIDATION_MIN)
        fit_groups(&work, &grouped);
    json_array_append_new(json_object_get(session->objectives_card, "fitted"),
        objective_card(&work, &grouped, own, &supported));
    keep(&work, &grouped, own, supported);
    arena_free(work.arena);
}

static bool is_wanted(const struct session *session, uint32_t number)
{
    return session->options->method != FIT_COMPLIANCE ||
           strncmp(session->data->objective_name[number], OBJECTIVE_ARTICLE, strlen(OBJECTIVE_ARTICLE)) == 0;
}

void session_fit_objectives(struct session *session)
{
    const struct fit_data *data = session->data;
    struct grouping none = {.attribute = ""};
    const struct grouping *grouping =
        session->grouping.n > 0 && session->grouping.attribute[0] != '\0' ? &session->grouping : &none;
    if (data->n_objectives == 0)
        return;
    session->objectives = arena_calloc(session->arena, OBJECTIVES_MAX, sizeof(struct objective));
    session->objectives_card = json_pack("{s:[], s:[]}", "fitted", "not_fitted");
    for (uint32_t number = 0; number < data->n_objectives && !session->cancelled; number++) {
        if (!is_wanted(session, number))
            continue;
        fit_one(session, number, grouping);
        session_progress(session, "objectives", 0.8 + 0.1 * (number + 1) / data->n_objectives);
    }
}
