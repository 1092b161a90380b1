#include "worker/opinion/opinion.h"

#include "base/hash.h"
#include "base/rng.h"
#include "worker/opinion/testing.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARENA_BYTES ((size_t)256 << 20)

static struct arena *arena;
static struct conversation c;

static int begin(void **state)
{
    (void)state;
    arena = arena_new(ARENA_BYTES);
    return 0;
}

static int end(void **state)
{
    (void)state;
    arena_free(arena);
    conversation_release(&c);
    return 0;
}

static void add(struct opinion *opinion, uint32_t from, uint32_t n)
{
    struct err err;
    struct opinion_votes part = conversation_part(&c, from, n);
    assert_int_equal(opinion_add(opinion, &part, &err), 0);
}

static void check_number(double value)
{
    assert_true(isfinite(value));
}

// No number of a result is NaN or infinite, and what should add up does.
static void check_result(const struct opinion_result *result)
{
    uint32_t people = 0, inside = 0;
    for (uint32_t g = 0; g < result->k; g++) {
        people += result->groups[g].size;
        check_number(result->groups[g].x + result->groups[g].y);
        for (uint32_t i = 0; i < result->groups[g].n_representative; i++)
            check_number(result->groups[g].representative[i].repness +
                         result->groups[g].representative[i].repness_test);
    }
    for (uint32_t i = 0; i < result->n_participants; i++) {
        check_number(result->x[i] + result->y[i]);
        inside += result->group_of[i] >= 0;
        assert_true(result->group_of[i] < (int32_t)result->k);
    }
    assert_int_equal(people, inside);
    assert_int_equal(result->n_inside, inside);
    for (uint32_t s = 0; s < result->n_statements; s++) {
        const struct opinion_statement *statement = &result->statements[s];
        check_number(statement->mean + statement->extremity + statement->priority);
        assert_true(statement->group_informed_consensus >= 0 && statement->group_informed_consensus <= 1);
        assert_true(statement->inside.votes <= statement->all.votes);
    }
    for (int k = 0; k <= OPINION_GROUPS_MAX; k++)
        check_number(result->silhouette[k]);
}

static struct opinion_result fit(struct opinion *opinion)
{
    struct opinion_result result;
    opinion_fit(opinion, arena, &result);
    check_result(&result);
    return result;
}

static void test_planted_groups_are_found(void **state)
{
    (void)state;
    conversation_plant(&c, 90, 40, 3, 0.7, 0.1, 1);
    struct opinion *opinion = opinion_new();
    add(opinion, 0, c.n);
    struct opinion_result result = fit(opinion);
    assert_int_equal(result.k, 3);
    assert_false(result.warm);
    int32_t planted[90];
    for (uint32_t i = 0; i < result.n_participants; i++)
        planted[i] = (int32_t)((result.participant[i] - 1000) % 3);
    assert_true(opinion_adjusted_rand(planted, result.group_of, result.n_participants) > 0.99);
    // What everybody agrees on is consensus (three camps may agree by chance, too).
    assert_int_equal(result.n_consensus_agree, OPINION_SHOWN_MAX);
    for (uint32_t i = 0; i < OPINION_SHOWN_MAX; i++) {
        const struct opinion_statement *statement = &result.statements[result.consensus_agree[i].statement];
        for (uint32_t g = 0; g < result.k; g++)
            assert_true(statement->group[g].agrees > 0.7 * statement->group[g].votes);
    }
    struct opinion_stability stability;
    opinion_stability(opinion, &result, 10, 1, &stability);
    assert_true(stability.mean > 0.9 && stability.same_k > 0.7 && !stability.warning);
    struct opinion_stability again;
    opinion_stability(opinion, &result, 10, 1, &again);
    assert_memory_equal(&stability, &again, sizeof(again));
    opinion_free(opinion);
}

static void test_noise_is_not_stable(void **state)
{
    (void)state;
    conversation_plant(&c, 90, 40, 1, 0.7, 1, 1);
    struct opinion *opinion = opinion_new();
    add(opinion, 0, c.n);
    struct opinion_result result = fit(opinion);
    struct opinion_stability stability;
    opinion_stability(opinion, &result, 10, 1, &stability);
    assert_true(stability.mean < 0.4 && stability.warning);
    opinion_free(opinion);
}

static void save(const struct opinion *opinion, struct buf *out)
{
    buf_clear(out);
    opinion_save(opinion, out);
}

// A chain of fits gives the same bytes however votes came, and from a restored state in the middle as well.
static void test_replay_gives_the_same_bytes(void **state)
{
    (void)state;
    conversation_plant(&c, 80, 40, 2, 0.7, 0.2, 3);
    struct buf live, other;
    buf_init(&live, 1 << 20);
    buf_init(&other, 1 << 20);
    struct opinion *a = opinion_new(), *b = opinion_new(), *restored = opinion_new();
    uint32_t third = c.n / 3;
    add(a, 0, third);
    struct opinion_result first = fit(a);
    save(a, &live);
    for (uint32_t i = 0; i < third; i++)
        add(b, i, 1);
    struct opinion_result first_again = fit(b);
    save(b, &other);
    assert_int_equal(live.length, other.length);
    assert_memory_equal(live.data, other.data, live.length);
    assert_memory_equal(first.state_hash, first_again.state_hash, sizeof(first.state_hash));

    struct err err;
    add(restored, 0, third);
    assert_int_equal(opinion_restore(restored, live.data, live.length, &err), 0);
    opinion_moderate(a, 12, OPINION_OUT);
    opinion_moderate(b, 12, OPINION_OUT);
    opinion_moderate(restored, 12, OPINION_OUT);
    add(a, third, third);
    add(b, third, 7);
    add(b, third + 7, third - 7);
    add(restored, third, third);
    struct opinion_result second = fit(a), second_again = fit(b), second_restored = fit(restored);
    assert_true(second.warm && second_again.warm && second_restored.warm);
    assert_memory_equal(second.predecessor_hash, first.state_hash, sizeof(first.state_hash));
    assert_memory_equal(second.state_hash, second_again.state_hash, sizeof(first.state_hash));
    assert_memory_equal(second.state_hash, second_restored.state_hash, sizeof(first.state_hash));
    for (uint32_t s = 0; s < second.n_statements; s++)
        assert_memory_equal(
            &second.statements[s].priority, &second_restored.statements[s].priority, sizeof(double));

    // At close: cold, the same as if there had been no chain.
    struct opinion *fresh = opinion_new();
    add(a, 2 * third, c.n - 2 * third);
    opinion_start_over(a);
    opinion_moderate(fresh, 12, OPINION_OUT);
    add(fresh, 0, c.n);
    struct opinion_result closed = fit(a), cold = fit(fresh);
    assert_false(closed.warm);
    assert_memory_equal(closed.state_hash, cold.state_hash, sizeof(cold.state_hash));
    unsigned char none[OPINION_HASH_BYTES] = {0};
    assert_memory_equal(closed.predecessor_hash, none, sizeof(none));
    opinion_free(a);
    opinion_free(b);
    opinion_free(restored);
    opinion_free(fresh);
    buf_release(&live);
    buf_release(&other);
}

// Many people go by products of columns, kept up; the chain is the same from a restored state, where they are made anew.
static void test_replay_with_products(void **state)
{
    (void)state;
    conversation_plant(&c, 26000, 41, 2, 0.4, 0.3, 4);
    struct buf live;
    struct err err;
    buf_init(&live, 8 << 20);
    struct opinion *a = opinion_new(), *b = opinion_new();
    uint32_t before = c.n - 300;
    add(a, 0, before);
    fit(a);
    save(a, &live);
    add(b, 0, before);
    assert_int_equal(opinion_restore(b, live.data, live.length, &err), 0);
    for (uint32_t i = 0; i < 3; i++) {
        add(a, before + 100 * i, 100);
        add(b, before + 100 * i, 100);
        struct opinion_result one = fit(a), other = fit(b);
        assert_true(one.warm && one.k == 2);
        assert_memory_equal(one.state_hash, other.state_hash, sizeof(one.state_hash));
    }
    opinion_free(a);
    opinion_free(b);
    buf_release(&live);
}

static void test_what_restore_refuses(void **state)
{
    (void)state;
    conversation_plant(&c, 30, 20, 2, 0.7, 0.2, 3);
    struct buf bytes;
    struct err err;
    buf_init(&bytes, 1 << 20);
    struct opinion *a = opinion_new(), *b = opinion_new();
    add(a, 0, c.n);
    assert_int_equal(opinion_restore(b, "", 0, &err), ERR_INVALID);
    fit(a);
    save(a, &bytes);
    assert_int_equal(opinion_restore(b, bytes.data, bytes.length, &err), ERR_CONFLICT); // without votes
    add(b, 0, c.n - 1);
    assert_int_equal(opinion_restore(b, bytes.data, bytes.length, &err), ERR_CONFLICT); // one is missing
    for (size_t cut = 0; cut < bytes.length; cut += 13)
        assert_int_equal(opinion_restore(a, bytes.data, cut, &err), ERR_INVALID);
    bytes.data[bytes.length / 2] ^= 1;
    assert_int_equal(opinion_restore(a, bytes.data, bytes.length, &err), ERR_INVALID);
    bytes.data[bytes.length / 2] ^= 1;
    bytes.data[8]++; // another version
    assert_int_equal(opinion_restore(a, bytes.data, bytes.length, &err), ERR_INVALID);
    bytes.data[8]--;
    assert_int_equal(opinion_restore(a, bytes.data, bytes.length, &err), 0);
    // With a hash that is right, but places that are not: refused, not followed.
    for (size_t at = 114; at < bytes.length - 32; at += 5) {
        char was = bytes.data[at];
        bytes.data[at] = (char)(was ^ 0x7f);
        hash_sha256(bytes.data, bytes.length - 32, (unsigned char *)bytes.data + bytes.length - 32);
        if (opinion_restore(a, bytes.data, bytes.length, &err) == 0) {
            struct opinion_result result;
            opinion_fit(a, arena, &result);
        }
        bytes.data[at] = was;
    }
    opinion_free(a);
    opinion_free(b);
    buf_release(&bytes);
}

// Other numbers for people and statements change nothing but the numbers.
static void test_ids_say_nothing(void **state)
{
    (void)state;
    conversation_plant(&c, 60, 30, 2, 0.6, 0.2, 9);
    struct opinion *a = opinion_new(), *b = opinion_new();
    add(a, 0, c.n);
    for (uint32_t i = 0; i < c.n; i++) {
        c.participant[i] = ~(c.participant[i] * 7919);
        c.statement[i] = UINT64_MAX - c.statement[i];
    }
    add(b, 0, c.n);
    struct opinion_result one = fit(a), other = fit(b);
    assert_int_equal(one.k, other.k);
    assert_memory_equal(one.group_of, other.group_of, one.n_participants * sizeof(int32_t));
    assert_memory_equal(one.x, other.x, one.n_participants * sizeof(double));
    for (uint32_t s = 0; s < one.n_statements; s++) {
        assert_int_equal(other.statements[s].id, UINT64_MAX - one.statements[s].id);
        assert_true(
            one.statements[s].group_informed_consensus == other.statements[s].group_informed_consensus);
    }
    opinion_free(a);
    opinion_free(b);
}

// A vote given twice, or changed and changed back, is one vote.
static void test_duplicates_count_once(void **state)
{
    (void)state;
    conversation_plant(&c, 60, 30, 2, 0.6, 0.2, 9);
    struct opinion *a = opinion_new(), *b = opinion_new();
    add(a, 0, c.n);
    uint32_t n = c.n;
    for (uint32_t i = 0; i < n; i++)
        conversation_add(&c, c.participant[i], c.statement[i], 0, 0);
    for (uint32_t i = 0; i < n; i++)
        conversation_add(&c, c.participant[i], c.statement[i], c.vote[i], 0);
    add(b, 0, c.n);
    struct opinion_result one = fit(a), other = fit(b);
    assert_int_equal(opinion_n_votes(b), 3 * (uint64_t)n);
    assert_memory_equal(one.group_of, other.group_of, one.n_participants * sizeof(int32_t));
    for (uint32_t s = 0; s < one.n_statements; s++)
        assert_memory_equal(&one.statements[s].all, &other.statements[s].all, sizeof(one.statements[s].all));
    opinion_free(a);
    opinion_free(b);
}

static void test_no_votes(void **state)
{
    (void)state;
    struct opinion *opinion = opinion_new();
    struct opinion_stability stability;
    struct opinion_bridging bridging;
    struct opinion_result result = fit(opinion);
    assert_true(result.k == 0 && result.n_participants == 0 && result.n_statements == 0);
    opinion_stability(opinion, &result, 5, 1, &stability);
    assert_true(stability.warning && stability.mean == 0);
    opinion_bridge(opinion, arena, &bridging);
    assert_true(bridging.mu == 0);
    conversation_add(&c, 1, 1, 1, 0); // and on from nothing
    add(opinion, 0, 1);
    result = fit(opinion);
    assert_true(result.k == 1 && result.groups[0].size == 1);
    opinion_free(opinion);
}

static void look_at_everything(struct opinion *opinion)
{
    struct opinion_stability stability;
    struct opinion_bridging bridging;
    struct opinion_brigades brigades;
    struct err err;
    struct opinion_result result = fit(opinion);
    opinion_stability(opinion, &result, 4, 1, &stability);
    check_number(stability.mean + stability.low + stability.high);
    opinion_bridge(opinion, arena, &bridging);
    check_number(bridging.mu);
    for (uint32_t s = 0; s < result.n_statements; s++)
        check_number(bridging.intercept[s] + bridging.factor[s] + bridging.support_above[s] +
                     bridging.support_below[s]);
    struct opinion_votes all = conversation_all(&c);
    assert_int_equal(opinion_brigades(opinion, &result, &all, arena, &brigades, &err), 0);
    check_number(brigades.agreement);
    check_result(&brigades.refit);
    result = fit(opinion); // warm, nothing new
    assert_true(result.warm);
}

static void test_small_and_odd_conversations(void **state)
{
    (void)state;
    for (int kind = 0; kind < 9; kind++) {
        conversation_release(&c);
        struct opinion *opinion = opinion_new();
        uint32_t people = kind == 0 ? 1 : kind == 1 ? 2 : 20, statements = kind == 2 ? 1 : 12;
        for (uint64_t who = 0; who < people; who++) {
            for (uint64_t what = 0; what < statements; what++) {
                int vote = (int)((who + what) % 3) - 1;
                vote = kind == 3   ? 0
                       : kind == 4 ? 1
                       : kind == 5 ? -1
                                   : vote;                 // all pass, all agree, all disagree
                if (kind != 6 || what == who % statements) // one vote each
                    conversation_add(&c, who, what, vote, (int64_t)(who * 100 + what));
            }
        }
        for (uint64_t what = 0; kind == 7 && what < statements; what++)
            opinion_moderate(opinion, what, OPINION_OUT);
        for (uint64_t what = 0; kind == 8 && what < statements; what++)
            opinion_moderate(opinion, what, what % 2 == 0 ? OPINION_META : OPINION_OUT);
        add(opinion, 0, c.n);
        look_at_everything(opinion);
        opinion_free(opinion);
    }
}

static void test_all_moderated(void **state)
{
    (void)state;
    conversation_plant(&c, 40, 20, 2, 0.8, 0.1, 2);
    struct opinion *opinion = opinion_new();
    for (uint64_t s = 10; s < 30; s++)
        opinion_moderate(opinion, s, OPINION_OUT);
    add(opinion, 0, c.n);
    struct opinion_result result = fit(opinion);
    assert_int_equal(result.k, 1); // nothing tells people apart
    assert_int_equal(result.n_consensus_agree + result.n_consensus_disagree, 0);
    assert_int_equal(result.groups[0].n_representative, 0);
    assert_true(result.statements[0].all.votes > 0);
    opinion_free(opinion);
}

static void test_who_is_in(void **state)
{
    (void)state;
    struct opinion *opinion = opinion_new();
    for (uint64_t who = 0; who < 20; who++) {
        for (uint64_t what = 0; what < (who < 4 ? 10 : who < 18 ? 3 : 1); what++)
            conversation_add(&c, who, what, (who + what) % 2 == 0 ? 1 : -1, 0);
    }
    add(opinion, 0, c.n);
    struct opinion_result result = fit(opinion);
    assert_int_equal(result.n_inside, 15); // 4 with seven votes, 11 more of those with 3
    assert_true(result.group_of[3] >= 0 && result.group_of[14] >= 0 && result.group_of[15] < 0 &&
                result.group_of[19] < 0);
    // 20 with enough: those who were topped up stay in.
    uint32_t n = c.n;
    for (uint64_t who = 18; who < 20; who++) {
        for (uint64_t what = 0; what < 9; what++)
            conversation_add(&c, who, what, 1, 0);
    }
    add(opinion, n, c.n - n);
    result = fit(opinion);
    assert_int_equal(result.n_inside, 17);
    opinion_free(opinion);
}

static void test_a_new_k_waits(void **state)
{
    (void)state;
    conversation_plant(&c, 60, 40, 2, 0.8, 0.05, 1);
    uint32_t two = c.n;
    struct opinion *opinion = opinion_new();
    add(opinion, 0, two);
    assert_int_equal(fit(opinion).k, 2);
    struct conversation more = {0};
    conversation_plant(&more, 300, 40, 3, 0.8, 0.05, 2);
    for (uint32_t i = 0; i < more.n; i++) {
        if ((more.participant[i] - 1000) % 3 == 2)
            conversation_add(&c, 5000 + more.participant[i], more.statement[i], more.vote[i], 0);
    }
    conversation_release(&more);
    add(opinion, two, c.n - two);
    assert_int_equal(fit(opinion).k, 2);
    assert_int_equal(fit(opinion).k, 2);
    assert_int_equal(fit(opinion).k, 2);
    assert_int_equal(fit(opinion).k, 3); // won for the fourth time
    opinion_free(opinion);
}

static void test_what_is_refused(void **state)
{
    (void)state;
    struct opinion *opinion = opinion_new();
    struct err err;
    conversation_add(&c, 1, 1, 1, 0);
    conversation_add(&c, 1, 2, 2, 0);
    struct opinion_votes all = conversation_all(&c);
    assert_int_equal(opinion_add(opinion, &all, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "vote 1 is 2"));
    assert_int_equal(opinion_n_votes(opinion), 0);
    struct opinion_result result = fit(opinion);
    assert_int_equal(result.n_participants, 0);
    opinion_free(opinion);
}

static void test_declared_groups(void **state)
{
    (void)state;
    struct opinion *opinion = opinion_new();
    uint32_t group[25], n_groups;
    for (uint64_t who = 0; who < 25; who++)
        conversation_add(&c, who, 1, who < 10 ? 1 : -1, 0);
    add(opinion, 0, c.n);
    for (uint32_t i = 0; i < 25; i++)
        group[i] = i < 10 ? 0 : i < 20 ? 1 : i < 24 ? 2 : UINT32_MAX;
    double consensus;
    struct opinion_counts counts[3];
    opinion_declared(opinion, group, 3, &consensus, counts, &n_groups);
    assert_int_equal(n_groups, 2); // four people are too few to be shown
    assert_true(fabs(consensus - 11.0 / 12 * (1.0 / 12)) < 1e-15);
    assert_true(counts[0].agrees == 10 && counts[1].disagrees == 10 && counts[2].votes == 0);
    for (uint32_t i = 0; i < 25; i++)
        group[i] = UINT32_MAX;
    opinion_declared(opinion, group, 3, &consensus, NULL, &n_groups);
    assert_true(n_groups == 0 && consensus == 0);
    opinion_free(opinion);
}

// What both camps agree on bridges; what one is for does not, whatever its majority.
static void test_bridging(void **state)
{
    (void)state;
    conversation_plant(&c, 120, 40, 2, 0.8, 0.1, 7);
    struct opinion *opinion = opinion_new();
    struct opinion_bridging bridging, again;
    add(opinion, 0, c.n);
    struct opinion_result result = fit(opinion);
    opinion_bridge(opinion, arena, &bridging);
    opinion_bridge(opinion, arena, &again);
    assert_true(bridging.converged);
    assert_memory_equal(bridging.intercept, again.intercept, result.n_statements * sizeof(double));
    double least_shared = 1, most_divisive = -1;
    for (uint32_t s = 0; s < result.n_statements; s++) {
        bool shared = (result.statements[s].id - 10) % 10 == 9;
        bool divisive = bridging.support_above[s] * bridging.support_below[s] < 0;
        if (shared) {
            least_shared = bridging.intercept[s] < least_shared ? bridging.intercept[s] : least_shared;
            assert_true(bridging.support_above[s] > 0.5 && bridging.support_below[s] > 0.5);
        } else if (divisive) {
            most_divisive = bridging.intercept[s] > most_divisive ? bridging.intercept[s] : most_divisive;
        }
    }
    assert_true(least_shared > most_divisive);
    opinion_free(opinion);
}

static bool among(const struct opinion_brigades *brigades, const struct opinion_result *result, uint64_t id)
{
    for (uint32_t i = 0; i < result->n_participants; i++) {
        if (result->participant[i] == id)
            return brigades->clique_of[i] > 0;
    }
    return false;
}

// Six people who come together day by day, a minute apart, and vote alike; the others come when they come. Two strangers who
// think alike and sat at the same hour once are no brigade.
static void test_a_brigade_is_found_and_counts_as_one(void **state)
{
    (void)state;
    struct rng rng;
    rng_seed(&rng, 5);
    for (uint32_t i = 0; i < 3000; i++)
        conversation_add(&c, rng_below(&rng, 150), 10 + rng_below(&rng, 60), (int)rng_below(&rng, 3) - 1,
            (int64_t)rng_below(&rng, 30 * 86400) * 1000);
    for (uint64_t what = 0; what < 20; what++) {
        for (uint64_t who = 0; who < 6; who++)
            conversation_add(
                &c, 900 + who, 10 + what, what % 2 == 0 ? 1 : -1, (int64_t)(what * 86400 + who * 60) * 1000);
    }
    for (uint64_t what = 0; what < 20; what++) {
        for (uint64_t who = 0; who < 2; who++)
            conversation_add(&c, 950 + who, 40 + what, 1, (int64_t)(100 * 86400 + what * 30 + who) * 1000);
    }
    struct opinion *opinion = opinion_new();
    struct opinion_brigades brigades;
    struct err err;
    add(opinion, 0, c.n);
    struct opinion_result result = fit(opinion);
    struct opinion_votes all = conversation_all(&c);
    assert_int_equal(opinion_brigades(opinion, &result, &all, arena, &brigades, &err), 0);
    assert_true(brigades.n_pairs == 15 && brigades.n_cliques == 1 && brigades.n_correlated == 6 &&
                brigades.n_active == 1);
    for (uint64_t who = 0; who < 6; who++)
        assert_true(among(&brigades, &result, 900 + who));
    assert_false(among(&brigades, &result, 950));
    assert_true(brigades.n_votes_left_out >= 100); // 5 of 6 on each of 20
    struct opinion_votes other = conversation_part(&c, 0, c.n - 1);
    assert_int_equal(opinion_brigades(opinion, &result, &other, arena, &brigades, &err), ERR_INVALID);
    all.time_ms = NULL;
    assert_int_equal(opinion_brigades(opinion, &result, &all, arena, &brigades, &err), ERR_INVALID);
    opinion_free(opinion);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_planted_groups_are_found, begin, end),
        cmocka_unit_test_setup_teardown(test_noise_is_not_stable, begin, end),
        cmocka_unit_test_setup_teardown(test_replay_gives_the_same_bytes, begin, end),
        cmocka_unit_test_setup_teardown(test_replay_with_products, begin, end),
        cmocka_unit_test_setup_teardown(test_what_restore_refuses, begin, end),
        cmocka_unit_test_setup_teardown(test_ids_say_nothing, begin, end),
        cmocka_unit_test_setup_teardown(test_duplicates_count_once, begin, end),
        cmocka_unit_test_setup_teardown(test_no_votes, begin, end),
        cmocka_unit_test_setup_teardown(test_small_and_odd_conversations, begin, end),
        cmocka_unit_test_setup_teardown(test_all_moderated, begin, end),
        cmocka_unit_test_setup_teardown(test_who_is_in, begin, end),
        cmocka_unit_test_setup_teardown(test_a_new_k_waits, begin, end),
        cmocka_unit_test_setup_teardown(test_what_is_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_declared_groups, begin, end),
        cmocka_unit_test_setup_teardown(test_bridging, begin, end),
        cmocka_unit_test_setup_teardown(test_a_brigade_is_found_and_counts_as_one, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
