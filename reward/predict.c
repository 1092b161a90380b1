#include "reward/predict.h"

#include "reward/features.h"

#include <math.h>

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

static void reward_dense(const struct artefact *artefact, const float *embedding, double *rewards)
{
    for (uint32_t row = 0; row < artefact->n_rows; row++) {
        uint32_t index = artefact->row_index != NULL ? artefact->row_index[row] : row;
        add_row(artefact, row, embedding[index], rewards);
    }
}

int predict_rewards(const struct artefact *artefact, const struct predict_candidate *candidates,
    size_t n_candidates, struct arena *arena, double *ret_rewards, struct err *err)
{
    for (size_t i = 0; i < n_candidates; i++) {
        const struct predict_candidate *candidate = &candidates[i];
        double *rewards = ret_rewards + i * artefact->n_heads;
        for (uint32_t h = 0; h < artefact->n_heads; h++)
            rewards[h] = 0;
        if (artefact->features == ARTEFACT_HASHED_TEXT) {
            if (candidate->text == NULL)
                return err_set(err, ERR_INVALID, "candidate %zu has no text", i);
            struct features_sparse features;
            features_text(
                candidate->text, candidate->text_length, artefact_text_version(artefact), arena, &features);
            reward_sparse(artefact, &features, rewards);
            continue;
        }
        if (candidate->embedding == NULL)
            return err_set(err, ERR_INVALID,
                "candidate %zu has no embedding, and the model was fitted on embeddings", i);
        if (candidate->n_dimensions != artefact->n_dimensions)
            return err_set(err, ERR_INVALID,
                "candidate %zu has an embedding of %u dimensions, the model takes %u", i,
                candidate->n_dimensions, artefact->n_dimensions);
        float *embedding = arena_alloc(arena, artefact->n_dimensions * sizeof(*embedding));
        if (!features_embedding(candidate->embedding, artefact->n_dimensions, artefact->normalise, embedding))
            return err_set(
                err, ERR_INVALID, "candidate %zu has an embedding with a number that is not finite", i);
        reward_dense(artefact, embedding, rewards);
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
