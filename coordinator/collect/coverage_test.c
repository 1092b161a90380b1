#include "coordinator/collect/coverage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void hide(const int64_t *counts, size_t n, char text[8])
{
    bool hidden[8];
    assert_true(n < 8);
    coverage_hide(counts, n, COVERAGE_LEAST, hidden);
    for (size_t i = 0; i < n; i++)
        text[i] = hidden[i] ? 'x' : '.';
    text[n] = '\0';
}

static void test_hiding(void **state UNUSED)
{
    static const struct {
        int64_t counts[6];
        size_t n;
        const char *hidden;
    } cases[] = {
        {{20, 30, 10}, 3, "..."},
        {{20, 30, 9}, 3, "x.x"},     // 9 is the whole less the rest: the smallest goes as well
        {{124, 131, 7}, 3, "x.x"},   // the case that was found: 262 - 124 - 131
        {{20, 30, 4, 5}, 4, "x.xx"}, // 9 people in two cells are as few
        {{20, 30, 5, 5}, 4, "..xx"}, // 10 are not
        {{20, 30, 9, 9}, 4, "x.xx"}, // but 18 in two small cells can only be 9 and 9
        {{20, 30, 0, 0}, 4, "..xx"}, // nobody is singled out by a zero
        {{20, 30, 3, 0}, 4, "x.xx"}, // but a zero hides nobody either
        {{12, 12, 1}, 3, "x.x"},     // one of two alike is enough
        {{3, 4}, 2, "xx"},
        {{40, 1}, 2, "xx"},
        {{5, 6, 50}, 3, "xx."},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char text[8];
        hide(cases[i].counts, cases[i].n, text);
        assert_string_equal(text, cases[i].hidden);
    }
}

// Rows are groups, columns what they said.
static void test_hiding_tables(void **state UNUSED)
{
    static const struct {
        int64_t counts[6];
        const char *hidden;
    } cases[] = {
        {{20, 30, 15, 12, 40, 11}, "......"},
        {{20, 5, 15, 12, 40, 11},
            ".xx.xx"}, // a small one hides one in its row and in its column, and these another
        {{25, 0, 0, 0, 0, 25}, "xxxxxx"},    // who all who said a thing are is told of nobody
        {{25, 5, 30, 31, 12, 13}, "xxxxxx"}, // the smallest go first, in each line: here none is left
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        bool hidden[6];
        coverage_hide_table(cases[i].counts, 2, 3, COVERAGE_LEAST, hidden);
        for (size_t c = 0; c < 6; c++)
            assert_true(hidden[c] == (cases[i].hidden[c] == 'x'));
    }
}

// Somebody who knows the rule and sees what is shown beside the whole tries every study there could be (with `least` 4, to
// have few of them): what is hidden sums to nobody or to enough, and no small group has one possible size only.
enum { LEAST = 4, CELLS = 4, MOST = 12, STUDIES = (MOST + 1) * (MOST + 1) * (MOST + 1) * (MOST + 1) };

static void study_of(int number, int64_t counts[CELLS], bool hidden[CELLS], char key[100])
{
    int64_t whole = 0;
    size_t length = 0;
    for (size_t i = 0; i < CELLS; i++, number /= MOST + 1) {
        counts[i] = number % (MOST + 1);
        whole += counts[i];
    }
    coverage_hide(counts, CELLS, LEAST, hidden);
    for (size_t i = 0; i < CELLS; i++)
        length += (size_t)snprintf(key + length, 100 - length, "%d ", hidden[i] ? -1 : (int)counts[i]);
    snprintf(key + length, 100 - length, "of %d", (int)whole);
}

static void test_nothing_follows(void **state UNUSED)
{
    int64_t counts[CELLS];
    bool hidden[CELLS];
    char key[100];
    json_t *seen = json_object(); // {what is shown: [for each cell: bits of the sizes it could have]}
    for (int number = 0; number < STUDIES; number++) {
        study_of(number, counts, hidden, key);
        json_t *sizes = json_object_get(seen, key);
        if (sizes == NULL) {
            sizes = json_pack("[i,i,i,i]", 0, 0, 0, 0);
            json_object_set_new(seen, key, sizes);
        }
        for (size_t i = 0; i < CELLS; i++) {
            json_t *size = json_array_get(sizes, i);
            json_integer_set(size, json_integer_value(size) | (1 << counts[i]));
        }
    }
    for (int number = 0; number < STUDIES; number++) {
        int64_t n_hidden_people = 0;
        bool is_any_shown = false;
        study_of(number, counts, hidden, key);
        for (size_t i = 0; i < CELLS; i++) {
            json_int_t sizes = json_integer_value(json_array_get(json_object_get(seen, key), i));
            assert_true(hidden[i] || counts[i] >= LEAST);
            assert_true(!hidden[i] || counts[i] == 0 || counts[i] >= LEAST || (sizes & (sizes - 1)) != 0);
            n_hidden_people += hidden[i] ? counts[i] : 0;
            is_any_shown = is_any_shown || !hidden[i];
        }
        assert_true(!is_any_shown || n_hidden_people == 0 || n_hidden_people >= LEAST);
    }
    json_decref(seen);
}

static void add(struct coverage *coverage, int n, const char *answers, bool is_imported)
{
    json_t *json = answers == NULL ? NULL : json_loads(answers, 0, NULL);
    assert_true(answers == NULL || json != NULL);
    for (int i = 0; i < n; i++)
        coverage_add(coverage, json, is_imported, 2);
    json_decref(json);
}

// "attribute:value=annotators/judgments", "x" where hidden; one after the other.
static char *text_of(const struct coverage *coverage)
{
    static char text[2000];
    json_t *rows = coverage_rows(coverage), *row;
    size_t i, length = 0;
    json_array_foreach(rows, i, row)
    {
        const char *attribute, *value;
        json_t *annotators, *judgments;
        int hidden;
        assert_int_equal(json_unpack(row, "{s:s, s:s, s:o, s:o, s:b}", "attribute", &attribute, "value",
                             &value, "annotators", &annotators, "judgments", &judgments, "hidden", &hidden),
            0);
        assert_int_equal(hidden, json_is_null(annotators));
        assert_int_equal(hidden, json_is_null(judgments));
        if (hidden)
            length += (size_t)snprintf(text + length, sizeof(text) - length, "%s:%s=x ", attribute, value);
        else
            length += (size_t)snprintf(text + length, sizeof(text) - length, "%s:%s=%lld/%lld ", attribute,
                value, json_integer_value(annotators), json_integer_value(judgments));
    }
    json_decref(rows);
    return text;
}

static void test_rows(void **state UNUSED)
{
    json_t *questions =
        json_loads("[{\"id\":\"side\",\"values\":[{\"id\":\"n\"},{\"id\":\"s\"},{\"id\":\"e\"}]}]", 0, NULL);
    struct coverage coverage;
    coverage_init(&coverage, questions);
    // Nobody: every answer that is offered has a row all the same.
    assert_string_equal(
        text_of(&coverage), "side:n=x side:s=x side:e=x side:prefer_not_to_say=x side:not_answered=x ");
    add(&coverage, 15, "{\"side\":\"s\"}", false);
    add(&coverage, 12, "{\"side\":\"n\"}", false);
    add(&coverage, 6, "{\"side\":\"prefer_not_to_say\",\"asked elsewhere\":\"yes\"}", false);
    add(&coverage, 3, NULL, false);
    // Nine said nothing, in two ways: the smallest group goes with them.
    assert_string_equal(
        text_of(&coverage), "side:n=x side:s=15/30 side:e=x side:prefer_not_to_say=x side:not_answered=x ");
    add(&coverage, 1, "{\"side\":\"written by hand\"}", false);
    assert_string_equal(text_of(&coverage),
        "side:n=12/24 side:s=15/30 side:e=x side:prefer_not_to_say=x side:not_answered=x side:other=x ");
    coverage_release(&coverage);
    json_decref(questions);
}

static void test_several_and_imported(void **state UNUSED)
{
    json_t *questions =
        json_loads("[{\"id\":\"faith\",\"multi\":true,\"values\":[{\"id\":\"a\"},{\"id\":\"b\"}]}]", 0, NULL);
    struct coverage coverage;
    coverage_init(&coverage, questions);
    add(&coverage, 30, "{\"faith\":[\"a\",\"b\"]}", false);
    add(&coverage, 5, "{\"faith\":[\"b\"]}", false);
    // Thirty gave a, and so five did not; all gave b.
    assert_string_equal(
        text_of(&coverage), "faith:a=x faith:b=35/70 faith:prefer_not_to_say=x faith:not_answered=x ");
    add(&coverage, 11, "{\"craft\":\"weaver\"}", true);
    add(&coverage, 10, "{\"craft\":\"smith\"}", true);
    add(&coverage, 2, "{\"craft\":\"the only lamplighter of Ushuaia\"}", true);
    // What the study did not offer is named only where it is counted.
    assert_string_equal(text_of(&coverage),
        "faith:a=30/60 faith:b=35/70 faith:prefer_not_to_say=x faith:not_answered=23/46 "
        "craft:weaver=11/22 craft:not_answered=35/70 craft:other=x ");
    coverage_release(&coverage);
    json_decref(questions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hiding),
        cmocka_unit_test(test_hiding_tables),
        cmocka_unit_test(test_nothing_follows),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_several_and_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
