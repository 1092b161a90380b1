#include "coordinator/collect/import_plenum.h"

#include "coordinator/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_MAX = 200, TAGS_MAX = 100, MODEL_MAX = 200, POINTER_BYTES = 64 };

// A line's pieces that outlive the parsing of one field.
struct line {
    struct fields fields;
    struct import_response responses[IMPORT_RESPONSES_MAX];
    float *embeddings[IMPORT_RESPONSES_MAX];
    char *metas[IMPORT_RESPONSES_MAX];
    const char *tags[TAGS_MAX];
    char *prompt, *gold;
};

// [{role, content}] in canonical form: the hash of an item is taken of it.
static char *read_prompt(struct fields *fields, const json_t *item)
{
    const json_t *prompt = json_object_get(item, "prompt"), *message;
    json_t *messages = json_array();
    size_t i;
    if (json_is_string(prompt)) {
        json_array_append_new(messages, json_pack("{s:s, s:O}", "role", "user", "content", prompt));
    } else if (!json_is_array(prompt) || json_array_size(prompt) == 0 ||
               json_array_size(prompt) > MESSAGES_MAX) {
        fields_fail(fields, "/prompt", "prompt must be text or a list of 1 to %d messages.", MESSAGES_MAX);
    }
    json_array_foreach(prompt, i, message)
    {
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/prompt/%zu", i);
        if (!json_is_object(message)) {
            fields_fail(fields, at, "A message must be {role, content}.");
            continue;
        }
        const char *role = fields_text(fields, message, at, "role", FIELD_REQUIRED, 1, 64);
        const char *content =
            fields_text(fields, message, at, "content", FIELD_REQUIRED, 0, IMPORT_CONTENT_MAX_BYTES);
        if (role != NULL && content != NULL)
            json_array_append_new(messages, json_pack("{s:s, s:s}", "role", role, "content", content));
    }
    char *text = json_canonical(messages);
    json_decref(messages);
    return text;
}

static float *read_embedding(struct fields *fields, const json_t *response, const char *at, size_t *ret_n)
{
    const json_t *list =
        fields_array(fields, response, at, "embedding", FIELD_OPTIONAL, 1, IMPORT_EMBEDDING_MAX);
    json_t *number;
    size_t i;
    *ret_n = 0;
    if (list == NULL)
        return NULL;
    float *values = malloc(json_array_size(list) * sizeof(float));
    if (values == NULL)
        abort();
    json_array_foreach(list, i, number)
    {
        if (!json_is_number(number)) {
            fields_fail_at(fields, at, "embedding", "Entry %zu is not a number.", i);
            break;
        }
        values[i] = (float)json_number_value(number);
    }
    *ret_n = json_array_size(list);
    return values;
}

static size_t read_responses(struct line *line, const json_t *item)
{
    struct fields *fields = &line->fields;
    const json_t *list = fields_array(fields, item, "", "responses", FIELD_REQUIRED, 1, IMPORT_RESPONSES_MAX);
    json_t *response;
    size_t i;
    json_array_foreach(list, i, response)
    {
        struct import_response *own = &line->responses[i];
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/responses/%zu", i);
        if (!json_is_object(response)) {
            fields_fail(fields, at, "A response must be {content, ...}.");
            continue;
        }
        own->content =
            fields_text(fields, response, at, "content", FIELD_REQUIRED, 0, IMPORT_CONTENT_MAX_BYTES);
        own->source_id = fields_text(fields, response, at, "id", FIELD_OPTIONAL, 1, 256);
        own->model = fields_text(fields, response, at, "model", FIELD_OPTIONAL, 1, MODEL_MAX);
        own->embedding = line->embeddings[i] = read_embedding(fields, response, at, &own->n_embedding);
        const json_t *meta = json_object_get(response, "meta");
        if (meta != NULL && !json_is_null(meta))
            own->meta = line->metas[i] = json_canonical(meta);
    }
    return json_array_size(list);
}

static size_t read_tags(struct line *line, const json_t *item)
{
    const json_t *list = fields_array(&line->fields, item, "", "tags", FIELD_OPTIONAL, 0, TAGS_MAX);
    json_t *tag;
    size_t i;
    json_array_foreach(list, i, tag)
    {
        line->tags[i] = json_is_string(tag) ? json_string_value(tag) : "";
        if (!json_is_string(tag))
            fields_fail_at(&line->fields, "", "tags", "Entry %zu is not text.", i);
    }
    return json_array_size(list);
}

static void line_release(struct line *line)
{
    for (size_t i = 0; i < IMPORT_RESPONSES_MAX; i++) {
        free(line->embeddings[i]);
        free(line->metas[i]);
    }
    free(line->prompt);
    free(line->gold);
    fields_release(&line->fields);
    free(line);
}

// The first fault is told; a line has one entry in the report.
static void tell_fault(struct import *import, int64_t number, const struct fields *fields)
{
    const json_t *first = json_array_get(fields->errors, 0);
    import_reject(import, number, json_string_value(json_object_get(first, "pointer")), "%s",
        json_string_value(json_object_get(first, "detail")));
}

static void read_item(struct import *import, int64_t number, const json_t *item)
{
    struct line *line = calloc(1, sizeof(*line));
    if (line == NULL)
        abort();
    struct fields *fields = &line->fields;
    fields_init(fields);
    struct import_item own = {.responses = line->responses};
    own.source_id = fields_text(fields, item, "",
        json_object_get(item, "source_id") != NULL ? "source_id" : "id", FIELD_OPTIONAL, 1, 256);
    own.prompt = line->prompt = read_prompt(fields, item);
    own.n_responses = read_responses(line, item);
    own.language = fields_text(fields, item, "", "language", FIELD_OPTIONAL, 2, 35);
    own.tags = line->tags;
    own.n_tags = read_tags(line, item);
    const json_t *gold = fields_object(fields, item, "", "gold", FIELD_OPTIONAL);
    if (gold != NULL)
        own.gold = line->gold = json_canonical(gold);
    own.warning = fields_text(fields, item, "", "warning", FIELD_OPTIONAL, 0, 2000);
    if (fields_ok(fields))
        import_add(import, &(struct import_record){.line = number, .item = &own});
    else
        tell_fault(import, number, fields);
    line_release(line);
}

static void read_line(
    void *state UNUSED, struct import *import, int64_t number, const char *text, size_t length)
{
    json_t *item = import_line_json(import, number, text, length);
    if (item == NULL)
        return;
    const char *type = json_string_value(json_object_get(item, "type"));
    if (type == NULL || strcmp(type, "item") == 0)
        read_item(import, number, item);
    else
        import_reject(import, number, "/type", "Only lines that are items are taken here.");
    json_decref(item);
}

const struct import_format import_plenum = {.name = "plenum", .line = read_line};
