// The cost of an amendment and the budget: worked examples, and what must hold for any text (a share is a metric, so
// splitting a change never pays).
#include "coordinator/constitution/cost.h"

#include "base/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void assert_share(const char *before, const char *after, double want)
{
    double got = cost_share(before, after);
    if (fabs(got - want) > 1e-12)
        fail_msg("%s -> %s: %f, not %f", before, after, got, want);
}

static void test_share(void **state)
{
    (void)state;
    assert_share("", "", 0);
    assert_share("a b c", "a b c", 0);
    assert_share("a b c", "a  b\nc", 0); // white space is no word
    assert_share("a b c d", "a b x d", 0.25);
    assert_share("a b c d", "a b d", 0.25);
    assert_share("a b d", "a b c d", 0.25);
    assert_share("a b c d", "d c b a", 0.75);
    assert_share("a", "b", 1);
    assert_share("", "b", 1);
    assert_share("may eat, grandma", "may eat grandma", 0.25); // a comma can change a meaning
    assert_share("don't", "do", 1);                            // don ' t
    assert_share("كل من عليها", "كل من فيها", 1.0 / 3);
    assert_share("不得伤害", "不得帮助", 0.5); // Han: a letter is a word
    assert_share("café", "cafe", 1);
}

// The definition, for what the bits compute.
static size_t naive_common(const char *a, size_t n, const char *b, size_t m)
{
    size_t *row = calloc((m + 1) * (n + 1), sizeof(*row));
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            size_t up = row[(i - 1) * (m + 1) + j], left = row[i * (m + 1) + j - 1];
            row[i * (m + 1) + j] =
                a[i - 1] == b[j - 1] ? row[(i - 1) * (m + 1) + j - 1] + 1 : max_size(up, left);
        }
    }
    size_t length = row[n * (m + 1) + m];
    free(row);
    return length;
}

static void random_text(struct rng *rng, char *letters, char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        letters[i] = (char)('a' + (char)rng_below(rng, 5));
        text[2 * i] = letters[i];
        text[2 * i + 1] = ' ';
    }
    text[2 * n] = '\0';
}

static void test_share_is_lcs(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 7);
    for (int round = 0; round < 300; round++) {
        char a[201], b[201], c[201], ta[402], tb[402], tc[402];
        size_t n = rng_below(&rng, 200), m = rng_below(&rng, 200), k = rng_below(&rng, 200);
        random_text(&rng, a, ta, n);
        random_text(&rng, b, tb, m);
        random_text(&rng, c, tc, k);
        double want = n + m == 0 ? 0 : 1 - (double)naive_common(a, n, b, m) / (double)max_size(n, m);
        assert_share(ta, tb, want);
        assert_share(tb, ta, want);
        assert_true(cost_share(ta, tc) <= cost_share(ta, tb) + cost_share(tb, tc) + 1e-12);
    }
}

static void test_share_is_bounded(void **state)
{
    (void)state;
    size_t n = 40000;
    char *a = malloc(12 * n), *b = malloc(12 * n), *at = a, *bt = b;
    for (size_t i = 0; i < n; i++) {
        at += snprintf(at, 12, "w%zu ", i);
        bt += snprintf(bt, 12, "w%zu ", i == 20000 ? 99999 : i);
    }
    assert_share(a, b, 1.0 / (double)n); // the same ends are cut off first
    b[0] = 'v';
    a[strlen(a) - 2] = '!';
    assert_true(cost_share(a, b) > 0.99); // more than 8192 words between: all of it counts as changed
    free(a);
    free(b);
}

// --- cost ----------------------------------------------------------------------------------------------------------
static int changes(void *arg, const char *article)
{
    const char *named = arg;
    return named != NULL && strcmp(named, article) == 0 ? 2 : 0;
}

static int64_t cost(const char *text, const char *changed_twice)
{
    static const char tree[] =
        "{\"format\":\"plenum-constitution/1\",\"name\":\"x\",\"language\":\"en\",\"pillars\":[{\"id\":\"a\",\"title\":"
        "\"x\"}],\"articles\":[{\"id\":\"p\",\"level\":\"principle\",\"immutable\":false,\"title\":\"t\",\"text\":"
        "\"one two three\",\"children\":[{\"id\":\"r\",\"level\":\"rule\",\"immutable\":false,\"title\":\"t\",\"text\":"
        "\"one two three\"},{\"id\":\"g\",\"level\":\"guideline\",\"immutable\":false,\"title\":\"t\",\"text\":"
        "{\"en\":\"one\",\"ar\":\"two three\"}}]}]}";
    static const struct cost_settings settings = {{1, 3, 10, 0}};
    struct arena *arena = arena_new(8 << 20);
    struct document *base = NULL;
    struct operations *operations = NULL;
    struct fault fault = {0};
    json_t *json = json_loads(tree, 0, NULL), *list = json_loads(text, 0, NULL);
    assert_int_equal(document_parse(json, "", arena, &base, &fault), 0);
    assert_int_equal(operations_parse(list, "", base, arena, &operations, &fault), 0);
    int64_t result = cost_of(base, operations, &settings, changes, (void *)changed_twice, arena);
    json_decref(json);
    json_decref(list);
    arena_free(arena);
    return result;
}

static void test_cost(void **state)
{
    (void)state;
    static const char half[] = "[{\"op\":\"replace\",\"article\":\"r\",\"text\":\"one two\"}]";
    // 4 words with the title, one gone: 3 * 1 * (1 + 2/4) = 4.5
    assert_int_equal(cost(half, NULL), 5);
    assert_int_equal(cost(half, "r"), 41); // (1 + 2)^2 = 9 times: 40.5
    assert_int_equal(cost(half, "p"), 5);
    assert_int_equal(cost("[{\"op\":\"replace\",\"article\":\"p\",\"text\":\"one two\"}]", NULL), 15);
    assert_int_equal(
        cost("[{\"op\":\"replace\",\"article\":\"g\",\"title\":\"t\"}]", NULL), 1); // nothing changed
    assert_int_equal(
        cost("[{\"op\":\"replace\",\"article\":\"g\",\"text\":{\"en\":\"one\",\"ar\":\"two\"}}]", NULL), 2);
    assert_int_equal(cost("[{\"op\":\"add\",\"title\":\"t\",\"text\":\"t\"}]", NULL), 3);
    assert_int_equal(cost("[{\"op\":\"add\",\"title\":\"t\",\"text\":\"t\"}]", ""), 27);
    assert_int_equal(cost("[{\"op\":\"add\",\"parent\":\"r\",\"title\":\"t\",\"text\":\"t\"}]", NULL), 9);
    assert_int_equal(cost("[{\"op\":\"remove\",\"article\":\"p\"}]", NULL), 42); // (10 + 3 + 1) * 3
    assert_int_equal(
        cost("[{\"op\":\"remove\",\"article\":\"r\"},{\"op\":\"remove\",\"article\":\"g\"}]", NULL), 12);
}

static void test_budget(void **state)
{
    (void)state;
    const struct budget budget = {.amount = 60, .refill = 150, .period_us = INT64_C(30) * 86400 * 1000000};
    const int64_t one = budget.period_us / 150, now = INT64_C(1800000000) * 1000000;
    int64_t until = 0, wait = 0;
    assert_int_equal(budget_balance(&budget, until, now), 60);
    assert_true(budget_spend(&budget, until, now, 45, &until, &wait));
    assert_int_equal(budget_balance(&budget, until, now), 15);
    assert_false(budget_spend(&budget, until, now, 20, &until, &wait));
    assert_int_equal(wait, 5 * one);
    assert_int_equal(budget_balance(&budget, until, now), 15); // nothing was taken
    assert_int_equal(budget_balance(&budget, until, now + 5 * one), 20);
    assert_true(budget_spend(&budget, until, now + 5 * one, 20, &until, &wait));
    assert_int_equal(budget_balance(&budget, until, now + 5 * one), 0);
    assert_int_equal(budget_balance(&budget, until, now + 65 * one), 60);
    assert_int_equal(budget_balance(&budget, until, now + 1000 * one), 60); // never more than the amount
    assert_false(budget_spend(&budget, 0, now, 61, &until, &wait));
    assert_int_equal(wait, -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_share_is_lcs),
        cmocka_unit_test(test_share_is_bounded),
        cmocka_unit_test(test_cost),
        cmocka_unit_test(test_budget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
