#include "worker/fit/left.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_steady_fit_is_foretold(void **state UNUSED)
{
    struct fit_left left = {0};
    assert_true(isnan(fit_left_tell(&left, 5)));
    for (int i = 1; i <= 80; i++) {
        fit_left_add(&left, i, i / 100.0);
        double told = fit_left_tell(&left, i);
        if (i < 15)
            assert_true(isnan(told)); // too early
        else
            assert_true(fabs(told - (100 - i)) < 1e-9);
    }
    assert_true(fabs(fit_left_tell(&left, 85.5) - 14.5) < 1e-9); // goes on between two points
}

static void what_is_not_steady_is_not_foretold(void **state UNUSED)
{
    struct fit_left left = {0};
    fit_left_add(&left, 1, 0.1);
    fit_left_add(&left, 2, 0.2);
    fit_left_add(&left, 3, 0.3);
    assert_true(fabs(fit_left_tell(&left, 3) - 7) < 1e-9);
    assert_true(isnan(fit_left_tell(&left, 9)));  // it stands still
    assert_true(isnan(fit_left_tell(&left, 20))); // and should be over
    fit_left_add(&left, 21, 0.35);                // the whole would take six times what it seemed
    assert_true(isnan(fit_left_tell(&left, 21)));
    fit_left_add(&left, 21.1, 0.1); // back is nowhere
    assert_true(left.n == 4);
    struct fit_left quick = {0};
    fit_left_add(&quick, 0.1, 0.3);
    fit_left_add(&quick, 0.2, 0.6);
    fit_left_add(&quick, 0.25, 0.8);
    assert_true(isnan(fit_left_tell(&quick, 0.25))); // it will be over before anybody has read it
}

static void shares_rise(void **state UNUSED)
{
    static const enum fit_method methods[] = {
        FIT_POOLED, FIT_GROUP, FIT_DRO, FIT_MAXMIN, FIT_JURY, FIT_COMPLIANCE};
    for (size_t m = 0; m < ARRAY_SIZE(methods); m++) {
        double last = 0;
        for (int i = 0; i <= 100; i++) {
            double share = fit_left_share(methods[m], i / 100.0);
            assert_true(share >= last && share <= 1);
            last = share;
        }
        assert_true(fabs(last - 1) < 1e-12);
    }
    assert_true(fabs(fit_left_share(FIT_JURY, 0.45) - 0.16) < 1e-12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_steady_fit_is_foretold),
        cmocka_unit_test(shares_rise),
        cmocka_unit_test(what_is_not_steady_is_not_foretold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
