// Which groups of some rows may be told of.
#include "worker/fit/session.h"

#include <stdlib.h>
#include <string.h>

// Of how many annotators there are rows outside of all groups that are shown.
static uint32_t people_outside(const struct metrics_row *rows, size_t n, const uint32_t *group,
    uint32_t n_groups, const bool *shown, bool *seen, uint32_t n_annotators)
{
    uint32_t people = 0;
    memset(seen, 0, n_annotators * sizeof(*seen));
    for (size_t i = 0; i < n; i++) {
        if ((group[i] < n_groups && shown[group[i]]) || seen[rows[i].annotator])
            continue;
        seen[rows[i].annotator] = true;
        people++;
    }
    return people;
}

void session_shown(const struct metrics_row *rows, size_t n, const uint32_t *group, uint32_t n_groups,
    uint32_t n_annotators, bool *ret_shown)
{
    uint32_t *people = calloc(n_groups + (size_t)1, sizeof(*people));
    double *weight = calloc(n_groups + (size_t)1, sizeof(*weight));
    bool *seen = calloc(n_annotators + (size_t)1, sizeof(*seen));
    // Of each group and annotator once: rows of one annotator may lie in several groups (languages).
    bool *told = calloc((size_t)n_groups * n_annotators + 1, sizeof(*told));
    if (people == NULL || weight == NULL || seen == NULL || told == NULL)
        abort();
    for (size_t i = 0; i < n; i++) {
        if (group[i] >= n_groups)
            continue;
        bool *once = &told[(size_t)group[i] * n_annotators + rows[i].annotator];
        weight[group[i]] += rows[i].weight;
        people[group[i]] += !*once;
        *once = true;
    }
    for (uint32_t g = 0; g < n_groups; g++)
        ret_shown[g] = people[g] >= FIT_GROUP_ANNOTATORS_MIN && weight[g] >= FIT_GROUP_JUDGMENTS_MIN;
    for (;;) {
        uint32_t outside = people_outside(rows, n, group, n_groups, ret_shown, seen, n_annotators),
                 least = FIT_NO_GROUP;
        for (uint32_t g = 0; g < n_groups; g++) {
            if (ret_shown[g] && (least == FIT_NO_GROUP || people[g] < people[least]))
                least = g;
        }
        if (outside == 0 || outside >= FIT_GROUP_ANNOTATORS_MIN || least == FIT_NO_GROUP)
            break;
        ret_shown[least] = false;
    }
    free(people);
    free(weight);
    free(seen);
    free(told);
}
