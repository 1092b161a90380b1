// Which addresses and URLs a call may go to.
#include "coordinator/outside/guard.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cmocka.h>

static bool is_public(const char *text)
{
    struct sockaddr_in in = {.sin_family = AF_INET};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6};
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
        return guard_is_public((struct sockaddr *)(void *)&in);
    assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
    return guard_is_public((struct sockaddr *)(void *)&in6);
}

static void only_public_addresses(void **state UNUSED)
{
    static const char *const good[] = {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255",
        "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255",
        "172.32.0.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255",
        "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"};
    static const char *const bad[] = {"0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1",
        "100.127.255.255", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1", "172.31.255.255",
        "192.0.0.170", "192.0.2.1", "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.7",
        "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1",
        "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "100::1", "fe80::1",
        "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::1",
        "3fff::1", "4000::1"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(is_public(good[i]) || (print_error("%s\n", good[i]), false));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(is_public(bad[i]) && (print_error("%s\n", bad[i]), true));
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_false(guard_is_public((struct sockaddr *)(void *)&local));
}

static void urls(void **state UNUSED)
{
    static const char *const good[] = {"https://models.example/v1/chat/completions",
        "https://models.example:8443/x?y=z", "http://inside.example:9000/v1", "HTTP://INSIDE.example:9000/v1",
        "http://any.example:1/", "https://1.1.1.1/"};
    static const char *const bad[] = {"", "models.example", "/v1", "http://models.example/",
        "file:///etc/passwd", "gopher://models.example/", "ftp://models.example/",
        "https://user:pass@models.example/", "https://models.example/#x", "http://inside.example:9001/",
        "http://inside.example/", "http://inside.example.evil.example:9000/", "https://", "https://a b/"};
    struct guard *guard;
    struct err err;
    bool allowed;
    assert_int_equal(guard_new("inside.example:9000, any.example", &guard, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_int_equal(guard_check_url(guard, good[i], &allowed, &err), 0);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_int_equal(guard_check_url(guard, bad[i], &allowed, &err), ERR_INVALID);
    assert_int_equal(guard_check_url(guard, "https://inside.example:9000/", &allowed, &err), 0);
    assert_true(allowed);
    assert_int_equal(guard_check_url(guard, "https://inside.example/", &allowed, &err), 0);
    assert_false(allowed);
    guard_free(guard);
    assert_int_equal(guard_new("host:port", &guard, &err), ERR_INVALID);
    assert_int_equal(guard_new(":80", &guard, &err), ERR_INVALID);
    assert_int_equal(guard_new("host:0", &guard, &err), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(only_public_addresses), cmocka_unit_test(urls)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
