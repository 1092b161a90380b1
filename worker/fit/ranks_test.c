// Several workers on one fit: whatever their number, the same bytes as one alone; and when some are lost, or elsewhere, the others
// go on to the same bytes.
#include "worker/fit/fit.h"
#include "worker/fit/pool.h"
#include "worker/fit/testing.h"

// cmocka wants these first
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Ranks as threads of this process. What one gave stays until it gives for the second time after that: by then all have read it, for
// nobody gives again without the others' bytes.
struct meeting {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    uint32_t n, lost_after; // 0: nobody is lost
    uint32_t n_given[POOL_RANKS_MAX];
    void *given[POOL_RANKS_MAX][2];
    bool is_lost;
};

struct member {
    struct meeting *meeting;
    struct pool_ranks ranks;
    const struct fit_data *data;
    struct fit_options options;
    struct fit_result result;
    pthread_t thread;
};

static bool have_all_given(const struct meeting *meeting, uint32_t times)
{
    for (uint32_t r = 0; r < meeting->n; r++) {
        if (meeting->n_given[r] < times)
            return false;
    }
    return true;
}

static bool exchange(void *arg, const void *own, const size_t *sizes, void *all)
{
    const struct member *member = arg;
    struct meeting *meeting = member->meeting;
    uint32_t rank = member->ranks.rank;
    pthread_mutex_lock(&meeting->lock);
    uint32_t times = ++meeting->n_given[rank];
    void **mine = &meeting->given[rank][times % 2];
    free(*mine);
    *mine = malloc(sizes[rank]);
    assert_non_null(*mine);
    memcpy(*mine, own, sizes[rank]);
    meeting->is_lost = meeting->is_lost || (meeting->lost_after > 0 && times > meeting->lost_after);
    pthread_cond_broadcast(&meeting->moved);
    while (!meeting->is_lost && !have_all_given(meeting, times))
        pthread_cond_wait(&meeting->moved, &meeting->lock);
    bool is_whole = !meeting->is_lost;
    for (uint32_t r = 0; r < meeting->n && is_whole; r++) {
        memcpy(all, meeting->given[r][times % 2], sizes[r]);
        all = (char *)all + sizes[r];
    }
    pthread_mutex_unlock(&meeting->lock);
    return is_whole;
}

static void *run(void *arg)
{
    struct member *member = arg;
    struct err err;
    if (fit_run(member->data, &member->options, &member->result, &err) < 0) {
        fprintf(stderr, "%s\n", err.message);
        abort();
    }
    return NULL;
}

// Everybody's bytes are `expected`; gives how often they met.
static uint32_t fit_by(uint32_t n, const struct fit_data *data, const struct fit_options *options,
    uint32_t lost_after, const unsigned char expected[HASH_BYTES])
{
    struct meeting meeting = {.lock = PTHREAD_MUTEX_INITIALIZER,
        .moved = PTHREAD_COND_INITIALIZER,
        .n = n,
        .lost_after = lost_after};
    struct member members[4] = {0};
    for (uint32_t r = 0; r < n; r++) {
        members[r] = (struct member){.meeting = &meeting, .data = data, .options = *options};
        members[r].ranks =
            (struct pool_ranks){.rank = r, .n = n, .exchange = exchange, .arg = &members[r], .least_work = 1};
        members[r].options.ranks = &members[r].ranks;
        members[r].options.threads = 1 + r % 2;
        assert_int_equal(pthread_create(&members[r].thread, NULL, run, &members[r]), 0);
    }
    for (uint32_t r = 0; r < n; r++) {
        pthread_join(members[r].thread, NULL);
        assert_memory_equal(members[r].result.artefact_hash, expected, HASH_BYTES);
        fit_result_release(&members[r].result);
    }
    for (uint32_t r = 0; r < n; r++) {
        free(meeting.given[r][0]);
        free(meeting.given[r][1]);
    }
    return meeting.n_given[0];
}

static void any_number_of_ranks_gives_the_same_bytes(void **state UNUSED)
{
    static const enum fit_method methods[] = {FIT_POOLED, FIT_GROUP, FIT_DRO, FIT_MAXMIN, FIT_JURY};
    struct planted planted;
    planted_make(&planted, &(struct planted_options){.n_annotators = 60,
                               .n_items = 400,
                               .judgments_each = 50,
                               .n_dimensions = 12,
                               .n_tastes = 2,
                               .sharpness = 2,
                               .ties = true,
                               .seed = 5});
    for (size_t m = 0; m < ARRAY_SIZE(methods); m++) {
        struct fit_options options = {.method = methods[m], .seed = 3, .attribute = "taste", .threads = 1};
        struct fit_result alone;
        struct err err;
        assert_int_equal(fit_run(&planted.data, &options, &alone, &err), 0);
        for (uint32_t n = 2; n <= 4; n++) {
            uint32_t met = fit_by(n, &planted.data, &options, 0, alone.artefact_hash);
            assert_true(met > 10);
        }
        // Lost at the first exchange, early, and late.
        for (uint32_t after = 1; after <= 64; after *= 8)
            (void)fit_by(3, &planted.data, &options, after, alone.artefact_hash);
        fit_result_release(&alone);
    }
    planted_free(&planted);
}

// --- those who are elsewhere -----------------------------------------------------------------------------------------------
struct adding {
    uint32_t sums[8], n_done;
};

static void add(void *arg, uint32_t index)
{
    struct adding *adding = arg;
    adding->sums[index] = index + 1;
    adding->n_done++;
}

static bool echo_with_another_input(void *arg, const void *own, const size_t *sizes, void *all)
{
    bool *was_called = arg;
    memcpy(all, own, sizes[0]);
    memcpy((char *)all + sizes[0], own, sizes[1]);
    ((char *)all)[sizes[0] + 16] ^= 1; // of the input's mark
    *was_called = true;
    return true;
}

static void who_is_elsewhere_is_left_alone(void **state UNUSED)
{
    bool was_called = false;
    double w[2] = {1, 2};
    struct pool *pool = pool_new(1);
    struct pool_ranks ranks = {
        .n = 2, .exchange = echo_with_another_input, .arg = &was_called, .least_work = 1};
    struct adding adding = {0};
    const struct pool_output output = {.base = adding.sums, .width = sizeof(uint32_t)};
    struct pool_shared shared = {
        .outputs = &output, .n_outputs = 1, .input = w, .input_bytes = sizeof(w), .work = 100};
    pool_join(pool, &ranks);
    assert_false(pool_is_alone(pool));
    pool_share(pool, 8, add, &adding, &shared);
    assert_true(was_called && pool_is_alone(pool));
    for (uint32_t i = 0; i < 8; i++)
        assert_int_equal(adding.sums[i], i + 1);
    assert_int_equal(adding.n_done, 8);
    was_called = false;
    pool_share(pool, 8, add, &adding, &shared); // from here on nobody is asked
    assert_false(was_called);
    pool_free(pool);
}

// What is little is not worth asking for.
static void little_is_done_by_everybody(void **state UNUSED)
{
    bool was_called = false;
    struct pool *pool = pool_new(1);
    struct pool_ranks ranks = {.n = 2, .rank = 1, .exchange = echo_with_another_input, .arg = &was_called};
    struct adding adding = {0};
    const struct pool_output output = {.base = adding.sums, .width = sizeof(uint32_t)};
    pool_join(pool, &ranks);
    pool_share(pool, 8, add, &adding,
        &(struct pool_shared){.outputs = &output, .n_outputs = 1, .work = POOL_LEAST_WORK - 1});
    assert_int_equal(adding.n_done, 8);
    assert_false(was_called);
    assert_false(pool_is_alone(pool));
    pool_free(pool);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_number_of_ranks_gives_the_same_bytes),
        cmocka_unit_test(who_is_elsewhere_is_left_alone),
        cmocka_unit_test(little_is_done_by_everybody),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
