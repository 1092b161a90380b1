// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "coordinator/dataset/release.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];

static json_t *parse(const char *text)
{
    json_t *json = json_loads(text, JSON_DECODE_ANY, NULL);
    assert_non_null(json);
    return json;
}

static struct uuid number(int n)
{
    struct uuid uuid = {.bytes = {[14] = (unsigned char)(n >> 8), [15] = (unsigned char)n}};
    return uuid;
}

static void add(struct release *release, int n, const char *kind, const char *answers)
{
    struct err err;
    json_t *json = answers != NULL ? parse(answers) : NULL;
    assert_int_equal(release_add(release, number(n), kind, 0, NULL, json, &err), 0);
    json_decref(json);
}

static void expect_attributes(const struct release *release, int n, const char *expected)
{
    const struct rater *rater = release_rater(release, number(n));
    assert_non_null(rater);
    json_t *shown = release_attributes(release, rater), *wanted = parse(expected);
    if (!json_equal(shown, wanted)) {
        char *text = json_dumps(shown, JSON_COMPACT | JSON_SORT_KEYS);
        fail_msg("rater %d: %s, not %s", n, text, expected);
    }
    json_decref(shown);
    json_decref(wanted);
}

static void keeps_rare_values_back(void **state UNUSED)
{
    struct release release;
    struct err err;
    assert_int_equal(release_open(&release, folder, "rare", NULL, &err), 0);
    for (int i = 0; i < 10; i++)
        add(&release, i, "imported", "{\"age\":\"old\",\"faith\":[\"a\",\"b\",\"a\"]}");
    for (int i = 10; i < 19; i++)
        add(&release, i, "imported", "{\"age\":\"young\",\"faith\":[\"a\",\"c\"]}");
    add(&release, 19, "imported", "{\"age\":\"odd\",\"faith\":[\"c\",\"d\",\"e\"]}");
    add(&release, 20, "imported", NULL);
    release_seal(&release);
    expect_attributes(&release, 3, "{\"age\":\"old\",\"faith\":[\"a\",\"b\"]}");
    expect_attributes(
        &release, 12, "{\"age\":\"suppressed\",\"faith\":[\"a\",\"c\"]}"); // c: nine and the odd one
    expect_attributes(&release, 19, "{\"age\":\"suppressed\",\"faith\":[\"c\",\"suppressed\"]}");
    expect_attributes(&release, 20, "{}");
    assert_null(release_rater(&release, number(21)));
    json_t *cells = release_cells(&release);
    json_t *wanted = parse(
        "{\"age\":{\"old\":10,\"suppressed\":10},\"faith\":{\"a\":19,\"b\":10,\"c\":10,\"suppressed\":2}}");
    assert_true(json_equal(cells, wanted));
    json_decref(cells);
    json_decref(wanted);
    release_close(&release);
}

// A person who takes part gives this study what it asked, in its words.
static void gives_only_what_was_asked_and_offered(void **state UNUSED)
{
    struct release release;
    struct err err;
    json_t *questions = parse(
        "[{\"id\":\"age\",\"values\":[{\"id\":\"old\"}]},{\"id\":\"place\",\"free\":true,\"values\":[]}]");
    assert_int_equal(release_open(&release, folder, "asked", questions, &err), 0);
    for (int i = 0; i < 12; i++)
        add(&release, i, "bare", "{\"age\":\"old\",\"place\":\"the same hill\",\"income\":\"high\"}");
    for (int i = 12; i < 24; i++)
        add(&release, i, "bare", "{\"age\":\"prefer_not_to_say\"}");
    add(&release, 24, "imported", "{\"age\":\"ancient\"}");
    release_seal(&release);
    expect_attributes(&release, 0, "{\"age\":\"old\",\"place\":\"suppressed\"}");
    expect_attributes(&release, 12, "{\"age\":\"prefer_not_to_say\"}");
    expect_attributes(&release, 24, "{\"age\":\"suppressed\"}");
    json_decref(questions);
    release_close(&release);
}

static void names_people_anew_for_each_release(void **state UNUSED)
{
    struct release one, again, other;
    struct err err;
    char a[PSEUDONYM_BYTES], b[PSEUDONYM_BYTES], c[PSEUDONYM_BYTES], d[PSEUDONYM_BYTES];
    assert_int_equal(release_open(&one, folder, "one", NULL, &err), 0);
    assert_int_equal(release_open(&again, folder, "one", NULL, &err), 0);
    assert_int_equal(release_open(&other, folder, "other", NULL, &err), 0);
    release_pseudonym(&one, "rater", number(7), a);
    release_pseudonym(&again, "rater", number(7), b);
    release_pseudonym(&other, "rater", number(7), c);
    release_pseudonym(&one, "judgment", number(7), d);
    assert_string_equal(a, b); // a release made again after a crash is the same release
    assert_string_not_equal(a, c);
    assert_string_not_equal(a, d);
    for (int i = 0; i < 50; i++)
        add(&one, i, "bare", NULL);
    release_seal(&one);
    for (size_t i = 1; i < one.n_raters; i++)
        assert_true(strcmp(one.sorted[i - 1]->pseudonym, one.sorted[i]->pseudonym) < 0);
    release_close(&one);
    release_close(&again);
    release_close(&other);
}

static void refuses_a_damaged_key(void **state UNUSED)
{
    struct release release;
    struct err err;
    char path[128];
    assert_int_equal(release_open(&release, folder, "damaged", NULL, &err), 0);
    release_close(&release);
    snprintf(path, sizeof(path), "%s/keys/releases/damaged.key", folder);
    assert_int_equal(file_write(path, 0600, "short", 5, &err), 0);
    assert_int_equal(release_open(&release, folder, "damaged", NULL, &err), ERR_CRYPTO);
    release_close(&release);
}

static int make_folder(void **state UNUSED)
{
    char keys[80];
    struct err err;
    snprintf(folder, sizeof(folder), "/tmp/plenum-release-XXXXXX");
    if (mkdtemp(folder) == NULL)
        return -1;
    snprintf(keys, sizeof(keys), "%s/keys", folder);
    return file_make_folder(keys, 0700, &err);
}

static int remove_folder(void **state UNUSED)
{
    static const char *const names[] = {"rare", "asked", "one", "other", "damaged"};
    char path[128];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        snprintf(path, sizeof(path), "%s/keys/releases/%s.key", folder, names[i]);
        unlink(path);
    }
    static const char *const inner[] = {"/keys/releases", "/keys", ""};
    int rc = 0;
    for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
        snprintf(path, sizeof(path), "%s%s", folder, inner[i]);
        rc |= rmdir(path);
    }
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_rare_values_back),
        cmocka_unit_test(gives_only_what_was_asked_and_offered),
        cmocka_unit_test(names_people_anew_for_each_release),
        cmocka_unit_test(refuses_a_damaged_key),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
