// Data larger than memory: the same bytes, whatever lies in files; and the memory that may be written to stays bounded.
#include "base/spill.h"

#include "worker/fit/fit.h"
#include "worker/fit/testing.h"

// cmocka wants these first
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Remembers the most that lay in files.
struct watch {
    struct spill *spill;
    uint64_t most;
};

static bool on_progress(void *arg, const struct fit_progress *now_at)
{
    struct watch *watch = arg;
    (void)now_at;
    uint64_t now = spill_in_files(watch->spill);
    watch->most = now > watch->most ? now : watch->most;
    return true;
}

static void files_make_no_difference(void **state UNUSED)
{
    static const enum fit_method methods[] = {FIT_POOLED, FIT_MAXMIN, FIT_JURY};
    struct planted planted;
    planted_make(&planted, &(struct planted_options){.n_annotators = 60,
                               .n_items = 4000, // each response in few pairs: differences are formed
                               .judgments_each = 150,
                               .n_dimensions = 96,
                               .n_tastes = 2,
                               .sharpness = 2,
                               .seed = 5});
    uint64_t design = (uint64_t)planted.data.n_responses * 96 * sizeof(float);
    for (size_t m = 0; m < ARRAY_SIZE(methods); m++) {
        unsigned char hashes[3][HASH_BYTES];
        for (int turn = 0; turn < 3; turn++) { // all in memory, all in files, some
            struct watch watch = {.spill = spill_new("/tmp", turn == 2 ? design : 0, UINT64_MAX)};
            struct fit_options options = {.method = methods[m],
                .seed = 1,
                .clusters = 2,
                .restarts = 1,
                .progress = on_progress,
                .progress_arg = &watch,
                .spill = turn == 0 ? NULL : watch.spill};
            struct fit_result result;
            struct err err;
            assert_int_equal(fit_run(&planted.data, &options, &result, &err), 0);
            memcpy(hashes[turn], result.artefact_hash, HASH_BYTES);
            fit_result_release(&result);
            assert_true(turn == 1   ? watch.most >= design
                        : turn == 2 ? watch.most < design * 4
                                    : watch.most == 0);
            assert_int_equal(spill_in_files(watch.spill), 0); // all was given back
            spill_free(watch.spill);
        }
        assert_memory_equal(hashes[0], hashes[1], HASH_BYTES);
        assert_memory_equal(hashes[0], hashes[2], HASH_BYTES);
    }
    planted_free(&planted);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(files_make_no_difference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
