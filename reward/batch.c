#include "reward/batch.h"

#include "reward/features.h"
#include "reward/kernel.h"
#include "reward/predict.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROWS = 16,
    CANDIDATES = 256
}; // of a block for the kernel; of the prompts taken together, where they are small

// What all prompts share, and scratch.
struct work {
    const struct batch *batch;
    uint32_t n_groups; // served heads
    size_t stride;
    double *heads; // n_groups x stride
    double *tau, *share;
    float *rows;     // ROWS x stride, where embeddings can't be read in place
    double *rewards; // capacity x n_groups, then utilities
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void work_init(struct work *work, const struct batch *batch)
{
    const struct artefact *artefact = batch->artefact;
    uint32_t n = artefact_n_served(artefact), capacity = CANDIDATES;
    for (uint32_t p = 0; p < batch->n_prompts; p++) {
        uint32_t size = batch->first[p + 1] - batch->first[p];
        capacity = size > capacity ? size : capacity;
    }
    *work = (struct work){.batch = batch, .n_groups = n, .stride = (artefact->n_dimensions + 7) / 8 * 8};
    work->heads = allocate(n * work->stride, sizeof(double));
    work->tau = allocate(n, sizeof(double));
    work->share = allocate(n, sizeof(double));
    work->rows = allocate(ROWS * work->stride, sizeof(float));
    work->rewards = allocate((size_t)capacity * n, sizeof(double));
    for (uint32_t g = 0; g < n; g++) {
        uint32_t head = predict_served_head(artefact, g);
        work->tau[g] = artefact->heads[head].tau;
        for (uint32_t row = 0; row < artefact->n_rows; row++) {
            uint32_t column = artefact->row_index != NULL ? artefact->row_index[row] : row;
            work->heads[g * work->stride + column] =
                artefact->weights[(size_t)row * artefact->n_heads + head];
        }
    }
}

static void work_release(struct work *work)
{
    free(work->heads);
    free(work->tau);
    free(work->share);
    free(work->rows);
    free(work->rewards);
}

// Rewards of the candidates from .. end - 1. With finite weights they are finite if the embedding is.
static int rewards_of(struct work *work, uint32_t from, uint32_t end, struct err *err)
{
    const struct artefact *artefact = work->batch->artefact;
    uint32_t d = artefact->n_dimensions, g = work->n_groups, n;
    bool in_place = work->stride == d && !artefact->normalise;
    for (uint32_t i = from; i < end; i += n) {
        n = (uint32_t)min_size(ROWS, end - i);
        const float *x = work->batch->embedding + (size_t)i * d;
        for (uint32_t r = 0; !in_place && r < n; r++) {
            if (!features_embedding(x + (size_t)r * d, d, artefact->normalise, work->rows + r * work->stride))
                return err_set(err, ERR_INVALID, "candidate %u has a number that is not finite", i + r);
        }
        double *out = work->rewards + (size_t)(i - from) * g, sum = 0;
        kernel_dots(in_place ? x : work->rows, work->stride, n, work->heads, g, out);
        for (size_t at = 0; at < (size_t)n * g; at++)
            sum += out[at] - out[at]; // 0, or what is not finite
        if (sum != 0)
            return err_set(
                err, ERR_INVALID, "a candidate of %u to %u has a number that is not finite", i, i + n - 1);
    }
    return 0;
}

// tau_g (r_gj - mean_j r_gj), in place, as predict_served_utilities.
static void centre(const struct work *work, double *rewards, uint32_t n)
{
    uint32_t g = work->n_groups;
    for (uint32_t k = 0; k < g; k++) {
        double sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum += rewards[(size_t)i * g + k];
        double mean = sum / n;
        for (uint32_t i = 0; i < n; i++)
            rewards[(size_t)i * g + k] = work->tau[k] * (rewards[(size_t)i * g + k] - mean);
    }
}

// The rules that are a number a candidate; the first of the greatest is chosen.
static uint32_t choose_by_score(const struct work *work, const double *u, uint32_t n, double *scores)
{
    uint32_t best = 0, g = work->n_groups;
    double most = -INFINITY;
    bool least = work->batch->rule == AGGREGATE_MAXMIN;
    for (uint32_t i = 0; i < n; i++) {
        double score = least ? INFINITY : 0;
        for (uint32_t k = 0; k < g; k++) {
            double value = u[(size_t)i * g + k];
            if (least)
                score = value < score ? value : score;
            else
                score += work->share[k] * value;
        }
        if (scores != NULL)
            scores[i] = score;
        best = score > most ? i : best;
        most = score > most ? score : most;
    }
    return best;
}

static int choose(
    struct work *work, const double *u, uint32_t n, uint32_t *ret_choice, double *scores, struct err *err)
{
    const struct batch *batch = work->batch;
    struct aggregate_result result;
    if (n > AGGREGATE_CANDIDATES_MAX)
        return err_set(err, ERR_LIMIT, "at most %d candidates", AGGREGATE_CANDIDATES_MAX);
    if (batch->rule == AGGREGATE_MEAN || batch->rule == AGGREGATE_WEIGHTS ||
        batch->rule == AGGREGATE_MAXMIN) {
        *ret_choice = choose_by_score(work, u, n, scores);
        return 0;
    }
    struct arena *arena = arena_new(SIZE_MAX);
    int failed = aggregate(batch->rule, u, n, work->n_groups, batch->weights, arena, &result, err);
    if (failed == 0) {
        *ret_choice = result.choice;
        if (scores != NULL)
            memcpy(scores, result.scores, n * sizeof(*scores));
    }
    arena_free(arena);
    return failed;
}

static int choose_all(struct work *work, uint32_t *ret_choice, double *ret_scores, struct err *err)
{
    const struct batch *batch = work->batch;
    int failed = aggregate_shares(batch->weights, work->n_groups, work->share, err);
    for (uint32_t p = 0, next; p < batch->n_prompts && failed == 0; p = next) {
        uint32_t from = batch->first[p];
        for (next = p + 1; next < batch->n_prompts && batch->first[next + 1] - from <= CANDIDATES; next++)
            ;
        failed = rewards_of(work, from, batch->first[next], err);
        for (uint32_t own = p; own < next && failed == 0; own++) {
            uint32_t at = batch->first[own], n = batch->first[own + 1] - at, choice = 0;
            double *u = work->rewards + (size_t)(at - from) * work->n_groups;
            ret_choice[own] = UINT32_MAX;
            if (n == 0)
                continue;
            centre(work, u, n);
            failed = choose(work, u, n, &choice, ret_scores != NULL ? ret_scores + at : NULL, err);
            ret_choice[own] = at + choice;
        }
    }
    return failed;
}

int batch_choose(const struct batch *batch, uint32_t *ret_choice, double *ret_scores, struct err *err)
{
    struct work work;
    if (batch->artefact->features != ARTEFACT_EMBEDDING)
        return err_set(err, ERR_INVALID, "the model was fitted on text");
    if (artefact_n_served(batch->artefact) > AGGREGATE_GROUPS_MAX)
        return err_set(err, ERR_LIMIT, "at most %d groups", AGGREGATE_GROUPS_MAX);
    work_init(&work, batch);
    int failed = choose_all(&work, ret_choice, ret_scores, err);
    work_release(&work);
    return failed;
}
