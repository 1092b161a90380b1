#include "coordinator/learn/groups.h"

#include <stdio.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    return json;
}

static void add(struct groups *groups, uint32_t annotator, const char *answers, bool is_imported)
{
    json_t *json = parse(answers);
    groups_add(groups, annotator, json, is_imported);
    json_decref(json);
}

static const char *value_of(const struct groups *groups, uint32_t attribute, uint32_t annotator)
{
    uint32_t code = groups_codes(groups, attribute)[annotator];
    return code == GROUPS_NONE ? NULL : groups_values(groups, attribute)[code];
}

static void test_answers(void **state UNUSED)
{
    json_t *questions = parse(
        "[{\"id\":\"region\",\"values\":[{\"id\":\"north\"},{\"id\":\"south\"}]},"
        "{\"id\":\"faith\",\"values\":[{\"id\":\"a\"},{\"id\":\"b\"}]},{\"id\":\"story\",\"free\":true}]");
    struct groups *groups = groups_new(questions, "region", 7);
    add(groups, 0, "{\"region\":\"south\",\"faith\":[\"a\",\"b\"],\"story\":\"I am the mayor of X\"}", false);
    add(groups, 1, "{\"region\":\"prefer_not_to_say\",\"faith\":[\"b\"]}", false);
    add(groups, 2, "{\"region\":\"north\",\"secret\":\"never asked here\"}", false);
    add(groups, 3, "{\"region\":\"the small island where only I live\"}", false);
    add(groups, 4, "{\"region\":\"\",\"faith\":[]}", false);
    add(groups, 5, "{\"gender\":\"woman\",\"region\":\"elsewhere\"}", true);
    groups_finish(groups);
    json_decref(questions);

    // Sorted; neither the free answers nor what this study does not ask are there.
    assert_int_equal(groups_n_attributes(groups), 3);
    assert_string_equal(groups_attribute(groups, 0), "faith");
    assert_string_equal(groups_attribute(groups, 1), "gender");
    assert_string_equal(groups_attribute(groups, 2), "region");
    assert_string_equal(value_of(groups, 0, 0), "more than one");
    assert_string_equal(value_of(groups, 0, 1), "b");
    assert_null(value_of(groups, 0, 4));
    assert_string_equal(value_of(groups, 1, 5), "woman"); // an import brings its own
    assert_null(value_of(groups, 2, 1));                  // rather not say: no group
    assert_string_equal(value_of(groups, 2, 3), "self-described");
    assert_string_equal(value_of(groups, 2, 5), "elsewhere");
    assert_null(value_of(groups, 2, 6)); // said nothing
    assert_int_equal(groups_n_values(groups, 2), 4);
    assert_string_equal(groups_values(groups, 2)[0], "elsewhere");
    groups_free(groups);
}

static void test_many_values(void **state UNUSED)
{
    enum { N = 200 };
    json_t *questions = json_array();
    struct groups *groups = groups_new(questions, "", N);
    for (uint32_t i = 0; i < N; i++) {
        char text[64];
        // 0..99 once or twice each: those of 0..59 twice, of which 59 are kept.
        snprintf(text, sizeof(text), "{\"town\":\"t%03u\"}", i < 120 ? i % 60 : i);
        add(groups, i, text, true);
    }
    groups_finish(groups);
    json_decref(questions);
    assert_int_equal(groups_n_values(groups, 0), GROUPS_VALUES_MAX);
    assert_string_equal(value_of(groups, 0, 0), "t000");
    assert_string_equal(value_of(groups, 0, 60), "t000");
    assert_string_equal(value_of(groups, 0, 199), "other");
    assert_string_equal(value_of(groups, 0, 59), "other"); // as often as the others, last by name
    groups_free(groups);
}

static void test_many_attributes(void **state UNUSED)
{
    json_t *questions = json_array();
    struct groups *groups = groups_new(questions, "wanted", 1);
    for (int i = 0; i < 2 * GROUPS_ATTRIBUTES_MAX; i++) {
        char text[64];
        snprintf(text, sizeof(text), "{\"a%02d\":\"x\"}", i);
        add(groups, 0, text, true);
    }
    add(groups, 0, "{\"wanted\":\"y\"}", true);
    groups_finish(groups);
    json_decref(questions);
    assert_int_equal(groups_n_attributes(groups), GROUPS_ATTRIBUTES_MAX);
    assert_string_equal(groups_attribute(groups, GROUPS_ATTRIBUTES_MAX - 1), "wanted");
    assert_string_equal(value_of(groups, GROUPS_ATTRIBUTES_MAX - 1, 0), "y");
    groups_free(groups);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_many_values),
        cmocka_unit_test(test_many_attributes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
