// Bodies of judgments and studies: a byte chooses the task, another how many responses were shown, the rest is the
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

static void read_answer(const struct rules *rules, const json_t *body, size_t n_shown)
{
    static int shown[SHOWN_MAX];
    for (size_t i = 0; i < n_shown; i++)
        shown[i] = (int)(n_shown - 1 - i);
    const struct seen seen = {.shown = shown, .n_shown = n_shown, .later = n_shown % 2 == 0};
    struct fields fields;
    struct answer answer;
    json_t *stored = NULL, *note = NULL;
    fields_init(&fields);
    answer_read(&fields, rules, body, &answer);
    if (fields_ok(&fields)) {
        answer_place(&fields, rules, body, &answer, &seen, &stored, &note);
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

enum { N_TASKS = 5 };
// As studies of before have stored them, and one that asks for everything.
static const char *const tasks[N_TASKS] = {
    "{\"kind\":\"pairwise\",\"dimensions\":[{\"id\":\"a\",\"min\":1,\"max\":5},{\"id\":\"b\",\"min\":-1,\"max\":0.5}]}",
    "{\"kind\":\"ranking\",\"dimensions\":[{\"id\":\"a\",\"min\":1,\"max\":5}]}",
    "{\"kind\":\"rating\",\"dimensions\":[{\"id\":\"a\",\"min\":1,\"max\":5},{\"id\":\"b\",\"min\":-1,\"max\":0.5}]}",
    "{\"kind\":\"best_worst\",\"partial\":true,\"rationale\":\"required\",\"hindsight\":{\"when\":\"split\"}}",
    "{\"kind\":\"pairwise\",\"goal\":\"worse\",\"strength_max\":4,\"tie\":false,\"edit\":\"optional\","
    "\"dimensions\":[{\"id\":\"a\",\"scale\":\"slider\",\"min\":1,\"max\":100,\"about\":\"item\",\"required\":true},"
    "{\"id\":\"b\",\"scale\":\"yes_no_unsure\",\"about\":\"response\",\"required\":false}],"
    "\"labels\":[{\"id\":\"x\",\"about\":\"response\",\"multiple\":true,\"required\":true,\"options\":[{\"id\":\"p\"}]},"
    "{\"id\":\"y\",\"about\":\"item\"}],\"reasons\":{\"from\":\"list\",\"list\":[{\"id\":\"r\"}]}}",
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct rules rules[N_TASKS];
    static bool read;
    for (size_t i = 0; !read && i < N_TASKS; i++) {
        json_t *task = json_loads(tasks[i], 0, NULL);
        assert(task != NULL);
        rules_of(&rules[i], task);
        json_decref(task);
    }
    read = true;
    struct fuzz fuzz = {data, size};
    uint8_t what = fuzz_byte(&fuzz) % (N_TASKS + 1);
    size_t n_shown = fuzz_byte(&fuzz) % (SHOWN_MAX + 1);
    json_error_t error;
    json_t *body = json_loadb((const char *)fuzz.at, fuzz.left, JSON_REJECT_DUPLICATES, &error);
    // 3 is a study, as it has been since the corpus was begun.
    const struct rules *task = &rules[what > 3 ? what - 1 : what % N_TASKS];
    if (json_is_object(body) && what == 3)
        read_study(body);
    else if (json_is_object(body))
        read_answer(task, body, task->kind == TASK_PAIRWISE ? 2 : max_size(n_shown, 1));
    json_decref(body);
    return 0;
}
