// A jury's model: the pooled reward, the directions on which people differ beside it, how each annotator stands to these, and how people
// with one answer in common are spread. See jurors.h, factors.h, reward/jury.h.
#include "worker/fit/jury.h"

#include "worker/fit/factors.h"

#include "worker/fit/logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUNDS = 3,           // of directions and people by turns
    PEOPLE_A_FACTOR = 10, // fewer annotators can't tell a direction from chance
    POOL_BELIEF = 20,     // people that the spread of all counts as in a pool's own
    HELD_OUT_FIFTH = 5,   // one of so many annotators is new, to see how such are predicted
};
static const uint32_t factors_tried[] = {0, 1, 2, 4};

// One number of factors, fitted.
struct attempt {
    struct jury_basis basis;
    struct jurors jurors;
    double tau, loss; // on validation pairs
};

// The differences in rewards of a split's pairs, n x k.
static double *differences(
    const struct session *session, const struct attempt *attempt, enum split split, struct arena *arena)
{
    uint32_t n = session->pairs.split[split].n, d = session->design.n_columns;
    double *x = arena_alloc(arena, ((size_t)n * attempt->basis.k + 1) * sizeof(*x));
    double *z = arena_alloc(arena, ((size_t)n + 1) * sizeof(*z));
    for (uint32_t j = 0; j < attempt->basis.k; j++) {
        session_logits(
            session, split, j == 0 ? session->heads[0].w : attempt->basis.v + (size_t)(j - 1) * d, z);
        for (uint32_t i = 0; i < n; i++)
            x[(size_t)i * attempt->basis.k + j] = attempt->basis.scale[j] * z[i];
    }
    return x;
}

// So that a factor moves the training logits by about one, whatever the features' scale.
static void measure_scales(const struct session *session, struct attempt *attempt)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    double *z = malloc(((size_t)train->n + 1) * sizeof(*z));
    if (z == NULL)
        abort();
    attempt->basis.scale[0] = session->heads[0].about.tau;
    for (uint32_t j = 1; j < attempt->basis.k; j++) {
        double squares = 0;
        session_logits(
            session, SPLIT_TRAIN, attempt->basis.v + (size_t)(j - 1) * session->design.n_columns, z);
        for (uint32_t i = 0; i < train->n; i++)
            squares += z[i] * z[i];
        attempt->basis.scale[j] = squares > 0 ? 1 / sqrt(squares / train->n) : 0;
    }
    free(z);
}

static void fit_people(
    const struct session *session, struct attempt *attempt, const bool *shapes, struct jurors *ret_jurors)
{
    struct arena *scratch = arena_new(SIZE_MAX);
    double *x = differences(session, attempt, SPLIT_TRAIN, scratch);
    static const double start[JURY_BASIS_MAX] = {1}; // the pooled score, and no factor
    struct said said = said_of_pairs(x, attempt->basis.k, &session->pairs.split[SPLIT_TRAIN],
        session->pairs.capped, session->data->n_annotators);
    jurors_fit(&said, start, shapes, session->arena, ret_jurors);
    arena_free(scratch);
}

// How annotators stand to the directions, in the raw scale of v.
static void take_coefficients(const struct session *session, const struct attempt *attempt, double *u)
{
    uint32_t k = attempt->basis.k - 1;
    for (uint32_t a = 0; a < session->data->n_annotators; a++) {
        for (uint32_t f = 0; f < k; f++)
            u[(size_t)a * k + f] = attempt->jurors.coefficient[(size_t)a * attempt->basis.k + f + 1] *
                                   attempt->basis.scale[f + 1];
    }
}

// A refit goes on from the directions that there are.
static void take_factors(struct session *session, struct attempt *attempt, double *u)
{
    uint32_t d = session->design.n_columns;
    for (uint32_t f = 0; f + 1 < attempt->basis.k; f++)
        memcpy(attempt->basis.v + (size_t)f * d, session_warm_head(session, f + 1), d * sizeof(double));
    measure_scales(session, attempt);
    fit_people(session, attempt, NULL, &attempt->jurors);
    take_coefficients(session, attempt, u);
}

// By turns: who stands how to the directions, and which directions tell people apart.
static void find_factors(struct session *session, struct attempt *attempt)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    uint32_t k = attempt->basis.k - 1, n = session->data->n_annotators;
    struct arena *scratch = arena_new(SIZE_MAX);
    struct factors_problem problem = {.design = &session->design,
        .pairs = train,
        .weight = session->pairs.capped,
        .n_annotators = n,
        .k = k,
        .lambda = session->lambda,
        .stop = session_stop,
        .stop_arg = session};
    double *u = arena_alloc(scratch, (size_t)n * k * sizeof(*u)),
           *z = arena_alloc(scratch, ((size_t)train->n + 1) * sizeof(*z));
    session_logits(session, SPLIT_TRAIN, session->heads[0].w, z);
    for (uint32_t i = 0; i < train->n; i++)
        z[i] *= session->heads[0].about.tau;
    if (session->warm != NULL)
        take_factors(session, attempt, u);
    else
        factors_start(&problem, z, u);
    for (int round = session->warm != NULL ? ROUNDS - 1 : 0; round < ROUNDS && !session->cancelled; round++) {
        double *offset = arena_alloc(scratch, ((size_t)train->n + 1) * sizeof(*offset));
        for (uint32_t i = 0; i < train->n; i++)
            offset[i] =
                round == 0
                    ? z[i]
                    : z[i] * attempt->jurors.coefficient[(size_t)train->annotator[i] * attempt->basis.k];
        factors_minimise(&problem, u, offset, attempt->basis.v);
        measure_scales(session, attempt);
        fit_people(session, attempt, NULL, &attempt->jurors);
        take_coefficients(session, attempt, u);
    }
    arena_free(scratch);
}

static struct metrics_row *rows_of(const struct session *session, const struct attempt *attempt,
    const struct jurors *jurors, enum split split, struct arena *arena)
{
    const struct pairs *pairs = &session->pairs.split[split];
    struct metrics_row *rows = arena_calloc(arena, (size_t)pairs->n + 1, sizeof(*rows));
    double *x = differences(session, attempt, split, arena);
    uint32_t k = attempt->basis.k;
    for (uint32_t i = 0; i < pairs->n; i++) {
        uint32_t a = pairs->annotator[i];
        rows[i] = (struct metrics_row){.y = pairs->y[i],
            .weight = pairs->weight[i],
            .annotator = a,
            .z = attempt->tau * jurors_logit(jurors->coefficient + (size_t)a * k,
                                    jurors->posterior + (size_t)a * k * k, k, x + (size_t)i * k, NULL)};
    }
    return rows;
}

static void validate(const struct session *session, struct attempt *attempt)
{
    const struct pairs *pairs = &session->pairs.split[SPLIT_VALIDATION];
    struct arena *scratch = arena_new(SIZE_MAX);
    double weight = 0;
    attempt->tau = 1;
    attempt->loss = 0;
    struct metrics_row *rows = rows_of(session, attempt, &attempt->jurors, SPLIT_VALIDATION, scratch);
    if (pairs->n > 0)
        attempt->tau = fmin(fmax(metrics_temperature(rows, pairs->n), 0.1), 10);
    for (uint32_t i = 0; i < pairs->n; i++) {
        attempt->loss += rows[i].weight * logistic_pair_loss(attempt->tau * rows[i].z, rows[i].y);
        weight += rows[i].weight;
    }
    attempt->loss = weight > 0 ? attempt->loss / weight : INFINITY;
    arena_free(scratch);
}

static void try(struct session *session, uint32_t factors, struct attempt *attempt)
{
    *attempt = (struct attempt){.basis = {.k = factors + 1}};
    attempt->basis.v =
        arena_calloc(session->arena, (size_t)factors * session->design.n_columns + 1, sizeof(double));
    attempt->basis.scale = arena_calloc(session->arena, attempt->basis.k, sizeof(double));
    if (factors > 0) {
        find_factors(session, attempt);
    } else {
        measure_scales(session, attempt);
        fit_people(session, attempt, NULL, &attempt->jurors);
    }
    validate(session, attempt);
}

// --- pools ----------------------------------------------------------------------------------------------------------------
// Of the annotators with training pairs who are in group `g` (all: grouping NULL) and, unless it is NULL, in `among`, mean and scatter of
// their coefficients; says how many they are. A group's mean goes back to that of all as far as groups of this question are not told apart by it (moments, a coefficient each).
static uint32_t gather(const struct session *session, const struct jurors *jurors,
    const struct grouping *grouping, uint32_t g, const bool *among, double *ret_mean, double *ret_spread)
{
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    uint32_t k = jurors->k, n = 0;
    memset(ret_mean, 0, k * sizeof(*ret_mean));
    memset(ret_spread, 0, (size_t)k * k * sizeof(*ret_spread));
    for (int pass = 0; pass < 2; pass++) {
        for (uint32_t a = 0; a < jurors->n_annotators; a++) {
            if (train->first[a + 1] == train->first[a] ||
                (grouping != NULL && grouping->of_annotator[a] != g) || (among != NULL && !among[a]))
                continue;
            const double *c = jurors->coefficient + (size_t)a * k, *v = jurors->posterior + (size_t)a * k * k;
            n += pass == 0;
            for (uint32_t i = 0; i < k; i++) {
                if (pass == 0)
                    ret_mean[i] += c[i];
                for (uint32_t j = 0; j < k && pass == 1; j++)
                    ret_spread[i * k + j] += v[i * k + j] + (c[i] - ret_mean[i]) * (c[j] - ret_mean[j]);
            }
        }
        for (uint32_t i = 0; pass == 0 && i < k && n > 0; i++)
            ret_mean[i] /= n;
    }
    return n;
}

// How much the groups of a question differ beyond chance: the variance between them, of each coefficient.
static void between_groups(const struct session *session, const struct jurors *jurors,
    const struct grouping *grouping, const bool *among, double *ret_between)
{
    uint32_t k = jurors->k;
    double people = 0, excess[JURY_BASIS_MAX] = {0};
    for (uint32_t g = 0; g < grouping->n; g++) {
        double mean[JURY_BASIS_MAX], spread[JURY_BASIS_MAX * JURY_BASIS_MAX];
        uint32_t n = gather(session, jurors, grouping, g, among, mean, spread);
        people += n;
        for (uint32_t i = 0; i < k && n > 0; i++)
            excess[i] +=
                n * (mean[i] - jurors->mean[i]) * (mean[i] - jurors->mean[i]) - spread[i * k + i] / n;
    }
    for (uint32_t i = 0; i < k; i++)
        ret_between[i] = people > 0 ? fmax(0, excess[i] / people) : 0;
}

static void write_pool(const struct session *session, const struct attempt *attempt,
    const struct grouping *grouping, uint32_t g, const double *between, struct jury_pool *pool)
{
    const struct jurors *jurors = &attempt->jurors;
    uint32_t k = jurors->k;
    double mean[JURY_BASIS_MAX], spread[JURY_BASIS_MAX * JURY_BASIS_MAX];
    uint32_t n = gather(session, jurors, grouping, g, NULL, mean, spread);
    *pool = (struct jury_pool){.attribute = grouping != NULL ? grouping->attribute : "",
        .value = grouping != NULL ? grouping->name[g] : "all",
        .n_annotators = n};
    for (uint32_t i = 0; i < k; i++) {
        double kept = 1; // of the group's own difference
        if (grouping != NULL) {
            double noise = n > 0 ? spread[i * k + i] / n / n : INFINITY;
            kept = between[i] > 0 ? between[i] / (between[i] + noise) : 0;
        }
        pool->mean[i] =
            attempt->tau * attempt->basis.scale[i] * (jurors->mean[i] + kept * (mean[i] - jurors->mean[i]));
        for (uint32_t j = 0; j <= i; j++) {
            double own =
                (spread[i * k + j] + POOL_BELIEF * jurors->covariance[i * k + j]) / (n + POOL_BELIEF);
            own *= attempt->tau * attempt->tau * attempt->basis.scale[i] * attempt->basis.scale[j];
            pool->covariance[i * k + j] = pool->covariance[j * k + i] = own;
        }
    }
}

static void make_pools(struct session *session, const struct attempt *attempt)
{
    struct jury_pool *pools = arena_calloc(session->arena, JURY_POOLS_MAX, sizeof(*pools));
    struct jury *jury = arena_calloc(session->arena, 1, sizeof(*jury));
    *jury = (struct jury){.n_basis = attempt->basis.k, .pools = pools};
    write_pool(session, attempt, NULL, 0, NULL, &pools[jury->n_pools++]);
    for (uint32_t a = 0; a < session->data->n_attributes; a++) {
        struct grouping grouping;
        double between[JURY_BASIS_MAX];
        if (session_group_by(session, session->data->attribute_name[a], &grouping, NULL) != 0)
            continue;
        between_groups(session, &attempt->jurors, &grouping, NULL, between);
        for (uint32_t g = 0; g < grouping.n && jury->n_pools < JURY_POOLS_MAX; g++) {
            struct jury_pool *pool = &pools[jury->n_pools];
            write_pool(session, attempt, &grouping, g, between, pool);
            jury->n_pools += pool->n_annotators >= FIT_GROUP_ANNOTATORS_MIN;
        }
    }
    session->jury = jury;
}

// --- heads ----------------------------------------------------------------------------------------------------------------
static void add_factor_heads(struct session *session, const struct attempt *attempt)
{
    for (uint32_t j = 1; j < attempt->basis.k; j++) {
        struct head *head = &session->heads[session->n_heads++];
        *head = (struct head){.w = attempt->basis.v + (size_t)(j - 1) * session->design.n_columns,
            .about = {.attribute = "",
                .value = arena_printf(session->arena, "factor %u", j),
                .share = 1,
                .tau = 1,
                .n_annotators = session->heads[0].about.n_annotators,
                .n_judgments = session->heads[0].about.n_judgments}};
        session_calibrate(session, head, NULL, false); // its centre
        head->about.tau = 1;
    }
}

// The pool of a group; everybody's where too few of it have training judgments.
static const struct jury_pool *pool_of(const struct jury *jury, const struct grouping *grouping, uint32_t g)
{
    for (uint32_t p = 0; p < jury->n_pools; p++) {
        if (strcmp(jury->pools[p].attribute, grouping->attribute) == 0 &&
            strcmp(jury->pools[p].value, grouping->name[g]) == 0)
            return &jury->pools[p];
    }
    return &jury->pools[0];
}

// What the mean juror of each group of the attribute likes: linear as well, so a head like any other.
static void add_group_heads(struct session *session, const struct grouping *grouping)
{
    uint32_t d = session->design.n_columns, all = 0;
    double *member = arena_alloc(session->arena, session->data->n_annotators * sizeof(*member));
    for (uint32_t g = 0; g < grouping->n; g++)
        all += grouping->n_annotators[g];
    for (uint32_t g = 0; g < grouping->n; g++) {
        const struct jury_pool *pool = pool_of(session->jury, grouping, g);
        struct head *head = &session->heads[session->n_heads++];
        *head = (struct head){.w = arena_calloc(session->arena, d, sizeof(double)),
            .about = {.attribute = grouping->attribute,
                .value = grouping->name[g],
                .share = (double)grouping->n_annotators[g] / all,
                .n_annotators = grouping->n_annotators[g],
                .n_judgments = session_judgments(session, grouping, g),
                .tau = 1}};
        for (uint32_t j = 0; j < session->jury->n_basis; j++) {
            for (uint32_t c = 0; c < d; c++)
                head->w[c] += pool->mean[j] * session->heads[j].w[c];
        }
        for (uint32_t i = 0; i < session->data->n_annotators; i++)
            member[i] = grouping->of_annotator[i] == g;
        session_calibrate(session, head, member, false);
    }
}

// --- new people -------------------------------------------------------------------------------------------------------------
static json_t *metrics_of(const struct metrics_row *rows, size_t n, const bool *new_people)
{
    struct metrics_row *some = calloc(n + 1, sizeof(*some));
    struct metrics metrics;
    size_t m = 0;
    if (some == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (new_people[rows[i].annotator])
            some[m++] = rows[i];
    }
    metrics_compute(some, m, &metrics);
    free(some);
    return json_pack("{s:f, s:f, s:I}", "accuracy", metrics.accuracy, "log_loss", metrics.log_loss, "n",
        (json_int_t)llround(metrics.weight));
}

// The coefficients that an annotator's groups alone would foretell: the mean of all and, of each question, how its group differs.
static void foretell(const struct session *session, const struct jurors *jurors,
    const struct grouping *groupings, uint32_t n_groupings, const bool *among,
    double (*between)[JURY_BASIS_MAX], double *ret_coefficient)
{
    uint32_t k = jurors->k;
    for (uint32_t a = 0; a < jurors->n_annotators; a++)
        memcpy(ret_coefficient + (size_t)a * k, jurors->mean, k * sizeof(double));
    for (uint32_t q = 0; q < n_groupings; q++) {
        for (uint32_t g = 0; g < groupings[q].n; g++) {
            double mean[JURY_BASIS_MAX], spread[JURY_BASIS_MAX * JURY_BASIS_MAX];
            uint32_t n = gather(session, jurors, &groupings[q], g, among, mean, spread);
            for (uint32_t i = 0; i < k && n > 0; i++) {
                double noise = spread[i * k + i] / n / n;
                double own = between[q][i] > 0
                                 ? between[q][i] / (between[q][i] + noise) * (mean[i] - jurors->mean[i])
                                 : 0;
                for (uint32_t a = 0; a < jurors->n_annotators; a++) {
                    if (groupings[q].of_annotator[a] == g)
                        ret_coefficient[(size_t)a * k + i] += own;
                }
            }
        }
    }
}

// One annotator in five does not shape the model of people: how well are they foretold by their groups, and by what they judged? The
// directions themselves have seen their training judgments, not those that are told of here.
static json_t *new_people_json(struct session *session, struct attempt *attempt)
{
    const struct pairs *test = &session->pairs.split[SPLIT_TEST];
    uint32_t n = session->data->n_annotators, n_groupings = 0, n_new = 0, k = attempt->basis.k;
    struct arena *scratch = arena_new(SIZE_MAX);
    bool *shapes = arena_calloc(scratch, n, sizeof(*shapes)),
         *is_new = arena_calloc(scratch, n, sizeof(*is_new));
    struct grouping *groupings =
        arena_calloc(scratch, session->data->n_attributes + (size_t)1, sizeof(*groupings));
    double(*between)[JURY_BASIS_MAX] =
        arena_calloc(scratch, session->data->n_attributes + (size_t)1, sizeof(*between));
    for (uint32_t a = 0; a < n; a++) {
        is_new[a] = pairs_mix(session->data->annotator_key[a] ^ UINT64_C(0x6a757279)) % HELD_OUT_FIFTH == 0;
        shapes[a] = !is_new[a];
        n_new += is_new[a] && test->first[a + 1] > test->first[a];
    }
    struct attempt own = *attempt;
    fit_people(session, attempt, shapes, &own.jurors);
    struct metrics_row *history = rows_of(session, &own, &own.jurors, SPLIT_TEST, scratch);
    json_t *json = json_pack(
        "{s:I, s:o}", "n_annotators", (json_int_t)n_new, "history", metrics_of(history, test->n, is_new));
    for (uint32_t q = 0; q < session->data->n_attributes; q++) {
        if (session_group_by(session, session->data->attribute_name[q], &groupings[n_groupings], NULL) != 0)
            continue;
        between_groups(session, &own.jurors, &groupings[n_groupings], shapes, between[n_groupings]);
        n_groupings++;
    }
    double *coefficient = arena_alloc(scratch, (size_t)n * k * sizeof(*coefficient));
    foretell(session, &own.jurors, groupings, n_groupings, shapes, between, coefficient);
    own.jurors.coefficient = coefficient;
    for (uint32_t a = 0; a < n; a++)
        memcpy(
            own.jurors.posterior + (size_t)a * k * k, own.jurors.covariance, (size_t)k * k * sizeof(double));
    json_object_set_new(json, "groups",
        metrics_of(rows_of(session, &own, &own.jurors, SPLIT_TEST, scratch), test->n, is_new));
    struct metrics_row *pooled = rows_of(session, &own, &own.jurors, SPLIT_TEST, scratch);
    double *z = arena_alloc(scratch, ((size_t)test->n + 1) * sizeof(*z));
    session_logits(session, SPLIT_TEST, session->heads[0].w, z);
    for (uint32_t i = 0; i < test->n; i++)
        pooled[i].z = session->heads[0].about.tau * z[i];
    json_object_set_new(json, "pooled", metrics_of(pooled, test->n, is_new));
    arena_free(scratch);
    return json;
}

// --- the method -------------------------------------------------------------------------------------------------------------
// Who may be seated.
static json_t *pools_json(const struct jury *jury)
{
    json_t *list = json_array();
    for (uint32_t p = 0; p < jury->n_pools; p++)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:I}", "attribute", jury->pools[p].attribute, "value",
                      jury->pools[p].value, "n_annotators", (json_int_t)jury->pools[p].n_annotators));
    return list;
}

static json_t *tried_json(const struct attempt *attempts, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list,
            json_pack("{s:I, s:o}", "factors", (json_int_t)attempts[i].basis.k - 1, "validation_log_loss",
                isfinite(attempts[i].loss) ? json_real(attempts[i].loss) : json_null()));
    return list;
}

void session_fit_jury(struct session *session)
{
    struct attempt attempts[ARRAY_SIZE(factors_tried)];
    const struct pairs *train = &session->pairs.split[SPLIT_TRAIN];
    uint32_t people = 0;
    size_t n = 0, best = 0;
    for (uint32_t a = 0; a < session->data->n_annotators; a++)
        people += train->first[a + 1] > train->first[a];
    const uint32_t kept = session->warm != NULL ? session->warm->jury->n_basis - 1 : 0,
                   *tried = session->warm != NULL ? &kept : factors_tried;
    size_t n_tried = session->warm != NULL ? 1 : ARRAY_SIZE(factors_tried);
    if (session->warm != NULL && kept * PEOPLE_A_FACTOR > people) {
        session_cool(session, "lost_people");
        return;
    }
    for (; n < n_tried && !session->cancelled; n++) {
        if (tried[n] * PEOPLE_A_FACTOR > people || tried[n] > session->design.n_columns ||
            tried[n] > train->n_rows)
            break;
        try(session, tried[n], &attempts[n]);
        session_progress(session, "jury", 0.4 + 0.1 * (double)n);
        best = attempts[n].loss < attempts[best].loss ? n : best;
    }
    if (n == 0) // cancelled before anything
        return;
    struct attempt *chosen = &attempts[best], by_ratings = *chosen;
    json_t *ratings = rated_people(session, &chosen->basis, &by_ratings.jurors);
    if (ratings != NULL) { // whichever foretells the validation pairs better
        validate(session, &by_ratings);
        chosen = by_ratings.loss < chosen->loss ? &by_ratings : chosen;
    }
    add_factor_heads(session, chosen);
    make_pools(session, chosen);
    session->first_own = session->n_heads;
    if (session->grouping.n > 0 && session->n_heads + session->grouping.n <= ARTEFACT_HEADS_MAX)
        add_group_heads(session, &session->grouping);
    session->jury_rows = rows_of(session, chosen, &chosen->jurors, SPLIT_TEST, session->arena);
    double k = chosen->jurors.covariance[0];
    session->jury_card =
        json_pack("{s:I, s:o, s:f, s:f, s:o, s:o}", "factors", (json_int_t)chosen->basis.k - 1, "tried",
            tried_json(attempts, n), "slope_mean", chosen->jurors.mean[0], "slope_sd", sqrt(fmax(k, 0)),
            "new_people", new_people_json(session, chosen), "pools", pools_json(session->jury));
    if (ratings != NULL)
        json_object_set_new(session->jury_card, "ratings", ratings);
}
