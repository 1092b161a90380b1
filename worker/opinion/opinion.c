#include "worker/opinion/opinion.h"

#include "worker/opinion/consensus.h"
#include "worker/opinion/gram.h"
#include "worker/opinion/pca.h"
#include "worker/opinion/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct opinion *opinion_new(void)
{
    struct opinion *opinion = calloc(1, sizeof(*opinion));
    if (opinion == NULL)
        abort();
    buf_init(&opinion->state, SIZE_MAX / 2);
    return opinion;
}

void opinion_free(struct opinion *opinion)
{
    if (opinion == NULL)
        return;
    votes_release(&opinion->votes);
    standing_release(&opinion->standing);
    buf_release(&opinion->state);
    free(opinion);
}

int opinion_add(struct opinion *opinion, const struct opinion_votes *votes, struct err *err)
{
    return votes_add(&opinion->votes, votes, err);
}

void opinion_moderate(struct opinion *opinion, uint64_t statement, enum opinion_moderation moderation)
{
    votes_moderate(&opinion->votes, statement, moderation);
}

uint64_t opinion_n_votes(const struct opinion *opinion)
{
    return opinion->votes.n_votes;
}

void opinion_start_over(struct opinion *opinion)
{
    standing_release(&opinion->standing);
    opinion->has_standing = false;
    memset(opinion->state_hash, 0, sizeof(opinion->state_hash));
    buf_clear(&opinion->state);
}

// --- the result ----------------------------------------------------------------------------------------------------
static void fill_groups(const struct standing *standing, struct opinion_result *result)
{
    const struct grouping *grouping = &standing->groupings[standing->k];
    result->k = standing->k == 0 ? 0 : grouping->n;
    for (uint32_t g = 0; g < result->k; g++)
        result->groups[g] = (struct opinion_group){
            .id = grouping->list[g].id, .x = grouping->list[g].x, .y = grouping->list[g].y};
    groups_of_rows(standing, result->group_of);
    for (uint32_t i = 0; i < standing->n_rows; i++) {
        result->n_inside += standing->inside[i];
        if (result->group_of[i] >= 0)
            result->groups[result->group_of[i]].size++;
    }
}

static void fill_statements(const struct view *view, const uint64_t *column_id,
    const struct standing *standing, struct arena *arena, struct opinion_result *result)
{
    uint32_t n = view->n_columns, k = result->k;
    double *x = arena_calloc(arena, n, sizeof(*x)), *y = arena_calloc(arena, n, sizeof(*y));
    struct opinion_counts *counts = arena_calloc(arena, (size_t)n * k, sizeof(*counts));
    pca_statements(view, standing->mean, standing->first, standing->second, x, y);
    consensus_count(view, result->group_of, k, counts);
    for (uint32_t s = 0; s < n; s++) {
        struct opinion_statement *statement = &result->statements[s];
        const uint32_t *all = view->counts + 4 * (size_t)s;
        statement->id = column_id[s];
        statement->moderation = (enum opinion_moderation)view->moderation[s];
        statement->all = (struct opinion_counts){
            all[VOTE_AGREE], all[VOTE_DISAGREE], all[VOTE_AGREE] + all[VOTE_PASS] + all[VOTE_DISAGREE]};
        for (uint32_t g = 0; g < k; g++) {
            statement->group[g] = counts[(size_t)s * k + g];
            statement->inside.agrees += statement->group[g].agrees;
            statement->inside.disagrees += statement->group[g].disagrees;
            statement->inside.votes += statement->group[g].votes;
        }
        statement->mean = standing->mean[s];
        statement->x = x[s];
        statement->y = y[s];
        statement->extremity = sqrt(x[s] * x[s] + y[s] * y[s]);
    }
}

void result_fill(const struct view *view, const uint64_t *row_id, const uint64_t *column_id,
    const struct standing *standing, struct arena *arena, struct opinion_result *result)
{
    uint32_t n_rows = view->n_rows, n_columns = view->n_columns;
    memset(result, 0, sizeof(*result));
    result->n_participants = n_rows;
    result->n_statements = n_columns;
    result->n_base = standing->n_base;
    result->participant = arena_memdup(arena, row_id, n_rows * sizeof(*row_id));
    result->group_of = arena_calloc(arena, n_rows, sizeof(*result->group_of));
    result->x = arena_memdup(arena, standing->x, n_rows * sizeof(double));
    result->y = arena_memdup(arena, standing->y, n_rows * sizeof(double));
    result->statements = arena_calloc(arena, n_columns, sizeof(*result->statements));
    memcpy(result->silhouette, standing->silhouette, sizeof(result->silhouette));
    memcpy(result->iterations, standing->iterations, sizeof(result->iterations));
    fill_groups(standing, result);
    fill_statements(view, column_id, standing, arena, result);
    consensus_fill(result);
}

// --- the fit -------------------------------------------------------------------------------------------------------
void cold_fit(const struct view *view, const struct gram *gram, struct standing *standing)
{
    struct standing first;
    if (view->n_rows > GROUPS_ONE_PASS_FROM) {
        groups_pass(view, gram, &effort_cold, NULL, standing);
        return;
    }
    groups_pass(view, gram, &effort_cold, NULL, &first);
    groups_pass(view, gram, &effort_cold, &first, standing);
    standing->iterations[0] += first.iterations[0];
    standing->iterations[1] += first.iterations[1];
    standing_release(&first);
}

void opinion_fit(struct opinion *opinion, struct arena *arena, struct opinion_result *ret_result)
{
    struct votes *votes = &opinion->votes;
    struct view view = votes_view(votes);
    unsigned char predecessor[OPINION_HASH_BYTES];
    bool warm = opinion->has_standing;
    memcpy(predecessor, opinion->state_hash, sizeof(predecessor));
    if (votes->gram == NULL && pca_wants_gram(&view))
        votes->gram = gram_new(&view);
    const struct gram *gram = pca_wants_gram(&view) ? votes->gram : NULL;
    struct standing next;
    if (warm)
        groups_pass(&view, gram, &effort_warm, &opinion->standing, &next);
    else
        cold_fit(&view, gram, &next);
    standing_release(&opinion->standing);
    opinion->standing = next;
    opinion->has_standing = true;
    result_fill(&view, votes->row_id, votes->column_id, &opinion->standing, arena, ret_result);
    state_write(opinion, predecessor);
    ret_result->warm = warm;
    ret_result->n_votes = votes->n_votes;
    votes_digest(votes, ret_result->votes_hash);
    memcpy(ret_result->predecessor_hash, predecessor, sizeof(predecessor));
    memcpy(ret_result->state_hash, opinion->state_hash, sizeof(opinion->state_hash));
}

void opinion_declared(const struct opinion *opinion, const uint32_t *group, uint32_t n_groups,
    double *ret_consensus, struct opinion_counts *ret_counts, uint32_t *ret_n_groups)
{
    struct view view = votes_view(&opinion->votes);
    uint32_t *size = calloc((size_t)n_groups + 1, sizeof(*size));
    int32_t *group_of = calloc((size_t)view.n_rows + 1, sizeof(*group_of));
    struct opinion_counts *counts = calloc((size_t)view.n_columns * n_groups + 1, sizeof(*counts));
    if (size == NULL || group_of == NULL || counts == NULL)
        abort();
    for (uint32_t i = 0; i < view.n_rows; i++) {
        if (group[i] < n_groups)
            size[group[i]]++;
    }
    *ret_n_groups = 0;
    for (uint32_t g = 0; g < n_groups; g++)
        *ret_n_groups += size[g] >= OPINION_DECLARED_LEAST;
    for (uint32_t i = 0; i < view.n_rows; i++)
        group_of[i] =
            group[i] < n_groups && size[group[i]] >= OPINION_DECLARED_LEAST ? (int32_t)group[i] : -1;
    consensus_count(&view, group_of, n_groups, counts);
    for (uint32_t s = 0; s < view.n_columns; s++) {
        double product = *ret_n_groups > 0 ? 1 : 0;
        for (uint32_t g = 0; g < n_groups; g++) {
            const struct opinion_counts *c = &counts[(size_t)s * n_groups + g];
            product *=
                size[g] >= OPINION_DECLARED_LEAST ? ((double)c->agrees + 1) / ((double)c->votes + 2) : 1;
        }
        ret_consensus[s] = product;
    }
    if (ret_counts != NULL)
        memcpy(ret_counts, counts, (size_t)view.n_columns * n_groups * sizeof(*counts));
    free(size);
    free(group_of);
    free(counts);
}
