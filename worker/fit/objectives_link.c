// Calibration of a score that its model did not learn from: P(rating <= l) = sigmoid(threshold_l - shift - slope score - height - u), with u of
// each response ~ Normal(0, residual) integrated out by Gauss-Hermite quadrature, so that what the features do not tell of a response is
// not taken for certainty. The covariance is the sandwich H^-1 (sum G G') H^-1, clustered by annotators and by responses, both added.
#include "worker/fit/logistic.h"
#include "worker/fit/objectives.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// Nodes and weights of 15 points for the standard normal (Abramowitz and Stegun 1964, 25.4.46, times sqrt 2, over sqrt pi).
enum { NODES = 15 };
static const double node[NODES] = {-6.363947888829836, -5.190093591304777, -4.196207711269019,
    -3.289082424398771, -2.432436827009759, -1.606710069028730, -0.799129068324548, 0, 0.799129068324548,
    1.606710069028730, 2.432436827009759, 3.289082424398771, 4.196207711269019, 5.190093591304777,
    6.363947888829836};
static const double node_weight[NODES] = {8.589649899633e-10, 5.975419597920e-07, 5.642146405189e-05,
    1.567357503550e-03, 1.736577449214e-02, 8.941779539984e-02, 2.324622936097e-01, 3.182595182595e-01,
    2.324622936097e-01, 8.941779539984e-02, 1.736577449214e-02, 1.567357503550e-03, 5.642146405189e-05,
    5.975419597920e-07, 8.589649899633e-10};
static const double residual_sd_grid[] = {0, 0.15, 0.3, 0.45, 0.6, 0.8, 1, 1.3, 1.6, 2, 2.5, 3.2, 4};
// A believed slope of one, as sure as a standard deviation of two says: it decides only what the ratings do not.
static const double slope_precision = 0.25, shift_precision = 0.01;
enum { SHIFT, SLOPE, VARIABLES };

struct link_problem {
    const double *threshold;
    uint32_t n_levels, n;
    const struct objective_point *points;
    double residual_sd;
    double (*each)[2]; // gradient of each point, or NULL
    double total;
};

static double eta_of(const struct objective_point *point, const double *x)
{
    return x[SHIFT] + x[SLOPE] * point->score + point->offset;
}

// The points of one response from `from` on, summed over the nodes: their loss, and into the gradient.
static double response_loss(
    const struct link_problem *problem, uint32_t from, uint32_t to, const double *x, double *gradient)
{
    uint32_t n_nodes = problem->residual_sd > 0 ? NODES : 1;
    double loss[NODES], least = INFINITY, sum = 0, ignored;
    for (uint32_t k = 0; k < n_nodes; k++) {
        double u = n_nodes > 1 ? problem->residual_sd * node[k] : 0;
        loss[k] = -log(n_nodes > 1 ? node_weight[k] : 1);
        for (uint32_t i = from; i < to; i++) {
            const struct objective_point *point = &problem->points[i];
            loss[k] += point->weight * cumulative_loss(problem->threshold, problem->n_levels, point->level,
                                           eta_of(point, x) + u, point->scale, &ignored);
        }
        least = fmin(least, loss[k]);
    }
    for (uint32_t k = 0; k < n_nodes; k++)
        sum += exp(least - loss[k]);
    for (uint32_t i = from; i < to; i++) {
        const struct objective_point *point = &problem->points[i];
        double mean = 0, slope;
        for (uint32_t k = 0; k < n_nodes; k++) {
            double u = n_nodes > 1 ? problem->residual_sd * node[k] : 0;
            (void)cumulative_loss(problem->threshold, problem->n_levels, point->level, eta_of(point, x) + u,
                point->scale, &slope);
            mean += exp(least - loss[k]) / sum * slope;
        }
        mean *= point->weight;
        gradient[0] += mean;
        gradient[1] += mean * point->score;
        if (problem->each != NULL) {
            problem->each[i][0] = mean;
            problem->each[i][1] = mean * point->score;
        }
    }
    return least - log(sum);
}

static double link_value(void *arg, const double *x, double *gradient)
{
    const struct link_problem *problem = arg;
    double sum = (slope_precision * (x[1] - 1) * (x[1] - 1) + shift_precision * x[0] * x[0]) / 2;
    gradient[0] = shift_precision * x[0];
    gradient[1] = slope_precision * (x[1] - 1);
    for (uint32_t from = 0, to; from < problem->n; from = to) {
        for (to = from + 1;
             to < problem->n && problem->points[to].response == problem->points[from].response;)
            to++;
        sum += response_loss(problem, from, to, x, gradient);
    }
    gradient[0] /= problem->total;
    gradient[1] /= problem->total;
    return sum / problem->total;
}

static double solve(struct link_problem *problem, double x[VARIABLES])
{
    return logistic_lbfgs_any(link_value, problem, VARIABLES, 1e-7, 60, NULL, NULL, x);
}

// Sums of the points' gradients by a cluster, as a 2 x 2 of products.
static void add_products(
    const struct link_problem *problem, bool by_annotator, uint32_t n_clusters, double product[3])
{
    double(*sum)[2] = calloc((size_t)n_clusters + 1, sizeof(*sum));
    if (sum == NULL)
        abort();
    for (uint32_t i = 0; i < problem->n; i++) {
        uint32_t cluster = by_annotator ? problem->points[i].annotator : problem->points[i].response;
        sum[cluster][0] += problem->each[i][0];
        sum[cluster][1] += problem->each[i][1];
    }
    uint32_t n = 0;
    double own[3] = {0};
    for (uint32_t c = 0; c < n_clusters; c++) {
        n += sum[c][0] != 0 || sum[c][1] != 0;
        own[0] += sum[c][0] * sum[c][0];
        own[1] += sum[c][0] * sum[c][1];
        own[2] += sum[c][1] * sum[c][1];
    }
    for (int j = 0; j < 3 && n > 1; j++)
        product[j] += own[j] * n / (n - 1);
    free(sum);
}

static void find_covariance(struct link_problem *problem, const double x[VARIABLES], double covariance[3])
{
    double hessian[2][2], product[3] = {0}, gradient[VARIABLES], up[VARIABLES], down[VARIABLES], step = 1e-4;
    uint32_t n_annotators = 0, n_responses = 0;
    for (int j = 0; j < 2; j++) {
        double moved[VARIABLES] = {x[0], x[1]};
        moved[j] = x[j] + step;
        (void)link_value(problem, moved, up);
        moved[j] = x[j] - step;
        (void)link_value(problem, moved, down);
        for (int k = 0; k < 2; k++)
            hessian[j][k] = (up[k] - down[k]) / (2 * step) * problem->total;
    }
    problem->each = calloc((size_t)problem->n + 1, sizeof(*problem->each));
    if (problem->each == NULL)
        abort();
    (void)link_value(problem, x, gradient);
    for (uint32_t i = 0; i < problem->n; i++) {
        n_annotators =
            problem->points[i].annotator >= n_annotators ? problem->points[i].annotator + 1 : n_annotators;
        n_responses =
            problem->points[i].response >= n_responses ? problem->points[i].response + 1 : n_responses;
    }
    add_products(problem, true, n_annotators, product);
    add_products(problem, false, n_responses, product);
    free(problem->each);
    problem->each = NULL;
    double off = (hessian[0][1] + hessian[1][0]) / 2, determinant = hessian[0][0] * hessian[1][1] - off * off;
    double inverse[3] = {hessian[1][1] / determinant, -off / determinant, hessian[0][0] / determinant};
    double a = inverse[0], b = inverse[1], c = inverse[2];
    covariance[0] = a * a * product[0] + 2 * a * b * product[1] + b * b * product[2];
    covariance[1] = a * b * product[0] + (a * c + b * b) * product[1] + b * c * product[2];
    covariance[2] = b * b * product[0] + 2 * b * c * product[1] + c * c * product[2];
}

// The variance between responses, taken as great as it may well be: mean and standard deviation under the likelihood together, each
// standard deviation of the grid as likely beforehand. The likeliest would make bounds too narrow wherever it comes out too small.
static double find_residual(struct link_problem *problem, double x[VARIABLES])
{
    double loss[ARRAY_SIZE(residual_sd_grid)], least = INFINITY, sum = 0, variance = 0, squares = 0;
    for (size_t i = 0; i < ARRAY_SIZE(residual_sd_grid); i++) {
        problem->residual_sd = residual_sd_grid[i];
        loss[i] = problem->total * solve(problem, x);
        least = fmin(least, loss[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(residual_sd_grid); i++) {
        double before = i > 0 ? residual_sd_grid[i - 1] : 0;
        double behind = residual_sd_grid[i + 1 < ARRAY_SIZE(residual_sd_grid) ? i + 1 : i];
        double weight = exp(least - loss[i]) * (behind - before) / 2;
        sum += weight;
        variance += weight * pow(residual_sd_grid[i], 2);
        squares += weight * pow(residual_sd_grid[i], 4);
    }
    variance /= sum;
    return variance + sqrt(fmax(squares / sum - variance * variance, 0));
}

void objective_link_fit(const double *threshold, uint32_t n_levels, const struct objective_point *points,
    uint32_t n, bool with_residual, struct objective_link *link)
{
    struct link_problem problem = {.threshold = threshold, .n_levels = n_levels, .points = points, .n = n};
    double x[VARIABLES] = {0, 1};
    for (uint32_t i = 0; i < n; i++)
        problem.total += points[i].weight;
    link->slope = 1;
    link->shift = 0;
    link->covariance[0] = link->covariance[2] = 1; // nothing is known
    link->covariance[1] = 0;
    if (n == 0 || problem.total <= 0)
        return;
    if (with_residual)
        link->residual = find_residual(&problem, x);
    problem.residual_sd = sqrt(link->residual);
    (void)solve(&problem, x);
    link->shift = x[SHIFT];
    link->slope = x[SLOPE];
    find_covariance(&problem, x, link->covariance);
}
