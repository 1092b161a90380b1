// One pass of the fit: components, positions, base clusters, group clusterings for each k, the choice of k. A pass starts
// from where an earlier one stood, or from nothing.
#ifndef WORKER_OPINION_GROUPS_H
#define WORKER_OPINION_GROUPS_H

#include "worker/opinion/kmeans.h"
#include "worker/opinion/votes.h"

enum {
    GROUPS_K_LEAST = 2,
    GROUPS_K_MOST = OPINION_GROUPS_MAX,
    GROUPS_STEPS = 20,
    GROUPS_ONE_PASS_FROM =
        10000,           // more people than this: a cold fit is one pass. Polis's engine takes samples there
    GROUPS_K_BUFFER = 4, // times running that a new k must win
    GROUPS_VOTES_LEAST = 7,
    GROUPS_PEOPLE_LEAST = 15,
};

struct grouping {
    uint32_t n;
    struct cluster list[GROUPS_K_MOST];
    int32_t of[KMEANS_CLUSTERS_MAX]; // of base clusters
};

struct standing {
    uint32_t n_rows, n_columns;
    double *first, *second; // components
    double *mean, *x, *y;   // of columns; of rows
    uint8_t *inside;        // in the conversation: once in, always in
    int32_t *base_of;       // index of the base cluster; -1: not inside
    uint32_t n_base;
    struct cluster base[KMEANS_CLUSTERS_MAX];
    struct grouping groupings[GROUPS_K_MOST + 1]; // by k; n = 0: not made
    double silhouette[GROUPS_K_MOST + 1];
    uint32_t last_k, last_k_times, k; // the k that won last, how often running; the one that holds
    uint32_t iterations[2];
};

// How long a pass may take: a warm one leaves the rest to the next. That is our own rule.
struct effort {
    bool dense_allowed;  // as in pca.h
    double tolerance;    // of the power iteration
    uint32_t base_steps; // of k-means on people
};
extern const struct effort effort_cold, effort_warm, effort_resample;

void standing_release(struct standing *standing);
// `earlier` may be NULL; it may have fewer rows and columns. `next` is overwritten.
void groups_pass(const struct view *view, const struct gram *gram, const struct effort *effort,
    const struct standing *earlier, struct standing *next);
// The group of each row, or -1.
void groups_of_rows(const struct standing *standing, int32_t *group_of);

#endif
