#include "coordinator/collect/agreement.h"
#include "coordinator/collect/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static json_t *json(const char *text)
{
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    return value;
}

static struct task task_of(enum task_kind kind, const char *dimensions)
{
    return (struct task){.kind = kind, .strength_max = 3, .dimensions = json(dimensions)};
}

// The first error's pointer, or "ok"; what is stored as canonical JSON.
static void read_answer(const struct task *task, const char *text, const int *shown, size_t n_shown,
    char pointer[128], char stored[512])
{
    struct answer answer;
    struct fields fields;
    json_t *body = json(text), *own = NULL, *note = NULL;
    fields_init(&fields);
    answer_read(&fields, task, body, &answer);
    if (fields_ok(&fields))
        answer_place(&fields, task, body, &answer, shown, n_shown, &own, &note);
    const char *at = fields_ok(&fields)
                         ? "ok"
                         : json_string_value(json_object_get(json_array_get(fields.errors, 0), "pointer"));
    strncpy(pointer, at, 127);
    pointer[127] = '\0';
    char *canonical = own != NULL ? json_canonical(own) : strdup("");
    strncpy(stored, canonical, 511);
    stored[511] = '\0';
    free(canonical);
    json_decref(body);
    json_decref(own);
    json_decref(note);
    fields_release(&fields);
}

static void expect(const struct task *task, const char *text, const char *pointer, const char *stored)
{
    static const int shown[] = {2, 0, 1};
    char got_pointer[128], got_stored[512];
    read_answer(task, text, shown, task->kind == TASK_PAIRWISE ? 2 : 3, got_pointer, got_stored);
    assert_string_equal(got_pointer, pointer);
    if (stored != NULL)
        assert_string_equal(got_stored, stored);
}

static void pairs(void **state)
{
    (void)state;
    struct task task = task_of(TASK_PAIRWISE, "[{\"id\":\"care\",\"min\":1,\"max\":5}]");
    expect(&task, "{\"choice\":\"left\",\"strength\":3,\"active_ms\":5}", "ok", "{}");
    expect(
        &task, "{\"choice\":\"both_bad\",\"active_ms\":5,\"confidence\":0.5}", "ok", "{\"confidence\":0.5}");
    expect(&task, "{\"active_ms\":5}", "/choice", NULL);
    expect(&task, "{\"choice\":\"middle\",\"active_ms\":5}", "/choice", NULL);
    expect(&task, "{\"choice\":\"left\"}", "/active_ms", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":-1}", "/active_ms", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"strength\":4}", "/strength", NULL);
    expect(&task, "{\"choice\":\"tie\",\"active_ms\":1,\"strength\":1}", "/strength", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"ranking\":[[\"left\"]]}", "/ranking", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"client\":7}", "/client", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"confidence\":\"much\"}", "/confidence", NULL);
    // Left on screen is response 2, right is response 0.
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"ratings\":{\"care\":{\"left\":4,\"right\":1}}}",
        "ok", "{\"ratings\":{\"care\":{\"0\":1,\"2\":4}}}");
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"ratings\":{\"care\":{\"left\":6}}}",
        "/ratings/care/left", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"ratings\":{\"wit\":{\"left\":1}}}", "/ratings/wit",
        NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"labels\":{\"left\":[\"rude\"]}}", "ok",
        "{\"labels\":{\"2\":[\"rude\"]}}");
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"labels\":{\"up\":[]}}", "/labels/up", NULL);
    expect(&task, "{\"choice\":\"left\",\"active_ms\":1,\"edit\":{\"slot\":\"b\",\"content\":\"x\"}}",
        "/edit/slot", NULL);
    json_decref(task.dimensions);
}

static void rankings(void **state)
{
    (void)state;
    struct task task = task_of(TASK_RANKING, "[]");
    expect(&task, "{\"ranking\":[[\"b\"],[\"a\",\"c\"]],\"active_ms\":5}", "ok", "{\"ranking\":[[0],[2,1]]}");
    expect(&task, "{\"choice\":\"skip\",\"active_ms\":5}", "ok", "{}");
    expect(&task, "{\"choice\":\"left\",\"active_ms\":5}", "/choice", NULL);
    expect(&task, "{\"active_ms\":5}", "/ranking", NULL);
    expect(&task, "{\"ranking\":[[\"a\"],[\"b\"]],\"active_ms\":5}", "/ranking", NULL);
    expect(&task, "{\"ranking\":[[\"a\"],[\"b\"],[\"a\"]],\"active_ms\":5}", "/ranking/2", NULL);
    expect(&task, "{\"ranking\":[[\"a\"],[\"b\"],[\"d\"]],\"active_ms\":5}", "/ranking/2", NULL);
    expect(&task, "{\"ranking\":[[\"a\",\"b\",\"c\"],[]],\"active_ms\":5}", "/ranking/1", NULL);
    json_decref(task.dimensions);
}

static void ratings(void **state)
{
    (void)state;
    struct task task = task_of(TASK_RATING, "[{\"id\":\"overall\",\"min\":1,\"max\":5}]");
    expect(&task, "{\"ratings\":{\"overall\":{\"a\":1,\"b\":2,\"c\":3.5}},\"active_ms\":5}", "ok",
        "{\"ratings\":{\"overall\":{\"0\":2,\"1\":3.5,\"2\":1}}}");
    expect(&task, "{\"ratings\":{\"overall\":{\"a\":1}},\"active_ms\":5}", "/ratings/overall", NULL);
    expect(&task, "{\"ratings\":{},\"active_ms\":5}", "/ratings", NULL);
    expect(&task, "{\"choice\":\"cannot_judge\",\"active_ms\":5}", "ok", "{}");
    json_decref(task.dimensions);
}

static void slots(void **state)
{
    (void)state;
    struct task task = {.kind = TASK_RANKING};
    char name[SLOT_NAME_BYTES];
    slot_name(&task, 25, name);
    assert_string_equal(name, "z");
    slot_name(&task, 26, name);
    assert_string_equal(name, "aa");
    slot_name(&task, 99, name);
    assert_string_equal(name, "cv");
}

// Krippendorff (2011), "Computing Krippendorff's alpha-reliability", section A: two observers, ten units, binary data;
// the published value is 0.095.
static void alpha_of_the_published_example(void **state)
{
    (void)state;
    static const int meg[] = {0, 1, 0, 0, 0, 0, 0, 0, 1, 0}, owen[] = {1, 1, 1, 0, 0, 1, 0, 0, 0, 0};
    struct agreement agreement = {0};
    for (size_t u = 0; u < ARRAY_SIZE(meg); u++) {
        int64_t counts[AGREEMENT_CATEGORIES] = {0};
        counts[meg[u]]++;
        counts[owen[u]]++;
        agreement_add(&agreement, counts, 1);
    }
    agreement_add(&agreement, (int64_t[]){1, 0, 0, 0}, 7); // judged once: says nothing
    assert_true(fabs(agreement_alpha(&agreement) - 0.0952) < 0.0001);
    assert_true(fabs(agreement_percent(&agreement) - 0.6) < 1e-12);
    assert_true(agreement.n_units == 10);
}

static void alpha_at_its_ends(void **state)
{
    (void)state;
    struct agreement none = {0}, all = {0}, split = {0};
    assert_true(isnan(agreement_alpha(&none)));
    assert_true(isnan(agreement_percent(&none)));
    agreement_add(&all, (int64_t[]){2, 0, 0, 0}, 5);
    agreement_add(&all, (int64_t[]){0, 3, 0, 0}, 5);
    assert_true(fabs(agreement_alpha(&all) - 1) < 1e-12);
    assert_true(agreement_percent(&all) == 1);
    agreement_add(&split, (int64_t[]){1, 1, 0, 0}, 10);
    assert_true(agreement_alpha(&split) < 0);
    assert_true(agreement_percent(&split) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(rankings),
        cmocka_unit_test(ratings), cmocka_unit_test(slots), cmocka_unit_test(alpha_of_the_published_example),
        cmocka_unit_test(alpha_at_its_ends)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
