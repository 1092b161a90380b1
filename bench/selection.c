// Maxmin selection on real votes: `selection FILE...`, participants' votes as Polis exports them. Groups are found on half of the
// statements (two, by k-means on two principal components), 8 candidates drawn of the other half; approval by group is counted on
// half of the people and the choice judged on the other half. 40 repeats of 20 draws. Rates are shrunk towards everybody's by
// empirical Bayes: (A + s p) / (N + s), s by moments, before the least of the groups is made as great as can be by
// reward/aggregate. `control`: the same with people dealt to groups by lot; there the rule must choose as everybody
// does. `tenth`: of the smaller group at most a tenth of the larger one's people are counted. A line is a JSON object; `gain` is
// the approval of the choice in the group that likes it least, less that of the choice by everybody's approval, in points;
// standard errors are over repeats.
#include "base/rng.h"
#include "reward/aggregate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPEATS = 40, DRAWS = 20, CANDIDATES = 8, GROUPS = 2, VOTES_LEAST = 7, COUNTED_LEAST = 5, UNSEEN = 9 };
enum how { AS_FOUND, TENTH, CONTROL, HOWS };
static const char *const how_names[HOWS] = {"groups", "tenth", "control"};

struct votes {
    uint32_t n_people, n_statements;
    int8_t *of; // n_people x n_statements: 1, 0, -1, UNSEEN
};

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count > 0 ? count : 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static void read_votes(const char *file, struct votes *votes)
{
    enum { BEFORE = 6 }; // columns about the participant
    FILE *in = fopen(file, "r");
    char *line = NULL;
    size_t room = 0;
    if (in == NULL || getline(&line, &room, in) < 0) {
        fprintf(stderr, "selection: %s can't be read\n", file);
        exit(1);
    }
    *votes = (struct votes){0};
    for (const char *at = line; *at != '\0'; at++)
        votes->n_statements += *at == ',';
    votes->n_statements -= BEFORE - 1;
    while (getline(&line, &room, in) > 0) {
        votes->of = realloc(votes->of, ((size_t)votes->n_people + 1) * votes->n_statements);
        if (votes->of == NULL)
            abort();
        int8_t *row = votes->of + (size_t)votes->n_people * votes->n_statements;
        uint32_t n = 0;
        const char *at = line;
        for (uint32_t column = 0; column < BEFORE && at != NULL; column++)
            at = strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL;
        for (uint32_t s = 0; s < votes->n_statements; s++) {
            bool seen = at != NULL && (*at == '-' || (*at >= '0' && *at <= '9'));
            row[s] = seen ? (int8_t)strtol(at, NULL, 10) : UNSEEN;
            n += seen;
            at = at != NULL && strchr(at, ',') != NULL ? strchr(at, ',') + 1 : NULL;
        }
        votes->n_people += n >= VOTES_LEAST;
    }
    free(line);
    (void)fclose(in);
}

// Two principal components of the votes on the statements of half A, unseen as the mean; people's places, scaled by how much each saw.
static void places(const struct votes *votes, const bool *in_a, struct rng *rng, double *ret_place)
{
    uint32_t n = votes->n_people, m = votes->n_statements;
    double *x = allocate((size_t)n * m, sizeof(*x)), *v = allocate((size_t)GROUPS * m, sizeof(*v));
    double *seen = allocate(n, sizeof(*seen));
    for (uint32_t s = 0; s < m; s++) {
        double sum = 0, count = 0;
        for (uint32_t p = 0; p < n; p++) {
            int8_t vote = votes->of[(size_t)p * m + s];
            sum += vote != UNSEEN ? vote : 0;
            count += vote != UNSEEN;
        }
        for (uint32_t p = 0; p < n && in_a[s]; p++) {
            int8_t vote = votes->of[(size_t)p * m + s];
            x[(size_t)p * m + s] = vote != UNSEEN ? vote - sum / count : 0;
            seen[p] += vote != UNSEEN;
        }
    }
    for (uint32_t c = 0; c < 2; c++) {
        double *own = v + (size_t)c * m, *next = allocate(m, sizeof(*next));
        for (uint32_t s = 0; s < m; s++)
            own[s] = rng_normal(rng);
        for (int round = 0; round < 50; round++) {
            double length = 0, along = 0;
            memset(next, 0, m * sizeof(*next));
            for (uint32_t p = 0; p < n; p++) {
                double dot = 0;
                for (uint32_t s = 0; s < m; s++)
                    dot += x[(size_t)p * m + s] * own[s];
                for (uint32_t s = 0; s < m; s++)
                    next[s] += dot * x[(size_t)p * m + s];
            }
            for (uint32_t s = 0; s < m && c > 0; s++)
                along += next[s] * v[s];
            for (uint32_t s = 0; s < m; s++) {
                next[s] -= c > 0 ? along * v[s] : 0;
                length += next[s] * next[s];
            }
            for (uint32_t s = 0; s < m; s++)
                own[s] = length > 0 ? next[s] / sqrt(length) : 0;
        }
        for (uint32_t p = 0; p < n; p++) {
            double dot = 0;
            for (uint32_t s = 0; s < m; s++)
                dot += x[(size_t)p * m + s] * own[s];
            ret_place[p * 2 + c] = seen[p] > 0 ? dot * sqrt(m / seen[p]) : 0;
        }
        free(next);
    }
    free(x);
    free(v);
    free(seen);
}

// Two groups by k-means, the best of ten starts; 0 is the greater one.
static void find_groups(const double *place, uint32_t n, struct rng *rng, uint32_t *ret_group)
{
    double least = INFINITY;
    uint32_t *group = allocate(n, sizeof(*group));
    for (int start = 0; start < 10; start++) {
        double centre[GROUPS][2], sum = 0;
        for (uint32_t g = 0; g < GROUPS; g++)
            memcpy(centre[g], place + 2 * rng_below(rng, n), sizeof(centre[g]));
        for (int round = 0; round < 30; round++) {
            double total[GROUPS][3] = {{0}};
            sum = 0;
            for (uint32_t p = 0; p < n; p++) {
                double to[GROUPS];
                for (uint32_t g = 0; g < GROUPS; g++)
                    to[g] = hypot(place[p * 2] - centre[g][0], place[p * 2 + 1] - centre[g][1]);
                group[p] = to[1] < to[0];
                sum += to[group[p]] * to[group[p]];
                total[group[p]][0] += place[p * 2];
                total[group[p]][1] += place[p * 2 + 1];
                total[group[p]][2]++;
            }
            for (uint32_t g = 0; g < GROUPS; g++) {
                for (uint32_t c = 0; c < 2 && total[g][2] > 0; c++)
                    centre[g][c] = total[g][c] / total[g][2];
            }
        }
        if (sum < least) {
            uint32_t ones = 0;
            least = sum;
            for (uint32_t p = 0; p < n; p++)
                ones += group[p];
            for (uint32_t p = 0; p < n; p++)
                ret_group[p] = 2 * ones > n ? 1 - group[p] : group[p];
        }
    }
    free(group);
}

// Approvals and votes of each group, by statement, of the people who are counted.
struct count {
    double agrees[GROUPS], votes[GROUPS];
};

static void count_votes(
    const struct votes *votes, const uint32_t *group, const bool *counted, struct count *ret)
{
    memset(ret, 0, votes->n_statements * sizeof(*ret));
    for (uint32_t p = 0; p < votes->n_people; p++) {
        for (uint32_t s = 0; counted[p] && s < votes->n_statements; s++) {
            int8_t vote = votes->of[(size_t)p * votes->n_statements + s];
            ret[s].agrees[group[p]] += vote == 1;
            ret[s].votes[group[p]] += vote != UNSEEN;
        }
    }
}

static double pooled_rate(const struct count *count)
{
    return (count->agrees[0] + count->agrees[1]) / (count->votes[0] + count->votes[1]);
}

// s of one group, by moments over the statements of half B (METHODS: tau^2 = mean[(rate - p)^2 - p (1 - p) / N],
// s = mean p (1 - p) / tau^2 - 1); infinite where the group differs by no more than chance.
static double strength(const struct count *count, const uint32_t *statement, uint32_t n, uint32_t g)
{
    double excess = 0, spread = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct count *own = &count[statement[i]];
        double p = pooled_rate(own), rate = own->agrees[g] / own->votes[g];
        excess += (rate - p) * (rate - p) - p * (1 - p) / own->votes[g];
        spread += p * (1 - p);
    }
    return excess > 0 ? fmax(spread / excess - 1, 0) : INFINITY;
}

static uint32_t choose(enum aggregate_rule rule, const double *utility, struct arena *arena)
{
    struct aggregate_result result;
    struct err err = {0};
    if (aggregate(rule, utility, CANDIDATES, GROUPS, NULL, arena, &result, &err) != 0) {
        fprintf(stderr, "selection: %s\n", err.message);
        exit(1);
    }
    return result.choice;
}

static double worst(const struct count *count)
{
    return fmin(count->agrees[0] / count->votes[0], count->agrees[1] / count->votes[1]);
}

struct outcome {
    double raw, shrunk, pooled, n; // approval where the choice is liked least
    double changed;                // draws in which the shrunk rule chose otherwise than everybody
};

static void draw(const struct count *known, const struct count *judged, const uint32_t *statement, uint32_t n,
    struct rng *rng, struct outcome *outcome)
{
    uint32_t *drawn = allocate(n, sizeof(*drawn));
    double s[GROUPS], raw[CANDIDATES * GROUPS], shrunk[CANDIDATES * GROUPS], pooled[CANDIDATES * GROUPS];
    for (uint32_t g = 0; g < GROUPS; g++)
        s[g] = strength(known, statement, n, g);
    memcpy(drawn, statement, n * sizeof(*drawn));
    rng_shuffle(rng, drawn, n);
    for (uint32_t i = 0; i < CANDIDATES; i++) {
        const struct count *own = &known[drawn[i]];
        double p = pooled_rate(own);
        for (uint32_t g = 0; g < GROUPS; g++) {
            raw[i * GROUPS + g] = own->agrees[g] / own->votes[g];
            shrunk[i * GROUPS + g] = isinf(s[g]) ? p : (own->agrees[g] + s[g] * p) / (own->votes[g] + s[g]);
            pooled[i * GROUPS + g] = p;
        }
    }
    struct arena *arena = arena_new(SIZE_MAX);
    uint32_t by_raw = drawn[choose(AGGREGATE_MAXMIN, raw, arena)],
             by_shrunk = drawn[choose(AGGREGATE_MAXMIN, shrunk, arena)],
             by_all = drawn[choose(AGGREGATE_MEAN, pooled, arena)];
    arena_free(arena);
    outcome->raw += worst(&judged[by_raw]);
    outcome->shrunk += worst(&judged[by_shrunk]);
    outcome->pooled += worst(&judged[by_all]);
    outcome->changed += by_shrunk != by_all;
    outcome->n++;
    free(drawn);
}

// False when too few statements have votes enough of both groups on both sides.
static bool repeat(const struct votes *votes, enum how how, uint64_t seed, struct outcome *ret_outcome)
{
    uint32_t n = votes->n_people, m = votes->n_statements, n_b = 0, kept = 0, larger = 0;
    struct rng rng;
    rng_seed(&rng, seed);
    bool *in_a = allocate(m, sizeof(bool)), *known = allocate(n, sizeof(bool)),
         *judged = allocate(n, sizeof(bool));
    double *place = allocate((size_t)2 * n, sizeof(*place));
    uint32_t *group = allocate(n, sizeof(*group)), *b = allocate(m, sizeof(*b)),
             *people = allocate(n, sizeof(*people));
    struct count *by_known = allocate(m, sizeof(*by_known)), *by_judged = allocate(m, sizeof(*by_judged));
    for (uint32_t s = 0; s < m; s++)
        in_a[s] = rng_below(&rng, 2) == 0;
    places(votes, in_a, &rng, place);
    find_groups(place, n, &rng, group);
    if (how == CONTROL)
        rng_shuffle(&rng, group, n);
    for (uint32_t p = 0; p < n; p++) {
        people[p] = p;
        known[p] = rng_below(&rng, 2) == 0;
        judged[p] = !known[p];
        larger += known[p] && group[p] == 0;
    }
    rng_shuffle(&rng, people, n);
    for (uint32_t i = 0; how == TENTH && i < n; i++) {
        uint32_t p = people[i];
        if (known[p] && group[p] == 1)
            known[p] = kept++ < larger / 10;
    }
    count_votes(votes, group, known, by_known);
    count_votes(votes, group, judged, by_judged);
    for (uint32_t s = 0; s < m; s++) {
        bool enough = !in_a[s];
        for (uint32_t g = 0; g < GROUPS; g++)
            enough =
                enough && by_known[s].votes[g] >= COUNTED_LEAST && by_judged[s].votes[g] >= COUNTED_LEAST;
        if (enough)
            b[n_b++] = s;
    }
    *ret_outcome = (struct outcome){0};
    for (int i = 0; i < DRAWS && n_b > CANDIDATES; i++)
        draw(by_known, by_judged, b, n_b, &rng, ret_outcome);
    free(in_a);
    free(known);
    free(judged);
    free(place);
    free(group);
    free(b);
    free(people);
    free(by_known);
    free(by_judged);
    return n_b > CANDIDATES;
}

static void run(const char *file, const struct votes *votes, enum how how)
{
    double n = 0, pooled = 0, changed = 0, raw[2] = {0}, shrunk[2] = {0};
    for (uint64_t seed = 1; seed <= REPEATS; seed++) {
        struct outcome outcome;
        if (!repeat(votes, how, seed, &outcome))
            continue;
        double by_raw = 100 * (outcome.raw - outcome.pooled) / outcome.n,
               by_shrunk = 100 * (outcome.shrunk - outcome.pooled) / outcome.n;
        n++;
        pooled += outcome.pooled / outcome.n;
        changed += outcome.changed / outcome.n;
        raw[0] += by_raw;
        raw[1] += by_raw * by_raw;
        shrunk[0] += by_shrunk;
        shrunk[1] += by_shrunk * by_shrunk;
    }
    if (n < 2) {
        printf("{\"name\":\"selection\",\"file\":\"%s\",\"how\":\"%s\",\"repeats\":%.0f}\n", file,
            how_names[how], n);
        return;
    }
    printf(
        "{\"name\":\"selection\",\"file\":\"%s\",\"how\":\"%s\",\"repeats\":%.0f,\"people\":%u,\"pooled\":%.4f,"
        "\"gain_raw\":%.2f,\"gain_raw_se\":%.2f,\"gain\":%.2f,\"gain_se\":%.2f,\"chosen_otherwise\":%.3f}\n",
        file, how_names[how], n, votes->n_people, pooled / n, raw[0] / n,
        sqrt(fmax(raw[1] / n - raw[0] * raw[0] / n / n, 0) / (n - 1)), shrunk[0] / n,
        sqrt(fmax(shrunk[1] / n - shrunk[0] * shrunk[0] / n / n, 0) / (n - 1)), changed / n);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        struct votes votes;
        read_votes(argv[i], &votes);
        for (enum how how = AS_FOUND; how < HOWS; how++)
            run(argv[i], &votes, how);
        free(votes.of);
    }
    return 0;
}
