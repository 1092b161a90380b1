#include "base/gcra.h"

#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const int64_t second = 1000000000;

static void a_burst_passes_and_comes_back_evenly(void **state UNUSED)
{
    struct gcra limit;
    struct gcra_answer answer;
    int64_t now = 77 * second, tat = 0;
    gcra_init(&limit, 20, 60);
    for (int i = 0; i < 20; i++) {
        answer = gcra_spend(&limit, tat, now, 1);
        assert_int_equal(answer.verdict, GCRA_ADMITTED);
        assert_int_equal(answer.remaining, 19 - i);
        tat = answer.tat_ns;
    }
    assert_int_equal(answer.full_ns, 60 * second);
    answer = gcra_spend(&limit, tat, now, 1);
    assert_int_equal(answer.verdict, GCRA_WAIT);
    assert_int_equal(answer.wait_ns, 3 * second);
    assert_int_equal(answer.tat_ns, tat);
    assert_int_equal(gcra_spend(&limit, tat, now + 3 * second - 1, 1).verdict, GCRA_WAIT);
    assert_int_equal(gcra_spend(&limit, tat, now + 3 * second, 1).verdict, GCRA_ADMITTED);
    assert_int_equal(gcra_spend(&limit, tat, now + 59 * second, 20).verdict, GCRA_WAIT);
    assert_int_equal(gcra_spend(&limit, tat, now + 60 * second, 20).verdict, GCRA_ADMITTED);
}

static void what_costs_more_than_the_burst_never_passes(void **state UNUSED)
{
    struct gcra limit;
    gcra_init(&limit, 5, 1);
    assert_int_equal(gcra_spend(&limit, 0, 0, 6).verdict, GCRA_NEVER);
    assert_int_equal(gcra_spend(&limit, 0, INT64_MAX / 2, INT64_MAX).verdict, GCRA_NEVER);
    assert_int_equal(gcra_spend(&limit, 0, second, 6).remaining, 5);
    assert_int_equal(gcra_spend(&limit, 0, second, 5).verdict, GCRA_ADMITTED);
}

static void a_rate_that_does_not_divide_is_never_exceeded(void **state UNUSED)
{
    struct gcra limit;
    gcra_init(&limit, 7, 3);
    int64_t tat = 0, now = 0, spent = 0;
    for (; spent < 7 + 1000000; spent++) { // as early as may be
        struct gcra_answer answer = gcra_spend(&limit, tat, now, 1);
        now += answer.wait_ns;
        answer = gcra_spend(&limit, tat, now, 1);
        assert_int_equal(answer.verdict, GCRA_ADMITTED);
        tat = answer.tat_ns;
    }
    // A million after the burst take 3/7 s each; the interval is rounded up by less than a nanosecond.
    assert_in_range(now, 3 * second * 1000000 / 7, 3 * second * 1000000 / 7 + 1000000);
}

static void a_charge_takes_what_is_there_and_no_more(void **state UNUSED)
{
    struct gcra limit;
    gcra_init(&limit, 10, 10);
    assert_int_equal(gcra_charge(&limit, 0, 5 * second, 4), 9 * second);
    assert_int_equal(gcra_charge(&limit, 9 * second, 5 * second, 8), 15 * second);
    assert_int_equal(gcra_charge(&limit, 9 * second, 5 * second, INT64_MAX), 15 * second);
    // Spent at a later time than now: it stays so.
    assert_int_equal(gcra_charge(&limit, 40 * second, 5 * second, 1), 40 * second);
}

// --- against a model ----------------------------------------------------------------------------------------------
// Tokens on a desk, each with the time when it is back; the one that was away for longest is taken first, and one that
// was just spent comes back an interval after the one before it.
struct desk {
    int64_t *back_ns;
    size_t n, first;
};

static int64_t desk_ready(const struct desk *desk, int64_t cost) // when the cost-th is back
{
    return cost == 0 ? INT64_MIN : desk->back_ns[(desk->first + (size_t)cost - 1) % desk->n];
}

static void desk_take(struct desk *desk, int64_t now, int64_t cost, int64_t interval)
{
    for (int64_t i = 0; i < cost; i++) {
        int64_t last = desk->back_ns[(desk->first + desk->n - 1) % desk->n];
        desk->back_ns[desk->first] = (last > now ? last : now) + interval;
        desk->first = (desk->first + 1) % desk->n;
    }
}

static int64_t desk_present(const struct desk *desk, int64_t now)
{
    int64_t n = 0;
    for (size_t i = 0; i < desk->n; i++)
        n += desk->back_ns[i] <= now;
    return n;
}

static int64_t next_gap(struct rng *rng, const struct gcra *limit)
{
    int64_t interval = limit->interval_ns;
    switch (rng_below(rng, 12)) {
    case 0:
    case 1:
    case 2:
        return 0;
    case 3:
    case 4:
        return (int64_t)rng_below(rng, (uint64_t)interval);
    case 5:
    case 6:
        return interval * (int64_t)rng_below(rng, 4); // to the nanosecond
    case 7:
        return interval - 1;
    case 8:
        return (int64_t)rng_below(rng, (uint64_t)(interval * limit->burst));
    case 9:
        return rng_below(rng, 20) == 0 ? 365 * 86400 * second : interval; // a year asleep
    case 10:
        return -(int64_t)rng_below(rng, (uint64_t)interval);
    default:
        return rng_below(rng, 50) == 0 ? -3600 * second : 1; // set back an hour
    }
}

enum { LIMITS = 100, STEPS_EACH = 10000 };

// While time goes on both say the same. At a time that was there before, GCRA may refuse where the desk would not, never
// the other way round.
static void a_million_random_steps_agree_with_tokens_on_a_desk(void **state UNUSED)
{
    struct rng rng;
    rng_seed(&rng, 20261128);
    int64_t n_admitted = 0, n_back = 0, n_never = 0;
    for (int l = 0; l < LIMITS; l++) {
        struct gcra limit;
        gcra_init(
            &limit, 1 + (int64_t)rng_below(&rng, l % 3 == 0 ? 3 : 200), 1 + (int64_t)rng_below(&rng, 100));
        struct desk desk = {.n = (size_t)limit.burst};
        desk.back_ns = calloc(desk.n, sizeof(int64_t));
        assert_non_null(desk.back_ns);
        int64_t now = 100000 * second, latest = now, tat = 0;
        for (int step = 0; step < STEPS_EACH; step++) {
            int64_t gap = next_gap(&rng, &limit);
            now = now + gap > 0 ? now + gap : 0;
            latest = now > latest ? now : latest;
            n_back += now < latest;
            int64_t most = step % 4 == 0 ? limit.burst + 3 : limit.burst < 4 ? limit.burst : 4;
            int64_t cost = (int64_t)rng_below(&rng, (uint64_t)most + 1);
            struct gcra_answer answer = gcra_spend(&limit, tat, now, cost);
            if (cost > limit.burst) {
                assert_int_equal(answer.verdict, GCRA_NEVER);
                assert_int_equal(answer.tat_ns, tat);
                n_never++;
                continue;
            }
            bool ready = desk_ready(&desk, cost) <= now;
            assert_true(ready || answer.verdict == GCRA_WAIT);
            if (now == latest) {
                assert_true(ready == (answer.verdict == GCRA_ADMITTED));
                if (!ready)
                    assert_int_equal(answer.wait_ns, desk_ready(&desk, cost) - now);
            }
            if (answer.verdict == GCRA_ADMITTED) {
                desk_take(&desk, now, cost, limit.interval_ns);
                n_admitted++;
            }
            if (now == latest)
                assert_int_equal(answer.remaining, desk_present(&desk, now));
            tat = answer.tat_ns;
        }
        free(desk.back_ns);
    }
    // The walk has been everywhere.
    assert_true(n_admitted > 100000 && n_admitted < 900000 && n_back > 10000 && n_never > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_and_comes_back_evenly),
        cmocka_unit_test(what_costs_more_than_the_burst_never_passes),
        cmocka_unit_test(a_rate_that_does_not_divide_is_never_exceeded),
        cmocka_unit_test(a_charge_takes_what_is_there_and_no_more),
        cmocka_unit_test(a_million_random_steps_agree_with_tokens_on_a_desk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
