#include "worker/opinion/kmeans.h"

#include "worker/opinion/ratio.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOVED_LEAST 0.01
#define SQUARES_MAY_TIE 1e-15 // roots of squares that differ by less, relatively, may round to one number

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

static double distance(double ax, double ay, double bx, double by)
{
    double dx = ax - bx, dy = ay - by;
    return sqrt(dx * dx + dy * dy);
}

// --- means -------------------------------------------------------------------------------------------------------
// The centres from who belongs where; empty clusters get n = 0 and keep their place.
static void centre(const struct points *points, struct clusters *clusters)
{
    double factor[KMEANS_CLUSTERS_MAX];
    int64_t weight[KMEANS_CLUSTERS_MAX] = {0};
    for (uint32_t c = 0; c < clusters->n; c++)
        clusters->list[c].n = 0;
    for (uint32_t i = 0; i < points->n; i++) {
        if (clusters->of[i] < 0)
            continue;
        clusters->list[clusters->of[i]].n++;
        weight[clusters->of[i]] += points->weight != NULL ? points->weight[i] : 1;
    }
    for (uint32_t c = 0; c < clusters->n; c++) {
        struct cluster *cluster = &clusters->list[c];
        if (cluster->n == 0)
            continue;
        cluster->x = cluster->y = 0;
        factor[c] = points->weight != NULL ? ratio_decimal(cluster->n, weight[c]) : 1;
    }
    for (uint32_t i = 0; i < points->n; i++) {
        if (clusters->of[i] < 0)
            continue;
        struct cluster *cluster = &clusters->list[clusters->of[i]];
        double w = points->weight != NULL ? points->weight[i] : 1, f = factor[clusters->of[i]];
        cluster->x += points->x[i] * w * f;
        cluster->y += points->y[i] * w * f;
    }
    for (uint32_t c = 0; c < clusters->n; c++) {
        struct cluster *cluster = &clusters->list[c];
        if (cluster->n == 0)
            continue;
        double one = 1.0 / cluster->n;
        cluster->x *= one;
        cluster->y *= one;
    }
}

// Takes out the clusters without points.
static void drop_empty(const struct points *points, struct clusters *clusters)
{
    int32_t now[KMEANS_CLUSTERS_MAX];
    uint32_t n = 0;
    for (uint32_t c = 0; c < clusters->n; c++) {
        now[c] = clusters->list[c].n > 0 ? (int32_t)n : -1;
        if (clusters->list[c].n > 0)
            clusters->list[n++] = clusters->list[c];
    }
    if (n == clusters->n)
        return;
    clusters->n = n;
    for (uint32_t i = 0; i < points->n; i++) {
        if (clusters->of[i] >= 0)
            clusters->of[i] = now[clusters->of[i]];
    }
}

// --- the nearest centre --------------------------------------------------------------------------------------------
struct by_x {
    double x, y;
    int32_t cluster;
};

static int compare_x(const void *a, const void *b)
{
    const struct by_x *one = a, *other = b;
    return (one->x > other->x) - (one->x < other->x);
}

// Whether a centre at squared distance `square` is nearer than the best, or as near and later in the list.
static bool nearer(double square, int32_t cluster, double best, int32_t best_cluster)
{
    if (square < best * (1 - SQUARES_MAY_TIE))
        return true;
    if (square > best * (1 + SQUARES_MAY_TIE))
        return false;
    double root = sqrt(square), best_root = sqrt(best);
    return root < best_root || (root == best_root && cluster > best_cluster);
}

// Centres sorted by x: from the point's own x outwards, until a centre's x alone is too far.
static int32_t nearest(
    const struct by_x *sorted, uint32_t n, double x, double y, int32_t hint, const struct clusters *clusters)
{
    double best = INFINITY;
    int32_t cluster = -1;
    if (hint >= 0) {
        double dx = x - clusters->list[hint].x, dy = y - clusters->list[hint].y;
        best = dx * dx + dy * dy;
        cluster = hint;
    }
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (sorted[middle].x < x)
            low = middle + 1;
        else
            high = middle;
    }
    for (uint32_t i = low; i < n; i++) {
        double dx = x - sorted[i].x, dy = y - sorted[i].y;
        if (dx * dx > best * (1 + SQUARES_MAY_TIE))
            break;
        double square = dx * dx + dy * dy;
        if (nearer(square, sorted[i].cluster, best, cluster)) {
            best = square;
            cluster = sorted[i].cluster;
        }
    }
    for (uint32_t i = low; i-- > 0;) {
        double dx = x - sorted[i].x, dy = y - sorted[i].y;
        if (dx * dx > best * (1 + SQUARES_MAY_TIE))
            break;
        double square = dx * dx + dy * dy;
        if (nearer(square, sorted[i].cluster, best, cluster)) {
            best = square;
            cluster = sorted[i].cluster;
        }
    }
    return cluster;
}

static void sort_by_x(const struct clusters *clusters, struct by_x *sorted)
{
    for (uint32_t c = 0; c < clusters->n; c++)
        sorted[c] = (struct by_x){clusters->list[c].x, clusters->list[c].y, (int32_t)c};
    qsort(sorted, clusters->n, sizeof(*sorted), compare_x);
}

static void step(const struct points *points, struct clusters *clusters)
{
    struct by_x sorted[KMEANS_CLUSTERS_MAX] = {0};
    sort_by_x(clusters, sorted);
    for (uint32_t i = 0; i < points->n; i++)
        clusters->of[i] = nearest(sorted, clusters->n, points->x[i], points->y[i], clusters->of[i], clusters);
    centre(points, clusters);
    drop_empty(points, clusters);
}

// --- the end -------------------------------------------------------------------------------------------------------
static int compare_centres(const void *a, const void *b)
{
    const struct cluster *one = a, *other = b;
    if (one->x != other->x)
        return one->x < other->x ? -1 : 1;
    return (one->y > other->y) - (one->y < other->y);
}

// Compares as many as both have, each list sorted by x, then y.
static bool settled(const struct cluster *before, uint32_t n_before, const struct clusters *now)
{
    struct cluster a[KMEANS_CLUSTERS_MAX], b[KMEANS_CLUSTERS_MAX];
    memcpy(a, before, n_before * sizeof(*a));
    memcpy(b, now->list, now->n * sizeof(*b));
    qsort(a, n_before, sizeof(*a), compare_centres);
    qsort(b, now->n, sizeof(*b), compare_centres);
    for (uint32_t c = 0; c < n_before && c < now->n; c++) {
        if (!(distance(a[c].x, a[c].y, b[c].x, b[c].y) < MOVED_LEAST))
            return false;
    }
    return true;
}

// --- the beginning ---------------------------------------------------------------------------------------------------
// Up to `most` distinct points, in their order; returns how many.
static uint32_t distinct(const struct points *points, uint32_t most, uint32_t *which)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < points->n && n < most; i++) {
        bool seen = false;
        for (uint32_t j = 0; j < n && !seen; j++)
            seen = points->x[which[j]] == points->x[i] && points->y[which[j]] == points->y[i];
        if (!seen)
            which[n++] = i;
    }
    return n;
}

static void begin(const struct points *points, uint32_t k, struct clusters *clusters)
{
    uint32_t which[KMEANS_CLUSTERS_MAX];
    clusters->n = distinct(points, k, which);
    for (uint32_t c = 0; c < clusters->n; c++)
        clusters->list[c] = (struct cluster){.id = c, .x = points->x[which[c]], .y = points->y[which[c]]};
    for (uint32_t i = 0; i < points->n; i++)
        clusters->of[i] = -1;
}

// Clusters with the same centre become one: the first's place, the id of whoever has more points (the later, if equal).
static void merge_equal(const struct points *points, struct clusters *clusters)
{
    int32_t now[KMEANS_CLUSTERS_MAX];
    uint32_t n = 0;
    for (uint32_t c = 0; c < clusters->n; c++) {
        struct cluster *cluster = &clusters->list[c];
        uint32_t same = 0;
        while (same < n && (clusters->list[same].x != cluster->x || clusters->list[same].y != cluster->y))
            same++;
        now[c] = (int32_t)same;
        if (same == n) {
            clusters->list[n++] = *cluster;
            continue;
        }
        struct cluster *into = &clusters->list[same];
        into->id = cluster->n >= into->n ? cluster->id : into->id;
        into->n += cluster->n;
    }
    clusters->n = n;
    for (uint32_t i = 0; i < points->n; i++) {
        if (clusters->of[i] >= 0)
            clusters->of[i] = now[clusters->of[i]];
    }
}

// The point farthest from its nearest centre becomes a cluster of its own. False: no point is off its centre.
static bool split_off(const struct points *points, struct clusters *clusters)
{
    struct by_x sorted[KMEANS_CLUSTERS_MAX] = {0};
    sort_by_x(clusters, sorted);
    double farthest = -1;
    uint32_t point = 0, id = 0;
    for (uint32_t i = 0; i < points->n; i++) {
        int32_t c = nearest(sorted, clusters->n, points->x[i], points->y[i], clusters->of[i], clusters);
        double far = distance(points->x[i], points->y[i], clusters->list[c].x, clusters->list[c].y);
        if (far >= farthest) {
            farthest = far;
            point = i;
        }
    }
    if (!(farthest > 0))
        return false;
    for (uint32_t c = 0; c < clusters->n; c++)
        id = clusters->list[c].id >= id ? clusters->list[c].id + 1 : id;
    clusters->of[point] = (int32_t)clusters->n;
    clusters->list[clusters->n++] = (struct cluster){.id = id, .x = points->x[point], .y = points->y[point]};
    return true;
}

static void begin_from_earlier(const struct points *points, uint32_t k, struct clusters *clusters)
{
    uint32_t which[KMEANS_CLUSTERS_MAX];
    centre(points, clusters);
    drop_empty(points, clusters);
    if (clusters->n == 0) {
        begin(points, k, clusters);
        return;
    }
    merge_equal(points, clusters);
    uint32_t possible = distinct(points, k, which);
    for (;;) {
        centre(points, clusters);
        drop_empty(points, clusters);
        if (possible <= clusters->n || !split_off(points, clusters))
            return;
    }
}

static int compare_ids(const void *a, const void *b)
{
    const struct cluster *one = *(const struct cluster *const *)a, *other = *(const struct cluster *const *)b;
    return (one->id > other->id) - (one->id < other->id);
}

static void sort_by_id(const struct points *points, struct clusters *clusters)
{
    struct cluster copy[KMEANS_CLUSTERS_MAX] = {0};
    const struct cluster *order[KMEANS_CLUSTERS_MAX] = {0};
    int32_t now[KMEANS_CLUSTERS_MAX] = {0};
    memcpy(copy, clusters->list, clusters->n * sizeof(*copy));
    for (uint32_t c = 0; c < clusters->n; c++)
        order[c] = &copy[c];
    qsort(order, clusters->n, sizeof(order[0]), compare_ids);
    for (uint32_t c = 0; c < clusters->n; c++) {
        clusters->list[c] = *order[c];
        now[order[c] - copy] = (int32_t)c;
    }
    for (uint32_t i = 0; i < points->n; i++)
        clusters->of[i] = clusters->of[i] < 0 ? -1 : now[clusters->of[i]];
}

void kmeans(const struct points *points, uint32_t k, uint32_t steps_max, struct clusters *clusters)
{
    assert(k <= KMEANS_CLUSTERS_MAX);
    if (points->n == 0) {
        clusters->n = 0;
        return;
    }
    if (clusters->n > 0)
        begin_from_earlier(points, k, clusters);
    else
        begin(points, k, clusters);
    for (uint32_t left = steps_max;; left--) {
        struct cluster before[KMEANS_CLUSTERS_MAX];
        uint32_t n_before = clusters->n;
        memcpy(before, clusters->list, n_before * sizeof(*before));
        step(points, clusters);
        if (left == 0 || settled(before, n_before, clusters))
            break;
    }
    sort_by_id(points, clusters);
}

double kmeans_silhouette(const struct points *points, const struct clusters *clusters, const double *apart)
{
    if (points->n == 0)
        return 0;
    double *sum = take(clusters->n, sizeof(*sum)), total = 0;
    for (uint32_t i = 0; i < points->n; i++) {
        uint32_t own = (uint32_t)clusters->of[i];
        memset(sum, 0, clusters->n * sizeof(*sum));
        for (uint32_t j = 0; j < points->n; j++)
            sum[clusters->of[j]] += j == i ? 0 : apart[(size_t)i * points->n + j];
        if (clusters->list[own].n < 2)
            continue;
        double a = sum[own] / (clusters->list[own].n - 1), b = INFINITY;
        for (uint32_t c = 0; c < clusters->n; c++)
            b = c != own && sum[c] / clusters->list[c].n < b ? sum[c] / clusters->list[c].n : b;
        double greater = a > b ? a : b;
        total += clusters->n < 2 || !(greater > 0) ? 0 : (b - a) / greater;
    }
    free(sum);
    return total / points->n;
}
