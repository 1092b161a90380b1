// k-means of points in the plane, as Polis's engine does it: the first k distinct points begin, ties go to the last of
// the nearest centres, a cluster that loses everybody is dropped, and it ends when no centre moved by 0.01 (both lists of
// centres sorted) or after so many steps. Sums are in the order of the points. Also its start from earlier clusters.
#ifndef WORKER_OPINION_KMEANS_H
#define WORKER_OPINION_KMEANS_H

#include "base/base.h"

enum { KMEANS_CLUSTERS_MAX = 100 };

struct points {
    uint32_t n;
    const double *x, *y;
    const uint32_t *weight; // NULL: all 1
};

struct cluster {
    uint32_t id;
    uint32_t n; // points
    double x, y;
};

struct clusters {
    uint32_t n;
    struct cluster list[KMEANS_CLUSTERS_MAX]; // by id
    int32_t *of; // the cluster's index of each point; -1: none yet. The caller's, points.n long
};

// `clusters->of` in: where earlier clusters (clusters->n > 0) had their points; out: as found. `k` up to
// KMEANS_CLUSTERS_MAX; at most `steps_max` + 1 steps.
void kmeans(const struct points *points, uint32_t k, uint32_t steps_max, struct clusters *clusters);

// Mean silhouette of the points over at least one cluster each, unweighted; 0 for a point alone. `distance` is n x n.
double kmeans_silhouette(
    const struct points *points, const struct clusters *clusters, const double *distance);

#endif
