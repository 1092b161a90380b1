// What an amendment costs its proposer, and what a budget allows. Pure. METHODS 3 (docs/methods.md): for each article
// touched base(level) * (1 + n)^2 * (1 + 2 * share), n the person's changes to that article in 30 days, summed and
// rounded up. `share` is the share of words changed, 1 - LCS / max(words before, words after): a metric (Bakkelund 2009),
// so that a change made in two steps is never cheaper than in one.
#ifndef COORDINATOR_CONSTITUTION_COST_H
#define COORDINATOR_CONSTITUTION_COST_H

#include "coordinator/constitution/amend.h"

struct cost_settings {
    int base[N_LEVELS]; // of immutable: never asked for
};

// Share of words changed between two texts, 0 to 1. A word is a run of letters, marks and digits; a sign of
// punctuation, and each letter of a script that writes no spaces, is a word of its own. O(words^2 / 64).
double cost_share(const char *before, const char *after);

// `n_changes(arg, article)`: how often the proposer has changed that article in 30 days; "" is the top, asked for an
// article added there, and an added article counts as a change of its parent.
int64_t cost_of(const struct document *base, const struct operations *operations,
    const struct cost_settings *settings, int (*n_changes)(void *arg, const char *article), void *arg,
    struct arena *arena);

// --- the budget: generic cell rate algorithm -------------------------------------------------------------------------
// `amount` may be spent at once, and flows back evenly, `refill` a `period_us`. The only state is `until_us`: when the
// budget will be whole again.
struct budget {
    int64_t amount, refill, period_us;
};
// What is left at `now_us`.
int64_t budget_balance(const struct budget *budget, int64_t until_us, int64_t now_us);
// Spends; true and the new state, or false and how long until it could be afforded (-1: never, it is above `amount`).
bool budget_spend(const struct budget *budget, int64_t until_us, int64_t now_us, int64_t cost,
    int64_t *ret_until_us, int64_t *ret_wait_us) MUST_CHECK;

#endif
