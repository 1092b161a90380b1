#include "coordinator/collect/rules.h"

#include "coordinator/chat/rules.h"

#include <string.h>

static const char *const kinds[] = {"pairwise", "ranking", "best_worst", "rating", NULL};
static const char *const askings[] = {"off", "optional", "required", NULL};
static const char *const goals[] = {"better", "worse", NULL};
static const char *const moments[] = {"before", "split", NULL};

// --- as stored --------------------------------------------------------------------------------------------------------
static int word_of(const json_t *object, const char *name, const char *const *words, int otherwise)
{
    const char *word = json_string_value(json_object_get(object, name));
    for (int i = 0; word != NULL && words[i] != NULL; i++) {
        if (strcmp(word, words[i]) == 0)
            return i;
    }
    return otherwise;
}

// References of our own; NULL where it is null or not there.
static json_t *part_of(const json_t *task, const char *name)
{
    json_t *part = json_object_get(task, name);
    return json_is_null(part) ? NULL : json_incref(part);
}

void rules_of(struct rules *rules, const json_t *task)
{
    const json_t *reasons = json_object_get(task, "reasons"), *hindsight = json_object_get(task, "hindsight");
    const json_t *strength = json_object_get(task, "strength_max");
    *rules = (struct rules){.kind = (enum task_kind)word_of(task, "kind", kinds, TASK_PAIRWISE),
        .is_worse = word_of(task, "goal", goals, 0) == 1,
        .strength_max = json_is_integer(strength) ? (int)json_integer_value(strength) : 3,
        .tie = !json_is_false(json_object_get(task, "tie")),
        .both_bad = !json_is_false(json_object_get(task, "both_bad")),
        .partial = json_is_true(json_object_get(task, "partial")),
        .rationale = (enum asked)word_of(task, "rationale", askings, ASKED_OPTIONAL),
        .confidence = (enum asked)word_of(task, "confidence", askings, ASKED_OFF),
        .edit = (enum asked)word_of(task, "edit", askings, ASKED_OFF),
        .hindsight = (enum hindsight)(1 + word_of(hindsight, "when", moments, -1)),
        .cites_constitution = strcmp(words_in(json_object_get(reasons, "from"), NULL), "constitution") == 0,
        .dimensions = part_of(task, "dimensions"),
        .labels = part_of(task, "labels"),
        .reasons = part_of(reasons, "list")};
}

void rules_copy(struct rules *to, const struct rules *from)
{
    *to = *from;
    json_incref(to->dimensions);
    json_incref(to->labels);
    json_incref(to->reasons);
}

void rules_release(struct rules *rules)
{
    json_decref(rules->dimensions);
    json_decref(rules->labels);
    json_decref(rules->reasons);
    rules->dimensions = rules->labels = rules->reasons = NULL;
}

bool rules_show_later(const struct rules *rules, struct uuid item, int n)
{
    bool is_even = (n + item.bytes[UUID_BYTES - 1]) % 2 == 0;
    return rules->hindsight == HINDSIGHT_BEFORE || (rules->hindsight == HINDSIGHT_SPLIT && is_even);
}

// --- from a request ---------------------------------------------------------------------------------------------------
static const struct task_preset *preset_named(const char *name)
{
    for (const struct task_preset *one = task_presets; one->name != NULL; one++) {
        if (strcmp(one->name, name) == 0)
            return one;
    }
    return NULL;
}

// What is given, on top of its preset's task. A new reference.
static json_t *with_preset(struct fields *fields, const json_t *given, const char *at)
{
    const char *name = fields_text(fields, given, at, "preset", FIELD_OPTIONAL, 1, TASK_ID_MAX);
    const struct task_preset *preset = name != NULL ? preset_named(name) : NULL;
    json_t *task = NULL;
    if (name != NULL && preset == NULL)
        fields_fail_at(
            fields, at, "preset", "There is no preset of this name; GET /api/v1/presets lists them.");
    if (preset != NULL) {
        json_t *file = json_loads(preset->text, JSON_REJECT_DUPLICATES, NULL);
        task = json_deep_copy(json_object_get(file, "task"));
        json_decref(file);
    }
    if (task == NULL)
        task = json_object();
    json_object_update(task, (json_t *)given);
    return task;
}

static void set_word(struct fields *fields, const json_t *task, const char *at, const char *name,
    const char *const *words, int otherwise, json_t *own)
{
    int word = fields_choice(fields, task, at, name, FIELD_OPTIONAL, words);
    json_object_set_new(own, name, json_string(words[word >= 0 ? word : otherwise]));
}

static void set_bool(
    struct fields *fields, const json_t *task, const char *at, const char *name, bool otherwise, json_t *own)
{
    json_object_set_new(own, name, json_boolean(fields_bool(fields, task, at, name, otherwise)));
}

static json_t *read_compliance(
    struct fields *fields, const json_t *task, const char *at, int kind, bool follows)
{
    const json_t *given = fields_object(fields, task, at, "compliance", FIELD_OPTIONAL);
    json_t *list = json_array(), *article;
    char pointer[POINTER_MAX_BYTES];
    size_t i;
    if (given == NULL) {
        json_decref(list);
        return json_null();
    }
    pointer_join(pointer, at, "compliance");
    fields_only(fields, given, pointer, FIELDS("articles"));
    if (kind != TASK_RATING)
        fields_fail(fields, pointer, "Compliance is asked of each response: the kind must be rating.");
    if (!follows)
        fields_fail(fields, pointer, "Articles are a constitution's: the study must follow a community.");
    const json_t *articles =
        fields_array(fields, given, pointer, "articles", FIELD_REQUIRED, 1, COMPLIANCE_ARTICLES_MAX);
    json_array_foreach(articles, i, article)
    {
        entry_pointer(pointer, at, "compliance/articles", i);
        size_t length = json_is_string(article) ? text_characters(json_string_value(article)) : 0;
        if (length < 1 || length > ARTICLE_ID_MAX)
            fields_fail(
                fields, pointer, "An article is named by its id, of 1 to %d characters.", ARTICLE_ID_MAX);
        for (size_t j = 0; j < i; j++) {
            if (json_equal(article, json_array_get(articles, j)))
                fields_fail(fields, pointer, "This article stands here twice.");
        }
        json_array_append(list, article);
    }
    return json_pack("{s:o}", "articles", list);
}

static json_t *read_hindsight(struct fields *fields, const json_t *task, const char *at)
{
    const json_t *given = fields_object(fields, task, at, "hindsight", FIELD_OPTIONAL);
    char pointer[POINTER_MAX_BYTES];
    if (given == NULL)
        return json_null();
    pointer_join(pointer, at, "hindsight");
    fields_only(fields, given, pointer, FIELDS("when"));
    int when = fields_choice(fields, given, pointer, "when", FIELD_REQUIRED, moments);
    return json_pack("{s:s}", "when", moments[when >= 0 ? when : 0]);
}

// A study that rates must rate something.
static void add_overall(json_t *own)
{
    bool asks = json_array_size(json_object_get(own, "dimensions")) > 0 ||
                json_array_size(json_object_get(own, "labels")) > 0 || rules_ask_compliance(own);
    if (!asks)
        json_array_append_new(json_object_get(own, "dimensions"),
            json_pack("{s:s, s:s, s:i, s:i, s:s, s:b, s:b}", "id", "overall", "scale", "likert", "min", 1,
                "max", 5, "about", "response", "required", 1, "fractions", 1));
}

json_t *rules_read(struct fields *fields, const json_t *given, const char *at, bool follows)
{
    json_t *own = json_object();
    if (given == NULL)
        return own;
    fields_only(fields, given, at,
        FIELDS("kind", "preset", "goal", "strength_max", "tie", "both_bad", "partial", "dimensions", "labels",
            "reasons", "rationale", "confidence", "edit", "compliance", "hindsight", "chat"));
    json_t *task = with_preset(fields, given, at);
    // A preset that there is none of has been named already.
    bool may_lack = json_is_string(json_object_get(given, "preset"));
    int kind = fields_choice(fields, task, at, "kind", may_lack ? FIELD_OPTIONAL : FIELD_REQUIRED, kinds);
    json_object_set_new(own, "kind", json_string(kinds[kind >= 0 ? kind : 0]));
    if (json_is_string(json_object_get(task, "preset")))
        json_object_set(own, "preset", json_object_get(task, "preset"));
    set_word(fields, task, at, "goal", goals, 0, own);
    if (strcmp(words_in(json_object_get(own, "goal"), NULL), "worse") == 0 && kind != TASK_PAIRWISE)
        fields_fail_at(fields, at, "goal", "The worse one is chosen of a pair: the kind must be pairwise.");
    json_object_set_new(own, "strength_max",
        json_integer(fields_integer(fields, task, at, "strength_max", FIELD_OPTIONAL, 0, 4, 3)));
    set_bool(fields, task, at, "tie", true, own);
    set_bool(fields, task, at, "both_bad", true, own);
    set_bool(fields, task, at, "partial", false, own);
    json_object_set_new(own, "dimensions", questions_dimensions(fields, task, at, kind == TASK_RATING));
    json_object_set_new(own, "labels", questions_labels(fields, task, at));
    json_object_set_new(own, "reasons", questions_reasons(fields, task, at, follows));
    set_word(fields, task, at, "rationale", askings, ASKED_OPTIONAL, own);
    set_word(fields, task, at, "confidence", askings, ASKED_OFF, own);
    set_word(fields, task, at, "edit", askings, ASKED_OFF, own);
    json_object_set_new(own, "compliance", read_compliance(fields, task, at, kind, follows));
    json_object_set_new(own, "hindsight", read_hindsight(fields, task, at));
    if (kind == TASK_RATING)
        add_overall(own);
    json_t *chat =
        chat_rules_check(fields, task, kinds[kind >= 0 ? kind : 0], json_object_get(own, "dimensions"));
    if (chat != NULL)
        json_object_set_new(own, "chat", chat);
    json_decref(task);
    return own;
}

// --- compliance -------------------------------------------------------------------------------------------------------
bool rules_ask_compliance(const json_t *task)
{
    return json_is_object(json_object_get(task, "compliance"));
}

// A constitution is at most eight articles deep (constitution/document.h).
static const json_t *article_named(const json_t *articles, const char *id)
{
    size_t i;
    json_t *article;
    json_array_foreach(articles, i, article)
    {
        if (strcmp(words_in(json_object_get(article, "id"), NULL), id) == 0)
            return article;
        const json_t *below = article_named(json_object_get(article, "children"), id);
        if (below != NULL)
            return below;
    }
    return NULL;
}

void rules_comply(struct fields *fields, json_t *task, const char *at, const json_t *document)
{
    json_t *dimensions = json_object_get(task, "dimensions"), *all = json_array(), *id, *one;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(task, "compliance"), "articles"), i, id)
    {
        const json_t *article = article_named(json_object_get(document, "articles"), json_string_value(id));
        char pointer[POINTER_MAX_BYTES];
        entry_pointer(pointer, at, "compliance/articles", i);
        if (article == NULL) {
            fields_fail(fields, pointer, "The constitution has no article of this id.");
            continue;
        }
        json_array_append_new(all, json_pack("{s:o, s:O, s:s, s:s, s:b}", "id",
                                       json_sprintf(ARTICLE_DIMENSION "%s", json_string_value(id)), "label",
                                       json_object_get(article, "title"), "scale", "yes_no_unsure", "about",
                                       "response", "required", 1));
    }
    // The same dimension, copied from another study, is that of the article as it stands now.
    json_array_foreach(dimensions, i, one)
    {
        if (entry_named(all, words_in(json_object_get(one, "id"), NULL)) == NULL)
            json_array_append(all, one);
    }
    json_object_set_new(task, "dimensions", all);
}
