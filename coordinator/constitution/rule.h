// A community's settings, and how an amendment is decided. Pure. Settings come with the community, are kept whole in
// community.settings, and each amendment keeps its rule as it stood when the vote opened.
#ifndef COORDINATOR_CONSTITUTION_RULE_H
#define COORDINATOR_CONSTITUTION_RULE_H

#include "coordinator/api.h"
#include "coordinator/constitution/cost.h"

// How votes become a decision (METHODS 3). Others join: maxmin over opinion groups, juries.
enum rule_kind { RULE_MAJORITY, RULE_TWO_THIRDS, N_RULES };
extern const char *const rule_names[N_RULES + 1]; // ended by NULL

// Reads visibility, admission, rule, budget and costs of a new community; what is absent gets its default, so that the
// stored settings say everything. A new reference; with errors noted in `fields`, what it holds is harmless.
json_t *settings_read(struct fields *fields, const json_t *body);
// From stored settings.
struct cost_settings settings_costs(const json_t *settings);
struct budget settings_budget(const json_t *settings);
int64_t settings_voting_seconds(const json_t *settings);

struct tally {
    int64_t yes, no, abstain;
};
// "adopted", "too_few_votes" (under the quorum) or "not_enough_yes". `rule` is an amendment's: {kind, quorum}.
// majority: yes > no. two_thirds: 3 yes >= 2 (yes + no). Abstentions count for the quorum only. No vote adopts nothing.
const char *rule_reason(enum rule_kind kind, int64_t quorum, const struct tally *tally);
// What is kept of a decision: {reason, adopted, turnout, quorum, rules: {kind: reason}}, each rule on the same ballots.
json_t *rule_outcome(const json_t *rule, const struct tally *tally);

// The one place where it is decided whether a tally is shown: to who has voted, and to all once it is closed. For every
// route, event, mail and export alike.
bool tally_is_visible(bool is_closed, bool has_voted);

#endif
