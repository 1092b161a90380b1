// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "coordinator/dataset/view.h"

#include <stdio.h>
#include <string.h>

// The pairs of a judgment as "2>0 2>1".
static void expect_pairs(const char *outcome, int strength, const char *json_text, const char *expected)
{
    static struct export_pair pairs[PAIRS_OF_A_JUDGMENT_MAX];
    char text[512] = "";
    json_t *json = json_loads(json_text, 0, NULL);
    assert_non_null(json);
    const struct export_judgment judgment = {.json = json, .outcome = outcome, .strength = strength};
    size_t n = judgment_pairs(&judgment, false, pairs, PAIRS_OF_A_JUDGMENT_MAX);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(pairs[i].strength, strength);
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d>%d", i > 0 ? " " : "",
            pairs[i].chosen, pairs[i].rejected);
    }
    assert_string_equal(text, expected);
    json_decref(json);
}

static void a_choice_is_one_pair(void **state UNUSED)
{
    expect_pairs("left", 3, "{\"shown\":[1,0]}", "1>0");
    expect_pairs("right", 0, "{\"shown\":[1,0]}", "0>1");
    expect_pairs("left", 0, "{\"shown\":[2,4]}", "2>4");
}

static void a_ranking_is_every_strict_pair(void **state UNUSED)
{
    expect_pairs("ranking", 0, "{\"shown\":[0,1,2],\"answer\":{\"ranking\":[[2],[0],[1]]}}", "2>0 2>1 0>1");
    expect_pairs("ranking", 0, "{\"shown\":[0,1,2],\"answer\":{\"ranking\":[[2],[0,1]]}}", "2>0 2>1");
    expect_pairs("ranking", 0, "{\"shown\":[0,1,2],\"answer\":{\"ranking\":[[2,0,1]]}}", "");
    expect_pairs("ranking", 0, "{\"shown\":[0,1],\"answer\":{}}", "");
}

static void nothing_else_is_a_pair(void **state UNUSED)
{
    static const char *const outcomes[] = {"tie", "both_bad", "cannot_judge", "skip", "rather_not", "rating"};
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++)
        expect_pairs(outcomes[i], 2,
            "{\"shown\":[0,1],\"answer\":{\"ratings\":{\"d\":{\"0\":1,\"1\":5}},\"ranking\":[[0],[1]]}}", "");
}

static void a_hundred_ranked_fit(void **state UNUSED)
{
    static struct export_pair pairs[PAIRS_OF_A_JUDGMENT_MAX];
    json_t *ranking = json_array();
    for (int i = 0; i < 100; i++)
        json_array_append_new(ranking, json_pack("[i]", i));
    json_t *json = json_pack("{s:{s:o}}", "answer", "ranking", ranking);
    const struct export_judgment judgment = {.json = json, .outcome = "ranking"};
    assert_int_equal(judgment_pairs(&judgment, false, pairs, PAIRS_OF_A_JUDGMENT_MAX), 4950);
    json_decref(json);
}

// What is made better, as "2*>2": the star is the edited one.
static void expect_edited(
    const char *outcome, bool is_worse, int edited, const char *json_text, const char *expected)
{
    static struct export_pair pairs[PAIRS_OF_A_JUDGMENT_MAX];
    char text[512] = "", content[] = "better";
    json_t *json = json_loads(json_text, 0, NULL);
    const struct export_judgment judgment = {
        .json = json, .outcome = outcome, .edited = edited, .content = edited >= 0 ? content : NULL};
    size_t n = judgment_pairs(&judgment, is_worse, pairs, PAIRS_OF_A_JUDGMENT_MAX);
    for (size_t i = 0; i < n; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%d%s>%d", i > 0 ? " " : "",
            pairs[i].chosen, pairs[i].edited != NULL ? "*" : "", pairs[i].rejected);
    assert_string_equal(text, expected);
    json_decref(json);
}

static void the_worse_is_turned_round(void **state UNUSED)
{
    expect_edited("left", true, -1, "{\"shown\":[1,0]}", "0>1");
    expect_edited("right", true, -1, "{\"shown\":[1,0]}", "1>0");
    expect_edited("ranking", true, -1, "{\"answer\":{\"ranking\":[[0],[1]]}}", "0>1");
}

static void the_edited_stands_above(void **state UNUSED)
{
    expect_edited("left", false, 1, "{\"shown\":[1,0]}", "1>0 1*>1 1*>0");
    expect_edited("left", true, 0, "{\"shown\":[1,0]}", "0>1 0*>0 0*>1");
    expect_edited("left", false, 0, "{\"shown\":[1,0]}",
        "1>0 0*>0"); // the worse one was edited: no more is known of it
    expect_edited(
        "ranking", false, 2, "{\"answer\":{\"ranking\":[[2],[0],[1]]}}", "2>0 2>1 0>1 2*>2 2*>0 2*>1");
    expect_edited("tie", false, 1, "{\"shown\":[1,0]}", "1*>1");
    expect_edited("skip", false, 1, "{\"shown\":[1,0]}", "");
}

static void formats_have_names(void **state UNUSED)
{
    size_t n = 0;
    while (export_views[n] != NULL)
        assert_ptr_equal(export_view_named(export_views[n]->format), export_views[n]), n++;
    assert_in_range(n, 1, FORMATS_MAX);
    assert_null(export_view_named("nope"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_choice_is_one_pair),
        cmocka_unit_test(a_ranking_is_every_strict_pair),
        cmocka_unit_test(nothing_else_is_a_pair),
        cmocka_unit_test(a_hundred_ranked_fit),
        cmocka_unit_test(the_worse_is_turned_round),
        cmocka_unit_test(the_edited_stands_above),
        cmocka_unit_test(formats_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
