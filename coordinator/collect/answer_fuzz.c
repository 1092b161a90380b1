// Bodies of judgments and studies: a byte chooses the kind of task, another how many responses were shown, the rest is the
// body. Each fault has a pointer and a sentence; what is taken is stored as JSON that the database reads.
#include "base/fuzz_test.h"
#include "coordinator/collect/answer.h"
#include "coordinator/collect/study.h"

static void check_errors(const struct fields *fields)
{
    size_t i;
    json_t *one;
    assert(json_array_size(fields->errors) <= FIELDS_ERRORS_MAX);
    json_array_foreach(fields->errors, i, one)
    {
        assert(json_is_string(json_object_get(one, "pointer")));
        assert(json_is_string(json_object_get(one, "detail")));
    }
}

static void check_stored(json_t *stored)
{
    char *text = json_canonical(stored);
    json_error_t error;
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    assert(again != NULL && json_equal(again, stored));
    json_decref(again);
    free(text);
    json_decref(stored);
}

static void read_answer(const struct task *task, const json_t *body, size_t n_shown)
{
    static int shown[SHOWN_MAX];
    for (size_t i = 0; i < n_shown; i++)
        shown[i] = (int)(n_shown - 1 - i);
    struct fields fields;
    struct answer answer;
    json_t *stored = NULL, *note = NULL;
    fields_init(&fields);
    answer_read(&fields, task, body, &answer);
    if (fields_ok(&fields)) {
        answer_place(&fields, task, body, &answer, shown, n_shown, &stored, &note);
        if (fields_ok(&fields)) {
            check_stored(json_incref(stored));
            check_stored(note != NULL ? json_incref(note) : json_object());
        }
    }
    check_errors(&fields);
    json_decref(stored);
    json_decref(note);
    fields_release(&fields);
}

static void read_study(const json_t *body)
{
    struct fields fields;
    struct study study;
    fields_init(&fields);
    study_read(&fields, body, &study);
    check_errors(&fields);
    if (fields_ok(&fields))
        check_stored(json_incref(study.settings));
    study_release(&study);
    fields_release(&fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static json_t *dimensions;
    if (dimensions == NULL)
        dimensions =
            json_loads("[{\"id\":\"a\",\"min\":1,\"max\":5},{\"id\":\"b\",\"min\":-1,\"max\":0.5}]", 0, NULL);
    struct fuzz fuzz = {data, size};
    uint8_t kind = fuzz_byte(&fuzz) % 4;
    size_t n_shown = fuzz_byte(&fuzz) % (SHOWN_MAX + 1);
    json_error_t error;
    json_t *body = json_loadb((const char *)fuzz.at, fuzz.left, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(body)) {
        struct task task = {.kind = (enum task_kind)kind, .strength_max = 3, .dimensions = dimensions};
        if (kind == 3)
            read_study(body);
        else
            read_answer(&task, body, kind == TASK_PAIRWISE ? 2 : max_size(n_shown, 1));
    }
    json_decref(body);
    return 0;
}
