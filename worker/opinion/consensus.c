#include "worker/opinion/consensus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SIGNIFICANT 1.2816 // one-sided 90 %
#define PRIORITY_META 49.0

void consensus_count(
    const struct view *view, const int32_t *group_of, uint32_t n_groups, struct opinion_counts *group)
{
    uint32_t n = view->n_columns;
    uint32_t *by_code = calloc(4 * (size_t)n * n_groups + 1, sizeof(*by_code));
    if (by_code == NULL)
        abort();
    for (uint32_t i = 0; i < view->n_rows; i++) {
        if (group_of[i] < 0 || (uint32_t)group_of[i] >= n_groups)
            continue;
        uint32_t *counts = by_code + 4 * (size_t)n * (uint32_t)group_of[i];
        for (uint32_t k = 0; k < view->rows[i].n; k++)
            counts[view->rows[i].codes[k]]++;
    }
    for (uint32_t g = 0; g < n_groups; g++) {
        for (uint32_t c = 0; c < n; c++) {
            const uint32_t *counts = by_code + 4 * ((size_t)n * g + c);
            group[(size_t)c * n_groups + g] = (struct opinion_counts){
                .agrees = counts[VOTE_AGREE],
                .disagrees = counts[VOTE_DISAGREE],
                .votes = counts[VOTE_AGREE] + counts[VOTE_PASS] + counts[VOTE_DISAGREE],
            };
        }
    }
    free(by_code);
}

double consensus_prop_test(uint32_t success, uint32_t n)
{
    double s = (double)success + 1, all = (double)n + 1;
    return 2 * sqrt(all) * (s / all - 0.5);
}

double consensus_two_prop_test(uint32_t success_in, uint32_t success_out, uint32_t n_in, uint32_t n_out)
{
    double a = (double)success_in + 1, b = (double)success_out + 1, n = (double)n_in + 1,
           m = (double)n_out + 1;
    double pooled = (a + b) / (n + m);
    if (a + b >= n + m)
        return 0;
    return (a / n - b / m) / sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
}

double opinion_priority(struct opinion_counts counts, double extremity, bool meta)
{
    if (meta)
        return PRIORITY_META;
    double n = (double)counts.votes + 2, passes = (double)counts.votes - counts.agrees - counts.disagrees;
    double p = (passes + 1) / n, a = ((double)counts.agrees + 1) / n;
    double importance = (1 - p) * (extremity + 1) * a * (1 + 8 * pow(2, counts.votes / -5.0));
    return importance * importance;
}

uint32_t opinion_draw(const double *priority, uint32_t n, double uniform, double *ret_probability)
{
    double total = 0, at = 0;
    uint32_t last = n;
    *ret_probability = 0;
    for (uint32_t i = 0; i < n; i++)
        total += priority[i] > 0 ? priority[i] : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (!(priority[i] > 0))
            continue;
        at += priority[i];
        last = i;
        if (uniform * total < at)
            break;
    }
    if (last < n)
        *ret_probability = priority[last] / total;
    return last;
}

// --- representative statements ---------------------------------------------------------------------------------------
// Of one statement and group: n = number, p = share, r = share over that of all other groups, t = test; a, d.
struct comparison {
    uint32_t na, nd, ns;
    double pa, pd, pat, pdt, ra, rd, rat, rdt;
};

static struct comparison compare(const struct opinion_statement *statement, uint32_t group, uint32_t n_groups)
{
    struct opinion_counts in = statement->group[group], rest = {0};
    for (uint32_t g = 0; g < n_groups; g++) {
        if (g == group)
            continue;
        rest.agrees += statement->group[g].agrees;
        rest.disagrees += statement->group[g].disagrees;
        rest.votes += statement->group[g].votes;
    }
    double n = (double)in.votes + 2, m = (double)rest.votes + 2;
    struct comparison c = {.na = in.agrees, .nd = in.disagrees, .ns = in.votes};
    c.pa = ((double)in.agrees + 1) / n;
    c.pd = ((double)in.disagrees + 1) / n;
    c.pat = consensus_prop_test(in.agrees, in.votes);
    c.pdt = consensus_prop_test(in.disagrees, in.votes);
    c.ra = c.pa / (((double)rest.agrees + 1) / m);
    c.rd = c.pd / (((double)rest.disagrees + 1) / m);
    c.rat = consensus_two_prop_test(in.agrees, rest.agrees, in.votes, rest.votes);
    c.rdt = consensus_two_prop_test(in.disagrees, rest.disagrees, in.votes, rest.votes);
    return c;
}

static bool sufficient(const struct comparison *c)
{
    return (c->rat > SIGNIFICANT && c->pat > SIGNIFICANT) || (c->rdt > SIGNIFICANT && c->pdt > SIGNIFICANT);
}

static bool beats_best_agree(const struct comparison *c, const struct comparison *best)
{
    if (c->na == 0 && c->nd == 0)
        return false;
    if (best != NULL && best->ra > 1)
        return c->ra * c->rat * c->pa * c->pat > best->ra * best->rat * best->pa * best->pat;
    if (best != NULL)
        return c->pa * c->pat > best->pa * best->pat;
    return c->pat > SIGNIFICANT || (c->ra > 1 && c->pa > 0.5);
}

// The engine keeps the comparison's test as a float, and sorts by that.
static struct opinion_representative written(uint32_t statement, const struct comparison *c)
{
    bool agree = c->rat > c->rdt;
    return (struct opinion_representative){
        .statement = statement,
        .agree = agree,
        .n_success = agree ? c->na : c->nd,
        .n_trials = c->ns,
        .p_success = agree ? c->pa : c->pd,
        .p_test = agree ? c->pat : c->pdt,
        .repness = agree ? c->ra : c->rd,
        .repness_test = (double)(float)(agree ? c->rat : c->rdt),
    };
}

static double weight_of(const struct opinion_representative *r)
{
    return r->repness * r->repness_test * r->p_success * r->p_test;
}

// Keeps the best of a growing list, sorted, the earlier first among equals.
static void keep_best(
    struct opinion_representative *list, uint32_t *n, uint32_t most, struct opinion_representative more)
{
    uint32_t at = *n;
    while (at > 0 && weight_of(&list[at - 1]) < weight_of(&more))
        at--;
    if (at >= most)
        return;
    uint32_t last = *n < most ? *n : most - 1;
    memmove(list + at + 1, list + at, (last - at) * sizeof(*list));
    list[at] = more;
    *n = last + 1;
}

struct search {
    bool has_best, has_best_agree;
    struct opinion_representative best;
    struct comparison best_agree;
    uint32_t best_agree_statement;
    // One more than is shown: the best-agree may be among them, and is taken out.
    struct opinion_representative sufficient[OPINION_SHOWN_MAX + 1];
    uint32_t n_sufficient;
};

static void look(struct search *search, uint32_t statement, const struct comparison *c)
{
    if (sufficient(c))
        keep_best(search->sufficient, &search->n_sufficient, OPINION_SHOWN_MAX + 1, written(statement, c));
    double test = c->rat > c->rdt ? c->rat : c->rdt;
    if (search->n_sufficient == 0 && (!search->has_best || test > search->best.repness_test)) {
        search->best = written(statement, c);
        search->has_best = true;
    }
    if (beats_best_agree(c, search->has_best_agree ? &search->best_agree : NULL)) {
        search->best_agree = *c;
        search->best_agree_statement = statement;
        search->has_best_agree = true;
    }
}

// Best-agree first, then the sufficient by weight, five in all; those of agreement before those of disagreement. Without a
// sufficient one: the best-agree, or the best.
static void choose(const struct search *search, struct opinion_group *group)
{
    struct opinion_representative list[OPINION_SHOWN_MAX];
    uint32_t n = 0;
    if (search->has_best_agree) {
        list[n] = written(search->best_agree_statement, &search->best_agree);
        list[n++].best_agree = true;
    } else if (search->n_sufficient == 0 && search->has_best) {
        list[n++] = search->best;
    }
    for (uint32_t i = 0; i < search->n_sufficient && n < OPINION_SHOWN_MAX; i++) {
        if (!search->has_best_agree || search->sufficient[i].statement != search->best_agree_statement)
            list[n++] = search->sufficient[i];
    }
    group->n_representative = 0;
    for (int agree = 1; agree >= 0; agree--) {
        for (uint32_t i = 0; i < n; i++) {
            if (list[i].agree == (agree == 1))
                group->representative[group->n_representative++] = list[i];
        }
    }
}

static void fill_representative(struct opinion_result *result, uint32_t group)
{
    struct search search = {0};
    for (uint32_t s = 0; s < result->n_statements; s++) {
        if (result->statements[s].moderation != OPINION_SHOWN)
            continue;
        struct comparison c = compare(&result->statements[s], group, result->k);
        look(&search, s, &c);
    }
    choose(&search, &result->groups[group]);
}

// --- consensus statements --------------------------------------------------------------------------------------------
// Share above one half and significant, over everybody; five by share times test, the earlier first among equals.
static uint32_t fill_consensus(
    const struct opinion_result *result, bool agree, struct opinion_consensus *list)
{
    uint32_t n = 0;
    for (uint32_t s = 0; s < result->n_statements; s++) {
        const struct opinion_statement *statement = &result->statements[s];
        uint32_t success = agree ? statement->all.agrees : statement->all.disagrees,
                 trials = statement->all.votes;
        struct opinion_consensus one = {s, success, trials, ((double)success + 1) / ((double)trials + 2),
            consensus_prop_test(success, trials)};
        if (statement->moderation != OPINION_SHOWN || !(one.p_success > 0.5) || !(one.p_test > SIGNIFICANT))
            continue;
        uint32_t at = n, last = n < OPINION_SHOWN_MAX ? n : OPINION_SHOWN_MAX - 1;
        while (at > 0 && list[at - 1].p_success * list[at - 1].p_test < one.p_success * one.p_test)
            at--;
        if (at == OPINION_SHOWN_MAX)
            continue;
        memmove(list + at + 1, list + at, (last - at) * sizeof(*list));
        list[at] = one;
        n = last + 1;
    }
    return n;
}

void consensus_fill(struct opinion_result *result)
{
    for (uint32_t s = 0; s < result->n_statements; s++) {
        struct opinion_statement *statement = &result->statements[s];
        double product = 1;
        for (uint32_t g = 0; g < result->k; g++)
            product *= ((double)statement->group[g].agrees + 1) / ((double)statement->group[g].votes + 2);
        statement->group_informed_consensus = product;
        statement->priority =
            opinion_priority(statement->inside, statement->extremity, statement->moderation == OPINION_META);
    }
    for (uint32_t g = 0; g < result->k; g++)
        fill_representative(result, g);
    result->n_consensus_agree = fill_consensus(result, true, result->consensus_agree);
    result->n_consensus_disagree = fill_consensus(result, false, result->consensus_disagree);
}
