// From utilities by group to one choice. Pure, any thread, deterministic: ties go to the lower candidate index.
// Utilities are n_candidates x n_groups, row-major, prompt-centred and calibrated (reward/predict.h), all finite.
#ifndef REWARD_AGGREGATE_H
#define REWARD_AGGREGATE_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"

enum {
    AGGREGATE_CANDIDATES_MAX = 4096,
    AGGREGATE_GROUPS_MAX = 64,
    AGGREGATE_MAXIMAL_MAX = 128, // candidates of a maximal lottery: its game is as wide as it is long
};

enum aggregate_rule {
    AGGREGATE_MEAN,    // sum_g share_g u_g
    AGGREGATE_MAXMIN,  // min_g u_g
    AGGREGATE_LEXIMIN, // the worst-off first, then the next: maxmin with its ties broken
    AGGREGATE_NASH, // prod_g sigmoid(u_g)^share_g: sigmoid makes utilities positive; its logarithm is the score
    AGGREGATE_WEIGHTS, // sum_g weight_g u_g, weights given with the request
    AGGREGATE_LOTTERY, // the p over candidates with the greatest min_g sum_j p_j u_gj, exact
    // The p that no other beats in votes (Kreweras 1965, Fishburn 1984): the optimal strategy of the zero-sum game of margins
    // m_ij = sum_g share_g (2 sigmoid(u_gi - u_gj) - 1), whose value is 0; exact. A candidate that beats each other alone has it all.
    AGGREGATE_MAXIMAL_LOTTERY,
};

struct aggregate_result {
    double
        *scores; // n_candidates; greater is better under the rule (leximin: minus the rank; lotteries: p_j)
    uint32_t *order;       // n_candidates, best first; equal p_j of a maximal lottery by their mean margin
    uint32_t choice;       // order[0]; for the lottery the deterministic maxmin choice, reported beside it
    uint32_t *worst_group; // n_candidates: the group with the least utility, who would object most
    double *worst_utility; // n_candidates
    double *lottery;       // n_candidates probabilities, or NULL unless a lottery was asked for
    double *
        prices; // lottery only: n_groups weights that sum to 1, of the groups that bind it (the other player's strategy)
    double lottery_value; // its min_g expected utility, >= the best deterministic minimum; maximal: about 0
    double lottery_gap;   // duality gap of the certificate, about 1e-12
};

// False when there is no rule of this name.
bool aggregate_rule_parse(const char *name, enum aggregate_rule *ret_rule) MUST_CHECK;
const char *aggregate_rule_name(enum aggregate_rule rule);

// Weights as shares that sum to 1; NULL: equal ones. ERR_INVALID for weights that are none.
int aggregate_shares(const double *weights, size_t n_groups, double *ret_share, struct err *err) MUST_CHECK;

// `weights` (n_groups, not negative, sum > 0) are the shares for mean, nash and the maximal lottery, the wish for weights; NULL:
// equal. ERR_LIMIT past the maxima above, ERR_INVALID for no candidate, no group, or weights that are not such.
int aggregate(enum aggregate_rule rule, const double *utilities, size_t n_candidates, size_t n_groups,
    const double *weights, struct arena *arena, struct aggregate_result *ret_result,
    struct err *err) MUST_CHECK;

// How much one utility moves a score: the derivative of candidate i's score by each of its n_groups utilities (lotteries: of what the
// candidate is worth against the lottery). `share` as aggregate_shares gives it, `result` as aggregate gave it.
void aggregate_slopes(enum aggregate_rule rule, const double *utilities, size_t n_candidates, size_t n_groups,
    const double *share, const struct aggregate_result *result, size_t i, double *ret_slope);
// What each group gives to candidate i's score: under mean, nash and weights they add up to it; under maxmin, leximin and the
// lottery it is what binds (the least utility, or a group's price times its utility); under the maximal lottery the group's part
// of the margin over the lottery.
void aggregate_parts(enum aggregate_rule rule, const double *utilities, size_t n_candidates, size_t n_groups,
    const double *share, const struct aggregate_result *result, size_t i, double *ret_part);

#endif
