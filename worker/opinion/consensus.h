// What groups and everybody agree on: counts, group-informed consensus, priority, representative and consensus statements.
#ifndef WORKER_OPINION_CONSENSUS_H
#define WORKER_OPINION_CONSENSUS_H

#include "worker/opinion/votes.h"

// Counts of the rows with each group into `group` (n_columns x n_groups; rows with -1 or n_groups and up are left out).
void consensus_count(
    const struct view *view, const int32_t *group_of, uint32_t n_groups, struct opinion_counts *group);

// z(s, n) = 2 sqrt(n + 1) ((s + 1) / (n + 1) - 1/2)
double consensus_prop_test(uint32_t success, uint32_t n);
// Two proportions, pooled, 1 added to all four counts; 0 where all succeeded.
double consensus_two_prop_test(uint32_t success_in, uint32_t success_out, uint32_t n_in, uint32_t n_out);

// From the counts by group (result->k groups, statements' group[], all, inside, moderation, extremity): consensus, priority,
// representative and consensus statements.
void consensus_fill(struct opinion_result *result);

#endif
