// Constitutions, amendments and communities' settings: {"document", "operations", "settings"}, each as a body would bring
// it. A document has one canonical form; operations that are read can be said again; amending keeps it a document.
#include "base/fuzz_test.h"
#include "coordinator/constitution/amend.h"
#include "coordinator/constitution/rule.h"

static void check_fault(const struct fault *fault)
{
    assert(fault->pointer != NULL && fault->detail != NULL && fault->detail[0] != '\0');
}

static void check_canonical(const struct document *document, struct arena *arena)
{
    unsigned char hash[HASH_BYTES], hash_again[HASH_BYTES];
    size_t size, size_again;
    const char *text = document_canonical(document, arena, &size, hash);
    if (text == NULL)
        return;
    struct document *again;
    struct fault fault = {0};
    json_error_t error;
    json_t *json = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
    assert(json != NULL && document_parse(json, "", arena, &again, &fault) == 0);
    json_decref(json);
    const char *text_again = document_canonical(again, arena, &size_again, hash_again);
    assert(text_again != NULL && size == size_again && memcmp(text, text_again, size) == 0);
}

static bool is_removed(const struct document *base, int place, const struct operations *operations)
{
    for (; place >= 0; place = base->articles[place].parent)
        for (int i = 0; i < operations->n; i++)
            if (operations->list[i].kind == OPERATION_REMOVE &&
                strcmp(operations->list[i].article, base->articles[place].id) == 0)
                return true;
    return false;
}

// What was removed is gone with all below it, and nothing else is.
static void check_amended(
    const struct document *base, const struct operations *operations, const struct document *amended)
{
    int left = 0, added = 0;
    for (int i = 0; i < base->n_articles; i++)
        left += !is_removed(base, i, operations);
    for (int i = 0; i < operations->n; i++)
        added += operations->list[i].kind == OPERATION_ADD &&
                 document_find(amended, operations->list[i].article) >= 0;
    assert(amended->n_articles == left + added);
    for (int i = 0; i < base->n_articles; i++)
        assert(is_removed(base, i, operations) || document_find(amended, base->articles[i].id) >= 0);
}

static void amend(const struct document *document, const json_t *json, struct arena *arena)
{
    struct operations *operations, *again;
    struct fault fault = {0};
    struct document *amended;
    if (operations_parse(json, "/operations", document, arena, &operations, &fault) < 0) {
        check_fault(&fault);
        return;
    }
    json_t *said = arena_json(arena, operations_json(operations));
    assert(operations_parse(said, "", document, arena, &again, &fault) == 0 && again->n == operations->n);
    const char *article;
    assert(operations_still_apply(document, document, operations, &article));
    if (document_amend(document, operations, "/operations", arena, &amended, &fault) < 0) {
        check_fault(&fault);
    } else {
        check_amended(document, operations, amended);
        check_canonical(amended, arena);
    }
}

static void read_settings(const json_t *body)
{
    struct fields fields;
    fields_init(&fields);
    json_t *settings = settings_read(&fields, body);
    if (fields_ok(&fields)) {
        (void)settings_costs(settings);
        (void)settings_budget(settings);
        (void)settings_voting_seconds(settings);
    }
    json_decref(settings);
    fields_release(&fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_error_t error;
    json_t *body = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, &error);
    struct arena *arena = arena_new(512 * 1024 * 1024);
    struct document *document;
    struct fault fault = {0};
    if (json_is_object(body)) {
        const json_t *settings = json_object_get(body, "settings");
        if (json_is_object(settings))
            read_settings(settings);
        if (document_parse(json_object_get(body, "document"), "/document", arena, &document, &fault) < 0) {
            check_fault(&fault);
        } else {
            check_canonical(document, arena);
            amend(document, json_object_get(body, "operations"), arena);
        }
    }
    json_decref(body);
    arena_free(arena);
    return 0;
}
