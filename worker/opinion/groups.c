#include "worker/opinion/groups.h"

#include "worker/opinion/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct effort effort_cold = {.dense_allowed = true, .tolerance = 0, .base_steps = 100},
                    effort_warm = {.dense_allowed = true, .tolerance = 1e-13, .base_steps = 5},
                    effort_resample = {.dense_allowed = false, .tolerance = 1e-13, .base_steps = 100};

static void *take(size_t count, size_t size)
{
    void *memory = calloc(count + 1, size);
    if (memory == NULL)
        abort();
    return memory;
}

void standing_release(struct standing *standing)
{
    free(standing->first);
    free(standing->second);
    free(standing->mean);
    free(standing->x);
    free(standing->y);
    free(standing->inside);
    free(standing->base_of);
    memset(standing, 0, sizeof(*standing));
}

// --- who is in ---------------------------------------------------------------------------------------------------
struct busy {
    uint32_t row, n;
};

static int compare_busy(const void *a, const void *b)
{
    const struct busy *one = a, *other = b;
    if (one->n != other->n)
        return one->n > other->n ? -1 : 1;
    return (one->row > other->row) - (one->row < other->row);
}

// At least min(7, M) votes; topped up to 15 people by number of votes, the earlier first.
static void choose_inside(const struct view *view, uint8_t *inside)
{
    uint32_t least = view->n_columns < GROUPS_VOTES_LEAST ? view->n_columns : GROUPS_VOTES_LEAST, n = 0;
    for (uint32_t i = 0; i < view->n_rows; i++) {
        inside[i] = inside[i] || view->rows[i].n >= least;
        n += inside[i];
    }
    if (n >= GROUPS_PEOPLE_LEAST || n == view->n_rows)
        return;
    struct busy *busy = take(view->n_rows, sizeof(*busy));
    uint32_t n_busy = 0;
    for (uint32_t i = 0; i < view->n_rows; i++) {
        if (!inside[i])
            busy[n_busy++] = (struct busy){i, view->rows[i].n};
    }
    qsort(busy, n_busy, sizeof(*busy), compare_busy);
    for (uint32_t i = 0; i < n_busy && n < GROUPS_PEOPLE_LEAST; i++, n++)
        inside[busy[i].row] = 1;
    free(busy);
}

// --- clusters ------------------------------------------------------------------------------------------------------
static void find_base(const struct standing *earlier, uint32_t steps, struct standing *next)
{
    struct points points = {0};
    double *x = take(next->n_rows, sizeof(*x)), *y = take(next->n_rows, sizeof(*y));
    uint32_t *row = take(next->n_rows, sizeof(*row));
    struct clusters clusters = {.of = take(next->n_rows, sizeof(int32_t))};
    for (uint32_t i = 0; i < next->n_rows; i++) {
        next->base_of[i] = -1;
        if (!next->inside[i])
            continue;
        x[points.n] = next->x[i];
        y[points.n] = next->y[i];
        clusters.of[points.n] = earlier != NULL && i < earlier->n_rows ? earlier->base_of[i] : -1;
        row[points.n++] = i;
    }
    points.x = x;
    points.y = y;
    if (earlier != NULL && earlier->n_base > 0) {
        clusters.n = earlier->n_base;
        memcpy(clusters.list, earlier->base, earlier->n_base * sizeof(earlier->base[0]));
    }
    kmeans(&points, KMEANS_CLUSTERS_MAX, steps, &clusters);
    next->n_base = clusters.n;
    memcpy(next->base, clusters.list, sizeof(next->base));
    for (uint32_t i = 0; i < points.n; i++)
        next->base_of[row[i]] = clusters.of[i];
    free(x);
    free(y);
    free(row);
    free(clusters.of);
}

// Where an earlier grouping had the base clusters that are there still, by their ids.
static void carry_over(
    const struct standing *earlier, uint32_t k, const struct standing *next, struct clusters *clusters)
{
    const struct grouping *grouping = &earlier->groupings[k];
    clusters->n = grouping->n;
    memcpy(clusters->list, grouping->list, sizeof(grouping->list));
    for (uint32_t b = 0; b < next->n_base; b++) {
        clusters->of[b] = -1;
        for (uint32_t e = 0; e < earlier->n_base; e++) {
            if (earlier->base[e].id == next->base[b].id)
                clusters->of[b] = grouping->of[e];
        }
    }
}

static void distances(const struct standing *standing, double *apart)
{
    for (uint32_t a = 0; a < standing->n_base; a++) {
        for (uint32_t b = 0; b < standing->n_base; b++) {
            double dx = standing->base[a].x - standing->base[b].x,
                   dy = standing->base[a].y - standing->base[b].y;
            apart[(size_t)a * standing->n_base + b] = sqrt(dx * dx + dy * dy);
        }
    }
}

// Weighted k-means on base centres for k = 2 .. min(5, 2 + floor(B / 12)), and the silhouette of each.
static uint32_t find_groupings(const struct standing *earlier, struct standing *next)
{
    double x[KMEANS_CLUSTERS_MAX], y[KMEANS_CLUSTERS_MAX];
    uint32_t weight[KMEANS_CLUSTERS_MAX], most = 2 + next->n_base / 12, best = 0;
    int32_t of[KMEANS_CLUSTERS_MAX];
    double *apart = take((size_t)next->n_base * next->n_base, sizeof(*apart));
    struct points points = {.n = next->n_base, .x = x, .y = y, .weight = weight};
    for (uint32_t b = 0; b < next->n_base; b++) {
        x[b] = next->base[b].x;
        y[b] = next->base[b].y;
        weight[b] = next->base[b].n;
    }
    distances(next, apart);
    for (uint32_t k = GROUPS_K_LEAST; k <= GROUPS_K_MOST && k <= most; k++) {
        struct clusters clusters = {.of = of};
        if (earlier != NULL && earlier->groupings[k].n > 0)
            carry_over(earlier, k, next, &clusters);
        kmeans(&points, k, GROUPS_STEPS, &clusters);
        next->groupings[k].n = clusters.n;
        memcpy(next->groupings[k].list, clusters.list, sizeof(next->groupings[k].list));
        memcpy(next->groupings[k].of, of, next->n_base * sizeof(of[0]));
        next->silhouette[k] = kmeans_silhouette(&points, &clusters, apart);
        if (best == 0 || next->silhouette[k] >= next->silhouette[best])
            best = k;
    }
    free(apart);
    return best;
}

// A new k holds after it won four times running; the first at once.
static void choose_k(const struct standing *earlier, uint32_t won, struct standing *next)
{
    bool same = earlier != NULL && earlier->last_k == won;
    next->last_k = won;
    next->last_k_times = same ? earlier->last_k_times + 1 : 1;
    next->k = earlier == NULL || earlier->k == 0 || next->last_k_times >= GROUPS_K_BUFFER ? won : earlier->k;
    if (next->groupings[next->k].n ==
        0) // fewer base clusters than before: that many groups are not made any more
        next->k = won;
}

static void start_components(const struct standing *earlier, struct standing *next)
{
    uint32_t n_old = earlier != NULL ? earlier->n_columns : 0;
    if (n_old == 0)
        return;
    memcpy(next->first, earlier->first, n_old * sizeof(double));
    memcpy(next->second, earlier->second, n_old * sizeof(double));
    double *const components[2] = {next->first, next->second};
    for (int i = 0; i < 2; i++) {
        bool empty = true;
        for (uint32_t c = 0; c < n_old; c++)
            empty = empty && components[i][c] == 0;
        if (empty) // a component that was not there starts anew, whole
            continue;
        pca_start(components[i], next->n_columns, n_old);
        for (uint32_t c = n_old; c < next->n_columns; c++)
            components[i][c] /= sqrt(next->n_columns);
    }
}

void groups_pass(const struct view *view, const struct gram *gram, const struct effort *effort,
    const struct standing *earlier, struct standing *next)
{
    memset(next, 0, sizeof(*next));
    uint32_t n_rows = next->n_rows = view->n_rows, n_columns = next->n_columns = view->n_columns;
    next->first = take(n_columns, sizeof(double));
    next->second = take(n_columns, sizeof(double));
    next->mean = take(n_columns, sizeof(double));
    next->x = take(n_rows, sizeof(double));
    next->y = take(n_rows, sizeof(double));
    next->inside = take(n_rows, 1);
    next->base_of = take(n_rows, sizeof(int32_t));
    start_components(earlier, next);
    struct pca *pca = pca_new(view, gram, effort->dense_allowed);
    pca_find(pca, effort->tolerance, next->first, next->second, next->iterations);
    memcpy(next->mean, pca_mean(pca), n_columns * sizeof(double));
    pca_free(pca);
    pca_people(view, next->mean, next->first, next->second, next->x, next->y);
    if (earlier != NULL && earlier->n_rows > 0)
        memcpy(next->inside, earlier->inside, earlier->n_rows);
    choose_inside(view, next->inside);
    find_base(earlier, effort->base_steps, next);
    if (next->n_base > 0)
        choose_k(earlier, find_groupings(earlier, next), next);
}

void groups_of_rows(const struct standing *standing, int32_t *group_of)
{
    const struct grouping *grouping = &standing->groupings[standing->k];
    for (uint32_t i = 0; i < standing->n_rows; i++)
        group_of[i] = standing->k == 0 || standing->base_of[i] < 0 ? -1 : grouping->of[standing->base_of[i]];
}
