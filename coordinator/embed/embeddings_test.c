// What an embeddings endpoint is asked, and what of its answers is believed.
#include "coordinator/embed/embeddings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void is_asked_for(void **state UNUSED)
{
    const struct embeddings_text texts[] = {{"a\"b", 3}, {"", 0}};
    char *text = embeddings_request("m", 0, texts, 2);
    assert_string_equal(text, "{\"model\":\"m\",\"input\":[\"a\\\"b\",\"\"],\"encoding_format\":\"base64\"}");
    free(text);
    text = embeddings_request("m", 256, texts, 1);
    assert_non_null(strstr(text, ",\"dimensions\":256}"));
    free(text);
}

static void both_forms_in_any_order(void **state UNUSED)
{
    static const char *const answers[] = {
        "{\"data\":[{\"index\":1,\"embedding\":[4,5,-6.5]},{\"index\":0,\"embedding\":[1,2,3]}]}",
        "{\"data\":[{\"index\":0,\"embedding\":\"AACAPwAAAEAAAEBA\"},{\"index\":1,\"embedding\":[4.0,5e0,-65e-1]}]}",
        "{\"x\":null,\"data\":[{\"embedding\":[1.000000,2.000000,3.0000],\"index\":0},{\"embedding\":\"AACAQAAAoEAAANDA\",\"index\":1}]}",
    };
    static const float wanted[] = {1, 2, 3, 4, 5, -6.5F};
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct arena *arena = arena_new(1024 * 1024);
        struct err err;
        float *values;
        uint32_t n;
        assert_int_equal(
            embeddings_read(answers[i], strlen(answers[i]), 2, 0, arena, &values, &n, &err), EMBEDDINGS_GOOD);
        assert_int_equal(n, 3);
        assert_memory_equal(values, wanted, sizeof(wanted));
        assert_int_equal(embeddings_read(answers[i], strlen(answers[i]), 2, 4, arena, &values, &n, &err),
            EMBEDDINGS_DIMENSIONS);
        arena_free(arena);
    }
}

#define ONE(embedding) "{\"data\":[{\"index\":0,\"embedding\":" embedding "}]}"

static void what_is_none_is_told_by_kind(void **state UNUSED)
{
    static const struct {
        const char *answer;
        enum embeddings_fault fault;
    } cases[] = {
        {ONE("[1,2]"), EMBEDDINGS_GOOD},
        {"", EMBEDDINGS_NOT_UNDERSTOOD},
        {"[]", EMBEDDINGS_NOT_UNDERSTOOD},
        {"{\"data\":{}}", EMBEDDINGS_NOT_UNDERSTOOD},
        {ONE("[1,2]") "x", EMBEDDINGS_NOT_UNDERSTOOD},
        {ONE("[NaN,2]"), EMBEDDINGS_NOT_UNDERSTOOD},
        {"{\"error\":{\"message\":\"no\"}}", EMBEDDINGS_NOT_UNDERSTOOD},
        {"{\"data\":[]}", EMBEDDINGS_COUNT},
        {"{\"data\":[{\"embedding\":[1,2]}]}", EMBEDDINGS_INDEX},
        {"{\"data\":[{\"index\":\"0\",\"embedding\":[1,2]}]}", EMBEDDINGS_INDEX},
        {"{\"data\":[{\"index\":-1,\"embedding\":[1,2]}]}", EMBEDDINGS_INDEX},
        {"{\"data\":[7]}", EMBEDDINGS_INDEX},
        {ONE("null"), EMBEDDINGS_NO_NUMBERS},
        {ONE("0"), EMBEDDINGS_NO_NUMBERS},
        {ONE("{}"), EMBEDDINGS_NO_NUMBERS},
        {ONE("[1,null]"), EMBEDDINGS_NO_NUMBERS},
        {ONE("[1,\"2\"]"), EMBEDDINGS_NO_NUMBERS},
        {ONE("[1,1e7]"), EMBEDDINGS_NO_NUMBERS},
        {ONE("[1,1e39,3,4,5,6,7,8]"), EMBEDDINGS_NO_NUMBERS},
        {ONE("\"AACAfwAAgD8=\""), EMBEDDINGS_NO_NUMBERS}, // infinity
        {ONE("\"AACAPw\""), EMBEDDINGS_NO_NUMBERS},
        {ONE("\"\""), EMBEDDINGS_NO_NUMBERS},
        {ONE("[0,-0.0,0]"), EMBEDDINGS_ZERO},
        {ONE("[]"), EMBEDDINGS_DIMENSIONS},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct arena *arena = arena_new(1024 * 1024);
        struct err err = {0};
        float *values;
        uint32_t n;
        enum embeddings_fault fault =
            embeddings_read(cases[i].answer, strlen(cases[i].answer), 1, 0, arena, &values, &n, &err);
        if (fault != cases[i].fault)
            print_error("%s: %s\n", cases[i].answer, embeddings_fault_names[fault]);
        assert_int_equal(fault, cases[i].fault);
        assert_int_equal(err.message[0] == '\0', fault == EMBEDDINGS_GOOD);
        arena_free(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_asked_for),
        cmocka_unit_test(both_forms_in_any_order),
        cmocka_unit_test(what_is_none_is_told_by_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
