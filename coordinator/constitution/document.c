#include "coordinator/constitution/document.h"

#include "coordinator/api.h"

#include <stdlib.h>
#include <string.h>

enum { MEMBERS_MAX = 10, LANGUAGE_MAX = 35, PILLARS_MAX = 16, SCOPE_MAX = 100 };

const char *const level_names[N_LEVELS] = {[LEVEL_GUIDELINE] = "guideline",
    [LEVEL_RULE] = "rule",
    [LEVEL_PRINCIPLE] = "principle",
    [LEVEL_IMMUTABLE] = "immutable"};

int level_named(const char *name)
{
    for (int i = 0; i < N_LEVELS; i++) {
        if (strcmp(level_names[i], name) == 0)
            return i;
    }
    return -1;
}

// --- the parts -----------------------------------------------------------------------------------------------------
bool slug_is_good(const char *slug)
{
    size_t size = strlen(slug);
    if (size == 0 || size > SLUG_MAX || slug[0] == '-' || slug[size - 1] == '-')
        return false;
    for (size_t i = 0; i < size; i++) {
        bool word = (slug[i] >= 'a' && slug[i] <= 'z') || (slug[i] >= '0' && slug[i] <= '9');
        if (!word && (slug[i] != '-' || slug[i - 1] == '-'))
            return false;
    }
    return true;
}

// RFC 5646 in outline: letters, then parts of letters and digits, of 2 to 8 and 1 to 8 characters.
static bool language_is_good(const char *tag)
{
    size_t part = 0, size = strlen(tag);
    bool first = true;
    if (size < 2 || size > LANGUAGE_MAX)
        return false;
    for (size_t i = 0; i <= size; i++) {
        char c = tag[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'), digit = c >= '0' && c <= '9';
        if (letter || (digit && !first)) {
            part++;
        } else if ((c == '-' || c == '\0') && part >= (first ? 2 : 1) && part <= 8) {
            part = 0;
            first = false;
        } else {
            return false;
        }
    }
    return true;
}

// jansson has checked that it is UTF-8.
static const char *text_fault(const json_t *value, size_t max)
{
    const char *text = json_string_value(value);
    if (text == NULL)
        return "This must be text, or one text for each language.";
    size_t characters = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (((unsigned char)*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f)
            return "Control characters are not allowed.";
        characters += ((unsigned char)*c & 0xc0) != 0x80;
    }
    if (characters == 0)
        return "This must not be empty.";
    return characters > max ? "This is too long." : NULL;
}

const char *localized_fault(const json_t *value, size_t max)
{
    const char *language;
    json_t *text;
    if (!json_is_object(value))
        return text_fault(value, max);
    if (json_object_size(value) == 0 || json_object_size(value) > LANGUAGES_MAX)
        return "One text for each language: at least one, at most 40.";
    json_object_foreach((json_t *)value, language, text)
    {
        const char *fault =
            language_is_good(language) ? text_fault(text, max) : "A language is a tag like en or ar.";
        if (fault != NULL)
            return fault;
    }
    return NULL;
}

// --- parsing -------------------------------------------------------------------------------------------------------
struct parser {
    struct arena *arena;
    struct document *document;
    int capacity;
    struct fault *fault;
};

static int fail(struct parser *parser, const char *at, const char *name, const char *detail)
{
    parser->fault->pointer =
        name[0] == '\0' ? arena_strdup(parser->arena, at) : arena_printf(parser->arena, "%s/%s", at, name);
    parser->fault->detail = detail;
    return -1;
}

static int fail_member(struct parser *parser, const char *at, const char *name)
{
    char pointer[POINTER_MAX_BYTES];
    pointer_join(pointer, at, name);
    return fail(parser, pointer, "", "The format has no such field.");
}

// `known` begins with the `n_required` members that must be there.
static int check_members(
    struct parser *parser, const json_t *object, const char *at, const char *const *known, size_t n_required)
{
    const char *name;
    json_t *value;
    if (!json_is_object(object))
        return fail(parser, at, "", "This must be an object.");
    for (size_t i = 0; i < n_required; i++) {
        if (json_object_get(object, known[i]) == NULL)
            return fail(parser, at, known[i], "This is required.");
    }
    json_object_foreach((json_t *)object, name, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL)
            return fail_member(parser, at, name);
    }
    return 0;
}

static int check_localized(
    struct parser *parser, const json_t *object, const char *at, const char *name, size_t max)
{
    const json_t *value = json_object_get(object, name);
    const char *fault = value == NULL ? NULL : localized_fault(value, max);
    return fault == NULL ? 0 : fail(parser, at, name, fault);
}

static int check_slug(struct parser *parser, const json_t *object, const char *at, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL || (json_is_string(value) && slug_is_good(json_string_value(value))))
        return 0;
    return fail(
        parser, at, name, "This is made of a-z, 0-9 and single hyphens between them, at most 80 characters.");
}

static int check_language(struct parser *parser, const json_t *value, const char *at)
{
    bool good = json_is_string(value) && language_is_good(json_string_value(value));
    return good ? 0 : fail(parser, at, "", "A language is a tag like en or ar.");
}

static int check_strings(struct parser *parser, const json_t *array, const char *at, bool languages)
{
    if (array == NULL)
        return 0;
    size_t n = json_array_size(array);
    if (n == 0 || n > SCOPE_MAX)
        return fail(parser, at, "", "This must be a list of 1 to 100 texts.");
    for (size_t i = 0; i < n; i++) {
        const json_t *value = json_array_get(array, i);
        const char *here = arena_printf(parser->arena, "%s/%zu", at, i);
        const char *fault = text_fault(value, SCOPE_MAX);
        if (fault != NULL)
            return fail(parser, here, "", fault);
        if (languages && check_language(parser, value, here) < 0)
            return -1;
        for (size_t j = 0; j < i; j++) {
            if (json_equal(value, json_array_get(array, j)))
                return fail(parser, here, "", "This is in the list already.");
        }
    }
    return 0;
}

static int check_scope(struct parser *parser, const json_t *scope, const char *at)
{
    static const char *const known[] = {"topics", "languages", NULL};
    if (scope == NULL)
        return 0;
    if (check_members(parser, scope, at, known, 0) < 0)
        return -1;
    if (json_object_size(scope) == 0)
        return fail(parser, at, "", "A scope names topics or languages.");
    if (check_strings(parser, json_object_get(scope, "topics"), arena_printf(parser->arena, "%s/topics", at),
            false) < 0)
        return -1;
    return check_strings(
        parser, json_object_get(scope, "languages"), arena_printf(parser->arena, "%s/languages", at), true);
}

static const json_t *pillar_named(const json_t *head, const char *id)
{
    const json_t *pillars = json_object_get(head, "pillars");
    for (size_t i = 0; i < json_array_size(pillars); i++) {
        const json_t *pillar = json_array_get(pillars, i);
        if (strcmp(json_string_value(json_object_get(pillar, "id")), id) == 0)
            return pillar;
    }
    return NULL;
}

static int check_head(struct parser *parser, const json_t *head, const char *at)
{
    static const char *const known[] = {
        "format", "name", "language", "pillars", "articles", "preamble", NULL};
    static const char *const of_pillar[] = {"id", "title", "text", NULL};
    if (check_members(parser, head, at, known, 5) < 0)
        return -1;
    const char *format = json_string_value(json_object_get(head, "format"));
    if (format == NULL || strcmp(format, "plenum-constitution/1") != 0)
        return fail(parser, at, "format", "The format must be plenum-constitution/1.");
    if (check_localized(parser, head, at, "name", TITLE_MAX) < 0 ||
        check_localized(parser, head, at, "preamble", TEXT_MAX) < 0 ||
        check_language(
            parser, json_object_get(head, "language"), arena_printf(parser->arena, "%s/language", at)) < 0)
        return -1;
    const json_t *pillars = json_object_get(head, "pillars");
    size_t n = json_array_size(pillars);
    if (n == 0 || n > PILLARS_MAX)
        return fail(parser, at, "pillars", "This must be a list of 1 to 16 pillars.");
    for (size_t i = 0; i < n; i++) {
        const json_t *pillar = json_array_get(pillars, i);
        const char *here = arena_printf(parser->arena, "%s/pillars/%zu", at, i);
        if (check_members(parser, pillar, here, of_pillar, 2) < 0 ||
            check_slug(parser, pillar, here, "id") < 0 ||
            check_localized(parser, pillar, here, "title", TITLE_MAX) < 0 ||
            check_localized(parser, pillar, here, "text", TEXT_MAX) < 0)
            return -1;
        if (pillar_named(head, json_string_value(json_object_get(pillar, "id"))) != pillar)
            return fail(parser, here, "id", "There is a pillar of this id already.");
    }
    return 0;
}

// --- articles ------------------------------------------------------------------------------------------------------
static struct article *new_article(struct parser *parser)
{
    struct document *document = parser->document;
    if (document->n_articles == parser->capacity) {
        int capacity = parser->capacity == 0 ? 32 : parser->capacity * 2;
        struct article *grown = arena_calloc(parser->arena, (size_t)capacity, sizeof(*grown));
        if (document->n_articles > 0)
            memcpy(grown, document->articles, (size_t)document->n_articles * sizeof(*grown));
        document->articles = grown;
        parser->capacity = capacity;
    }
    return &document->articles[document->n_articles++];
}

static int check_level(
    struct parser *parser, const json_t *json, const char *at, int parent, enum level *ret_level)
{
    const json_t *level = json_object_get(json, "level"), *immutable = json_object_get(json, "immutable");
    int found = json_is_string(level) ? level_named(json_string_value(level)) : -1;
    if (found < 0)
        return fail(parser, at, "level", "A level is immutable, principle, rule or guideline.");
    *ret_level = (enum level)found;
    if (!json_is_boolean(immutable) || json_is_true(immutable) != (found == LEVEL_IMMUTABLE))
        return fail(parser, at, "immutable",
            "This must be true at the level of that name, and false at every other.");
    if (parent >= 0 && *ret_level > parser->document->articles[parent].level)
        return fail(
            parser, at, "level", "An article is never of a higher level than the one it stands under.");
    return 0;
}

static int parse_articles(struct parser *parser, const json_t *array, const char *at, int parent);

static int parse_article(struct parser *parser, const json_t *json, const char *at, int parent)
{
    static const char *const known[] = {
        "id", "level", "immutable", "title", "text", "pillar", "scope", "children", NULL};
    struct document *document = parser->document;
    enum level level;
    if (document->n_articles >= DOCUMENT_MAX_ARTICLES)
        return fail(parser, at, "", "A constitution has at most 2000 articles.");
    if (check_members(parser, json, at, known, 5) < 0 || check_slug(parser, json, at, "id") < 0 ||
        check_level(parser, json, at, parent, &level) < 0 ||
        check_localized(parser, json, at, "title", TITLE_MAX) < 0 ||
        check_localized(parser, json, at, "text", TEXT_MAX) < 0 ||
        check_slug(parser, json, at, "pillar") < 0 ||
        check_scope(parser, json_object_get(json, "scope"), arena_printf(parser->arena, "%s/scope", at)) < 0)
        return -1;
    const json_t *pillar = json_object_get(json, "pillar"), *children = json_object_get(json, "children");
    if (pillar != NULL && pillar_named(document->head, json_string_value(pillar)) == NULL)
        return fail(parser, at, "pillar", "There is no pillar of this id.");
    if (children != NULL && !json_is_array(children))
        return fail(parser, at, "children", "This must be a list of articles.");
    int depth = parent < 0 ? 1 : document->articles[parent].depth + 1;
    if (depth > DOCUMENT_MAX_DEPTH)
        return fail(parser, at, "", "Articles are nested at most 8 deep.");
    json_t *own = arena_json(parser->arena, json_copy((json_t *)json));
    json_object_del(own, "children");
    struct article *article = new_article(parser);
    *article = (struct article){.id = json_string_value(json_object_get(own, "id")),
        .level = level,
        .parent = parent,
        .depth = depth,
        .json = own};
    const char *below = arena_printf(parser->arena, "%s/children", at);
    return parse_articles(parser, children, below, document->n_articles - 1);
}

// Depth is bounded by DOCUMENT_MAX_DEPTH, and the JSON itself by the parser that read it.
static int parse_articles(struct parser *parser, const json_t *array, const char *at, int parent)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *here = arena_printf(parser->arena, "%s/%zu", at, i);
        if (parse_article(parser, json_array_get(array, i), here, parent) < 0)
            return -1;
    }
    return 0;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static const char *doubled_id(const struct document *document, struct arena *arena)
{
    const char **ids = arena_calloc(arena, (size_t)document->n_articles + 1, sizeof(*ids));
    for (int i = 0; i < document->n_articles; i++)
        ids[i] = document->articles[i].id;
    qsort(ids, (size_t)document->n_articles, sizeof(*ids), compare_ids);
    for (int i = 1; i < document->n_articles; i++) {
        if (strcmp(ids[i - 1], ids[i]) == 0)
            return ids[i];
    }
    return NULL;
}

int document_parse(const json_t *json, const char *pointer, struct arena *arena,
    struct document **ret_document, struct fault *ret_fault)
{
    struct document *document = arena_calloc(arena, 1, sizeof(*document));
    struct parser parser = {.arena = arena, .document = document, .fault = ret_fault};
    if (check_head(&parser, json, pointer) < 0)
        return -1;
    json_t *head = arena_json(arena, json_copy((json_t *)json));
    json_object_del(head, "articles");
    document->head = head;
    const json_t *articles = json_object_get(json, "articles");
    if (json_array_size(articles) == 0)
        return fail(&parser, pointer, "articles", "A constitution has a list of at least one article.");
    if (parse_articles(&parser, articles, arena_printf(arena, "%s/articles", pointer), -1) < 0)
        return -1;
    const char *doubled = doubled_id(document, arena);
    if (doubled != NULL)
        return fail(&parser, pointer, "articles", arena_printf(arena, "The id %s is there twice.", doubled));
    *ret_document = document;
    return 0;
}

// --- writing -------------------------------------------------------------------------------------------------------
const char *document_canonical(const struct document *document, struct arena *arena, size_t *ret_size,
    unsigned char ret_hash[HASH_BYTES])
{
    json_t *root = json_copy((json_t *)document->head);
    json_object_set_new(root, "articles", json_array());
    json_t **made = arena_calloc(arena, (size_t)document->n_articles + 1, sizeof(json_t *));
    for (int i = 0; i < document->n_articles; i++) {
        const struct article *article = &document->articles[i];
        assert(article->parent < i);
        json_t *above = article->parent < 0 ? root : made[article->parent];
        const char *list = article->parent < 0 ? "articles" : "children";
        if (json_object_get(above, list) == NULL)
            json_object_set_new(above, list, json_array());
        made[i] = json_copy((json_t *)article->json);
        json_array_append_new(json_object_get(above, list), made[i]);
    }
    char *text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    if (text == NULL)
        abort();
    json_decref(root);
    *ret_size = strlen(text);
    hash_sha256(text, *ret_size, ret_hash);
    const char *result = *ret_size <= DOCUMENT_MAX_BYTES ? arena_strndup(arena, text, *ret_size) : NULL;
    free(text);
    return result;
}

int document_find(const struct document *document, const char *id)
{
    for (int i = 0; i < document->n_articles; i++) {
        if (strcmp(document->articles[i].id, id) == 0)
            return i;
    }
    return -1;
}
