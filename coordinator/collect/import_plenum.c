#include "coordinator/collect/import_plenum.h"

#include "coordinator/collect/import_judged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGES_MAX = 200, TAGS_MAX = 100, MODEL_MAX = 200, LATER_MAX = 20000, POINTER_BYTES = 64 };

// An item with its pieces, which outlive the parsing of one field: judgments of it may follow.
struct line {
    struct fields fields;
    json_t *json;
    struct import_item item;
    struct import_response responses[IMPORT_RESPONSES_MAX];
    float *embeddings[IMPORT_RESPONSES_MAX];
    char *metas[IMPORT_RESPONSES_MAX];
    const char *tags[TAGS_MAX];
    char *prompt, *gold, *expected, *later;
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

// What happened later: text, or {text, simulated}.
static char *read_later(struct fields *fields, const json_t *item)
{
    const json_t *later = json_object_get(item, "later");
    if (later == NULL || json_is_null(later))
        return NULL;
    bool whole = json_is_object(later);
    if (whole)
        fields_only(fields, later, "/later", FIELDS("text", "simulated"));
    const char *text = whole ? fields_text(fields, later, "/later", "text", FIELD_REQUIRED, 1, LATER_MAX)
                             : fields_text(fields, item, "", "later", FIELD_REQUIRED, 1, LATER_MAX);
    bool simulated = fields_bool(fields, whole ? later : NULL, "/later", "simulated", false);
    if (text == NULL)
        return NULL;
    json_t *own = json_pack("{s:s, s:b}", "text", text, "simulated", (int)simulated);
    char *canonical = json_canonical(own);
    json_decref(own);
    return canonical;
}

static void read_gold(struct line *line, const struct import *import, const json_t *json)
{
    const json_t *gold = fields_object(&line->fields, json, "", "gold", FIELD_OPTIONAL);
    struct import_item *own = &line->item;
    if (gold == NULL || own->n_responses == 0)
        return;
    json_t *expected = import_gold(import, &line->fields, gold, own->n_responses, &own->gold_role);
    own->gold = line->gold = json_canonical(gold);
    own->expected = line->expected = json_canonical(expected);
    json_decref(expected);
}

static void line_release(struct line *line)
{
    if (line == NULL)
        return;
    for (size_t i = 0; i < IMPORT_RESPONSES_MAX; i++) {
        free(line->embeddings[i]);
        free(line->metas[i]);
    }
    free(line->prompt);
    free(line->gold);
    free(line->expected);
    free(line->later);
    fields_release(&line->fields);
    json_decref(line->json);
    free(line);
}

// The first fault is told; a line has one entry in the report.
static void tell_fault(struct import *import, int64_t number, const struct fields *fields)
{
    const json_t *first = json_array_get(fields->errors, 0);
    import_reject(import, number, json_string_value(json_object_get(first, "pointer")), "%s",
        json_string_value(json_object_get(first, "detail")));
}

// What is remembered of a file: raters, who stand before what they judged (a body is at most 64 MiB), and the last item.
struct plenum {
    json_t *raters; // {id: attributes as text, or null}
    struct line *item;
    bool is_worse; // what the file's choices name
};

static int open_plenum(struct import *import, void **ret_state, struct err *err UNUSED)
{
    struct plenum *plenum = calloc(1, sizeof(*plenum));
    if (plenum == NULL)
        abort();
    plenum->raters = json_object();
    plenum->is_worse = import_is_worse(import); // until a header says otherwise
    *ret_state = plenum;
    return 0;
}

static void close_plenum(void *state)
{
    struct plenum *plenum = state;
    json_decref(plenum->raters);
    line_release(plenum->item);
    free(plenum);
}

// --- lines --------------------------------------------------------------------------------------------------------------
static void read_header(struct plenum *plenum, struct import *import, int64_t number, const json_t *json)
{
    const char *goal = json_string_value(json_object_get(json_object_get(json, "task"), "goal"));
    if (json_integer_value(json_object_get(json, "version")) != 1)
        import_reject(import, number, "/version", "Version 1 of the format is the only one known.");
    plenum->is_worse = goal != NULL && strcmp(goal, "worse") == 0;
}

static void read_item(struct plenum *plenum, struct import *import, int64_t number, json_t *json)
{
    struct line *line = calloc(1, sizeof(*line));
    if (line == NULL)
        abort();
    line_release(plenum->item);
    plenum->item = NULL;
    struct fields *fields = &line->fields;
    fields_init(fields);
    line->json = json_incref(json);
    struct import_item *own = &line->item;
    own->responses = line->responses;
    own->source_id = fields_text(fields, json, "",
        json_object_get(json, "source_id") != NULL ? "source_id" : "id", FIELD_OPTIONAL, 1, 256);
    own->prompt = line->prompt = read_prompt(fields, json);
    own->n_responses = read_responses(line, json);
    own->language = fields_text(fields, json, "", "language", FIELD_OPTIONAL, 2, 35);
    own->tags = line->tags;
    own->n_tags = read_tags(line, json);
    read_gold(line, import, json);
    own->warning = fields_text(fields, json, "", "warning", FIELD_OPTIONAL, 0, 2000);
    own->later = line->later = read_later(fields, json);
    if (!fields_ok(fields)) {
        tell_fault(import, number, fields);
        line_release(line);
        return;
    }
    plenum->item = line;
    import_add(import, &(struct import_record){.line = number, .item = own});
}

// Somebody simulated would come in as a person, and what came from a machine is never counted as one.
static void read_rater(struct plenum *plenum, struct import *import, int64_t number, const json_t *json)
{
    struct fields fields;
    fields_init(&fields);
    const char *id = fields_text(&fields, json, "", "id", FIELD_REQUIRED, 1, 256);
    const json_t *attributes = fields_object(&fields, json, "", "attributes", FIELD_OPTIONAL);
    if (fields_bool(&fields, json, "", "simulated", false))
        fields_fail(&fields, "/simulated", "Simulated raters can't be imported as people.");
    if (id != NULL && json_object_get(plenum->raters, id) != NULL)
        fields_fail(&fields, "/id", "This rater was there before.");
    if (fields_ok(&fields)) {
        char *text = attributes != NULL ? json_canonical(attributes) : NULL;
        json_object_set_new(plenum->raters, id, text != NULL ? json_string(text) : json_null());
        free(text);
    } else {
        tell_fault(import, number, &fields);
    }
    fields_release(&fields);
}

static void read_judgment(struct plenum *plenum, struct import *import, int64_t number, const json_t *json)
{
    struct fields fields;
    struct judged judged = {0};
    const struct line *item = plenum->item;
    fields_init(&fields);
    const char *of = fields_text(&fields, json, "", "item", FIELD_REQUIRED, 1, 256);
    const char *by = fields_text(&fields, json, "", "rater", FIELD_REQUIRED, 1, 256);
    const json_t *attributes = by != NULL ? json_object_get(plenum->raters, by) : NULL;
    bool is_of_item =
        item != NULL && of != NULL && item->item.source_id != NULL && strcmp(item->item.source_id, of) == 0;
    if (of != NULL && !is_of_item)
        fields_fail(&fields, "/item", "A judgment stands behind its item, and this is not of the last one.");
    if (by != NULL && attributes == NULL)
        fields_fail(&fields, "/rater", "No rater of this id stands before.");
    if (json_object_get(json, "repeat_of") != NULL)
        fields_fail(&fields, "/repeat_of", "What repeats another judgment is not taken in; the other is.");
    if (fields_ok(&fields))
        judged_read(
            &fields, json, item->item.n_responses, plenum->is_worse != import_is_worse(import), &judged);
    if (fields_ok(&fields))
        import_add(import, &(struct import_record){.line = number,
                               .item = &item->item,
                               .annotator = &(struct import_annotator){.source_id = by,
                                   .attributes = json_string_value(attributes)},
                               .judgment = &judged.judgment});
    else
        tell_fault(import, number, &fields);
    judged_release(&judged);
    fields_release(&fields);
}

static void read_line(void *state, struct import *import, int64_t number, const char *text, size_t length)
{
    json_t *json = import_line_json(import, number, text, length);
    if (json == NULL)
        return;
    const char *type = json_string_value(json_object_get(json, "type"));
    if (type == NULL || strcmp(type, "item") == 0)
        read_item(state, import, number, json);
    else if (strcmp(type, "rater") == 0)
        read_rater(state, import, number, json);
    else if (json_object_get(json, "excluded") != NULL)
        ; // a judgment of somebody who was excluded where it was given
    else if (strcmp(type, "judgment") == 0)
        read_judgment(state, import, number, json);
    else if (strcmp(type, "header") == 0)
        read_header(state, import, number, json);
    else
        import_reject(import, number, "/type", "A line is a header, an item, a rater or a judgment.");
    json_decref(json);
}

const struct import_format import_plenum = {
    .name = "plenum", .open = open_plenum, .line = read_line, .close = close_plenum};
