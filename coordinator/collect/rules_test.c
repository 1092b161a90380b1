#include "coordinator/collect/rules.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static json_t *json(const char *text)
{
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    return value;
}

// The first error's pointer, or "ok".
static const char *fault(const char *text, bool follows, json_t **ret_task)
{
    static char pointer[POINTER_MAX_BYTES];
    struct fields fields;
    json_t *given = json(text), *task;
    fields_init(&fields);
    task = rules_read(&fields, given, "/task", follows);
    snprintf(pointer, POINTER_MAX_BYTES, "ok");
    if (!fields_ok(&fields))
        snprintf(pointer, POINTER_MAX_BYTES, "%s",
            json_string_value(json_object_get(json_array_get(fields.errors, 0), "pointer")));
    fields_release(&fields);
    json_decref(given);
    if (ret_task != NULL)
        *ret_task = task;
    else
        json_decref(task);
    return pointer;
}

static void expect_full(const char *given, const char *expected)
{
    json_t *task, *wanted = json(expected);
    assert_string_equal(fault(given, false, &task), "ok");
    char *got = json_canonical(task), *canonical = json_canonical(wanted);
    assert_string_equal(got, canonical);
    free(got);
    free(canonical);
    // What is full is taken again as it is: so a study is copied.
    char *again = json_canonical(task);
    json_t *copy;
    assert_string_equal(fault(again, false, &copy), "ok");
    assert_true(json_equal(copy, task));
    free(again);
    json_decref(copy);
    json_decref(task);
    json_decref(wanted);
}

#define REST                                                                                                    \
    "\"goal\":\"better\",\"strength_max\":3,\"tie\":true,\"both_bad\":true,\"partial\":false,\"reasons\":null," \
    "\"rationale\":\"optional\",\"confidence\":\"off\",\"edit\":\"off\",\"compliance\":null,\"hindsight\":null"

static void defaults_are_written_out(void **state)
{
    (void)state;
    expect_full(
        "{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\",\"dimensions\":[],\"labels\":[]," REST "}");
    expect_full("{\"kind\":\"rating\"}",
        "{\"kind\":\"rating\",\"labels\":[],\"dimensions\":[{\"id\":\"overall\",\"scale\":\"likert\",\"min\":1,\"max\":5,"
        "\"about\":\"response\",\"required\":true,\"fractions\":true}]," REST "}");
    expect_full(
        "{\"kind\":\"ranking\",\"dimensions\":[\"wit\",{\"name\":\"care\",\"scale\":\"likert\"},"
        "{\"id\":\"feel\",\"scale\":\"slider\",\"about\":\"item\"},{\"id\":\"safe\",\"scale\":\"yes_no_unsure\"}]}",
        "{\"kind\":\"ranking\",\"labels\":[],\"dimensions\":["
        "{\"id\":\"wit\",\"scale\":\"likert\",\"min\":1,\"max\":5,\"about\":\"response\",\"required\":false,\"fractions\":true},"
        "{\"id\":\"care\",\"scale\":\"likert\",\"min\":1,\"max\":7,\"about\":\"response\",\"required\":false},"
        "{\"id\":\"feel\",\"scale\":\"slider\",\"min\":1,\"max\":100,\"about\":\"item\",\"required\":false},"
        "{\"id\":\"safe\",\"scale\":\"yes_no_unsure\",\"about\":\"response\",\"required\":false}]," REST "}");
    expect_full("{\"kind\":\"rating\",\"labels\":[{\"id\":\"rude\"}]}",
        "{\"kind\":\"rating\",\"dimensions\":[],\"labels\":[{\"id\":\"rude\",\"about\":\"response\",\"multiple\":false,"
        "\"required\":false}]," REST "}");
}

static void what_is_given_stands_above_the_preset(void **state)
{
    (void)state;
    json_t *task;
    assert_string_equal(fault("{\"preset\":\"lmarena\"}", false, &task), "ok");
    assert_string_equal(json_string_value(json_object_get(task, "kind")), "pairwise");
    assert_int_equal(json_integer_value(json_object_get(task, "strength_max")), 0);
    json_decref(task);
    assert_string_equal(fault("{\"preset\":\"llama2\",\"tie\":true,\"labels\":null}", false, &task), "ok");
    assert_true(json_is_true(json_object_get(task, "tie")));
    assert_int_equal(json_array_size(json_object_get(task, "labels")), 0);
    assert_int_equal(json_integer_value(json_object_get(task, "strength_max")), 4);
    json_decref(task);
}

static void every_preset_is_good(void **state)
{
    (void)state;
    for (const struct task_preset *one = task_presets; one->name != NULL; one++) {
        json_t *given = json_pack("{s:s}", "preset", one->name), *task;
        char *text = json_canonical(given);
        assert_string_equal(fault(text, false, &task), "ok");
        assert_string_equal(json_string_value(json_object_get(task, "preset")), one->name);
        free(text);
        json_decref(task);
        json_decref(given);
    }
}

static void faults_are_pointed_at(void **state)
{
    (void)state;
    static const char *const bad[][2] = {{"{}", "/task/kind"}, {"{\"kind\":\"vote\"}", "/task/kind"},
        {"{\"preset\":\"gpt9\",\"kind\":\"rating\"}", "/task/preset"},
        {"{\"kind\":\"rating\",\"x\":1}", "/task/x"},
        {"{\"kind\":\"rating\",\"goal\":\"worse\"}", "/task/goal"},
        {"{\"kind\":\"pairwise\",\"strength_max\":5}", "/task/strength_max"},
        {"{\"kind\":\"pairwise\",\"tie\":1}", "/task/tie"},
        {"{\"kind\":\"pairwise\",\"edit\":\"yes\"}", "/task/edit"},
        {"{\"kind\":\"rating\",\"dimensions\":[\"a\",\"a\"]}", "/task/dimensions/1"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"min\":3,\"max\":2}]}", "/task/dimensions/0"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"scale\":\"stars\"}]}",
            "/task/dimensions/0/scale"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"scale\":\"likert\",\"max\":1.5}]}",
            "/task/dimensions/0/max"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"scale\":\"slider\",\"max\":10}]}",
            "/task/dimensions/0"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"scale\":\"yes_no_unsure\",\"max\":10}]}",
            "/task/dimensions/0"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"about\":\"world\"}]}",
            "/task/dimensions/0/about"},
        {"{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"odd\":1}]}", "/task/dimensions/0/odd"},
        {"{\"kind\":\"rating\",\"labels\":[{\"id\":\"a:b\"}]}", "/task/labels/0/id"},
        {"{\"kind\":\"rating\",\"labels\":[{\"id\":\"a\",\"required\":true}]}", "/task/labels/0/required"},
        {"{\"kind\":\"rating\",\"labels\":[{\"id\":\"a\",\"multiple\":true}]}", "/task/labels/0/multiple"},
        {"{\"kind\":\"rating\",\"labels\":[{\"id\":\"a\",\"options\":[]}]}", "/task/labels/0/options"},
        {"{\"kind\":\"rating\",\"labels\":[{\"id\":\"a\",\"options\":[{\"id\":\"x\"},{\"id\":\"x\"}]}]}",
            "/task/labels/0/options/1"},
        {"{\"kind\":\"rating\",\"reasons\":{\"from\":\"constitution\"}}", "/task/reasons/from"},
        {"{\"kind\":\"rating\",\"reasons\":{\"from\":\"list\"}}", "/task/reasons/list"},
        {"{\"kind\":\"rating\",\"compliance\":{\"articles\":[\"a\"]}}", "/task/compliance"},
        {"{\"kind\":\"rating\",\"hindsight\":{\"when\":\"after\"}}", "/task/hindsight/when"}};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_string_equal(fault(bad[i][0], false, NULL), bad[i][1]);
    assert_string_equal(fault("{\"kind\":\"rating\",\"compliance\":{\"articles\":[]}}", true, NULL),
        "/task/compliance/articles");
    assert_string_equal(fault("{\"kind\":\"ranking\",\"compliance\":{\"articles\":[\"a\"]}}", true, NULL),
        "/task/compliance");
    assert_string_equal(
        fault("{\"kind\":\"rating\",\"compliance\":{\"articles\":[\"a\",\"a\"]}}", true, NULL),
        "/task/compliance/articles/1");
    assert_string_equal(
        fault("{\"kind\":\"rating\",\"reasons\":{\"from\":\"constitution\"}}", true, NULL), "ok");
}

static void articles_become_dimensions(void **state)
{
    (void)state;
    json_t *task,
        *document = json("{\"articles\":[{\"id\":\"care\",\"title\":\"Care\",\"children\":[{\"id\":\"truth\","
                         "\"title\":{\"en\":\"Truth\"}}]}]}");
    struct fields fields;
    fields_init(&fields);
    assert_string_equal(
        fault("{\"kind\":\"rating\",\"compliance\":{\"articles\":[\"truth\",\"care\"]},\"dimensions\":"
              "[{\"id\":\"article:care\"},\"wit\"]}",
            true, &task),
        "ok");
    rules_comply(&fields, task, "/task", document);
    assert_true(fields_ok(&fields));
    char *text = json_canonical(json_object_get(task, "dimensions"));
    assert_string_equal(text,
        "[{\"about\":\"response\",\"id\":\"article:truth\",\"label\":{\"en\":\"Truth\"},\"required\":true,\"scale\":\"yes_no_unsure\"},"
        "{\"about\":\"response\",\"id\":\"article:care\",\"label\":\"Care\",\"required\":true,\"scale\":\"yes_no_unsure\"},"
        "{\"about\":\"response\",\"fractions\":true,\"id\":\"wit\",\"max\":5,\"min\":1,\"required\":true,\"scale\":\"likert\"}]");
    free(text);
    json_decref(document);
    document = json("{\"articles\":[]}");
    rules_comply(&fields, task, "/task", document);
    assert_string_equal(json_string_value(json_object_get(json_array_get(fields.errors, 0), "pointer")),
        "/task/compliance/articles/0");
    fields_release(&fields);
    json_decref(document);
    json_decref(task);
}

// The first error's pointer of `now` after `earlier`, or "ok".
static const char *extension(const char *earlier_text, const char *now_text)
{
    static char pointer[POINTER_MAX_BYTES];
    struct fields fields;
    json_t *earlier, *now;
    assert_string_equal(fault(earlier_text, false, &earlier), "ok");
    assert_string_equal(fault(now_text, false, &now), "ok");
    fields_init(&fields);
    rules_extend(&fields, earlier, now, "/task");
    snprintf(pointer, POINTER_MAX_BYTES, "ok");
    if (!fields_ok(&fields))
        snprintf(pointer, POINTER_MAX_BYTES, "%s",
            json_string_value(json_object_get(json_array_get(fields.errors, 0), "pointer")));
    fields_release(&fields);
    json_decref(earlier);
    json_decref(now);
    return pointer;
}

#define RATING(dimensions, more) "{\"kind\":\"rating\",\"dimensions\":[" dimensions "]" more "}"
#define HELP "{\"id\":\"help\",\"scale\":\"likert\",\"min\":1,\"max\":7}"
#define WARM(required) "{\"id\":\"warm\",\"scale\":\"yes_no_unsure\",\"required\":" required "}"
#define BOXES(options) ",\"labels\":[{\"id\":\"harm\",\"options\":[" options "]}]"
#define REASONS(list) ",\"reasons\":{\"from\":\"list\",\"list\":[" list "]}"

static void a_later_version_takes_nothing_away(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\"}", "ok"},
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"ranking\"}", "/task/kind"},
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\",\"goal\":\"worse\"}", "/task/goal"},
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\",\"strength_max\":1}", "/task/strength_max"},
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\",\"tie\":false}", "/task/tie"},
        {"{\"kind\":\"pairwise\",\"tie\":false}", "{\"kind\":\"pairwise\"}", "ok"},
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\",\"hindsight\":{\"when\":\"split\"}}",
            "/task/hindsight"},
        {"{\"kind\":\"pairwise\"}", "{\"kind\":\"pairwise\",\"confidence\":\"required\"}",
            "/task/confidence"},
        {"{\"kind\":\"pairwise\",\"confidence\":\"required\"}",
            "{\"kind\":\"pairwise\",\"edit\":\"optional\"}", "ok"},
        {RATING(HELP, ""), RATING("{\"id\":\"help\",\"label\":\"Does it help?\",\"scale\":\"likert\"}", ""),
            "ok"},
        {RATING(HELP, ""), RATING(HELP "," WARM("false"), ""), "ok"},
        {RATING(HELP, ""), RATING(WARM("false") "," HELP, ""), "ok"},
        {RATING(HELP, ""), RATING(HELP "," WARM("true"), ""), "/task/dimensions/1/required"},
        {RATING(HELP "," WARM("true"), ""), RATING(HELP "," WARM("false"), ""), "ok"},
        {RATING(HELP "," WARM("false"), ""), RATING(HELP "," WARM("true"), ""),
            "/task/dimensions/1/required"},
        {RATING(HELP "," WARM("false"), ""), RATING(HELP, ""), "/task/dimensions"},
        {RATING(HELP, ""), RATING("{\"id\":\"help\",\"scale\":\"likert\",\"min\":1,\"max\":5}", ""),
            "/task/dimensions/0/max"},
        {RATING(HELP, ""), RATING("{\"id\":\"help\",\"scale\":\"slider\"}", ""), "/task/dimensions/0/scale"},
        {RATING(HELP, ""), RATING("{\"id\":\"help\",\"scale\":\"likert\",\"about\":\"item\"}", ""),
            "/task/dimensions/0/about"},
        {RATING(HELP, BOXES("{\"id\":\"a\"}")),
            RATING(HELP, BOXES("{\"id\":\"b\"},{\"id\":\"a\",\"label\":\"A\"}")), "ok"},
        {RATING(HELP, BOXES("{\"id\":\"a\"}")), RATING(HELP, BOXES("{\"id\":\"b\"}")),
            "/task/labels/0/options"},
        {RATING(HELP, BOXES("{\"id\":\"a\"}")), RATING(HELP, ",\"labels\":[{\"id\":\"harm\"}]"),
            "/task/labels/0/options"},
        {RATING(HELP, BOXES("{\"id\":\"a\"}")), RATING(HELP, ""), "/task/labels"},
        {RATING(HELP, REASONS("{\"id\":\"a\"}")), RATING(HELP, REASONS("{\"id\":\"a\"},{\"id\":\"b\"}")),
            "ok"},
        {RATING(HELP, REASONS("{\"id\":\"a\"}")), RATING(HELP, REASONS("{\"id\":\"b\"}")),
            "/task/reasons/list"},
        {RATING(HELP, REASONS("{\"id\":\"a\"}")), RATING(HELP, ""), "/task/reasons/from"},
        {RATING(HELP, ""), RATING(HELP, REASONS("{\"id\":\"a\"}")), "ok"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(extension(cases[i][0], cases[i][1]), cases[i][2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(defaults_are_written_out),
        cmocka_unit_test(what_is_given_stands_above_the_preset), cmocka_unit_test(every_preset_is_good),
        cmocka_unit_test(faults_are_pointed_at), cmocka_unit_test(articles_become_dimensions),
        cmocka_unit_test(a_later_version_takes_nothing_away)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
