#include "base/spill.h"

// cmocka wants these first
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MEGABYTE = 1024 * 1024 };

static int count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    int n = 0;
    assert_non_null(directory);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        n += entry->d_name[0] != '.';
    closedir(directory);
    return n;
}

static void what_does_not_fit_lies_in_files(void **state)
{
    const char *folder = *state;
    struct spill *spill = spill_new(folder, 4 * MEGABYTE, 6 * MEGABYTE);
    unsigned char *arrays[5];
    for (int i = 0; i < 5; i++) {
        arrays[i] = spill_take(spill, 2 * MEGABYTE);
        memset(arrays[i], i + 1, 2 * MEGABYTE);
        assert_int_equal((uintptr_t)arrays[i] % 64, 0);
    }
    assert_int_equal(spill_in_files(spill), 6 * MEGABYTE); // two in memory, three in files
    assert_int_equal(count_files(folder), 0);              // that have no name
    void *more = spill_take(spill, 2 * MEGABYTE);          // neither has room: memory all the same
    assert_non_null(more);
    assert_int_equal(spill_in_files(spill), 6 * MEGABYTE);
    for (int i = 0; i < 5; i++) {
        for (size_t at = 0; at < 2 * MEGABYTE; at += 4093)
            assert_int_equal(arrays[i][at], i + 1);
    }
    spill_give_back(spill, more, 2 * MEGABYTE);
    for (int i = 4; i >= 0; i--)
        spill_give_back(spill, arrays[i], 2 * MEGABYTE);
    assert_int_equal(spill_in_files(spill), 0);
    spill_give_back(spill, NULL, 2 * MEGABYTE);
    spill_free(spill);
}

static void what_is_small_is_not_counted(void **state)
{
    struct spill *spill = spill_new(*state, 0, MEGABYTE * 100);
    void *small = spill_take(spill, SPILL_LEAST_BYTES - 1), *none = spill_take(spill, 0);
    assert_int_equal(spill_in_files(spill), 0);
    spill_give_back(spill, small, SPILL_LEAST_BYTES - 1);
    spill_give_back(spill, none, 0);
    spill_free(spill);
    void *without = spill_take(NULL, 5 * MEGABYTE);
    assert_non_null(without);
    spill_give_back(NULL, without, 5 * MEGABYTE);
}

static void no_folder_is_memory(void **state UNUSED)
{
    struct spill *spill = spill_new("/nowhere/at/all", 0, 100 * MEGABYTE);
    unsigned char *array = spill_take(spill, 3 * MEGABYTE);
    memset(array, 7, 3 * MEGABYTE);
    assert_int_equal(spill_in_files(spill), 0);
    spill_give_back(spill, array, 3 * MEGABYTE);
    spill_free(spill);
}

static int set_up(void **state)
{
    char *folder = strdup("/tmp/plenum-spill-XXXXXX");
    *state = folder;
    return folder != NULL && mkdtemp(folder) != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    rmdir(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_fit_lies_in_files),
        cmocka_unit_test(what_is_small_is_not_counted),
        cmocka_unit_test(no_folder_is_memory),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
