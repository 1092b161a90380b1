// The pooled model: the regulariser by validation loss along a path of warm starts, and how heads are calibrated.
#include "worker/fit/logistic.h"
#include "worker/fit/session.h"

#include "reward/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// From strong to weak; unit-length features and mean losses make one grid do for all sizes.
static const double lambda_grid[] = {1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5};
#define LAMBDA_UNKNOWN 3e-3 // with nothing to validate on

static double validation_loss(const struct session *session, const double *w)
{
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    double *z = malloc((pairs->n + (size_t)1) * sizeof(*z));
    if (z == NULL)
        abort();
    session_logits(session, SPLIT_VALIDATION, w, z);
    double loss = logistic_mean_loss(pairs, z, pairs->weight);
    free(z);
    return loss;
}

// Walks down the grid until the validation loss rose twice; leaves the best lambda in the session and its w in `w`.
static void choose_lambda(struct session *session, struct logistic *logistic, double *w)
{
    uint32_t d = session->design.n_columns, worse = 0;
    double *at = arena_calloc(session->arena, d, sizeof(*at)), best = INFINITY;
    for (size_t i = 0; i < ARRAY_SIZE(lambda_grid) && worse < 2 && !session->cancelled; i++) {
        logistic->lambda = lambda_grid[i];
        session->loss = logistic_minimise(logistic, 1e-4, 100, at);
        double loss = validation_loss(session, at);
        if (loss < best) {
            best = loss;
            worse = 0;
            session->lambda = lambda_grid[i];
            memcpy(w, at, d * sizeof(*w));
        } else {
            worse++;
        }
        session_progress(session, "pooled", 0.15 + 0.02 * (double)i);
    }
}

int session_fit_pooled(struct session *session, struct err *err)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    double total = 0, *w = arena_calloc(session->arena, session->design.n_columns, sizeof(*w));
    for (uint32_t i = 0; i < train->n; i++)
        total += session->pairs.capped[i];
    if (total <= 0)
        return err_set(err, ERR_INVALID, "the training judgments weigh nothing");
    struct logistic logistic;
    logistic_init(&logistic, &session->design, train, session->pairs.capped, total, LAMBDA_UNKNOWN);
    logistic.stop = session_stop;
    logistic.stop_arg = session;
    session->lambda = session->options->lambda > 0 ? session->options->lambda
                      : session->warm != NULL      ? session->warm->training->lambda
                                                   : LAMBDA_UNKNOWN;
    session_progress(session, "pooled", 0.12);
    if (session->warm != NULL)
        w = session_warm_head(session, 0);
    else if (session->options->lambda <= 0 && session->pairs.split[SPLIT_VALIDATION].n > 0)
        choose_lambda(session, &logistic, w);
    logistic.lambda = session->lambda;
    session->loss = logistic_minimise(&logistic, 1e-6, 300, w);
    logistic_release(&logistic);
    struct head *head = &session->heads[session->n_heads++];
    *head = (struct head){.w = w, .about = {.attribute = "", .value = "all", .share = 1, .tau = 1}};
    session_calibrate(session, head, NULL, false);
    return 0;
}

// ---------------------------------------------------------------- calibration
static void shrink_to_pooled(const struct session *session, struct head *head, double shrinkage)
{
    const double *pooled = session->heads[0].w;
    for (uint32_t c = 0; c < session->design.n_columns; c++)
        head->w[c] = (1 - shrinkage) * head->w[c] + shrinkage * pooled[c];
    head->about.shrinkage = shrinkage;
}

// Chooses how far the head goes back to the pooled one (both ways along the line between them are linear in z), and
// tau, by the loss on the annotators' validation pairs. Ties go to more shrinkage.
static void calibrate_on(const struct session *session, struct head *head, struct metrics_row *rows, size_t n,
    const double *own, const double *pooled, bool shrink)
{
    double best = INFINITY, best_shrinkage = 0, best_tau = 1;
    for (int step = shrink ? 10 : 0; step >= 0; step--) {
        double s = step / 10.0, loss = 0;
        for (size_t i = 0; i < n; i++)
            rows[i].z = (1 - s) * own[i] + s * pooled[i];
        double tau = metrics_temperature(rows, n);
        for (size_t i = 0; i < n; i++)
            loss += rows[i].weight * logistic_pair_loss(tau * rows[i].z, rows[i].y);
        if (loss < best * (1 - 1e-9)) {
            best = loss;
            best_shrinkage = s;
            best_tau = tau;
        }
    }
    if (shrink)
        shrink_to_pooled(session, head, best_shrinkage);
    head->about.tau = best_tau;
}

static double training_mean(const struct session *session, const double *w)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    double *reward = calloc(session->design.n_rows, sizeof(*reward)), sum = 0;
    if (reward == NULL)
        abort();
    design_multiply(&session->design, train->rows, train->n_rows, w, reward);
    for (uint32_t i = 0; i < train->n_rows; i++)
        sum += reward[train->rows[i]];
    free(reward);
    return sum / train->n_rows;
}

void session_calibrate(
    struct session *session, struct head *head, const double *annotator_weight, bool shrink)
{
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    double *own = malloc((pairs->n + (size_t)1) * sizeof(*own)),
           *pooled = malloc((pairs->n + (size_t)1) * sizeof(*pooled));
    struct metrics_row *rows = calloc(pairs->n + (size_t)1, sizeof(*rows));
    if (own == NULL || pooled == NULL || rows == NULL)
        abort();
    session_logits(session, SPLIT_VALIDATION, head->w, own);
    session_logits(session, SPLIT_VALIDATION, session->heads[0].w, pooled);
    double total = 0;
    size_t n = 0;
    for (uint32_t i = 0; i < pairs->n; i++) {
        double weight = annotator_weight != NULL ? annotator_weight[pairs->annotator[i]] : 1;
        if (weight * pairs->weight[i] <= 0)
            continue;
        own[n] = own[i];
        pooled[n] = pooled[i];
        rows[n++] = (struct metrics_row){
            .y = pairs->y[i], .weight = weight * pairs->weight[i], .annotator = pairs->annotator[i]};
        total += weight * pairs->weight[i];
    }
    // Too little of one's own says less than what was learnt from everybody.
    if (total >= 30) {
        calibrate_on(session, head, rows, n, own, pooled, shrink);
        session->calibrated = true;
    } else {
        if (shrink)
            shrink_to_pooled(session, head, 0.5);
        head->about.tau = session->heads[0].about.tau;
    }
    head->about.tau = fmin(fmax(head->about.tau, 1e-3), 1e3);
    head->about.centre = training_mean(session, head->w);
    free(own);
    free(pooled);
    free(rows);
}
