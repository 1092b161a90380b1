#include "coordinator/collect/import.h"

#include "base/buf.h"
#include "coordinator/api.h"
#include "coordinator/collect/import_batch.h"
#include "coordinator/collect/routes.h"
#include "coordinator/collect/tally.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/loop.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SOURCE_ID_MAX = 256,
    TAGS_MAX = 100,
    TAG_MAX = 100,
    PREVIEW_ITEMS = 5,
    PREVIEW_RESPONSES = 9,
    PREVIEW_TEXT_BYTES = 2000,
    WARNING_MAX = 2000,
    ATTRIBUTES_MAX_BYTES = 64 * 1024
};

// One import: the body as it comes, batches that wait, one that is being written.
struct import {
    struct http_request *request;
    struct import_owner owner;
    const struct import_format *format;
    void *state;
    struct id project;
    char source[64];
    struct buf line; // what has come of the line that has no end yet
    bool line_too_long, skips_line;
    int64_t line_number;
    struct rules rules; // a copy of our own
    struct gold_rules gold;
    bool is_dry; // nothing is written: what would be taken is counted, and the first items are shown
    int64_t dry_line;
    json_t *preview;
    struct import_batch *gather;     // being filled
    struct import_batch *queue[128]; // full, waiting; a piece of the body is at most 64 KiB
    size_t n_queue;
    struct import_batch *flight; // being written
    bool ended, failed, replied, paused;
    int end_rc;
    char end_detail[384];
    int64_t n_accepted, n_duplicates, n_rejected;
    json_t *rejected;
};

static void import_release(void *arg)
{
    struct import *import = arg;
    if (import->format != NULL && import->format->close != NULL && import->state != NULL)
        import->format->close(import->state);
    import_batch_free(import->gather);
    import_batch_free(import->flight);
    for (size_t i = 0; i < import->n_queue; i++)
        import_batch_free(import->queue[i]);
    buf_release(&import->line);
    rules_release(&import->rules);
    json_decref(import->rejected);
    json_decref(import->preview);
}

// --- what formats call ----------------------------------------------------------------------------------------------------
static void reject(void *arg, int64_t line, const char *pointer, const char *detail)
{
    struct import *import = arg;
    import->n_rejected++;
    if (json_array_size(import->rejected) >= IMPORT_REJECTED_MAX)
        return;
    json_t *one = json_object(), *words = json_string(detail), *where = json_string(pointer);
    json_object_set_new(one, "line", json_integer(line));
    json_object_set_new(one, "pointer", where != NULL ? where : json_string(""));
    json_object_set_new(one, "detail", words != NULL ? words : json_string("This line is not taken."));
    json_array_append_new(import->rejected, one);
}

void import_reject(struct import *import, int64_t line, const char *pointer, const char *detail, ...)
{
    char text[512];
    va_list args;
    va_start(args, detail);
    vsnprintf(text, sizeof(text), detail, args);
    va_end(args);
    reject(import, line, pointer, text);
}

const char *import_option(const struct import *import, const char *name)
{
    return http_query(import->request, name);
}

bool import_is_worse(const struct import *import)
{
    return import->rules.is_worse;
}

json_t *import_gold(const struct import *import, struct fields *fields, const json_t *gold,
    size_t n_responses, const char **ret_role)
{
    return gold_read(fields, gold, &import->rules, &import->gold, n_responses, ret_role);
}

json_t *import_line_json(struct import *import, int64_t line, const char *text, size_t length)
{
    json_error_t error;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (json == NULL)
        import_reject(import, line, "", "Not JSON, at byte %d: %s.", error.position, error.text);
    else if (!json_is_object(json)) {
        import_reject(import, line, "", "A line must be a JSON object.");
        json_decref(json);
        json = NULL;
    }
    return json;
}

static bool text_fits(const char *text, size_t min, size_t max)
{
    size_t length = text_characters(text);
    return length >= min && length <= max;
}

enum { POINTER_BYTES = 64 };

static void place(char pointer[POINTER_BYTES], const char *text)
{
    snprintf(pointer, POINTER_BYTES, "%s", text);
}

// What is wrong with the item, or NULL; `pointer` says where.
static const char *item_fault(
    const struct import *import, const struct import_record *record, char pointer[POINTER_BYTES])
{
    const struct import_item *item = record->item;
    pointer[0] = '\0';
    size_t needed = record->judgment == NULL ? (size_t)import->owner.min_responses : 1;
    if (item->source_id != NULL && !text_fits(item->source_id, 1, SOURCE_ID_MAX))
        return place(pointer, "/id"), "An id must have 1 to 256 characters.";
    place(pointer, "/responses");
    if (item->n_responses < needed || item->n_responses > IMPORT_RESPONSES_MAX)
        return needed == 2 ? "An item of this study needs 2 to 100 responses."
                           : "An item needs 1 to 100 responses.";
    for (size_t i = 0; i < item->n_responses; i++) {
        const struct import_response *response = &item->responses[i];
        snprintf(pointer, POINTER_BYTES, "/responses/%zu/content", i);
        if (strlen(response->content) > IMPORT_CONTENT_MAX_BYTES ||
            text_characters(response->content) == SIZE_MAX)
            return "A response must be UTF-8 of at most 256 KiB.";
        snprintf(pointer, POINTER_BYTES, "/responses/%zu/embedding", i);
        if (response->n_embedding > IMPORT_EMBEDDING_MAX ||
            response->n_embedding != item->responses[0].n_embedding)
            return "Embeddings have at most 8192 numbers, as many for each response of an item.";
        for (size_t j = 0; j < response->n_embedding; j++) {
            if (!isfinite(response->embedding[j]))
                return "An embedding must hold finite numbers.";
        }
    }
    place(pointer, "/tags");
    for (size_t i = 0; i < item->n_tags; i++) {
        if (item->n_tags > TAGS_MAX || !text_fits(item->tags[i], 1, TAG_MAX))
            return "An item has at most 100 tags of 1 to 100 characters.";
    }
    place(pointer, "/warning");
    if (item->warning != NULL && !text_fits(item->warning, 0, WARNING_MAX))
        return "A warning must have at most 2000 characters.";
    return NULL;
}

static const char *judgment_fault(const struct import_record *record)
{
    static const char *const outcomes[] = {
        "left", "right", "tie", "both_bad", "cannot_judge", "ranking", "rating"};
    const struct import_judgment *judgment = record->judgment;
    const struct import_annotator *annotator = record->annotator;
    bool known = false, pair = false;
    for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
        if (strcmp(outcomes[i], judgment->outcome) == 0) {
            known = true;
            pair = i < 4;
        }
    }
    if (annotator == NULL || !text_fits(annotator->source_id, 1, SOURCE_ID_MAX))
        return "A judgment needs an annotator with an id of 1 to 256 characters.";
    if (annotator->attributes != NULL && strlen(annotator->attributes) > ATTRIBUTES_MAX_BYTES)
        return "An annotator's attributes are at most 64 KiB.";
    if (!known || judgment->strength < 0 || judgment->strength > 4)
        return "There is no such outcome or strength.";
    size_t n_shown = judgment->shown != NULL ? judgment->n_shown : record->item->n_responses;
    if (n_shown < 1 || n_shown > record->item->n_responses || (pair && n_shown != 2))
        return "A choice is between two responses.";
    for (size_t i = 0; judgment->shown != NULL && i < judgment->n_shown; i++) {
        if (judgment->shown[i] >= record->item->n_responses)
            return "The responses shown must be responses of the item.";
    }
    int64_t time;
    if (judgment->judged_at != NULL && time_parse(judgment->judged_at, &time) < 0)
        return "The time must be like 2026-11-20T20:47:00Z.";
    return NULL;
}

// The text, or its beginning where it is long, cut between characters.
static json_t *beginning(const char *text)
{
    size_t length = strlen(text);
    if (length <= PREVIEW_TEXT_BYTES)
        return json_string(text);
    for (length = PREVIEW_TEXT_BYTES; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
        length--;
    return json_sprintf("%.*s…", (int)length, text);
}

// A record of a dry run: counted by its line, the first ones kept to be looked at.
static void look_at(struct import *import, const struct import_record *record)
{
    const struct import_item *item = record->item;
    if (record->line != import->dry_line)
        import->n_accepted++;
    import->dry_line = record->line;
    if (json_array_size(import->preview) >= PREVIEW_ITEMS)
        return;
    json_t *one = json_object(), *responses = json_array(), *prompt = json_loads(item->prompt, 0, NULL);
    size_t i;
    json_t *message;
    json_array_foreach(prompt, i, message)
    {
        const char *content = json_string_value(json_object_get(message, "content"));
        if (content != NULL)
            json_object_set_new(message, "content", beginning(content));
    }
    for (i = 0; i < item->n_responses && i < PREVIEW_RESPONSES; i++)
        json_array_append_new(responses, beginning(item->responses[i].content));
    json_object_set_new(one, "line", json_integer(record->line));
    json_object_set_new(one, "prompt", prompt);
    json_object_set_new(one, "responses", responses);
    json_object_set_new(one, "n_responses", json_integer((json_int_t)item->n_responses));
    if (record->judgment != NULL)
        json_object_set_new(one, "outcome", json_string(record->judgment->outcome));
    json_array_append_new(import->preview, one);
}

void import_add(struct import *import, const struct import_record *record)
{
    char pointer[POINTER_BYTES] = "";
    const char *fault = item_fault(import, record, pointer);
    if (fault == NULL && record->judgment != NULL) {
        pointer[0] = '\0';
        fault = judgment_fault(record);
    }
    if (fault != NULL) {
        reject(import, record->line, pointer, fault);
        return;
    }
    if (import->is_dry) {
        look_at(import, record);
        return;
    }
    if (import->gather != NULL && import_batch_is_full(import->gather)) {
        // 64 KiB hold 32 Ki lines of two bytes at most, and the body waits until this is empty.
        assert(import->n_queue < ARRAY_SIZE(import->queue));
        import->queue[import->n_queue++] = import->gather;
        import->gather = NULL;
    }
    if (import->gather == NULL)
        import->gather = import_batch_new(&import->owner);
    import_batch_add(import->gather, record);
}

// --- writing ----------------------------------------------------------------------------------------------------------------
static void told(void *arg, int64_t line UNUSED, bool is_new)
{
    struct import *import = arg;
    if (is_new)
        import->n_accepted++;
    else
        import->n_duplicates++;
}

static int by_line(const void *a, const void *b)
{
    json_int_t x = json_integer_value(json_object_get(*(json_t *const *)a, "line"));
    json_int_t y = json_integer_value(json_object_get(*(json_t *const *)b, "line"));
    return x < y ? -1 : x > y;
}

static json_t *report(const struct import *import)
{
    json_t *sorted[IMPORT_REJECTED_MAX] = {0}, *one, *list = json_array(), *body = json_object();
    size_t i, n = 0;
    json_array_foreach(import->rejected, i, one) sorted[n++] = one;
    qsort(sorted, n, sizeof(sorted[0]), by_line);
    for (i = 0; i < n; i++)
        json_array_append(list, sorted[i]);
    json_object_set_new(body, "accepted", json_integer(import->n_accepted));
    json_object_set_new(body, "duplicates", json_integer(import->n_duplicates));
    json_object_set_new(body, "rejected", list);
    json_object_set_new(body, "n_rejected", json_integer(import->n_rejected));
    if (import->is_dry)
        json_object_set(body, "preview", import->preview);
    return body;
}

static void reply(struct import *import)
{
    import->replied = true;
    if (import->failed) {
        http_reply_header(import->request, "Retry-After", "2");
        http_problem(import->request, 503,
            "The database could not take all of it: %lld lines are in. Send the same again; "
            "what is in counts once.",
            (long long)import->n_accepted);
    } else if (import->end_rc < 0) {
        http_problem(import->request, import->end_rc == ERR_LIMIT ? 413 : 400,
            "The body did not come whole (%s): %lld lines are in. Send the same again; what is in counts once.",
            import->end_detail, (long long)import->n_accepted);
    } else {
        if (!import->is_dry)
            tally_catch_up(http_context(import->request), import->project);
        http_reply_json(import->request, 200, report(import));
    }
}

// Sends what can be sent, lets the body go on when there is room, and answers at the end.
static void move_on(struct import *import)
{
    if (import->replied || import->flight != NULL)
        return;
    if (!import->failed && import->n_queue > 0) {
        import->flight = import->queue[0];
        memmove(import->queue, import->queue + 1, --import->n_queue * sizeof(import->queue[0]));
    } else if (!import->failed && import->gather != NULL && !import_batch_is_empty(import->gather) &&
               (import->ended || import_batch_is_full(import->gather))) {
        import->flight = import->gather;
        import->gather = NULL;
    }
    if (import->flight != NULL) {
        if (!import->ended && !import->paused) {
            import->paused = true;
            http_body_pause(import->request);
        }
        import_batch_send(import->flight);
    } else if (import->ended || import->failed) {
        reply(import);
    } else if (import->paused) {
        import->paused = false;
        http_body_resume(import->request);
    }
}

static void batch_done(void *arg, struct import_batch *batch, int rc)
{
    struct import *import = arg;
    assert(batch == import->flight);
    import->flight = NULL;
    import->failed = import->failed || rc < 0;
    import_batch_free(batch);
    move_on(import);
}

// --- reading ----------------------------------------------------------------------------------------------------------------
static void end_line(struct import *import)
{
    static const char mark[3] = "\xEF\xBB\xBF"; // of the byte order, which UTF-8 has no need of
    size_t length = import->line.length;
    const char *text = import->line.data;
    import->line_number++;
    if (import->line.overflow)
        reject(import, import->line_number, "", "A line must be at most 1 MiB.");
    if (!import->line.overflow && length > 0 && import->line.data[length - 1] == '\r')
        import->line.data[--length] = '\0';
    if (import->line_number == 1 && length >= sizeof(mark) && memcmp(text, mark, sizeof(mark)) == 0) {
        text += sizeof(mark);
        length -= sizeof(mark);
    }
    bool blank = strspn(text, " \t") == length;
    if (!import->line.overflow && !blank)
        import->format->line(import->state, import, import->line_number, text, length);
    buf_clear(&import->line);
}

static void feed_lines(struct import *import, const char *data, size_t size)
{
    while (size > 0) {
        const char *end = memchr(data, '\n', size);
        size_t length = end != NULL ? (size_t)(end - data) : size;
        buf_add(&import->line, data, length);
        if (end == NULL)
            return;
        end_line(import);
        data += length + 1;
        size -= length + 1;
    }
}

static void on_data(void *arg, const char *data, size_t size)
{
    struct import *import = arg;
    if (import->format->bytes != NULL)
        import->format->bytes(import->state, import, data, size);
    else
        feed_lines(import, data, size);
    move_on(import);
}

static void on_end(void *arg, int rc, const struct err *err)
{
    struct import *import = arg;
    import->ended = true;
    import->end_rc = rc;
    if (rc < 0) {
        snprintf(
            import->end_detail, sizeof(import->end_detail), "%s", err != NULL ? err->message : "it was cut");
    } else {
        if (import->format->bytes == NULL && (import->line.length > 0 || import->line.overflow))
            end_line(import);
        if (import->format->end != NULL)
            import->format->end(import->state, import);
    }
    move_on(import);
}

// --- the request --------------------------------------------------------------------------------------------------------------
static const struct import_format *format_named(const char *name)
{
    for (const struct import_format *const *format = import_formats; *format != NULL; format++) {
        if (strcmp((*format)->name, name) == 0)
            return *format;
    }
    return NULL;
}

static void with_task(struct http_request *request, const struct task *task, void *arg)
{
    struct import *import = arg;
    struct err err;
    const char *name = http_query(request, "format");
    if (!uuid_equal(task->project, import->project.uuid)) {
        http_problem(request, 404, "There is nothing here, or it is not yours to see.");
        return;
    }
    const struct import_format *format = format_named(name != NULL ? name : "plenum");
    if (format == NULL) {
        http_problem_at(request, 422, "?format", "There is no import format of this name.");
        return;
    }
    const char *dry = http_query(request, "dry_run");
    import->is_dry = dry != NULL && strcmp(dry, "0") != 0;
    rules_copy(&import->rules, &task->rules);
    import->gold = task->gold;
    snprintf(import->source, sizeof(import->source), "import:%s", format->name);
    import->owner = (struct import_owner){.loop = http_context(request),
        .shard_key = import->project.shard_key,
        .source = import->source,
        .min_responses = task->rules.kind == TASK_RATING ? 1 : 2,
        .told = told,
        .rejected = reject,
        .done = batch_done,
        .arg = import};
    import->format =
        format; // also when it does not open: what it has made by then is closed with the request
    if (format->open != NULL && format->open(import, &import->state, &err) < 0) {
        http_problem_at(
            request, 422, strcmp(format->name, "csv") == 0 ? "?map" : "?format", "%s", err.message);
        return;
    }
    http_body_stream(request, on_data, on_end, import);
}

static void import_as(struct http_request *request, const struct actor *actor)
{
    (void)actor;
    struct import *import = arena_calloc(http_arena(request), 1, sizeof(*import));
    import->request = request;
    import->rejected = json_array();
    import->preview = json_array();
    buf_init(&import->line, IMPORT_LINE_MAX_BYTES);
    arena_on_free(http_arena(request), import_release, import);
    if (identity_param_id(request, "p", &import->project))
        task_require(request, import->project.shard_key, with_task, import);
}

void items_import(struct http_request *request)
{
    struct id project;
    if (identity_param_id(request, "p", &project))
        identity_require(request, ACTION_MANAGE_PROJECT, &project, import_as);
}
