// Items with a known answer ("gold"): what a study does with them, what of an item's answer judgments are held against, and
// that as it stands on somebody's screen. Pure.
#ifndef COORDINATOR_COLLECT_GOLD_H
#define COORDINATOR_COLLECT_GOLD_H

#include "coordinator/api.h"
#include "coordinator/collect/rules.h"

// How a study gives them out; all zero: it does not.
struct gold_rules {
    int practice;             // so many first, each with what was expected
    int qualification, tries; // then so many, of which ...
    double share;             // ... this share must be as expected
    double attention;         // then this share of all tasks
};

// `onboarding` and `attention_share` of a new study, into its settings.
void gold_settings(struct fields *fields, const json_t *body, json_t *settings);
struct gold_rules gold_rules_of(const json_t *settings);
bool gold_is_given(const struct gold_rules *rules);

// What is expected of an item with so many responses, by their numbers (as in migrations/0013_known_answers.sql), from its `gold`,
// which names them as if they were on screen in their order. A new reference; `ret_role` NULL: an item like any other.
json_t *gold_read(struct fields *fields, const json_t *gold, const struct rules *rules,
    const struct gold_rules *given, size_t n_responses, const char **ret_role);
// The same as a judgment says it: {choice} or {ranking} or {best, worst}, and {ratings}. A new reference.
json_t *gold_on_screen(const struct rules *rules, const json_t *expected, const int *shown, size_t n_shown);

#endif
