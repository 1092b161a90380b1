#include "reward/predict.h"

#include "reward/features.h"
#include "reward/kernel.h"

#include <math.h>
#include <stdlib.h>

// The row of feature `index` at or behind `from`, or n_rows: features ascend, so the search never goes back.
static uint32_t find_row(const struct artefact *artefact, uint32_t index, uint32_t from)
{
    uint32_t low = from, high = artefact->n_rows;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (artefact->row_index[middle] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void add_row(const struct artefact *artefact, uint32_t row, double value, double *rewards)
{
    const float *weights = artefact->weights + (size_t)row * artefact->n_heads;
    for (uint32_t h = 0; h < artefact->n_heads; h++)
        rewards[h] += value * weights[h];
}

static void reward_sparse(
    const struct artefact *artefact, const struct features_sparse *features, double *rewards)
{
    uint32_t row = 0;
    for (uint32_t i = 0; i < features->n; i++) {
        uint32_t index = features->index[i];
        if (artefact->row_index == NULL) {
            add_row(artefact, index, features->value[i], rewards);
            continue;
        }
        row = find_row(artefact, index, row);
        if (row == artefact->n_rows)
            break;
        if (artefact->row_index[row] == index)
            add_row(artefact, row, features->value[i], rewards);
    }
}

// --- embeddings: many against all heads at once ---
enum { ROWS = 8 }; // embeddings that are made ready together: they stay in the nearest cache

struct dense {
    const struct artefact *artefact;
    size_t stride;
    double *heads; // n_heads x stride, 0 where a feature has no row
    float *rows;   // of at most ROWS embeddings
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void dense_init(struct dense *dense, const struct artefact *artefact, size_t n_rows)
{
    size_t stride = ((size_t)artefact->n_dimensions + 7) / 8 * 8;
    *dense = (struct dense){.artefact = artefact,
        .stride = stride,
        .heads = allocate(artefact->n_heads * stride, sizeof(double)),
        .rows = allocate(n_rows * stride, sizeof(float))};
    for (uint32_t h = 0; h < artefact->n_heads; h++) {
        const float *weight = artefact->weights + h;
        double *head = dense->heads + h * stride;
        for (uint32_t row = 0; row < artefact->n_rows; row++, weight += artefact->n_heads)
            head[artefact->row_index != NULL ? artefact->row_index[row] : row] = *weight;
    }
}

static void dense_release(struct dense *dense)
{
    free(dense->heads);
    free(dense->rows);
}

static int check_embedding(
    const struct artefact *artefact, const struct predict_candidate *candidate, size_t i, struct err *err)
{
    if (candidate->embedding == NULL)
        return err_set(
            err, ERR_INVALID, "candidate %zu has no embedding, and the model was fitted on embeddings", i);
    if (candidate->n_dimensions != artefact->n_dimensions)
        return err_set(err, ERR_INVALID,
            "candidate %zu has an embedding of %u dimensions, the model takes %u", i, candidate->n_dimensions,
            artefact->n_dimensions);
    return 0;
}

static int rewards_of_embeddings(const struct artefact *artefact, const struct predict_candidate *candidates,
    size_t n_candidates, double *ret_rewards, struct err *err)
{
    struct dense dense;
    int rc = 0;
    dense_init(&dense, artefact, min_size(ROWS, n_candidates));
    for (size_t from = 0, n; from < n_candidates && rc == 0; from += n) {
        n = min_size(ROWS, n_candidates - from);
        for (size_t r = 0; r < n && rc == 0; r++) {
            rc = check_embedding(artefact, &candidates[from + r], from + r, err);
            if (rc == 0 && !features_embedding(candidates[from + r].embedding, artefact->n_dimensions,
                               artefact->normalise, dense.rows + r * dense.stride))
                rc = err_set(err, ERR_INVALID,
                    "candidate %zu has an embedding with a number that is not finite", from + r);
        }
        if (rc == 0)
            kernel_dots(dense.rows, dense.stride, (uint32_t)n, dense.heads, artefact->n_heads,
                ret_rewards + from * artefact->n_heads);
    }
    dense_release(&dense);
    return rc;
}

int predict_rewards(const struct artefact *artefact, const struct predict_candidate *candidates,
    size_t n_candidates, struct arena *arena, double *ret_rewards, struct err *err)
{
    if (artefact->features == ARTEFACT_EMBEDDING)
        return rewards_of_embeddings(artefact, candidates, n_candidates, ret_rewards, err);
    for (size_t i = 0; i < n_candidates; i++) {
        const struct predict_candidate *candidate = &candidates[i];
        double *rewards = ret_rewards + i * artefact->n_heads;
        struct features_sparse features;
        if (candidate->text == NULL)
            return err_set(err, ERR_INVALID, "candidate %zu has no text", i);
        for (uint32_t h = 0; h < artefact->n_heads; h++)
            rewards[h] = 0;
        features_text(
            candidate->text, candidate->text_length, artefact_text_version(artefact), arena, &features);
        reward_sparse(artefact, &features, rewards);
    }
    return 0;
}

void predict_served_utilities(
    const struct artefact *artefact, const double *rewards, size_t n_candidates, double *ret_utilities)
{
    uint32_t n_served = artefact_n_served(artefact), at = 0;
    for (uint32_t h = 0; h < artefact->n_heads; h++) {
        if (!artefact->heads[h].served)
            continue;
        double sum = 0;
        for (size_t i = 0; i < n_candidates; i++)
            sum += rewards[i * artefact->n_heads + h];
        double mean = n_candidates > 0 ? sum / (double)n_candidates : 0;
        for (size_t i = 0; i < n_candidates; i++)
            ret_utilities[i * n_served + at] =
                artefact->heads[h].tau * (rewards[i * artefact->n_heads + h] - mean);
        at++;
    }
}

void predict_served_single(
    const struct artefact *artefact, const double *rewards, size_t n_candidates, double *ret_utilities)
{
    uint32_t n_served = artefact_n_served(artefact);
    for (uint32_t n = 0; n < n_served; n++) {
        uint32_t h = predict_served_head(artefact, n);
        const struct artefact_head *head = &artefact->heads[h];
        for (size_t i = 0; i < n_candidates; i++)
            ret_utilities[i * n_served + n] = head->tau * (rewards[i * artefact->n_heads + h] - head->centre);
    }
}

uint32_t predict_served_head(const struct artefact *artefact, uint32_t n)
{
    for (uint32_t h = 0; h < artefact->n_heads; h++) {
        if (artefact->heads[h].served && n-- == 0)
            return h;
    }
    assert(false && "n < artefact_n_served");
    return 0;
}

double predict_logistic_loss(double z)
{
    return fmax(-z, 0) + log1p(exp(-fabs(z)));
}

double predict_sigmoid(double z)
{
    double e = exp(-fabs(z));
    return z >= 0 ? 1 / (1 + e) : e / (1 + e);
}
