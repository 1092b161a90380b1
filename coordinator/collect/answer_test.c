#include "coordinator/collect/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *json(const char *text)
{
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    return value;
}

// The rules of a task as it is stored.
static struct rules rules_from(const char *task)
{
    struct rules rules;
    json_t *stored = json(task);
    rules_of(&rules, stored);
    json_decref(stored);
    return rules;
}

// The first error's pointer, or "ok"; what is stored as canonical JSON.
static void read_answer(
    const struct rules *rules, const char *text, const struct seen *seen, char pointer[128], char stored[512])
{
    struct answer answer;
    struct fields fields;
    json_t *body = json(text), *own = NULL, *note = NULL;
    fields_init(&fields);
    answer_read(&fields, rules, body, &answer);
    if (fields_ok(&fields))
        answer_place(&fields, rules, body, &answer, seen, &own, &note);
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

// On screen are response 2, 0 and 1, from left to right; a pair shows the first two.
static void expect(const struct rules *rules, const char *text, const char *pointer, const char *stored)
{
    static const int shown[] = {2, 0, 1};
    json_t *articles = json("[\"care\",\"truth\"]");
    const struct seen seen = {
        .shown = shown, .n_shown = rules->kind == TASK_PAIRWISE ? 2 : 3, .later = true, .articles = articles};
    char got_pointer[128], got_stored[512];
    read_answer(rules, text, &seen, got_pointer, got_stored);
    json_decref(articles);
    assert_string_equal(got_pointer, pointer);
    if (stored != NULL)
        assert_string_equal(got_stored, stored);
}

static void pairs(void **state)
{
    (void)state;
    struct rules task = rules_from(
        "{\"kind\":\"pairwise\",\"strength_max\":3,\"dimensions\":[{\"id\":\"care\",\"min\":1,\"max\":5}]}");
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
    rules_release(&task);
}

static void rankings(void **state)
{
    (void)state;
    struct rules task = rules_from("{\"kind\":\"ranking\",\"strength_max\":3,\"dimensions\":[]}");
    expect(&task, "{\"ranking\":[[\"b\"],[\"a\",\"c\"]],\"active_ms\":5}", "ok", "{\"ranking\":[[0],[2,1]]}");
    expect(&task, "{\"choice\":\"skip\",\"active_ms\":5}", "ok", "{}");
    expect(&task, "{\"choice\":\"left\",\"active_ms\":5}", "/choice", NULL);
    expect(&task, "{\"active_ms\":5}", "/ranking", NULL);
    expect(&task, "{\"ranking\":[[\"a\"],[\"b\"]],\"active_ms\":5}", "/ranking", NULL);
    expect(&task, "{\"ranking\":[[\"a\"],[\"b\"],[\"a\"]],\"active_ms\":5}", "/ranking/2", NULL);
    expect(&task, "{\"ranking\":[[\"a\"],[\"b\"],[\"d\"]],\"active_ms\":5}", "/ranking/2", NULL);
    expect(&task, "{\"ranking\":[[\"a\",\"b\",\"c\"],[]],\"active_ms\":5}", "/ranking/1", NULL);
    rules_release(&task);
}

static void ratings(void **state)
{
    (void)state;
    struct rules task = rules_from(
        "{\"kind\":\"rating\",\"strength_max\":3,\"dimensions\":[{\"id\":\"overall\",\"min\":1,\"max\":5}]}");
    expect(&task, "{\"ratings\":{\"overall\":{\"a\":1,\"b\":2,\"c\":3.5}},\"active_ms\":5}", "ok",
        "{\"ratings\":{\"overall\":{\"0\":2,\"1\":3.5,\"2\":1}}}");
    expect(&task, "{\"ratings\":{\"overall\":{\"a\":1}},\"active_ms\":5}", "/ratings/overall", NULL);
    expect(&task, "{\"ratings\":{},\"active_ms\":5}", "/ratings", NULL);
    expect(&task, "{\"choice\":\"cannot_judge\",\"active_ms\":5}", "ok", "{}");
    rules_release(&task);
}

// What a judgment says beside how long it took.
static void expect_said(const struct rules *rules, const char *said, const char *pointer, const char *stored)
{
    char text[1024];
    snprintf(text, sizeof(text), "{\"active_ms\":1%s%s}", said[0] != '\0' ? "," : "", said);
    expect(rules, text, pointer, stored);
}

static void what_a_pair_may_not_say(void **state)
{
    (void)state;
    struct rules task =
        rules_from("{\"kind\":\"pairwise\",\"strength_max\":0,\"tie\":false,\"both_bad\":false}");
    expect_said(&task, "\"choice\":\"right\"", "ok", "{}");
    expect_said(&task, "\"choice\":\"tie\"", "/choice", NULL);
    expect_said(&task, "\"choice\":\"both_bad\"", "/choice", NULL);
    expect_said(&task, "\"choice\":\"left\",\"strength\":1", "/strength", NULL);
    expect_said(&task, "\"choice\":\"left\",\"best\":\"left\"", "/best", NULL);
    rules_release(&task);
    task = rules_from("{\"kind\":\"pairwise\",\"strength_max\":4}");
    expect_said(&task, "\"choice\":\"left\",\"strength\":4", "ok", "{}");
    expect_said(&task, "\"choice\":\"left\",\"strength\":5", "/strength", NULL);
    rules_release(&task);
}

static void what_is_required(void **state)
{
    (void)state;
    struct rules task =
        rules_from("{\"kind\":\"pairwise\",\"rationale\":\"required\",\"confidence\":\"required\","
                   "\"edit\":\"required\"}");
    const char *edit = "\"edit\":{\"slot\":\"left\",\"content\":\"x\"}";
    char said[256];
    expect_said(&task, "\"choice\":\"left\",\"rationale\":\"a\",\"confidence\":20", "/edit", NULL);
    snprintf(said, sizeof(said), "\"choice\":\"left\",\"rationale\":\"a\",%s", edit);
    expect_said(&task, said, "/confidence", NULL);
    snprintf(said, sizeof(said), "\"choice\":\"left\",\"rationale\":\" \",\"confidence\":20,%s", edit);
    expect_said(&task, said, "/rationale", NULL);
    snprintf(said, sizeof(said), "\"choice\":\"left\",\"rationale\":\"a\",\"confidence\":20,%s", edit);
    expect_said(&task, said, "ok", "{\"confidence\":20}");
    // The better one is edited; where none is, none has to be.
    snprintf(said, sizeof(said), "\"choice\":\"right\",\"rationale\":\"a\",\"confidence\":20,%s", edit);
    expect_said(&task, said, "/edit/slot", NULL);
    expect_said(&task, "\"choice\":\"tie\",\"rationale\":\"a\",\"confidence\":20", "ok", NULL);
    expect_said(&task, "\"choice\":\"skip\"", "ok", "{}");
    task.is_worse = true;
    expect_said(&task, said, "ok", NULL);
    rules_release(&task);
}

static void best_and_worst(void **state)
{
    (void)state;
    struct rules task = rules_from("{\"kind\":\"best_worst\",\"edit\":\"optional\"}");
    expect_said(&task, "\"best\":\"c\",\"worst\":\"a\"", "ok", "{\"ranking\":[[1],[0],[2]]}");
    expect_said(&task, "\"best\":\"c\"", "/worst", NULL);
    expect_said(&task, "\"best\":\"c\",\"worst\":\"c\"", "/worst", NULL);
    expect_said(&task, "\"best\":\"left\",\"worst\":\"c\"", "/best", NULL);
    expect_said(&task, "\"ranking\":[[\"a\"],[\"b\"],[\"c\"]]", "/ranking", NULL);
    expect_said(&task, "\"choice\":\"cannot_judge\"", "ok", "{}");
    expect_said(&task, "\"best\":\"c\",\"worst\":\"a\",\"edit\":{\"slot\":\"a\",\"content\":\"x\"}",
        "/edit/slot", NULL);
    rules_release(&task);
}

static void partial_ranks(void **state)
{
    (void)state;
    struct rules task = rules_from("{\"kind\":\"ranking\",\"partial\":true}");
    expect_said(&task, "\"ranking\":[[\"b\"],[\"a\"]]", "ok", "{\"ranking\":[[0],[2]]}");
    expect_said(&task, "\"ranking\":[]", "/ranking", NULL);
    expect_said(&task, "\"ranking\":[[\"b\"],[\"b\"]]", "/ranking/1", NULL);
    rules_release(&task);
}

static void scales(void **state)
{
    (void)state;
    struct rules task = rules_from(
        "{\"kind\":\"rating\",\"dimensions\":["
        "{\"id\":\"how\",\"scale\":\"likert\",\"min\":1,\"max\":7,\"about\":\"response\",\"required\":true},"
        "{\"id\":\"slid\",\"scale\":\"slider\",\"min\":1,\"max\":100,\"about\":\"item\",\"required\":false},"
        "{\"id\":\"safe\",\"scale\":\"yes_no_unsure\",\"about\":\"response\",\"required\":false}]}");
    const char *how = "\"how\":{\"a\":1,\"b\":7.0,\"c\":4}";
    char said[256];
    snprintf(said, sizeof(said), "\"ratings\":{%s,\"slid\":{\"item\":100},\"safe\":{\"b\":\"unsure\"}}", how);
    expect_said(&task, said, "ok",
        "{\"ratings\":{\"how\":{\"0\":7,\"1\":4,\"2\":1},\"safe\":{\"0\":\"unsure\"},\"slid\":{\"item\":100}}}");
    expect_said(&task, "\"ratings\":{\"how\":{\"a\":1.5,\"b\":7,\"c\":4}}", "/ratings/how/a", NULL);
    expect_said(&task, "\"ratings\":{\"how\":{\"a\":1,\"b\":7}}", "/ratings/how", NULL);
    expect_said(&task, "\"ratings\":{\"safe\":{\"a\":\"yes\"}}", "/ratings", NULL);
    snprintf(said, sizeof(said), "\"ratings\":{%s,\"slid\":{\"a\":5}}", how);
    expect_said(&task, said, "/ratings/slid/a", NULL);
    snprintf(said, sizeof(said), "\"ratings\":{%s,\"safe\":{\"a\":\"maybe\"}}", how);
    expect_said(&task, said, "/ratings/safe/a", NULL);
    snprintf(said, sizeof(said), "\"ratings\":{%s,\"safe\":{\"item\":\"yes\"}}", how);
    expect_said(&task, said, "/ratings/safe/item", NULL);
    expect_said(&task, "\"choice\":\"skip\"", "ok", "{}");
    rules_release(&task);
}

static void labels(void **state)
{
    (void)state;
    struct rules task = rules_from(
        "{\"kind\":\"pairwise\",\"labels\":[{\"id\":\"rude\",\"about\":\"response\"},"
        "{\"id\":\"harm\",\"about\":\"response\",\"multiple\":true,\"options\":[{\"id\":\"x\"},{\"id\":\"y:z\"}]},"
        "{\"id\":\"safe\",\"about\":\"item\",\"required\":true,\"options\":[{\"id\":\"both\"},{\"id\":\"one\"}]}]}");
    expect_said(&task,
        "\"choice\":\"tie\",\"labels\":{\"left\":[\"rude\",\"harm:x\",\"harm:y:z\"],\"item\":[\"safe:one\"]}",
        "ok", "{\"labels\":{\"2\":[\"rude\",\"harm:x\",\"harm:y:z\"],\"item\":[\"safe:one\"]}}");
    expect_said(&task, "\"choice\":\"tie\"", "/labels/item", NULL);
    expect_said(&task, "\"choice\":\"skip\"", "ok", NULL);
    static const char *const bad[][2] = {{"\"left\":[\"harm\"]", "/labels/left"},
        {"\"left\":[\"harm:\"]", "/labels/left"}, {"\"left\":[\"rude:x\"]", "/labels/left"},
        {"\"left\":[\"nice\"]", "/labels/left"}, {"\"right\":[\"safe:one\"]", "/labels/right"},
        {"\"item\":[\"rude\"]", "/labels/item"}, {"\"left\":[\"rude\",\"rude\"]", "/labels/left"},
        {"\"item\":[\"safe:one\",\"safe:both\"]", "/labels/item"}, {"\"up\":[]", "/labels/up"}};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        char said[256];
        snprintf(said, sizeof(said), "\"choice\":\"tie\",\"labels\":{%s}", bad[i][0]);
        expect_said(&task, said, bad[i][1], NULL);
    }
    rules_release(&task);
}

static void reasons(void **state)
{
    (void)state;
    struct rules none = rules_from("{\"kind\":\"pairwise\",\"reasons\":null}");
    struct rules list =
        rules_from("{\"kind\":\"pairwise\",\"reasons\":{\"from\":\"list\",\"list\":[{\"id\":\"r\"}]}}");
    struct rules cited = rules_from("{\"kind\":\"pairwise\",\"reasons\":{\"from\":\"constitution\"}}");
    expect_said(&none, "\"choice\":\"tie\",\"reasons\":[\"r\"]", "/reasons", NULL);
    expect_said(&list, "\"choice\":\"tie\",\"reasons\":[\"r\"]", "ok", "{\"reasons\":[\"r\"]}");
    expect_said(&list, "\"choice\":\"tie\",\"reasons\":[\"r\",\"r\"]", "/reasons/1", NULL);
    expect_said(&list, "\"choice\":\"tie\",\"reasons\":[\"q\"]", "/reasons/0", NULL);
    expect_said(&list, "\"choice\":\"tie\",\"reasons\":\"r\"", "/reasons", NULL);
    expect_said(&list, "\"choice\":\"tie\",\"reasons\":[]", "ok", "{}");
    expect_said(&cited, "\"choice\":\"tie\",\"reasons\":[\"truth\"]", "ok", "{\"reasons\":[\"truth\"]}");
    expect_said(&cited, "\"choice\":\"tie\",\"reasons\":[\"truth\",\"lies\"]", "/reasons/1", NULL);
    rules_release(&none);
    rules_release(&list);
    rules_release(&cited);
}

static void hindsight_is_kept(void **state)
{
    (void)state;
    struct rules task = rules_from("{\"kind\":\"pairwise\",\"hindsight\":{\"when\":\"split\"}}");
    expect_said(&task, "\"choice\":\"tie\"", "ok", "{\"later_shown\":true}");
    const struct uuid even = {.bytes = {[UUID_BYTES - 1] = 2}}, odd = {.bytes = {[UUID_BYTES - 1] = 3}};
    assert_true(rules_show_later(&task, even, 0) && !rules_show_later(&task, even, 1));
    assert_true(rules_show_later(&task, odd, 1) && !rules_show_later(&task, odd, 0));
    rules_release(&task);
    task = rules_from("{\"kind\":\"pairwise\",\"hindsight\":{\"when\":\"before\"}}");
    assert_true(rules_show_later(&task, odd, 0) && rules_show_later(&task, odd, 1));
    rules_release(&task);
    task = rules_from("{\"kind\":\"pairwise\"}");
    assert_false(rules_show_later(&task, even, 0));
    rules_release(&task);
}

static void slots(void **state)
{
    (void)state;
    const struct rules task = {.kind = TASK_RANKING};
    char name[SLOT_NAME_BYTES];
    slot_name(&task, 25, name);
    assert_string_equal(name, "z");
    slot_name(&task, 26, name);
    assert_string_equal(name, "aa");
    slot_name(&task, 99, name);
    assert_string_equal(name, "cv");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(pairs), cmocka_unit_test(rankings),
        cmocka_unit_test(ratings), cmocka_unit_test(what_a_pair_may_not_say),
        cmocka_unit_test(what_is_required), cmocka_unit_test(best_and_worst), cmocka_unit_test(partial_ranks),
        cmocka_unit_test(scales), cmocka_unit_test(labels), cmocka_unit_test(reasons),
        cmocka_unit_test(hindsight_is_kept), cmocka_unit_test(slots)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
