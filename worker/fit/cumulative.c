#include "worker/fit/cumulative.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double least_chance = 1e-12, least_step = 1e-6;

static void *grab(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}

double cumulative_loss(
    const double *threshold, uint32_t n_levels, uint8_t level, double eta, double scale, double *ret_slope)
{
    double upper = level + 1U < n_levels ? sigmoid(scale * (threshold[level] - eta)) : 1;
    double lower = level > 0 ? sigmoid(scale * (threshold[level - 1] - eta)) : 0;
    *ret_slope = scale * (1 - upper - lower);
    return -log(fmax(upper - lower, least_chance));
}

// --- variables ------------------------------------------------------------------------------------------------------------
// A group's v_g / sqrt(a) and height stand behind each other.
static size_t group_at(const struct cumulative_data *data, uint32_t group)
{
    uint32_t d = data->design->n_columns;
    return d + (size_t)group * (d + 1);
}

static size_t thresholds_at(const struct cumulative_data *data)
{
    return group_at(data, data->n_groups);
}

uint32_t cumulative_n_variables(const struct cumulative_data *data)
{
    return (uint32_t)thresholds_at(data) + data->n_levels - 1;
}

static uint32_t part_of(const struct cumulative_data *data, uint32_t i)
{
    return data->group == NULL || data->group[i] == FIT_NO_GROUP ? 0 : data->group[i] + 1;
}

void cumulative_objective_init(
    struct cumulative_objective *objective, const struct cumulative_data *data, double lambda, double a)
{
    uint32_t n_rows = data->design->n_rows;
    *objective = (struct cumulative_objective){.data = data,
        .lambda = lambda,
        .a = a,
        .reward = grab(n_rows, sizeof(double)),
        .slope = grab(n_rows, sizeof(double)),
        .eta = grab(data->n, sizeof(double)),
        .w = grab((size_t)data->design->n_columns * 2, sizeof(double)),
        .rows = grab(n_rows, sizeof(uint32_t)),
        .seen = grab(n_rows, sizeof(bool))};
}

void cumulative_objective_release(struct cumulative_objective *objective)
{
    free(objective->reward);
    free(objective->slope);
    free(objective->eta);
    free(objective->w);
    free(objective->rows);
    free(objective->seen);
    *objective = (struct cumulative_objective){0};
}

// The responses that a part's ratings are of, ascending.
static uint32_t rows_of_part(const struct cumulative_objective *objective, uint32_t part)
{
    const struct cumulative_data *data = objective->data;
    uint32_t n = 0;
    memset(objective->seen, 0, data->design->n_rows * sizeof(bool));
    for (uint32_t i = 0; i < data->n; i++) {
        if (part_of(data, i) != part)
            continue;
        objective->seen[data->response[i]] = true;
        if (data->against != NULL)
            objective->seen[data->against[i]] = true;
    }
    for (uint32_t r = 0; r < data->design->n_rows; r++) {
        if (objective->seen[r])
            objective->rows[n++] = r;
    }
    return n;
}

static void eta_of_part(const struct cumulative_objective *objective, uint32_t part, double height)
{
    const struct cumulative_data *data = objective->data;
    for (uint32_t i = 0; i < data->n; i++) {
        if (part_of(data, i) != part)
            continue;
        double against = data->against != NULL ? objective->reward[data->against[i]] : 0;
        objective->eta[i] = objective->reward[data->response[i]] - against + height +
                            (data->offset != NULL ? data->offset[i] : 0);
    }
}

static double *thresholds_of(const struct cumulative_data *data, const double *x, double *threshold)
{
    const double *parameters = x + thresholds_at(data);
    threshold[0] = parameters[0];
    for (uint32_t l = 1; l + 1 < data->n_levels; l++)
        threshold[l] = threshold[l - 1] + exp(fmin(parameters[l], 30));
    return threshold;
}

// The slopes of a part's ratings, each response's sum, and the sum of all: the gradient in the part's w and height.
static double gather_slopes(
    const struct cumulative_objective *objective, uint32_t part, const double *threshold, double total)
{
    const struct cumulative_data *data = objective->data;
    double sum = 0;
    memset(objective->slope, 0, data->design->n_rows * sizeof(double));
    for (uint32_t i = 0; i < data->n; i++) {
        if (part_of(data, i) != part)
            continue;
        double slope;
        (void)cumulative_loss(threshold, data->n_levels, data->level[i], objective->eta[i], 1, &slope);
        slope *= data->weight[i] / total;
        objective->slope[data->response[i]] += slope;
        if (data->against != NULL)
            objective->slope[data->against[i]] -= slope;
        sum += slope;
    }
    return sum;
}

static double total_weight(const struct cumulative_data *data)
{
    double total = 0;
    for (uint32_t i = 0; i < data->n; i++)
        total += data->weight[i];
    return total;
}

double cumulative_value(void *arg, const double *x, double *gradient)
{
    struct cumulative_objective *objective = arg;
    const struct cumulative_data *data = objective->data;
    uint32_t d = data->design->n_columns, n_rows[FIT_VALUES_MAX + 2];
    double threshold[ORDINAL_LEVELS_MAX], scale = sqrt(objective->a), total = total_weight(data), squares = 0;
    size_t n = thresholds_at(data);
    thresholds_of(data, x, threshold);
    memset(gradient, 0, cumulative_n_variables(data) * sizeof(*gradient));
    for (uint32_t part = 0; part <= data->n_groups; part++) {
        const double *own = part > 0 ? x + group_at(data, part - 1) : NULL;
        for (uint32_t c = 0; c < d; c++)
            objective->w[c] = x[c] + (own != NULL ? scale * own[c] : 0);
        n_rows[part] = rows_of_part(objective, part);
        design_multiply(data->design, objective->rows, n_rows[part], objective->w, objective->reward);
        eta_of_part(objective, part, own != NULL ? scale * own[d] : 0);
    }
    for (uint32_t part = 0; part <= data->n_groups; part++) {
        double *by_part = objective->w + d, *own = part > 0 ? gradient + group_at(data, part - 1) : NULL;
        double sum = gather_slopes(objective, part, threshold, total);
        n_rows[part] = rows_of_part(objective, part);
        design_multiply_transposed(data->design, objective->rows, n_rows[part], objective->slope, by_part);
        for (uint32_t c = 0; c < d; c++) {
            gradient[c] += by_part[c];
            if (own != NULL)
                own[c] = scale * by_part[c];
        }
        if (own != NULL)
            own[d] = scale * sum;
    }
    for (size_t i = 0; i < n; i++) {
        squares += x[i] * x[i];
        gradient[i] += objective->lambda * x[i];
    }
    const struct rated rated = {
        .n = data->n, .n_levels = data->n_levels, .level = data->level, .weight = data->weight};
    struct ordinal_levels levels = {&rated, objective->eta};
    return ordinal_value(&levels, x + n, gradient + n) + objective->lambda / 2 * squares;
}

// --- the model ------------------------------------------------------------------------------------------------------------
void cumulative_init(const struct cumulative_data *data, struct arena *arena, struct cumulative *ret_model)
{
    uint32_t n = data->n_levels;
    double count[ORDINAL_LEVELS_MAX] = {0}, total = 0, below = 0;
    assert(n >= 2 && n <= ORDINAL_LEVELS_MAX && data->n_groups <= FIT_VALUES_MAX + 1);
    *ret_model = (struct cumulative){.n_levels = n,
        .n_groups = data->n_groups,
        .n_columns = data->design->n_columns,
        .w = arena_calloc(arena, ((size_t)data->n_groups + 1) * data->design->n_columns, sizeof(double)),
        .height = arena_calloc(arena, (size_t)data->n_groups + 1, sizeof(double)),
        .threshold = arena_calloc(arena, n, sizeof(double))};
    for (uint32_t i = 0; i < data->n; i++)
        count[data->level[i]] += data->weight[i];
    for (uint32_t l = 0; l < n; l++)
        total += count[l] + 1;
    for (uint32_t l = 0; l + 1 < n; l++) {
        below += (count[l] + 1) / total;
        ret_model->threshold[l] = log(below / (1 - below));
    }
}

static void write_variables(
    const struct cumulative_data *data, const struct cumulative *model, double scale, double *x)
{
    uint32_t d = model->n_columns;
    memcpy(x, model->w, d * sizeof(*x));
    for (uint32_t g = 0; g < model->n_groups; g++) {
        double *own = x + group_at(data, g);
        for (uint32_t c = 0; c < d; c++)
            own[c] = (model->w[((size_t)g + 1) * d + c] - model->w[c]) / scale;
        own[d] = model->height[g + 1] / scale;
    }
    double *parameters = x + thresholds_at(data);
    parameters[0] = model->threshold[0];
    for (uint32_t l = 1; l + 1 < model->n_levels; l++)
        parameters[l] = log(fmax(model->threshold[l] - model->threshold[l - 1], least_step));
}

static void read_variables(
    const struct cumulative_data *data, const double *x, double scale, struct cumulative *model)
{
    uint32_t d = model->n_columns;
    memcpy(model->w, x, d * sizeof(*x));
    for (uint32_t g = 0; g < model->n_groups; g++) {
        const double *own = x + group_at(data, g);
        for (uint32_t c = 0; c < d; c++)
            model->w[((size_t)g + 1) * d + c] = x[c] + scale * own[c];
        model->height[g + 1] = scale * own[d];
    }
    thresholds_of(data, x, model->threshold);
}

double cumulative_minimise(const struct cumulative_data *data, double lambda, double a, double precision,
    int max_iterations, struct cumulative *model)
{
    struct cumulative_objective objective;
    uint32_t n = cumulative_n_variables(data);
    double *x = grab(n, sizeof(*x)), scale = data->n_groups > 0 ? sqrt(a) : 1;
    assert(a > 0 || data->n_groups == 0);
    cumulative_objective_init(&objective, data, lambda, data->n_groups > 0 ? a : 1);
    write_variables(data, model, scale, x);
    double reached = logistic_lbfgs_any(
        cumulative_value, &objective, n, precision, max_iterations, data->stop, data->stop_arg, x);
    read_variables(data, x, scale, model);
    cumulative_objective_release(&objective);
    free(x);
    return reached;
}

void cumulative_scores(const struct cumulative_data *data, const struct cumulative *model, double *ret_score)
{
    struct cumulative_objective objective;
    struct cumulative_data plain = *data;
    plain.offset = NULL;
    cumulative_objective_init(&objective, &plain, 0, 1);
    for (uint32_t part = 0; part <= data->n_groups; part++) {
        uint32_t n = rows_of_part(&objective, part);
        design_multiply(
            data->design, objective.rows, n, model->w + (size_t)part * model->n_columns, objective.reward);
        eta_of_part(&objective, part, model->height[part]);
    }
    memcpy(ret_score, objective.eta, data->n * sizeof(*ret_score));
    cumulative_objective_release(&objective);
}
