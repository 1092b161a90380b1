// Bridging (Wojcik et al. 2022, arXiv 2210.15723): r = mu + i_u + i_n + f_u f_n. What minimises, as in the published code, the mean
// squared error + 0.15 (mu^2 + mean i_u^2 + mean i_n^2) + 0.03 (mean f_u^2 + mean f_n^2). A statement's intercept is support that
// people's side does not explain.
//
// The published code descends from a random start; here people and statements are solved by turns, exactly, from the first
// principal component, so that the same votes give the same bits. Statements that were moderated out take no part.
#include "worker/opinion/state.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define INTERCEPTS 0.15
#define FACTORS 0.03
#define CHANGE_LEAST 1e-7
enum { SWEEPS_MAX = 500 };

struct sums {
    double n, f, ff, e, ef; // over votes: 1, factor, its square, what is to explain, that times factor
};

struct work {
    const struct view *view;
    struct opinion_bridging *b;
    struct sums *columns;
    double n, person_share, statement_share; // votes; votes a person and a statement, on the average
};

// [n + a, f; f, ff + b] (intercept, factor) = (e, ef)
static void solve(const struct sums *sums, double share, double *intercept, double *factor)
{
    double a = sums->n + INTERCEPTS * share, d = sums->ff + FACTORS * share,
           determinant = a * d - sums->f * sums->f;
    *intercept = (sums->e * d - sums->ef * sums->f) / determinant;
    *factor = (sums->ef * a - sums->e * sums->f) / determinant;
}

static double rating(uint32_t code)
{
    return 1 - 0.5 * code_vote(code);
}

static void solve_person(struct work *work, uint32_t person)
{
    const struct votes_row *row = &work->view->rows[person];
    struct opinion_bridging *b = work->b;
    struct sums sums = {0};
    for (uint32_t k = 0; k < row->n; k++) {
        uint32_t s = code_column(row->codes[k]);
        if (work->view->moderation[s] != OPINION_SHOWN)
            continue;
        double e = rating(row->codes[k]) - b->mu - b->intercept[s];
        sums.n++;
        sums.f += b->factor[s];
        sums.ff += b->factor[s] * b->factor[s];
        sums.e += e;
        sums.ef += e * b->factor[s];
    }
    if (sums.n == 0)
        return;
    solve(&sums, work->person_share, &b->person_intercept[person], &b->person_factor[person]);
    double i = b->person_intercept[person], f = b->person_factor[person];
    for (uint32_t k = 0; k < row->n; k++) {
        struct sums *column = &work->columns[code_column(row->codes[k])];
        double e = rating(row->codes[k]) - b->mu - i;
        column->n++;
        column->f += f;
        column->ff += f * f;
        column->e += e;
        column->ef += e * f;
    }
}

// People, then statements, then mu; returns the greatest change of a statement's intercept.
static double sweep(struct work *work)
{
    struct opinion_bridging *b = work->b;
    double changed = 0, left = 0;
    memset(work->columns, 0, work->view->n_columns * sizeof(*work->columns));
    for (uint32_t i = 0; i < work->view->n_rows; i++)
        solve_person(work, i);
    for (uint32_t s = 0; s < work->view->n_columns; s++) {
        const struct sums *sums = &work->columns[s];
        double before = b->intercept[s];
        if (work->view->moderation[s] != OPINION_SHOWN || sums->n == 0)
            continue;
        solve(sums, work->statement_share, &b->intercept[s], &b->factor[s]);
        left += sums->e - sums->n * b->intercept[s] - sums->f * b->factor[s];
        changed = fabs(b->intercept[s] - before) > changed ? fabs(b->intercept[s] - before) : changed;
    }
    b->mu = (work->n * b->mu + left) / (work->n * (1 + INTERCEPTS));
    return changed;
}

static void begin(struct work *work, const struct standing *standing)
{
    struct opinion_bridging *b = work->b;
    double sum = 0, people = 0, statements = 0;
    for (uint32_t s = 0; s < work->view->n_columns; s++) {
        const uint32_t *counts = work->view->counts + 4 * (size_t)s;
        double n = (double)counts[VOTE_AGREE] + counts[VOTE_PASS] + counts[VOTE_DISAGREE];
        if (work->view->moderation[s] != OPINION_SHOWN || n == 0)
            continue;
        work->n += n;
        sum += counts[VOTE_AGREE] + 0.5 * counts[VOTE_PASS];
        statements++;
    }
    for (uint32_t i = 0; i < work->view->n_rows; i++)
        people += work->view->rows[i].n > 0;
    if (work->n == 0)
        return;
    b->mu = sum / work->n;
    work->person_share = work->n / people;
    work->statement_share = work->n / statements;
    for (uint32_t s = 0; s < work->view->n_columns && s < standing->n_columns; s++)
        b->factor[s] = -sqrt(statements) * standing->first[s] / 2;
}

// Factors have no sign of their own: most people are above 0.
static void settle_sign(struct work *work)
{
    struct opinion_bridging *b = work->b;
    int64_t above = 0;
    for (uint32_t i = 0; i < work->view->n_rows; i++)
        above += (b->person_factor[i] > 0) - (b->person_factor[i] < 0);
    if (above >= 0)
        return;
    for (uint32_t i = 0; i < work->view->n_rows; i++)
        b->person_factor[i] = -b->person_factor[i];
    for (uint32_t s = 0; s < work->view->n_columns; s++)
        b->factor[s] = -b->factor[s];
}

static void count_support(struct work *work)
{
    struct opinion_bridging *b = work->b;
    uint32_t n = work->view->n_columns, *votes = calloc(2 * (size_t)n + 1, sizeof(*votes));
    if (votes == NULL)
        abort();
    for (uint32_t i = 0; i < work->view->n_rows; i++) {
        if (b->person_factor[i] == 0)
            continue;
        bool above = b->person_factor[i] > 0;
        double *support = above ? b->support_above : b->support_below;
        for (uint32_t k = 0; k < work->view->rows[i].n; k++) {
            uint32_t code = work->view->rows[i].codes[k];
            support[code_column(code)] += 1 - (double)code_vote(code);
            votes[2 * code_column(code) + above]++;
        }
    }
    for (uint32_t s = 0; s < n; s++) {
        b->support_below[s] = votes[2 * s] > 0 ? b->support_below[s] / votes[2 * s] : 0;
        b->support_above[s] = votes[2 * s + 1] > 0 ? b->support_above[s] / votes[2 * s + 1] : 0;
    }
    free(votes);
}

void opinion_bridge(const struct opinion *opinion, struct arena *arena, struct opinion_bridging *ret_bridging)
{
    struct view view = votes_view(&opinion->votes);
    struct opinion_bridging *b = ret_bridging;
    *b = (struct opinion_bridging){
        .intercept = arena_calloc(arena, view.n_columns, sizeof(double)),
        .factor = arena_calloc(arena, view.n_columns, sizeof(double)),
        .support_below = arena_calloc(arena, view.n_columns, sizeof(double)),
        .support_above = arena_calloc(arena, view.n_columns, sizeof(double)),
        .person_intercept = arena_calloc(arena, view.n_rows, sizeof(double)),
        .person_factor = arena_calloc(arena, view.n_rows, sizeof(double)),
    };
    struct work work = {
        .view = &view, .b = b, .columns = arena_calloc(arena, view.n_columns, sizeof(struct sums))};
    begin(&work, &opinion->standing);
    while (work.n > 0 && !b->converged && b->n_sweeps < SWEEPS_MAX) {
        b->converged = sweep(&work) < CHANGE_LEAST;
        b->n_sweeps++;
    }
    settle_sign(&work);
    count_support(&work);
}
