#include "worker/fit/mixture.h"

#include "worker/fit/logistic.h"
#include "worker/fit/mixture_dense.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SHARPNESSES = 7, MIXTURE_PARTS_MAX = FIT_CLUSTERS_MAX * SHARPNESSES };

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

void mixture_init(struct mixture *mixture, uint32_t k, uint32_t n_annotators, uint32_t n_columns)
{
    *mixture = (struct mixture){.k = k,
        .n_annotators = n_annotators,
        .n_columns = n_columns,
        .w = allocate((size_t)k * n_columns, sizeof(double)),
        .q = allocate((size_t)n_annotators * k, sizeof(double)),
        .share = allocate(k, sizeof(double)),
        .tau = allocate(k, sizeof(double))};
    for (uint32_t j = 0; j < k; j++)
        mixture->tau[j] = 1;
}

void mixture_release(struct mixture *mixture)
{
    free(mixture->w);
    free(mixture->q);
    free(mixture->share);
    free(mixture->tau);
    *mixture = (struct mixture){0};
}

void mixture_copy(struct mixture *to, const struct mixture *from)
{
    mixture_init(to, from->k, from->n_annotators, from->n_columns);
    memcpy(to->w, from->w, (size_t)from->k * from->n_columns * sizeof(double));
    memcpy(to->q, from->q, (size_t)from->n_annotators * from->k * sizeof(double));
    memcpy(to->share, from->share, from->k * sizeof(double));
    memcpy(to->tau, from->tau, from->k * sizeof(double));
    to->log_likelihood = from->log_likelihood;
    to->objective = from->objective;
    to->iterations = from->iterations;
}

// ---------------------------------------------------------------- where to start
static double squared_distance(const double *a, const double *b, uint32_t n)
{
    double sum[4] = {0};
    uint32_t i = 0;
    for (; i + 4 <= n; i += 4) {
        for (uint32_t j = 0; j < 4; j++)
            sum[j] += (a[i + j] - b[i + j]) * (a[i + j] - b[i + j]);
    }
    for (; i < n; i++)
        sum[0] += (a[i] - b[i]) * (a[i] - b[i]);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

static bool has_pairs(const struct pairs *pairs, uint32_t annotator)
{
    return pairs->first[annotator + 1] > pairs->first[annotator];
}

static uint32_t nearest(
    const double *vector, const double *centres, uint32_t k, uint32_t d, double *ret_distance)
{
    uint32_t best = 0;
    *ret_distance = INFINITY;
    for (uint32_t j = 0; j < k; j++) {
        double distance = squared_distance(vector, centres + (size_t)j * d, d);
        if (distance < *ret_distance) {
            *ret_distance = distance;
            best = j;
        }
    }
    return best;
}

// One of the annotators that have pairs, drawn in proportion to `chance`.
static uint32_t draw(const double *chance, uint32_t n, struct rng *rng)
{
    double total = 0, at = 0;
    for (uint32_t i = 0; i < n; i++)
        total += chance[i];
    double target = rng_uniform(rng) * total;
    uint32_t last = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (chance[i] <= 0)
            continue;
        last = i;
        at += chance[i];
        if (at > target)
            return i;
    }
    return last;
}

static void choose_centres(const struct pairs *pairs, const double *vectors, uint32_t n, uint32_t k,
    uint32_t d, struct rng *rng, double *centres)
{
    double *chance = allocate(n, sizeof(*chance));
    for (uint32_t a = 0; a < n; a++)
        chance[a] = has_pairs(pairs, a);
    for (uint32_t j = 0; j < k; j++) {
        uint32_t chosen = draw(chance, n, rng);
        memcpy(centres + (size_t)j * d, vectors + (size_t)chosen * d, d * sizeof(double));
        for (uint32_t a = 0; a < n; a++) {
            double distance = 0;
            if (has_pairs(pairs, a))
                nearest(vectors + (size_t)a * d, centres + (size_t)j * d, 1, d, &distance);
            chance[a] = j == 0 ? distance : fmin(chance[a], distance);
        }
    }
    free(chance);
}

static void scale_to_one(double *vector, uint32_t n)
{
    double squares = 0;
    for (uint32_t c = 0; c < n; c++)
        squares += vector[c] * vector[c];
    for (uint32_t c = 0; c < n && squares > 0; c++)
        vector[c] /= sqrt(squares);
}

// Ten rounds of k-means from `centres`.
static void k_means(const struct pairs *pairs, const double *vectors, uint32_t n, uint32_t k, uint32_t d,
    double *centres, uint32_t *member, uint32_t *count)
{
    for (int round = 0; round < 10; round++) {
        double distance;
        memset(count, 0, k * sizeof(*count));
        for (uint32_t a = 0; a < n; a++) {
            member[a] = nearest(vectors + (size_t)a * d, centres, k, d, &distance);
            count[member[a]] += has_pairs(pairs, a);
        }
        for (uint32_t j = 0; j < k; j++) {
            if (count[j] > 0) // an empty cluster keeps its centre
                memset(centres + (size_t)j * d, 0, d * sizeof(double));
        }
        for (uint32_t a = 0; a < n; a++) {
            for (uint32_t c = 0; has_pairs(pairs, a) && c < d; c++)
                centres[(size_t)member[a] * d + c] += vectors[(size_t)a * d + c] / count[member[a]];
        }
    }
}

// Joins the two clusters whose joining raises the squared distances least (Ward 1963) until k are left, in front.
static void join(double *centres, uint32_t *count, uint32_t many, uint32_t k, uint32_t d)
{
    for (; many > k; many--) {
        uint32_t first = 0, second = 1;
        double least = INFINITY;
        for (uint32_t i = 0; i < many; i++) {
            for (uint32_t j = i + 1; j < many; j++) {
                double both = (double)count[i] + count[j],
                       cost = squared_distance(centres + (size_t)i * d, centres + (size_t)j * d, d);
                cost *= both > 0 ? (double)count[i] * count[j] / both : 0;
                if (cost < least) {
                    least = cost;
                    first = i;
                    second = j;
                }
            }
        }
        double *to = centres + (size_t)first * d, *from = centres + (size_t)second * d,
               both = (double)count[first] + count[second];
        for (uint32_t c = 0; c < d && both > 0; c++)
            to[c] = (to[c] * count[first] + from[c] * count[second]) / both;
        count[first] += count[second];
        count[second] = count[many - 1];
        memmove(from, centres + (size_t)(many - 1) * d, d * sizeof(*from));
    }
}

void mixture_start(const struct design *design, const struct pairs *pairs, const double *pooled,
    double lambda, bool joined, struct rng *rng, struct mixture *mixture)
{
    uint32_t d = design->n_columns, n = mixture->n_annotators, k = mixture->k, many = joined ? 3 * k : k;
    double *vectors = allocate((size_t)n * d, sizeof(*vectors)),
           *centres = allocate((size_t)many * d, sizeof(*centres));
    uint32_t *member = allocate(n, sizeof(*member)), *count = allocate(many, sizeof(*count));
    mixture_dense_vectors(design, pairs, pooled, lambda, n, vectors);
    for (uint32_t a = 0; !joined && a < n; a++)
        scale_to_one(vectors + (size_t)a * d, d);
    choose_centres(pairs, vectors, n, many, d, rng, centres);
    k_means(pairs, vectors, n, many, d, centres, member, count);
    if (joined) {
        join(centres, count, many, k, d);
        k_means(pairs, vectors, n, k, d, centres, member, count);
    }
    for (uint32_t a = 0; a < n; a++) {
        for (uint32_t j = 0; j < k; j++)
            mixture->q[(size_t)a * k + j] = j == member[a];
    }
    for (uint32_t j = 0; j < k; j++)
        memcpy(mixture->w + (size_t)j * mixture->n_columns, pooled, mixture->n_columns * sizeof(double));
    free(vectors);
    free(centres);
    free(member);
    free(count);
}

// ---------------------------------------------------------------- EM
void mixture_losses(
    const struct design *design, const struct pairs *pairs, const struct mixture *mixture, double *ret_loss)
{
    uint32_t k = mixture->k, n_annotators = mixture->n_annotators;
    double *reward = allocate(design->n_rows, sizeof(*reward));
    for (uint32_t j = 0; j < k; j++) {
        design_multiply(
            design, pairs->rows, pairs->n_rows, mixture->w + (size_t)j * design->n_columns, reward);
        for (uint32_t a = 0; a < n_annotators; a++) {
            struct log_sum logs = {0};
            double loss = 0;
            for (uint32_t i = pairs->first[a]; i < pairs->first[a + 1]; i++) {
                double z = mixture->tau[j] * (reward[pairs->left[i]] - reward[pairs->right[i]]),
                       c = pairs->weight[i];
                loss += c * ((z < 0 ? -z : 0) + (1 - pairs->y[i]) * z);
                log_sum_add(&logs, c, exp(-fabs(z)));
            }
            log_sum_flush(&logs);
            ret_loss[(size_t)a * k + j] = loss + logs.sum;
        }
    }
    free(reward);
}

static double log_sum_exp(const double *x, uint32_t n)
{
    uint32_t best = 0;
    double rest = 0;
    for (uint32_t i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    for (uint32_t i = 0; i < n; i++)
        rest += i == best ? 0 : exp(x[i] - x[best]);
    return x[best] + log1p(rest);
}

double mixture_posterior(const double *loss, const double *share, uint32_t k, double *ret_q)
{
    double log_weight[MIXTURE_PARTS_MAX] = {0};
    for (uint32_t j = 0; j < k; j++)
        log_weight[j] = log(fmax(share[j], 1e-300)) - loss[j];
    double total = log_sum_exp(log_weight, k);
    for (uint32_t j = 0; j < k; j++)
        ret_q[j] = exp(log_weight[j] - total);
    return total;
}

void mixture_update_shares(const struct pairs *pairs, struct mixture *mixture)
{
    uint32_t n = 0, k = mixture->k;
    memset(mixture->share, 0, k * sizeof(double));
    for (uint32_t a = 0; a < mixture->n_annotators; a++) {
        if (!has_pairs(pairs, a))
            continue;
        n++;
        for (uint32_t j = 0; j < k; j++)
            mixture->share[j] += mixture->q[(size_t)a * k + j];
    }
    for (uint32_t j = 0; j < k; j++)
        mixture->share[j] = n > 0 ? mixture->share[j] / n : 1.0 / k;
}

static double total_weight(const struct pairs *pairs)
{
    double total = 0;
    for (uint32_t i = 0; i < pairs->n; i++)
        total += pairs->weight[i];
    return total;
}

static void m_step(const struct design *design, const struct pairs *pairs,
    const struct mixture_settings *settings, double total, struct mixture *mixture)
{
    double *weight = allocate(pairs->n, sizeof(*weight));
    for (uint32_t j = 0; j < mixture->k; j++) {
        for (uint32_t i = 0; i < pairs->n; i++)
            weight[i] = pairs->weight[i] * mixture->q[(size_t)pairs->annotator[i] * mixture->k + j];
        struct logistic logistic;
        logistic_init(&logistic, design, pairs, weight, total, settings->lambda);
        logistic.stop = settings->stop;
        logistic.stop_arg = settings->stop_arg;
        logistic_lbfgs(
            &logistic, 1e-5, settings->m_step_iterations, mixture->w + (size_t)j * mixture->n_columns);
        logistic_release(&logistic);
    }
    free(weight);
}

// Sets q and the likelihoods; true when no annotator's most likely head changed.
static bool e_step(const struct pairs *pairs, const struct mixture_settings *settings, const double *loss,
    double total, struct mixture *mixture)
{
    uint32_t k = mixture->k, n = mixture->n_annotators;
    double sum = 0, squares = 0;
    bool fixed = true;
    for (uint32_t a = 0; a < n; a++) {
        double *q = mixture->q + (size_t)a * k, before[FIT_CLUSTERS_MAX];
        if (!has_pairs(pairs, a)) {
            memcpy(q, mixture->share, k * sizeof(*q));
            continue;
        }
        memcpy(before, q, k * sizeof(*q));
        double likelihood = mixture_posterior(loss + (size_t)a * k, mixture->share, k, q);
        uint32_t best = 0, was = 0;
        for (uint32_t j = 1; j < k; j++) {
            best = q[j] > q[best] ? j : best;
            was = before[j] > before[was] ? j : was;
        }
        fixed = fixed && best == was;
        if (settings->hard) {
            likelihood = log(fmax(mixture->share[best], 1e-300)) - loss[(size_t)a * k + best];
            for (uint32_t j = 0; j < k; j++)
                q[j] = j == best;
        }
        sum += likelihood;
    }
    for (size_t i = 0; i < (size_t)k * mixture->n_columns; i++)
        squares += mixture->w[i] * mixture->w[i];
    mixture->log_likelihood = sum / total;
    mixture->objective = sum / total - settings->lambda / 2 * squares;
    return fixed;
}

// E- and M-steps in turn.
static void run_in_turns(const struct design *design, const struct pairs *pairs,
    const struct mixture_settings *settings, struct mixture_dense *dense, double *loss, double total,
    struct mixture *mixture)
{
    double before = -INFINITY;
    for (; mixture->iterations < settings->max_iterations; mixture->iterations++) {
        if (settings->stop != NULL && settings->stop(settings->stop_arg))
            return;
        mixture_update_shares(pairs, mixture);
        if (dense != NULL)
            mixture_dense_descend(
                dense, MIXTURE_FIXED, settings->m_step_iterations, 0, mixture->iterations < 2);
        else
            m_step(design, pairs, settings, total, mixture);
        if (settings->calibrate != NULL)
            settings->calibrate(settings->calibrate_arg, mixture);
        if (dense != NULL)
            mixture_dense_losses(dense);
        else
            mixture_losses(design, pairs, mixture, loss);
        bool fixed = e_step(pairs, settings, dense != NULL ? dense->loss : loss, total, mixture);
        if (settings->trace != NULL)
            settings->trace(settings->trace_arg, mixture->objective);
        bool still = settings->calibrate != NULL ? fixed : mixture->objective - before < 1e-6;
        before = mixture->objective;
        if (still || (settings->hard && fixed && mixture->iterations > 0))
            break;
    }
}

// Climbs the likelihood itself, heads and shares together.
static void run_soft(
    const struct pairs *pairs, const struct mixture_settings *settings, struct mixture_dense *dense)
{
    enum { FIRST = 3 }; // steps before the curvature is measured where the heads have parted
    int steps = 2 * settings->max_iterations;
    struct mixture *mixture = dense->mixture;
    mixture_update_shares(pairs, mixture);
    mixture_dense_descend(dense, MIXTURE_FIXED, (settings->m_step_iterations + 1) / 2, 0, true);
    mixture_dense_descend(dense, MIXTURE_SOFT, steps < FIRST ? steps : FIRST, 1e-6, false);
    if (mixture->iterations == FIRST && steps > FIRST)
        mixture_dense_descend(dense, MIXTURE_SOFT, steps - FIRST, 1e-6, true);
    mixture_dense_losses(dense); // of the point that was kept
    (void)e_step(pairs, settings, dense->loss, dense->total, mixture);
    if (settings->trace != NULL)
        settings->trace(settings->trace_arg, mixture->objective);
}

void mixture_run(const struct design *design, const struct pairs *pairs,
    const struct mixture_settings *settings, struct mixture *mixture)
{
    double total = total_weight(pairs);
    bool is_dense = mixture_dense_fits(design, mixture->k);
    struct mixture_dense dense;
    double *loss = NULL;
    mixture->iterations = 0;
    if (is_dense)
        mixture_dense_init(&dense, design, pairs, settings, mixture);
    else
        loss = allocate((size_t)mixture->n_annotators * mixture->k, sizeof(*loss));
    if (is_dense && !settings->hard && settings->calibrate == NULL)
        run_soft(pairs, settings, &dense);
    else
        run_in_turns(design, pairs, settings, is_dense ? &dense : NULL, loss, total, mixture);
    if (is_dense)
        mixture_dense_release(&dense);
    free(loss);
}

// How sharply somebody chooses, as a factor of the heads, by steps of the square root of two; the middle one is 1.
static double sharpness(uint32_t s)
{
    return exp2((s - (SHARPNESSES - 1) / 2.0) / 2);
}

// The losses of held-out annotators, k x SHARPNESSES of each half.
struct halves {
    uint32_t k, n;
    double *loss, *weight; // of the second half
    const double *share;   // k
    double sharp[SHARPNESSES];
};

static const double *half_of(const struct halves *halves, uint32_t annotator, bool second)
{
    return halves->loss + ((size_t)annotator * 2 + second) * halves->k * SHARPNESSES;
}

// What the first half tells of head and sharpness.
static void first_half(const struct halves *halves, uint32_t annotator, double *ret_q)
{
    double weight[MIXTURE_PARTS_MAX];
    for (uint32_t i = 0; i < halves->k * SHARPNESSES; i++)
        weight[i] = halves->share[i / SHARPNESSES] * halves->sharp[i % SHARPNESSES];
    (void)mixture_posterior(half_of(halves, annotator, false), weight, halves->k * SHARPNESSES, ret_q);
}

static void second_half(const struct halves *halves, double *ret_each)
{
    for (uint32_t a = 0; a < halves->n; a++) {
        double q[MIXTURE_PARTS_MAX], unused[MIXTURE_PARTS_MAX];
        ret_each[a] = NAN;
        if (halves->weight[a] <= 0)
            continue;
        first_half(halves, a, q);
        ret_each[a] = mixture_posterior(half_of(halves, a, true), q, halves->k * SHARPNESSES, unused) /
                      halves->weight[a];
    }
}

// How common each sharpness is, by the first halves and as much as ten people say before them (binomial).
static void learn_sharpness(struct halves *halves)
{
    enum { ROUNDS = 20 };
    static const double binomial[SHARPNESSES] = {1, 6, 15, 20, 15, 6, 1};
    const double people = 10, total = 64;
    for (int round = 0; round <= ROUNDS; round++) {
        double count[SHARPNESSES], q[MIXTURE_PARTS_MAX], all = people;
        for (uint32_t s = 0; s < SHARPNESSES; s++)
            count[s] = people * binomial[s] / total;
        for (uint32_t a = 0; round > 0 && a < halves->n; a++) {
            if (halves->weight[a] <= 0)
                continue;
            first_half(halves, a, q);
            for (uint32_t i = 0; i < halves->k * SHARPNESSES; i++)
                count[i % SHARPNESSES] += q[i];
            all++;
        }
        for (uint32_t s = 0; s < SHARPNESSES; s++)
            halves->sharp[s] = count[s] / all;
    }
}

void mixture_held_out(const struct design *design, const struct pairs *pairs, const struct mixture *mixture,
    double *ret_each, double *ret_sharp)
{
    uint32_t k = mixture->k, n = mixture->n_annotators;
    struct halves halves = {.k = k, .n = n, .share = mixture->share};
    double *reward = allocate(design->n_rows, sizeof(*reward));
    halves.loss = allocate((size_t)n * 2 * k * SHARPNESSES, sizeof(double));
    halves.weight = allocate(n, sizeof(double));
    for (uint32_t j = 0; j < k; j++) {
        design_multiply(
            design, pairs->rows, pairs->n_rows, mixture->w + (size_t)j * mixture->n_columns, reward);
        for (uint32_t i = 0; i < pairs->n; i++) {
            uint32_t a = pairs->annotator[i];
            // Every other pair: an annotator's first and last judgments are then in both halves.
            bool second = (i - pairs->first[a]) % 2 == 1;
            double z = reward[pairs->left[i]] - reward[pairs->right[i]];
            double *own = halves.loss + (((size_t)a * 2 + second) * k + j) * SHARPNESSES;
            for (uint32_t s = 0; s < SHARPNESSES; s++)
                own[s] += pairs->weight[i] * logistic_pair_loss(sharpness(s) * z, pairs->y[i]);
            halves.weight[a] += second && j == 0 ? pairs->weight[i] : 0;
        }
    }
    halves.sharp[SHARPNESSES / 2] = 1;
    second_half(&halves, ret_each);
    learn_sharpness(&halves);
    second_half(&halves, ret_sharp);
    free(reward);
    free(halves.loss);
    free(halves.weight);
}
