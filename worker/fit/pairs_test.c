#include "worker/fit/pairs.h"

#include "worker/fit/testing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct planted_options choices = {.n_annotators = 20,
    .n_items = 100,
    .judgments_each = 40,
    .n_dimensions = 3,
    .n_tastes = 2,
    .sharpness = 1,
    .ties = true,
    .seed = 1};
static const struct planted_options ratings = {.n_annotators = 20,
    .n_items = 100,
    .judgments_each = 40,
    .n_dimensions = 3,
    .n_tastes = 1,
    .sharpness = 1,
    .as_ratings = true,
    .seed = 2};

static void prompts_stay_in_one_split(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &choices);
    // Items in twos share a prompt.
    uint64_t *prompt = calloc(planted.data.n_items, sizeof(*prompt));
    for (uint32_t i = 0; i < planted.data.n_items; i++)
        prompt[i] = i / 2;
    planted.data.item_prompt = prompt;
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set, other;
    struct err err;
    assert_int_equal(pairs_build(&planted.data, 0, 0, arena, &set, &err), 0);
    int split_of[50];
    memset(split_of, -1, sizeof(split_of));
    uint32_t n = 0;
    for (int split = 0; split < SPLITS; split++) {
        const struct pairs *pairs = &set.split[split];
        n += pairs->n;
        for (uint32_t i = 0; i < pairs->n; i++) {
            int *of = &split_of[pairs->left[i] / 4];
            assert_true(*of == -1 || *of == split);
            *of = split;
            assert_int_equal(pairs->left[i] / 2, pairs->right[i] / 2);
            uint32_t annotator = pairs->annotator[i];
            assert_true(pairs->first[annotator] <= i);
            assert_true(pairs->first[annotator + 1] > i);
        }
    }
    assert_int_equal(n, planted.data.n_judgments);
    assert_int_equal(set.n_prompts[SPLIT_TRAIN], 33);
    assert_int_equal(set.n_prompts[SPLIT_VALIDATION], 7);
    assert_int_equal(set.n_prompts[SPLIT_TEST], 10);
    assert_int_equal(pairs_build(&planted.data, 0, 1, arena, &other, &err), 0); // another salt, another split
    assert_true(other.split[SPLIT_TEST].n != set.split[SPLIT_TEST].n ||
                memcmp(other.split[SPLIT_TEST].left, set.split[SPLIT_TEST].left,
                    set.split[SPLIT_TEST].n * sizeof(uint32_t)) != 0);
    arena_free(arena);
    free(prompt);
    planted_free(&planted);
}

static void ratings_make_all_pairs_of_their_weight(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &ratings);
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct err err;
    assert_int_equal(pairs_build(&planted.data, 0, 0, arena, &set, &err), 0);
    double all = 0;
    for (int split = 0; split < SPLITS; split++) {
        const struct pairs *pairs = &set.split[split];
        for (uint32_t a = 0; a < planted.data.n_annotators; a++) {
            double weight = 0;
            for (uint32_t i = pairs->first[a]; i < pairs->first[a + 1]; i++)
                weight += pairs->weight[i];
            // Rating one text twice makes a pair with itself, which says nothing and is left out.
            assert_true(fabs(weight - round(weight)) < 1.0);
            all += weight;
        }
        for (uint32_t i = 0; i < pairs->n; i++) {
            float left = -1, right = -1;
            for (uint32_t r = 0; r < planted.data.n_ratings; r++) {
                if (planted.data.rating_annotator[r] != pairs->annotator[i])
                    continue;
                left =
                    planted.data.rating_response[r] == pairs->left[i] ? planted.data.rating_value[r] : left;
                right =
                    planted.data.rating_response[r] == pairs->right[i] ? planted.data.rating_value[r] : right;
            }
            assert_true(left >= 1 && right >= 1);
            assert_true(pairs->y[i] == 0.5 || pairs->y[i] == 0 || pairs->y[i] == 1);
        }
    }
    assert_true(all <= planted.data.n_ratings && all > 0.95 * planted.data.n_ratings);
    arena_free(arena);
    planted_free(&planted);
}

static void three_ratings_by_hand(void **state UNUSED)
{
    // Six prompts so that splits exist; one annotator rates three texts that fall into one split or other.
    enum { N = 40 };
    uint32_t first[N + 1], annotator[N], response[N];
    uint64_t prompt[N], key = 1;
    float value[N], embedding[N];
    for (uint32_t i = 0; i < N; i++) {
        first[i] = response[i] = i;
        prompt[i] = 5;
        annotator[i] = 0;
        embedding[i] = (float)i;
        value[i] = (float)(i % 3);
    }
    first[N] = N;
    struct fit_data data = {.n_items = N,
        .n_responses = N,
        .item_first = first,
        .item_prompt = prompt,
        .n_dimensions = 1,
        .response_embedding = embedding,
        .n_ratings = N,
        .rating_annotator = annotator,
        .rating_response = response,
        .rating_value = value,
        .n_annotators = 1,
        .annotator_key = &key};
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct err err;
    assert_int_equal(pairs_build(&data, 0, 0, arena, &set, &err), 0);
    const struct pairs *train = &set.split[SPLIT_TRAIN];
    assert_int_equal(set.n_prompts[SPLIT_TRAIN], 26);
    assert_int_equal(train->n, 26 * 25 / 2);
    for (uint32_t i = 0; i < train->n; i++) {
        float left = value[train->left[i]], right = value[train->right[i]];
        assert_true(train->y[i] == (left > right ? 1 : left < right ? 0 : 0.5));
        assert_true(fabs(train->weight[i] - 26.0 / (26 * 25 / 2)) < 1e-12);
    }
    arena_free(arena);
}

static void one_annotator_is_capped(void **state UNUSED)
{
    struct planted planted;
    planted_make(&planted, &choices);
    // The first annotator takes over most judgments.
    uint32_t *annotator = (uint32_t *)(uintptr_t)planted.data.judgment_annotator;
    for (uint32_t i = 0; i < planted.data.n_judgments; i += 2)
        annotator[i] = 0;
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct err err;
    assert_int_equal(pairs_build(&planted.data, 0.1, 0, arena, &set, &err), 0);
    const struct pairs *train = &set.split[SPLIT_TRAIN];
    double total = 0, most = 0;
    for (uint32_t a = 0; a < planted.data.n_annotators; a++) {
        double weight = 0;
        for (uint32_t i = train->first[a]; i < train->first[a + 1]; i++) {
            assert_true(set.capped[i] <= train->weight[i]);
            weight += set.capped[i];
        }
        total += weight;
        most = fmax(most, weight);
    }
    assert_true(most <= 0.1 * total * (1 + 1e-9));
    assert_true(most > 0.09 * total);
    // A cap below an equal share can't hold; then all are equal.
    assert_int_equal(pairs_build(&planted.data, 0.001, 0, arena, &set, &err), 0);
    assert_true(set.cap >= 0.05);
    arena_free(arena);
    planted_free(&planted);
}

static void wrong_columns_are_errors(void **state UNUSED)
{
    struct planted planted;
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct err err;
    planted_make(&planted, &choices);
    struct fit_data good = planted.data, bad = good;
    uint32_t *column = malloc(good.n_judgments * sizeof(*column));
    uint8_t *outcome = malloc(good.n_judgments);
    memcpy(column, good.judgment_left, good.n_judgments * sizeof(*column));
    memcpy(outcome, good.judgment_outcome, good.n_judgments);
    column[5] = good.n_responses;
    bad.judgment_left = column;
    assert_int_equal(pairs_build(&bad, 0, 0, arena, &set, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "judgment 5"));
    column[5] = good.judgment_right[5];
    assert_int_equal(pairs_build(&bad, 0, 0, arena, &set, &err), ERR_INVALID);
    bad = good;
    outcome[7] = 3;
    bad.judgment_outcome = outcome;
    assert_int_equal(pairs_build(&bad, 0, 0, arena, &set, &err), ERR_INVALID);
    bad = good;
    bad.n_annotators = 10;
    assert_int_equal(pairs_build(&bad, 0, 0, arena, &set, &err), ERR_INVALID);
    bad = good;
    bad.n_items = 3;
    assert_int_equal(pairs_build(&bad, 0, 0, arena, &set, &err), ERR_INVALID);
    bad = good;
    uint64_t *prompt = calloc(good.n_items, sizeof(*prompt));
    bad.item_prompt = prompt;
    assert_int_equal(pairs_build(&bad, 0, 0, arena, &set, &err), ERR_INVALID);
    assert_non_null(strstr(err.message, "prompts"));
    free(prompt);
    free(column);
    free(outcome);
    arena_free(arena);
    planted_free(&planted);
}

static void subsets_keep_the_weight(void **state UNUSED)
{
    struct planted planted;
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct pairs some;
    struct err err;
    bool keep[20];
    planted_make(&planted, &choices);
    assert_int_equal(pairs_build(&planted.data, 0, 0, arena, &set, &err), 0);
    const struct pairs *train = &set.split[SPLIT_TRAIN];
    for (uint32_t a = 0; a < 20; a++)
        keep[a] = a % 2 == 0;
    pairs_subset(train, set.capped, 20, keep, 10, planted.data.n_responses, arena, &some);
    for (uint32_t a = 0; a < 20; a++) {
        double before = 0, after = 0;
        for (uint32_t i = train->first[a]; i < train->first[a + 1]; i++)
            before += keep[a] ? set.capped[i] : 0;
        for (uint32_t i = some.first[a]; i < some.first[a + 1]; i++)
            after += some.weight[i];
        assert_true(fabs(before - after) < 1e-9);
        assert_true(some.first[a + 1] - some.first[a] <= 10);
    }
    arena_free(arena);
    planted_free(&planted);
}

// Forty pairs judged by two people. The second edits: the better one of item 3 (left), of a tie on item 4, and of item 5, of which
// they said nothing else.
enum { EDITED_ITEMS = 40, EDITED_OWN = 2 * EDITED_ITEMS, EDITED_ROWS = 2 * EDITED_ITEMS - 1 + 4 };
struct edited {
    uint32_t first[EDITED_ITEMS + 1], annotator[EDITED_ROWS], left[EDITED_ROWS], right[EDITED_ROWS];
    uint64_t prompt[EDITED_ITEMS], key[2];
    uint8_t outcome[EDITED_ROWS];
    float weight[EDITED_ROWS], embedding[EDITED_OWN + 3];
    uint32_t edit_item[3], edit_before[3];
    struct fit_data data;
};

static void say(struct edited *edited, uint32_t annotator, uint32_t left, uint32_t right,
    enum fit_outcome outcome, float weight)
{
    uint32_t i = edited->data.n_judgments++;
    assert_in_range(i, 0, EDITED_ROWS - 1);
    edited->annotator[i] = annotator;
    edited->left[i] = left;
    edited->right[i] = right;
    edited->outcome[i] = (uint8_t)outcome;
    edited->weight[i] = weight;
}

static void make_edited(struct edited *edited)
{
    *edited = (struct edited){.key = {1, 2}, .edit_item = {3, 4, 5}, .edit_before = {1, 1, 0}};
    for (uint32_t i = 0; i < EDITED_ITEMS; i++) {
        edited->first[i + 1] = 2 * i + 2;
        edited->prompt[i] = i;
    }
    for (uint32_t annotator = 0; annotator < 2; annotator++) {
        for (uint32_t i = 0; i < EDITED_ITEMS; i++) {
            uint32_t a = 2 * i, b = a + 1;
            if (annotator == 0 || i != 5)
                say(edited, annotator, a, b, annotator == 1 && i == 4 ? FIT_TIE : FIT_LEFT, 1);
            if (annotator == 1 && i == 3) {
                say(edited, 1, EDITED_OWN, a, FIT_LEFT, 1 / 3.0F);
                say(edited, 1, EDITED_OWN, b, FIT_LEFT, 1 / 3.0F);
            }
            if (annotator == 1 && (i == 4 || i == 5))
                say(edited, 1, EDITED_OWN + i - 3, a, FIT_LEFT, i == 4 ? 1 / 3.0F : 1);
        }
    }
    edited->data = (struct fit_data){.n_items = EDITED_ITEMS,
        .n_responses = EDITED_OWN + 3,
        .item_first = edited->first,
        .item_prompt = edited->prompt,
        .n_dimensions = 1,
        .response_embedding = edited->embedding,
        .n_edits = 3,
        .edit_item = edited->edit_item,
        .edit_before = edited->edit_before,
        .n_judgments = edited->data.n_judgments,
        .judgment_annotator = edited->annotator,
        .judgment_left = edited->left,
        .judgment_right = edited->right,
        .judgment_outcome = edited->outcome,
        .judgment_weight = edited->weight,
        .n_annotators = 2,
        .annotator_key = edited->key};
    assert_int_equal(edited->data.n_judgments, EDITED_ROWS);
}

static void an_edit_makes_no_second_judgment(void **state UNUSED)
{
    static struct edited edited;
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct err err;
    make_edited(&edited);
    assert_int_equal(pairs_build(&edited.data, 0, 0, arena, &set, &err), 0);
    double of_item[2][EDITED_ITEMS] = {{0}};
    uint32_t n = 0;
    for (int split = 0; split < SPLITS; split++) {
        const struct pairs *pairs = &set.split[split];
        for (uint32_t i = 0; i < pairs->n; i++, n++) {
            bool is_edit = pairs->left[i] >= EDITED_OWN;
            uint32_t item = pairs->right[i] / 2;
            of_item[pairs->annotator[i]][item] += pairs->weight[i];
            assert_int_equal(set.split_of[pairs->left[i]], split);
            assert_int_equal(set.split_of[pairs->left[i]], set.split_of[2 * item]);
            assert_true(pairs->y[i] == (pairs->annotator[i] == 1 && item == 4 && !is_edit ? 0.5 : 1));
            // Each of a judgment alike.
            double weight = pairs->annotator[i] == 1 && (item == 3 || item == 4) ? 1 / 3.0 : 1;
            assert_true(fabs(pairs->weight[i] - weight) < 1e-6);
        }
    }
    assert_int_equal(n, EDITED_ROWS);
    for (uint32_t i = 0; i < EDITED_ITEMS; i++) {
        assert_true(fabs(of_item[0][i] - 1) < 1e-6);
        assert_true(
            fabs(of_item[1][i] - (i == 4 ? 2 / 3.0 : 1)) < 1e-6); // a tie orders no more than two of three
    }
    // Whose prompts are test is as it was without them.
    struct fit_data without = edited.data;
    struct pair_set before;
    without.n_edits = 0;
    without.n_responses = EDITED_OWN;
    without.n_judgments = EDITED_ITEMS; // the first one's
    assert_int_equal(pairs_build(&without, 0, 0, arena, &before, &err), 0);
    assert_memory_equal(before.split_of, set.split_of, EDITED_OWN);
    arena_free(arena);
}

static void what_an_edit_can_not_say(void **state UNUSED)
{
    static struct edited edited;
    struct arena *arena = arena_new(SIZE_MAX);
    struct pair_set set;
    struct err err;
    make_edited(&edited);
    uint32_t at = 0;
    while (edited.left[at] < EDITED_OWN)
        at++;
    static const char *const cases[] = {"no such item", "of another item", "below", "a tie",
        "too much before", "another's before", "of two pieces", "out of order", "more than all"};
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        make_edited(&edited);
        if (i == 0)
            edited.edit_item[1] = EDITED_ITEMS;
        else if (i == 1)
            edited.edit_item[0] = 2;
        else if (i == 2)
            edited.right[at] = EDITED_OWN + 1;
        else if (i == 3)
            edited.outcome[at] = FIT_TIE;
        else if (i == 4)
            edited.edit_before[0] = 2;
        else if (i == 5)
            edited.annotator[at - 1] = 0;
        else if (i == 6)
            edited.left[at + 1] = edited.right[at + 1] - 1, edited.left[at + 2] = EDITED_OWN;
        else if (i == 7)
            edited.left[at] = edited.left[at + 1] = EDITED_OWN + 1, edited.edit_item[1] = 3;
        else
            edited.data.n_edits = edited.data.n_responses + 1;
        if (pairs_build(&edited.data, 0, 0, arena, &set, &err) != ERR_INVALID)
            fail_msg("%s", cases[i]);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prompts_stay_in_one_split),
        cmocka_unit_test(ratings_make_all_pairs_of_their_weight),
        cmocka_unit_test(three_ratings_by_hand),
        cmocka_unit_test(one_annotator_is_capped),
        cmocka_unit_test(wrong_columns_are_errors),
        cmocka_unit_test(subsets_keep_the_weight),
        cmocka_unit_test(an_edit_makes_no_second_judgment),
        cmocka_unit_test(what_an_edit_can_not_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
