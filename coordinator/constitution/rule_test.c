// Settings with their defaults and refusals, and decisions at their edges.
#include "coordinator/constitution/rule.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_defaults(void **state)
{
    (void)state;
    struct fields fields;
    fields_init(&fields);
    json_t *body = json_object(), *settings = settings_read(&fields, body);
    assert_true(fields_ok(&fields));
    char *text = json_dumps(settings, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(4));
    assert_string_equal(text,
        "{\"admission\":\"open\",\"budget\":{\"amount\":60,\"period_seconds\":2592000,\"refill\":150},"
        "\"costs\":{\"guideline\":1,\"principle\":10,\"rule\":3},\"rule\":{\"electorate\":\"at_opening\","
        "\"kind\":\"majority\",\"min_votes\":1,\"quorum_share\":0.0,\"threshold\":0.5,\"voting_seconds\":604800},"
        "\"visibility\":\"public\"}");
    struct cost_settings costs = settings_costs(settings);
    assert_int_equal(costs.base[LEVEL_PRINCIPLE], 10);
    assert_int_equal(settings_budget(settings).refill, 150);
    assert_int_equal(settings_voting_seconds(settings), 604800);
    free(text);
    json_decref(settings);
    json_decref(body);
}

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *body, *pointer;
    } bad[] = {
        {"{\"visibility\":\"secret\"}", "/visibility"},
        {"{\"admission\":1}", "/admission"},
        {"{\"rule\":7}", "/rule"},
        {"{\"rule\":{\"kind\":\"lot\"}}", "/rule/kind"},
        {"{\"rule\":{\"quorum_share\":1.5}}", "/rule/quorum_share"},
        {"{\"rule\":{\"quorum_share\":\"all\"}}", "/rule/quorum_share"},
        {"{\"rule\":{\"min_votes\":0}}", "/rule/min_votes"},
        {"{\"rule\":{\"voting_seconds\":0}}", "/rule/voting_seconds"},
        {"{\"rule\":{\"electorate\":\"all\"}}", "/rule/electorate"},
        {"{\"budget\":{\"amount\":0}}", "/budget/amount"},
        {"{\"budget\":{\"refill\":1.5}}", "/budget/refill"},
        {"{\"costs\":{\"principle\":-1}}", "/costs/principle"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct fields fields;
        fields_init(&fields);
        json_t *body = json_loads(bad[i].body, 0, NULL), *settings = settings_read(&fields, body);
        assert_false(fields_ok(&fields));
        assert_string_equal(
            json_string_value(json_object_get(json_array_get(fields.errors, 0), "pointer")), bad[i].pointer);
        fields_release(&fields);
        json_decref(settings);
        json_decref(body);
    }
}

static void check(
    enum rule_kind kind, int64_t quorum, int64_t yes, int64_t no, int64_t abstain, const char *want)
{
    struct tally tally = {yes, no, abstain};
    assert_string_equal(rule_reason(kind, quorum, &tally), want);
}

static void test_decisions(void **state)
{
    (void)state;
    check(RULE_MAJORITY, 0, 0, 0, 0, "not_enough_yes");
    check(RULE_MAJORITY, 1, 0, 0, 0, "too_few_votes");
    check(RULE_MAJORITY, 1, 1, 0, 0, "adopted");
    check(RULE_MAJORITY, 1, 5, 5, 0, "not_enough_yes");
    check(RULE_MAJORITY, 1, 6, 5, 90, "adopted");
    check(RULE_MAJORITY, 10, 5, 4, 0, "too_few_votes");
    check(RULE_MAJORITY, 10, 5, 4, 1, "adopted"); // an abstention is a vote
    check(RULE_TWO_THIRDS, 0, 0, 0, 9, "not_enough_yes");
    check(RULE_TWO_THIRDS, 1, 2, 1, 0, "adopted"); // exactly two thirds
    check(RULE_TWO_THIRDS, 1, 199, 100, 0, "not_enough_yes");
    check(RULE_TWO_THIRDS, 1, 200, 100, 0, "adopted");
}

static void test_outcome(void **state)
{
    (void)state;
    json_t *rule = json_pack("{s:s,s:i}", "kind", "two_thirds", "quorum", 3);
    struct tally tally = {3, 2, 1};
    json_t *outcome = rule_outcome(rule, &tally);
    char *text = json_dumps(outcome, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text,
        "{\"adopted\":false,\"quorum\":3,\"reason\":\"not_enough_yes\","
        "\"rules\":{\"majority\":\"adopted\",\"two_thirds\":\"not_enough_yes\"},\"turnout\":6}");
    free(text);
    json_decref(outcome);
    json_decref(rule);
}

static void test_visibility(void **state)
{
    (void)state;
    assert_false(tally_is_visible(false, false));
    assert_true(tally_is_visible(false, true));
    assert_true(tally_is_visible(true, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_decisions),
        cmocka_unit_test(test_outcome),
        cmocka_unit_test(test_visibility),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
