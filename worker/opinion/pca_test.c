#include "worker/opinion/pca.h"

#include "worker/opinion/gram.h"
#include "worker/opinion/testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct votes votes;

static void add(const struct conversation *conversation, uint32_t at_a_time)
{
    struct err err;
    for (uint32_t i = 0; i < conversation->n; i += at_a_time) {
        uint32_t n = conversation->n - i < at_a_time ? conversation->n - i : at_a_time;
        struct opinion_votes part = conversation_part(conversation, i, n);
        assert_int_equal(votes_add(&votes, &part, &err), 0);
    }
}

// Three people, two statements: X = [-1 1; 1 -1; -1 .]. Means -1/3 and 0; centred rows (-2/3, 1), (4/3, -1), (-2/3, 0).
static void test_by_hand(void **state)
{
    (void)state;
    struct conversation c = {0};
    conversation_add(&c, 1, 1, 1, 0);
    conversation_add(&c, 1, 2, -1, 0);
    conversation_add(&c, 2, 1, -1, 0);
    conversation_add(&c, 2, 2, 1, 0);
    conversation_add(&c, 3, 1, 1, 0);
    add(&c, 5);
    struct view view = votes_view(&votes);
    double first[2] = {0}, second[2] = {0}, x[3], y[3], qx[2], qy[2];
    uint32_t iterations[2];
    struct pca *pca = pca_new(&view, NULL, true);
    assert_true(fabs(pca_mean(pca)[0] + 1.0 / 3) < 1e-15 && fabs(pca_mean(pca)[1]) < 1e-15);
    pca_find(pca, 0, first, second, iterations);
    // X'X = [8/3 -2; -2 2]: eigenvalue (14 + sqrt(148)) / 6, vector (a, b) with (8/3 - l) a = 2 b.
    double l = (14 + sqrt(148)) / 6, a = 2, b = 8.0 / 3 - l, length = sqrt(a * a + b * b);
    assert_true(
        fabs(fabs(first[0]) - fabs(a / length)) < 1e-9 && fabs(fabs(first[1]) - fabs(b / length)) < 1e-9);
    assert_true(fabs(first[0] * second[0] + first[1] * second[1]) < 1e-9);
    pca_people(&view, pca_mean(pca), first, second, x, y);
    assert_true(fabs(x[0] - (-2.0 / 3 * first[0] + first[1])) < 1e-9); // sqrt(2 / 2)
    assert_true(fabs(x[2] - sqrt(2) * (-2.0 / 3 * first[0])) < 1e-9);  // sqrt(2 / 1)
    pca_statements(&view, pca_mean(pca), first, second, qx, qy);
    assert_true(fabs(qx[0] - sqrt(2) * (-1 + 1.0 / 3) * first[0]) < 1e-9);
    pca_free(pca);
    votes_release(&votes);
    conversation_release(&c);
}

static void test_three_ways_agree(void **state)
{
    (void)state;
    struct conversation c = {0};
    conversation_plant(&c, 120, 40, 3, 0.6, 0.2, 5);
    add(&c, c.n);
    votes_moderate(&votes, 13, OPINION_OUT);
    struct view view = votes_view(&votes);
    double first[3][40] = {{0}}, second[3][40] = {{0}};
    uint32_t iterations[2];
    struct gram *gram = gram_new(&view);
    struct pca *ways[3] = {
        pca_new(&view, NULL, true), pca_new(&view, NULL, false), pca_new(&view, gram, false)};
    for (int way = 0; way < 3; way++) {
        for (int again = 0; again < 2; again++) // on from where it ended
            pca_find(ways[way], 0, first[way], second[way], iterations);
        for (int i = 0; i < 40; i++)
            assert_true(
                fabs(first[way][i] - first[0][i]) < 1e-7 && fabs(second[way][i] - second[0][i]) < 1e-7);
        pca_free(ways[way]);
    }
    int64_t out = ids_find(&votes.column_ids, 13);
    assert_true(out >= 0 && first[0][out] == 0 && first[1][out] == 0 && first[2][out] == 0);
    gram_free(gram);
    votes_release(&votes);
    conversation_release(&c);
}

// A moderated-out statement is 0 for everybody, so it counts as voted on by everybody.
static void test_moderated_out_counts_for_everybody(void **state)
{
    (void)state;
    struct conversation c = {0};
    for (uint64_t who = 1; who <= 4; who++) {
        conversation_add(&c, who, 1, who % 2 == 0 ? 1 : -1, 0);
        if (who > 1)
            conversation_add(&c, who, 2, 1, 0);
    }
    add(&c, c.n);
    votes_moderate(&votes, 2, OPINION_OUT);
    struct view view = votes_view(&votes);
    double mean[2] = {0}, first[2] = {1, 0}, second[2] = {0, 1}, x[4], y[4];
    pca_people(&view, mean, first, second, x, y);
    for (int i = 0; i < 4; i++)
        assert_true(fabs(fabs(x[i]) - sqrt(2.0 / 2)) < 1e-15 && y[i] == 0);
    votes_release(&votes);
    conversation_release(&c);
}

// However votes come, the matrix is the same, and the last vote counts.
static void test_order_of_coming(void **state)
{
    (void)state;
    struct conversation c = {0};
    conversation_plant(&c, 60, 50, 2, 0.9, 0.3, 1);
    uint32_t n = c.n;
    for (uint32_t i = 0; i < n; i += 3)
        conversation_add(&c, c.participant[i], c.statement[i], (int)(i % 3) - 1, 0); // changed minds
    for (uint32_t i = 0; i < n; i += 7)
        conversation_add(&c, c.participant[i], c.statement[i], 1, 0);
    add(&c, c.n); // many
    struct votes one = votes;
    memset(&votes, 0, sizeof(votes));
    add(&c, 1); // one by one
    assert_true(
        one.n_rows == votes.n_rows && one.n_columns == votes.n_columns && one.n_cells == votes.n_cells);
    assert_memory_equal(one.counts, votes.counts, 4 * votes.n_columns * sizeof(*votes.counts));
    for (uint32_t r = 0; r < votes.n_rows; r++) {
        assert_int_equal(one.rows[r].n, votes.rows[r].n);
        assert_memory_equal(one.rows[r].codes, votes.rows[r].codes, votes.rows[r].n * sizeof(uint32_t));
    }
    unsigned char a[32], b[32];
    votes_digest(&one, a);
    votes_digest(&votes, b);
    assert_memory_equal(a, b, sizeof(a));
    votes_release(&one);
    votes_release(&votes);
    conversation_release(&c);
}

// Products kept up vote by vote are those made anew, to the bit.
static void test_products_are_kept_up(void **state)
{
    (void)state;
    struct conversation c = {0};
    conversation_plant(&c, 80, 30, 2, 0.7, 0.3, 2);
    struct err err;
    struct opinion_votes early = conversation_part(&c, 0, c.n / 2);
    assert_int_equal(votes_add(&votes, &early, &err), 0);
    struct view view = votes_view(&votes);
    votes.gram = gram_new(&view);
    uint32_t n = c.n;
    for (uint32_t i = n / 2; i < n; i++)
        conversation_add(&c, c.participant[i / 2], c.statement[i / 2], -c.vote[i / 2], 0);
    struct opinion_votes late = conversation_part(&c, early.n, c.n - early.n);
    for (uint32_t i = 0; i < late.n; i += 500) {
        struct opinion_votes part = conversation_part(&c, early.n + i, late.n - i < 500 ? late.n - i : 500);
        assert_int_equal(votes_add(&votes, &part, &err), 0);
    }
    assert_non_null(votes.gram);
    view = votes_view(&votes);
    struct gram *anew = gram_new(&view);
    double mean[64] = {0}, kept[64 * 64], made[64 * 64];
    uint8_t out[64] = {0};
    for (uint32_t i = 0; i < view.n_columns; i++)
        mean[i] = 0.1 * i;
    gram_centred(votes.gram, view.n_columns, mean, out, kept);
    gram_centred(anew, view.n_columns, mean, out, made);
    assert_memory_equal(kept, made, (size_t)view.n_columns * view.n_columns * sizeof(double));
    gram_free(anew);
    votes_release(&votes);
    conversation_release(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_hand),
        cmocka_unit_test(test_three_ways_agree),
        cmocka_unit_test(test_moderated_out_counts_for_everybody),
        cmocka_unit_test(test_order_of_coming),
        cmocka_unit_test(test_products_are_kept_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
