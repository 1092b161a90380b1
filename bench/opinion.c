// CPU of the opinion fit, one thread: bench/opinion FILE [MODERATED]. Prints one JSON object. `cold` is votes in memory to the
// result, as plenum opinion does after reading; `warm` is 100 more votes to the next result, the state kept in memory, the
// last 1,000 votes of the file by hundreds.
#include "ctl/polis.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COLDS = 5, WARMS = 10, MORE = 100, RESAMPLES = 20 };

static double cpu_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return 1000.0 * (double)now.tv_sec + (double)now.tv_nsec / 1e6;
}

static struct opinion_votes part(struct opinion_votes votes, uint32_t from, uint32_t n)
{
    return (struct opinion_votes){.n = n,
        .participant = votes.participant + from,
        .statement = votes.statement + from,
        .vote = votes.vote + from};
}

static struct opinion *start(const char *moderated, struct opinion_votes votes)
{
    struct err err = {0};
    struct opinion *opinion = opinion_new();
    if ((moderated != NULL && polis_moderate(moderated, opinion, &err) != 0) ||
        opinion_add(opinion, &votes, &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return opinion;
}

static double least(const double *values, int n)
{
    double best = values[0];
    for (int i = 1; i < n; i++)
        best = values[i] < best ? values[i] : best;
    return best;
}

static int compare(const void *a, const void *b)
{
    double one = *(const double *)a, other = *(const double *)b;
    return (one > other) - (one < other);
}

static void measure(const char *moderated, struct opinion_votes votes)
{
    double cold[COLDS], add[COLDS], warm[WARMS], began;
    struct opinion_result result;
    struct err err = {0};
    for (int i = 0; i < COLDS; i++) {
        struct arena *arena = arena_new((size_t)8 << 30);
        began = cpu_ms();
        struct opinion *opinion = start(moderated, votes);
        add[i] = cpu_ms() - began;
        opinion_fit(opinion, arena, &result);
        cold[i] = cpu_ms() - began;
        opinion_free(opinion);
        arena_free(arena);
    }
    uint32_t rest = votes.n > 2 * WARMS * MORE ? WARMS * MORE : 0;
    struct arena *arena = arena_new((size_t)8 << 30);
    struct opinion *opinion = start(moderated, part(votes, 0, votes.n - rest));
    opinion_fit(opinion, arena, &result);
    for (uint32_t i = 0; i < WARMS; i++) {
        struct opinion_votes more = part(votes, votes.n - rest + i * (rest / WARMS), rest / WARMS);
        began = cpu_ms();
        if (opinion_add(opinion, &more, &err) != 0)
            exit(1);
        opinion_fit(opinion, arena, &result);
        warm[i] = cpu_ms() - began;
    }
    qsort(warm, WARMS, sizeof(warm[0]), compare);
    struct opinion_stability stability;
    began = cpu_ms();
    opinion_stability(opinion, &result, RESAMPLES, 1, &stability);
    double stable = cpu_ms() - began;
    struct opinion_bridging bridging;
    began = cpu_ms();
    opinion_bridge(opinion, arena, &bridging);
    printf(
        "{\"votes\":%u,\"participants\":%u,\"statements\":%u,\"k\":%u,\"add_ms\":%.3f,\"cold_ms\":%.3f,\"warm_ms\":%.3f,"
        "\"warm_middle_ms\":%.3f,\"warm_most_ms\":%.3f,\"stability_ms\":%.3f,\"bridging_ms\":%.3f}\n",
        votes.n, result.n_participants, result.n_statements, result.k, least(add, COLDS), least(cold, COLDS),
        warm[0], warm[WARMS / 2], warm[WARMS - 1], stable, cpu_ms() - began);
    opinion_free(opinion);
    arena_free(arena);
}

int main(int argc, char **argv)
{
    struct polis_votes votes;
    struct err err = {0};
    if (argc < 2) {
        fprintf(stderr, "usage: opinion FILE [MODERATED]\n");
        return 2;
    }
    if (polis_read(argv[1], &votes, &err) != 0) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    measure(argc > 2 ? argv[2] : NULL, polis_columns(&votes));
    polis_release(&votes);
    return 0;
}
