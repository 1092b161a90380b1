#include "base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void allocations_are_aligned_and_apart(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    char *before = NULL;
    for (size_t size = 0; size < 5000; size += 37) {
        char *at = arena_alloc(arena, size);
        assert_int_equal((uintptr_t)at % 16, 0);
        memset(at, 0xaa, size);
        if (before != NULL)
            assert_int_equal((unsigned char)before[0], 0xaa);
        before = size > 0 ? at : before;
    }
    arena_free(arena);
}

static void large_blocks_do_not_end_the_small_one(void **state UNUSED)
{
    struct arena *arena = arena_new(1 << 20);
    char *a = arena_alloc(arena, 16);
    arena_alloc(arena, 100000);
    char *b = arena_alloc(arena, 16);
    assert_true(b > a && b - a <= 32); // 16, or with a gap between
    assert_true(arena_used(arena) >= 100032);
    arena_free(arena);
}

static char order[8];

static void note(void *arg)
{
    size_t length = strlen(order);
    order[length] = *(const char *)arg;
    order[length + 1] = '\0';
}

static void hooks_run_last_in_first_out(void **state UNUSED)
{
    struct arena *arena = arena_new(4096);
    arena_on_free(arena, note, "a");
    arena_on_free(arena, note, "b");
    arena_free(arena);
    assert_string_equal(order, "ba");
}

static void text_helpers(void **state UNUSED)
{
    struct arena *arena = arena_new(65536);
    assert_string_equal(arena_strdup(arena, "Māori"), "Māori");
    assert_string_equal(arena_strndup(arena, "abcdef", 3), "abc");
    assert_string_equal(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
    int *zeros = arena_calloc(arena, 100, sizeof(int));
    for (int i = 0; i < 100; i++)
        assert_int_equal(zeros[i], 0);
    arena_free(arena);
    arena_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocations_are_aligned_and_apart),
        cmocka_unit_test(large_blocks_do_not_end_the_small_one),
        cmocka_unit_test(hooks_run_last_in_first_out),
        cmocka_unit_test(text_helpers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
