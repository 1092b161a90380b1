#include "coordinator/score/lift.h"

#include "base/hash.h"
#include "base/rng.h"
#include "coordinator/score/answer.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *lift(const char *text, struct arena *arena, struct lifted *lifted)
{
    size_t size;
    const char *rest = lift_embeddings(text, strlen(text), arena, lifted, &size);
    if (rest != NULL)
        assert_int_equal(strlen(rest), size);
    return rest;
}

static void embeddings_are_taken_out(void **state UNUSED)
{
    static const struct {
        const char *text, *rest; // NULL: as it is
        size_t n;
    } cases[] = {
        {"{\"a\":[{\"embedding\":[1, 2,3 ,4.5e0,-6,70,8]},{ \"embedding\" : \"AACAPwAAgD8AAIA/\" }]}",
            "{\"a\":[{\"embedding\":0},{ \"embedding\" : 1 }]}", 2},
        {"{\"embeddings\": [[1,2,3,4,5,6,7,8,9], \"AACAPwAAgD8AAIA/\" ], \"b\": \"embedding\"}",
            "{\"embeddings\": [0, 1 ], \"b\": \"embedding\"}", 2},
        // What is not whole stays for whoever tells of it; so does what is short.
        {"{\"embedding\":[1,2,3,4,5,6,7,8,\"x\"]}", NULL, 0},
        {"{\"embedding\":[1,2,3,4,5,6,7,8,01]}", NULL, 0},
        {"{\"embedding\":[1,2,3,4,5,6,7,8,1e39]}", NULL, 0},
        {"{\"embedding\":[1,2,3,4,5,6,7,8,]}", NULL, 0},
        {"{\"embedding\":[1,2,3,4,5,6,7,8", NULL, 0},
        {"{\"embedding\":\"AACAPwAAgD8AAIA\"}", NULL, 0},
        {"{\"embedding\":\"AACAPwAAgD8AAIA/", NULL, 0},
        {"{\"embedding\":[1,2]}", NULL, 0},
        {"{\"embedding\":[]}", NULL, 0},
        // Words in a text are no keys.
        {"{\"content\":\"say \\\"embedding\\\": [1,2,3,4,5,6,7,8,9]\"}", NULL, 0},
        {"{\"content\":\"\\\\\",\"embedding\":[1,2,3,4,5,6,7,8,9]}", "{\"content\":\"\\\\\",\"embedding\":0}",
            1},
        // A number where an embedding belongs would be taken for one of ours.
        {"[{\"embedding\":[1,2,3,4,5,6,7,8,9]},{\"embedding\":0}]", NULL, 0},
        {"{\"embeddings\":[[1,2,3,4,5,6,7,8,9],0]}", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct lifted lifted;
        const char *rest = lift(cases[i].text, arena, &lifted);
        if (cases[i].rest == NULL)
            assert_null(rest);
        else
            assert_string_equal(rest, cases[i].rest);
        assert_int_equal(lifted.n, cases[i].n);
        for (size_t e = 1; e < lifted.n; e++)
            assert_ptr_equal(
                lifted.list[e].values, lifted.list[e - 1].values + lifted.list[e - 1].n_dimensions);
        arena_free(arena);
    }
}

static void they_are_the_numbers_that_stood_there(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    struct lifted lifted;
    assert_non_null(
        lift("{\"embedding\":[1,-2.5,1e-3,0.1,-0,12345678901234567890123,3.4e38]}", arena, &lifted));
    static const float expected[] = {1, -2.5F, 1e-3F, 0.1F, -0.0F, 12345678901234567890123.0F, 3.4e38F};
    assert_int_equal(lifted.list[0].n_dimensions, 7);
    assert_memory_equal(lifted.list[0].values, expected, sizeof(expected));
    assert_non_null(lift("{\"embedding\":\"AACAPwAAIMAAAMB/\"}", arena, &lifted));
    assert_int_equal(lifted.list[0].n_dimensions, 3);
    assert_true(
        lifted.list[0].values[1] == -2.5F && isnan(lifted.list[0].values[2])); // finite is asked later
    arena_free(arena);
}

static void print_as(int kind, double value, char *text, size_t size)
{
    switch (kind) {
    case 0:
        snprintf(text, size, "%.9g", value);
        break;
    case 1:
        snprintf(text, size, "%.6g", value);
        break;
    case 2:
        snprintf(text, size, "%.20f", value);
        break;
    case 3:
        snprintf(text, size, "%.3e", value);
        break;
    case 4:
        snprintf(text, size, "%.19g", value);
        break;
    case 5:
        snprintf(text, size, "%.25g", value);
        break;
    default:
        snprintf(text, size, "%.17g", value);
    }
}

// Against the C library: the same float for what servers print, and for what they might.
static void numbers_are_read_as_the_library_reads_them(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 4);
    for (int i = 0; i < 300000; i++) {
        char text[400];
        double value = rng_normal(&rng) * pow(10, (double)rng_below(&rng, 60) - 30), read;
        if (i % 3 == 0) // the middle of two floats, nearly: where a rounding goes wrong
            value = (double)nextafterf((float)value, INFINITY) / 2 + (double)(float)value / 2;
        print_as(i % 7, value, text, sizeof(text));
        const char *at = text;
        assert_true(lift_number(&at, &read));
        assert_int_equal(*at, '\0');
        float own = (float)read, other = (float)strtod(text, NULL);
        assert_memory_equal(&own, &other, sizeof(own));
    }
    static const char *const bad[] = {
        "", "-", "+1", ".5", "1.", "01", "-01", "1e", "1e+", "x", "NaN", "Infinity", "--1"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const char *at = bad[i];
        double read;
        assert_false(lift_number(&at, &read) && *at == '\0');
    }
}

static void numbers_are_told_to_a_trillionth(void **state UNUSED)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0, "0"}, {-0.0, "0"}, {1, "1"}, {-2.5, "-2.5"}, {1e-12, "0.000000000001"}, {1e-13, "0"},
        {-1e-13, "0"}, {0.1 + 0.2, "0.3"}, {999999.5, "999999.5"}, {123.000456, "123.000456"},
        {1e6, "1000000"}, {-1e300, "-1.0000000000000001e+300"}};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf out;
        buf_init(&out, 1000);
        answer_number(&out, cases[i].value);
        assert_string_equal(out.data, cases[i].text);
        buf_release(&out);
    }
    struct rng rng;
    rng_seed(&rng, 8);
    for (int i = 0; i < 100000; i++) {
        struct buf out;
        double value = rng_normal(&rng) * pow(10, (double)rng_below(&rng, 12) - 4);
        buf_init(&out, 1000);
        answer_number(&out, value);
        assert_true(fabs(strtod(out.data, NULL) - value) <= 5.1e-13 + 1e-15 * fabs(value));
        buf_release(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(embeddings_are_taken_out),
        cmocka_unit_test(they_are_the_numbers_that_stood_there),
        cmocka_unit_test(numbers_are_read_as_the_library_reads_them),
        cmocka_unit_test(numbers_are_told_to_a_trillionth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
