#include "coordinator/http/internal.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum { KIND_STRICT = 1, KIND_WIDE, KIND_OFF, KIND_COSTLY, KINDS };

static const struct http_limit limits[KINDS] = {
    [KIND_STRICT] = {.name = "strict", .by_address = true, .burst = 2, .window_s = 60},
    [KIND_WIDE] = {.name = "wide", .burst = GCRA_BURST_MAX, .window_s = 86400},
    [KIND_OFF] = {.name = "off"},
    [KIND_COSTLY] = {.name = "costly", .burst = 10, .window_s = 10},
};
static const int64_t second = 1000000000;

static struct http_rates *new_rates(void)
{
    return http_rates_new(
        &(struct http_rate_settings){.limits = limits, .n_limits = KINDS, .of_class = {KIND_COSTLY}});
}

static bool spend(struct http_rates *rates, unsigned limit, bool is_account, uint64_t key, int64_t now)
{
    return rates_act(rates, RATES_SPEND, limit, is_account, &key, sizeof(key), 1, now).verdict ==
           GCRA_ADMITTED;
}

static void each_key_kind_and_limit_is_counted_alone(void **state UNUSED)
{
    struct http_rates *rates = new_rates();
    int64_t now = 1000 * second;
    for (int round = 0; round < 3; round++)
        for (uint64_t key = 0; key < 100; key++)
            for (int account = 0; account < 2; account++) {
                assert_true(spend(rates, KIND_STRICT, account == 1, key, now) == (round < 2));
                assert_true(spend(rates, KIND_COSTLY, account == 1, key, now));
            }
    // A look takes nothing; a charge takes what is there.
    uint64_t key = 5;
    now += 31 * second;
    for (int i = 0; i < 5; i++)
        assert_int_equal(rates_act(rates, RATES_LOOK, KIND_STRICT, false, &key, sizeof(key), 1, now).verdict,
            GCRA_ADMITTED);
    rates_act(rates, RATES_CHARGE, KIND_STRICT, false, &key, sizeof(key), 99, now);
    struct gcra_answer answer = rates_act(rates, RATES_LOOK, KIND_STRICT, false, &key, sizeof(key), 1, now);
    assert_int_equal(answer.verdict, GCRA_WAIT);
    assert_int_equal(answer.wait_ns, 30 * second);
    http_rates_free(rates);
}

// A quarter of a table in use: nobody shares with others.
static void many_keys_have_a_place_each(void **state UNUSED)
{
    struct http_rates *rates = new_rates();
    for (int round = 0; round < 3; round++)
        for (uint64_t key = 0; key < 16384; key++)
            assert_true(spend(rates, KIND_STRICT, false, key, second) == (round < 2));
    http_rates_free(rates);
}

static void a_flood_of_addresses_makes_nobody_forget(void **state UNUSED)
{
    enum { FLOOD = 300000, PLACES = 65536, SHARES = 64 };
    struct http_rates *rates = new_rates();
    int64_t now = 1000 * second;
    for (int i = 0; i < 2; i++) {
        assert_true(spend(rates, KIND_STRICT, true, 7, now));
        assert_true(spend(rates, KIND_STRICT, false, 7, now));
    }
    int n_admitted = 0;
    for (uint64_t key = 1000; key < 1000 + FLOOD; key++)
        n_admitted += spend(rates, KIND_STRICT, false, key, now);
    // One each for who has a place; who has none shares two a shard with the rest.
    assert_in_range(n_admitted, PLACES * 9 / 10, PLACES + 2 * SHARES);
    assert_false(spend(rates, KIND_STRICT, true, 7, now));
    assert_false(spend(rates, KIND_STRICT, false, 7, now));
    for (uint64_t key = 0; key < 1000; key++) // accounts are not concerned
        assert_true(key == 7 || spend(rates, KIND_STRICT, true, key, now));
    // A minute later all are at rest, and their places are given on.
    now += 61 * second;
    for (uint64_t key = 900000; key < 900000 + 16384; key++)
        assert_true(spend(rates, KIND_STRICT, false, key, now) && spend(rates, KIND_STRICT, false, key, now));
    http_rates_free(rates);
}

// --- threads -------------------------------------------------------------------------------------------------------
// Each tries as often as all may together, so that they contend for the last one.
enum { THREADS = 4, TRIES = GCRA_BURST_MAX, CROWD_KEYS = 1 };
static pthread_barrier_t start;

struct runner {
    struct http_rates *rates;
    pthread_t id;
    int n_admitted[CROWD_KEYS];
};

static void *run(void *arg)
{
    struct runner *runner = arg;
    pthread_barrier_wait(&start);
    for (uint64_t i = 0; i < TRIES; i++) {
        runner->n_admitted[i % CROWD_KEYS] +=
            spend(runner->rates, KIND_WIDE, true, i % CROWD_KEYS, 1000 * second);
        if (i % 8 == 0) // others come and go meanwhile
            (void)spend(runner->rates, KIND_STRICT, true, CROWD_KEYS + i, 1000 * second);
    }
    return NULL;
}

static void threads_together_never_exceed_the_burst(void **state UNUSED)
{
    struct runner runners[THREADS] = {{0}};
    struct http_rates *rates = new_rates();
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        runners[i].rates = rates;
        assert_int_equal(pthread_create(&runners[i].id, NULL, run, &runners[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(runners[i].id, NULL);
    for (int key = 0; key < CROWD_KEYS; key++) {
        int sum = 0;
        for (int i = 0; i < THREADS; i++)
            sum += runners[i].n_admitted[key];
        assert_int_equal(sum, GCRA_BURST_MAX);
    }
    pthread_barrier_destroy(&start);
    http_rates_free(rates);
}

static void a_route_dearer_than_its_burst_is_found_at_start(void **state UNUSED)
{
    struct http_rates *rates = new_rates();
    struct err err;
    const struct http_route routes[] = {
        {.pattern = "/a", .class = HTTP_CLASS_WRITE, .cost = 10},
        {.pattern = "/b", .limit = KIND_OFF, .cost = 200},
        {.pattern = "/c", .limit = KIND_STRICT, .cost = 2},
        {0},
    };
    const struct http_route dear[] = {{.pattern = "/d", .limit = KIND_STRICT, .cost = 3}, {0}};
    const struct http_route *const good[] = {routes, NULL}, *const bad[] = {routes, dear, NULL};
    assert_int_equal(http_rates_check(rates, good, &err), 0);
    assert_int_equal(http_rates_check(rates, bad, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "limit-strict is 2 at once, but one request to /d costs 3"));
    http_rates_free(rates);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_kind_and_limit_is_counted_alone),
        cmocka_unit_test(many_keys_have_a_place_each),
        cmocka_unit_test(a_flood_of_addresses_makes_nobody_forget),
        cmocka_unit_test(threads_together_never_exceed_the_burst),
        cmocka_unit_test(a_route_dearer_than_its_burst_is_found_at_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
