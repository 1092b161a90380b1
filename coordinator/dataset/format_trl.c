// TRL's preference datasets: {"prompt", "chosen", "rejected"}, text or lists of messages, the prompt given or implicit
// (then it is what chosen and rejected begin with alike, cut as TRL's extract_prompt cuts it). A whole "margin" of 1 to 4
// is kept as the strength.
#include "coordinator/dataset/formats.h"
#include "coordinator/dataset/pair.h"

#include <stdlib.h>
#include <string.h>

static int trl_open(struct import *import, void **ret_state, struct err *err)
{
    struct pair_pool *pool = calloc(1, sizeof(*pool));
    if (pool == NULL)
        abort();
    *ret_state = pool;
    return pair_pool_open(pool, import, "trl", err);
}

static bool is_message(const json_t *value)
{
    return json_is_string(json_object_get(value, "role")) &&
           json_is_string(json_object_get(value, "content"));
}

// The messages of a member: a list as it is, or a text as one message of `role`. NULL when it is neither; a new reference.
static json_t *messages_of(json_t *value, const char *role)
{
    if (json_is_string(value))
        return json_pack("[{s:s, s:O}]", "role", role, "content", value);
    if (!json_is_array(value) || json_array_size(value) == 0)
        return NULL;
    json_t *messages = json_array(), *message;
    size_t i;
    json_array_foreach(value, i, message)
    {
        if (!is_message(message)) {
            json_decref(messages);
            return NULL;
        }
        // Names of tools and the like are not part of what is judged.
        json_array_append_new(messages, json_pack("{s:O, s:O}", "role", json_object_get(message, "role"),
                                            "content", json_object_get(message, "content")));
    }
    return messages;
}

static bool begins_with(const json_t *list, const json_t *prefix)
{
    size_t i;
    json_t *value;
    json_array_foreach((json_t *)prefix, i, value)
    {
        if (!json_equal(value, json_array_get(list, i)))
            return false;
    }
    return true;
}

// Adds a pair of message lists: all but the last of each must be the same, and belongs to the prompt.
static void add_lists(const struct pair_pool *pool, int64_t line, json_t *prompt, const json_t *chosen,
    const json_t *rejected, int strength)
{
    size_t n = json_array_size(chosen), from = 0;
    const json_t *last = json_array_get(chosen, n - 1), *other = json_array_get(rejected, n - 1);
    // Some sources repeat the prompt before the answer.
    if (n > json_array_size(prompt) && begins_with(chosen, prompt) && begins_with(rejected, prompt))
        from = json_array_size(prompt);
    bool alike = n == json_array_size(rejected);
    for (size_t i = from; alike && i + 1 < n; i++) {
        alike = json_equal(json_array_get(chosen, i), json_array_get(rejected, i));
        json_array_append(prompt, json_array_get(chosen, i));
    }
    if (!alike)
        import_reject(pool->import, line, "",
            "chosen and rejected part before their last messages: they do not "
            "answer the same prompt");
    else if (strcmp(json_string_value(json_object_get(last, "role")), "assistant") != 0 ||
             strcmp(json_string_value(json_object_get(other, "role")), "assistant") != 0)
        import_reject(
            pool->import, line, "", "the last messages of chosen and rejected must be the assistant's");
    else
        pair_add(pool, line,
            &(struct pair){.prompt = prompt,
                .chosen = json_string_value(json_object_get(last, "content")),
                .rejected = json_string_value(json_object_get(other, "content")),
                .strength = strength});
}

// TRL: the longest common beginning, less a space at its end. Never inside a character.
static void add_implicit_text(
    const struct pair_pool *pool, int64_t line, const char *chosen, const char *rejected, int strength)
{
    size_t n = 0;
    while (chosen[n] != '\0' && chosen[n] == rejected[n])
        n++;
    while (n > 0 && ((unsigned char)chosen[n] & 0xc0) == 0x80)
        n--;
    if (n > 0 && chosen[n - 1] == ' ')
        n--;
    json_t *prompt = n > 0 ? json_pack("[{s:s, s:s%}]", "role", "user", "content", chosen, n) : json_array();
    pair_add(pool, line,
        &(struct pair){
            .prompt = prompt, .chosen = chosen + n, .rejected = rejected + n, .strength = strength});
    json_decref(prompt);
}

static int strength_of(const json_t *margin)
{
    double value = json_number_value(margin);
    for (int strength = 1; strength <= 4; strength++) {
        if (value > strength - 1e-9 && value < strength + 1e-9)
            return strength;
    }
    return 0;
}

static void add_object(const struct pair_pool *pool, int64_t line, json_t *object)
{
    json_t *given = json_object_get(object, "prompt");
    json_t *a = json_object_get(object, "chosen"), *b = json_object_get(object, "rejected");
    int strength = strength_of(json_object_get(object, "margin"));
    if (given == NULL && json_is_string(a) && json_is_string(b)) {
        add_implicit_text(pool, line, json_string_value(a), json_string_value(b), strength);
        return;
    }
    json_t *prompt = given == NULL ? json_array() : messages_of(given, "user");
    json_t *chosen = messages_of(a, "assistant"), *rejected = messages_of(b, "assistant");
    const char *wrong = prompt == NULL     ? "/prompt"
                        : chosen == NULL   ? "/chosen"
                        : rejected == NULL ? "/rejected"
                                           : NULL;
    if (wrong != NULL)
        import_reject(
            pool->import, line, wrong, "%s must be text or a list of messages {role, content}", wrong + 1);
    else
        add_lists(pool, line, prompt, chosen, rejected, strength);
    json_decref(prompt);
    json_decref(chosen);
    json_decref(rejected);
}

static void trl_line(void *state, struct import *import, int64_t line, const char *text, size_t length)
{
    json_t *object = import_line_json(import, line, text, length);
    if (object == NULL)
        return;
    add_object(state, line, object);
    json_decref(object);
}

const struct import_format format_trl = {.name = "trl", .open = trl_open, .line = trl_line, .close = free};
