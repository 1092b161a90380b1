#include "base/clock.h"
#include "base/config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct config_setting settings[] = {
    {"listen-on", "TEST_LISTEN_ON", "here", "where"},
    {"number", NULL, "5", "how many"},
    {"unset", NULL, NULL, "nothing"},
    {0},
};

static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static void later_wins(void **state UNUSED)
{
    struct config *config = config_new(settings);
    struct err err;
    char path[] = "/tmp/plenum-config-XXXXXX";
    write_file(path, "# comment\n\n listen_on = from file \nnumber=6\n");
    assert_string_equal(config_text(config, "listen-on"), "here");
    assert_int_equal(config_load_file(config, path, true, &err), 0);
    assert_string_equal(config_text(config, "listen-on"), "from file");
    setenv("TEST_LISTEN_ON", "from environment", 1);
    assert_int_equal(config_load_environment(config, &err), 0);
    unsetenv("TEST_LISTEN_ON");
    assert_string_equal(config_text(config, "listen-on"), "from environment");
    char *argv[] = {"x", "word", "--listen-on=from flag", "--number", "7", "--", "--more", NULL};
    assert_int_equal(config_load_flags(config, 7, argv, &err), 2);
    assert_string_equal(argv[1], "word");
    assert_string_equal(argv[2], "--more");
    assert_string_equal(config_text(config, "listen-on"), "from flag");
    int64_t number;
    assert_int_equal(config_number(config, "number", 0, 10, &number, &err), 0);
    assert_int_equal(number, 7);
    assert_null(config_text(config, "unset"));
    config_free(config);
    unlink(path);
}

static void mistakes_are_named(void **state UNUSED)
{
    struct config *config = config_new(settings);
    struct err err;
    int64_t number;
    char path[] = "/tmp/plenum-config-XXXXXX";
    write_file(path, "number = 1\nlisen-on = typo\n");
    assert_int_equal(config_load_file(config, path, true, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, ":2: unknown setting lisen-on"));
    assert_int_equal(config_load_file(config, "/nowhere/at/all", true, &err), ERR_IO);
    assert_int_equal(config_load_file(config, "/nowhere/at/all", false, &err), 0);
    char *unknown[] = {"x", "--nope", "1", NULL}, *bare[] = {"x", "--number", NULL};
    assert_int_equal(config_load_flags(config, 3, unknown, &err), ERR_INVALID);
    assert_int_equal(config_load_flags(config, 2, bare, &err), ERR_INVALID);
    static const char *const bad[] = {"", "7x", "11", "-1", "99999999999999999999"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        config_set(config, "number", bad[i]);
        assert_int_equal(config_number(config, "number", 0, 10, &number, &err), ERR_INVALID);
    }
    config_free(config);
    unlink(path);
}

static void switches(void **state UNUSED)
{
    struct config *config = config_new(settings);
    assert_true(config_switch(config, "number"));
    assert_false(config_switch(config, "unset"));
    static const char *const off[] = {"off", "no", "0", "false"};
    for (size_t i = 0; i < ARRAY_SIZE(off); i++) {
        config_set(config, "number", off[i]);
        assert_false(config_switch(config, "number"));
    }
    config_free(config);
}

static void a_switch_needs_no_value(void **state UNUSED)
{
    static const struct config_setting with_switches[] = {
        {"quiet", NULL, "off", ""}, {"demo", NULL, "on", ""}, {"name", NULL, NULL, ""}, {0}};
    struct config *config = config_new(with_switches);
    struct err err;
    char *alone[] = {"x", "--quiet", "word", "--demo", "off", "--name", "on", "--quiet", NULL};
    assert_int_equal(config_load_flags(config, 8, alone, &err), 1);
    assert_string_equal(alone[1], "word");
    assert_true(config_switch(config, "quiet"));
    assert_false(config_switch(config, "demo"));
    assert_string_equal(config_text(config, "name"), "on");
    char *off[] = {"x", "--quiet", "off", "--demo=on", NULL};
    assert_int_equal(config_load_flags(config, 4, off, &err), 0);
    assert_false(config_switch(config, "quiet"));
    assert_true(config_switch(config, "demo"));
    config_free(config);
}

static void times_are_rfc_3339(void **state UNUSED)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000000Z");
    clock_format(INT64_C(1795208823000042), text);
    assert_string_equal(text, "2026-11-20T21:07:03.000042Z");
}

static void errors_keep_code_and_context(void **state UNUSED)
{
    struct err err;
    assert_int_equal(err_set(&err, ERR_LIMIT, "%d too many", 3), ERR_LIMIT);
    assert_int_equal(err_prefix(&err, "items"), ERR_LIMIT);
    assert_string_equal(err.message, "items: 3 too many");
    errno = ENOENT;
    assert_int_equal(err_set_errno(&err, "file"), ERR_IO);
    assert_string_equal(err.message, "file: No such file or directory");
    assert_int_equal(err_set(NULL, ERR_INVALID, "nobody listens"), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(later_wins),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(switches),
        cmocka_unit_test(a_switch_needs_no_value),
        cmocka_unit_test(times_are_rfc_3339),
        cmocka_unit_test(errors_keep_code_and_context),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
