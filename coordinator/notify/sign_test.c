#include "coordinator/notify/sign.h"

#include "base/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

// The example that the libraries of the standard (standard-webhooks/standard-webhooks on GitHub) all test with.
static void test_known_message(void **state)
{
    (void)state;
    char signature[SIGN_SIGNATURE_BYTES];
    assert_int_equal(0, sign_message("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek",
                            1614265330, "{\"test\": 2432232314}", signature));
    assert_string_equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
}

static void test_secrets(void **state)
{
    (void)state;
    char one[SIGN_SECRET_BYTES], other[SIGN_SECRET_BYTES], signature[SIGN_SIGNATURE_BYTES];
    sign_secret_new(one);
    sign_secret_new(other);
    assert_int_equal(SIGN_SECRET_BYTES - 1, strlen(one));
    assert_string_not_equal(one, other);
    assert_int_equal(0, sign_message(one, "a", 1, "{}", signature));
    assert_int_equal(SIGN_SIGNATURE_BYTES - 1, strlen(signature));
    const char *const bad[] = {"", "whsec_", "whsec_x", "secret_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(ERR_INVALID, sign_message(bad[i], "a", 1, "{}", signature));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_message), cmocka_unit_test(test_secrets)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
