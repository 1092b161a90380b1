#include "coordinator/constitution/rule.h"

#include <string.h>

const char *const rule_names[N_RULES + 1] = {[RULE_MAJORITY] = "majority", [RULE_TWO_THIRDS] = "two_thirds"};
static const double thresholds[N_RULES] = {[RULE_MAJORITY] = 1.0 / 2, [RULE_TWO_THIRDS] = 2.0 / 3};

static const char *const visibilities[] = {"public", "members", NULL};
static const char *const admissions[] = {"open", "invitation", NULL};
static const char *const electorates[] = {"at_opening", "until_close", NULL};

enum {
    DAY_SECONDS = 24 * 3600,
    VOTING_SECONDS = 7 * DAY_SECONDS,
    BUDGET_PERIOD_SECONDS = 30 * DAY_SECONDS,
    // A principle written anew costs 30; more than 150 in 30 days would be flagged for review (METHODS 3).
    BUDGET_AMOUNT = 60,
    BUDGET_REFILL = 150,
};

static const char *chosen(
    struct fields *fields, const json_t *object, const char *at, const char *name, const char *const *words)
{
    int choice = fields_choice(fields, object, at, name, FIELD_OPTIONAL, words);
    return words[choice < 0 ? 0 : choice];
}

static json_t *read_rule(struct fields *fields, const json_t *body)
{
    const json_t *rule = fields_object(fields, body, "", "rule", FIELD_OPTIONAL);
    fields_only(
        fields, rule, "/rule", FIELDS("kind", "quorum_share", "min_votes", "voting_seconds", "electorate"));
    const json_t *share = json_object_get(rule, "quorum_share");
    double quorum_share = share == NULL ? 0 : json_number_value(share);
    if (share != NULL && (!json_is_number(share) || !(quorum_share >= 0 && quorum_share <= 1)))
        fields_fail(fields, "/rule/quorum_share", "quorum_share is a number from 0 to 1.");
    int kind = fields_choice(fields, rule, "/rule", "kind", FIELD_OPTIONAL, rule_names);
    kind = kind < 0 ? RULE_MAJORITY : kind;
    int64_t min_votes = fields_integer(fields, rule, "/rule", "min_votes", FIELD_OPTIONAL, 1, 1000000000, 1);
    int64_t seconds = fields_integer(
        fields, rule, "/rule", "voting_seconds", FIELD_OPTIONAL, 1, 366 * DAY_SECONDS, VOTING_SECONDS);
    return json_pack("{s:s, s:f, s:f, s:I, s:I, s:s}", "kind", rule_names[kind], "threshold",
        thresholds[kind], "quorum_share", quorum_share, "min_votes", (json_int_t)min_votes, "voting_seconds",
        (json_int_t)seconds, "electorate", chosen(fields, rule, "/rule", "electorate", electorates));
}

static json_t *read_budget(struct fields *fields, const json_t *body)
{
    const json_t *budget = fields_object(fields, body, "", "budget", FIELD_OPTIONAL);
    fields_only(fields, budget, "/budget", FIELDS("amount", "refill", "period_seconds"));
    int64_t amount =
        fields_integer(fields, budget, "/budget", "amount", FIELD_OPTIONAL, 1, 1000000, BUDGET_AMOUNT);
    int64_t refill =
        fields_integer(fields, budget, "/budget", "refill", FIELD_OPTIONAL, 1, 1000000, BUDGET_REFILL);
    int64_t period = fields_integer(fields, budget, "/budget", "period_seconds", FIELD_OPTIONAL, 1,
        366 * DAY_SECONDS, BUDGET_PERIOD_SECONDS);
    return json_pack("{s:I, s:I, s:I}", "amount", (json_int_t)amount, "refill", (json_int_t)refill,
        "period_seconds", (json_int_t)period);
}

static json_t *read_costs(struct fields *fields, const json_t *body)
{
    static const int defaults[N_LEVELS] = {[LEVEL_GUIDELINE] = 1, [LEVEL_RULE] = 3, [LEVEL_PRINCIPLE] = 10};
    const json_t *costs = fields_object(fields, body, "", "costs", FIELD_OPTIONAL);
    fields_only(fields, costs, "/costs", FIELDS("guideline", "rule", "principle"));
    json_t *result = json_object();
    for (int level = LEVEL_GUIDELINE; level <= LEVEL_PRINCIPLE; level++) {
        int64_t cost = fields_integer(
            fields, costs, "/costs", level_names[level], FIELD_OPTIONAL, 1, 10000, defaults[level]);
        json_object_set_new(result, level_names[level], json_integer((json_int_t)cost));
    }
    return result;
}

json_t *settings_read(struct fields *fields, const json_t *body)
{
    json_t *settings = json_object();
    json_object_set_new(
        settings, "visibility", json_string(chosen(fields, body, "", "visibility", visibilities)));
    json_object_set_new(
        settings, "admission", json_string(chosen(fields, body, "", "admission", admissions)));
    json_object_set_new(settings, "rule", read_rule(fields, body));
    json_object_set_new(settings, "budget", read_budget(fields, body));
    json_object_set_new(settings, "costs", read_costs(fields, body));
    const char *language = fields_text(fields, body, "", "language", FIELD_OPTIONAL, 2, 35);
    if (language != NULL)
        json_object_set_new(settings, "language", json_string(language));
    return settings;
}

struct cost_settings settings_costs(const json_t *settings)
{
    struct cost_settings costs = {{0}};
    const json_t *object = json_object_get(settings, "costs");
    for (int level = LEVEL_GUIDELINE; level <= LEVEL_PRINCIPLE; level++)
        costs.base[level] = (int)json_integer_value(json_object_get(object, level_names[level]));
    return costs;
}

struct budget settings_budget(const json_t *settings)
{
    const json_t *object = json_object_get(settings, "budget");
    struct budget budget = {.amount = json_integer_value(json_object_get(object, "amount")),
        .refill = json_integer_value(json_object_get(object, "refill")),
        .period_us = json_integer_value(json_object_get(object, "period_seconds")) * 1000000};
    assert(budget.amount > 0 && budget.refill > 0 && budget.period_us > 0);
    return budget;
}

int64_t settings_voting_seconds(const json_t *settings)
{
    return json_integer_value(json_object_get(json_object_get(settings, "rule"), "voting_seconds"));
}

// --- deciding ------------------------------------------------------------------------------------------------------
static bool enough_yes(enum rule_kind kind, const struct tally *tally)
{
    switch (kind) {
    case RULE_TWO_THIRDS:
        return tally->yes > 0 && 3 * tally->yes >= 2 * (tally->yes + tally->no);
    case RULE_MAJORITY:
    case N_RULES:
        break;
    }
    return tally->yes > tally->no;
}

const char *rule_reason(enum rule_kind kind, int64_t quorum, const struct tally *tally)
{
    if (tally->yes + tally->no + tally->abstain < quorum)
        return "too_few_votes";
    return enough_yes(kind, tally) ? "adopted" : "not_enough_yes";
}

static enum rule_kind kind_of(const json_t *rule)
{
    const char *name = json_string_value(json_object_get(rule, "kind"));
    for (int kind = 0; name != NULL && kind < N_RULES; kind++) {
        if (strcmp(rule_names[kind], name) == 0)
            return (enum rule_kind)kind;
    }
    return RULE_TWO_THIRDS; // never written; the stricter one
}

json_t *rule_outcome(const json_t *rule, const struct tally *tally)
{
    int64_t quorum = json_integer_value(json_object_get(rule, "quorum"));
    json_t *others = json_object();
    for (int kind = 0; kind < N_RULES; kind++)
        json_object_set_new(
            others, rule_names[kind], json_string(rule_reason((enum rule_kind)kind, quorum, tally)));
    const char *reason = rule_reason(kind_of(rule), quorum, tally);
    return json_pack("{s:s, s:b, s:I, s:I, s:o}", "reason", reason, "adopted", strcmp(reason, "adopted") == 0,
        "turnout", (json_int_t)(tally->yes + tally->no + tally->abstain), "quorum", (json_int_t)quorum,
        "rules", others);
}

bool tally_is_visible(bool is_closed, bool has_voted)
{
    return is_closed || has_voted;
}
