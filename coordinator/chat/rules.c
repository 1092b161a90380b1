#include "coordinator/chat/rules.h"

#include <string.h>

// A chat that rates goes on with the response that is rated best: by the first dimension that puts responses in an order.
static bool orders_responses(const json_t *dimensions)
{
    for (size_t i = 0; i < json_array_size(dimensions); i++) {
        const json_t *one = json_array_get(dimensions, i);
        if (strcmp(json_string_value(json_object_get(one, "about")), "response") == 0 &&
            strcmp(json_string_value(json_object_get(one, "scale")), "yes_no_unsure") != 0)
            return true;
    }
    return false;
}

json_t *chat_rules_check(
    struct fields *fields, const json_t *task, const char *kind, const json_t *dimensions)
{
    static const char at[] = "/task/chat";
    const json_t *chat = fields_object(fields, task, "/task", "chat", FIELD_OPTIONAL);
    if (chat == NULL)
        return NULL;
    bool is_pair = strcmp(kind, "pairwise") == 0;
    bool rates = strcmp(kind, "rating") == 0;
    if (!is_pair && !rates && strcmp(kind, "ranking") != 0)
        fields_fail(fields, at, "A chat is a task of kind pairwise (two responses), ranking or rating.");
    if (rates && !orders_responses(dimensions))
        fields_fail(fields, at,
            "A chat that rates must rate each response on a scale, to know which it goes on with.");
    fields_only(fields, chat, at, FIELDS("responses", "turns_min", "turns_max", "reveal", "system"));
    int64_t responses =
        fields_integer(fields, chat, at, "responses", FIELD_OPTIONAL, 2, CHAT_RESPONSES_MAX, is_pair ? 2 : 4);
    int64_t turns_max = fields_integer(fields, chat, at, "turns_max", FIELD_OPTIONAL, 1, CHAT_TURNS_MAX, 10);
    int64_t turns_min = fields_integer(fields, chat, at, "turns_min", FIELD_OPTIONAL, 1, CHAT_TURNS_MAX, 1);
    const char *system = fields_text(fields, chat, at, "system", FIELD_OPTIONAL, 1, CHAT_SYSTEM_MAX);
    bool reveal = fields_bool(fields, chat, at, "reveal", false);
    if (responses == 3 || (is_pair && responses != 2))
        fields_fail(
            fields, "/task/chat/responses", "There are two responses, or in a ranking or rating four.");
    if (turns_min > turns_max)
        fields_fail(fields, "/task/chat/turns_min", "turns_min must not be more than turns_max.");
    json_t *own = json_pack("{s:I, s:I, s:I, s:b}", "responses", (json_int_t)responses, "turns_min",
        (json_int_t)turns_min, "turns_max", (json_int_t)turns_max, "reveal", reveal);
    if (system != NULL)
        json_object_set_new(own, "system", json_string(system));
    return own;
}

void chat_rules_read(const json_t *stored, struct chat_rules *rules)
{
    *rules = (struct chat_rules){
        .responses = (int)json_integer_value(json_object_get(stored, "responses")),
        .turns_min = (int)json_integer_value(json_object_get(stored, "turns_min")),
        .turns_max = (int)json_integer_value(json_object_get(stored, "turns_max")),
        .reveal = json_is_true(json_object_get(stored, "reveal")),
        .system = json_string_value(json_object_get(stored, "system")),
    };
}
