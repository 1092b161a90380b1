#include "coordinator/constitution/amend.h"

#include "coordinator/api.h"

#include <stdio.h>
#include <string.h>

static int fail(
    struct arena *arena, struct fault *fault, const char *at, const char *name, const char *detail)
{
    fault->pointer = name[0] == '\0' ? arena_strdup(arena, at) : arena_printf(arena, "%s/%s", at, name);
    fault->detail = detail;
    return -1;
}

int document_subtree_end(const struct document *document, int place)
{
    int end = place + 1;
    while (end < document->n_articles && document->articles[end].depth > document->articles[place].depth)
        end++;
    return end;
}

// --- reading -------------------------------------------------------------------------------------------------------
static bool id_is_taken(const struct document *base, const struct operations *operations, const char *id)
{
    for (int i = 0; i < operations->n; i++) {
        if (strcmp(operations->list[i].article, id) == 0)
            return true;
    }
    return document_find(base, id) >= 0;
}

// A slug of the title's ASCII letters and digits, with a number behind it when it is taken.
static const char *make_id(const struct document *base, const struct operations *operations,
    const json_t *title, struct arena *arena)
{
    const char *text = json_string_value(title);
    if (text == NULL) {
        const json_t *first = json_object_get(title, "en");
        text = json_string_value(
            first != NULL ? first : json_object_iter_value(json_object_iter((json_t *)title)));
    }
    char slug[SLUG_MAX + 1];
    size_t size = 0;
    for (; *text != '\0' && size < SLUG_MAX - 8; text++) {
        char c = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            slug[size++] = c;
        else if (size > 0 && slug[size - 1] != '-')
            slug[size++] = '-';
    }
    while (size > 0 && slug[size - 1] == '-')
        size--;
    if (size == 0)
        size = (size_t)snprintf(slug, sizeof(slug), "article");
    slug[size] = '\0';
    const char *id = arena_strdup(arena, slug);
    for (int n = 2; id_is_taken(base, operations, id); n++)
        id = arena_printf(arena, "%s-%d", slug, n);
    return id;
}

struct reader {
    const struct document *base;
    struct operations *operations;
    struct arena *arena;
    struct fault *fault;
    const char *at; // pointer of the operation
};

static int refuse(struct reader *reader, const char *name, const char *detail)
{
    return fail(reader->arena, reader->fault, reader->at, name, detail);
}

static int check_members(struct reader *reader, const json_t *json)
{
    static const char *const known[] = {
        "op", "article", "parent", "after", "level", "title", "text", "pillar", "scope", NULL};
    const char *name;
    json_t *value;
    if (!json_is_object(json))
        return refuse(reader, "", "An operation is an object.");
    json_object_foreach((json_t *)json, name, value)
    {
        size_t i = 0;
        while (known[i] != NULL && strcmp(known[i], name) != 0)
            i++;
        if (known[i] == NULL) {
            char pointer[POINTER_MAX_BYTES];
            pointer_join(pointer, reader->at, name);
            return fail(reader->arena, reader->fault, pointer, "", "Operations have no such field.");
        }
    }
    return 0;
}

// A slug, or NULL with 0 when it is absent or null.
static int take_slug(struct reader *reader, const json_t *json, const char *name, const char **ret_slug)
{
    const json_t *value = json_object_get(json, name);
    *ret_slug = NULL;
    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_string(value) || !slug_is_good(json_string_value(value)))
        return refuse(
            reader, name, "This is an article's id: a-z, 0-9 and single hyphens, at most 80 characters.");
    *ret_slug = arena_strdup(reader->arena, json_string_value(value));
    return 0;
}

static int take_localized(struct reader *reader, const json_t *json, const char *name, size_t max,
    bool required, const json_t **ret_value)
{
    json_t *value = json_object_get(json, name);
    *ret_value = NULL;
    if (value == NULL || json_is_null(value))
        return required ? refuse(reader, name, "This is required.") : 0;
    const char *fault = localized_fault(value, max);
    if (fault != NULL)
        return refuse(reader, name, fault);
    *ret_value = arena_json(reader->arena, json_incref(value));
    return 0;
}

static int refuse_members(struct reader *reader, const json_t *json, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (json_object_get(json, *names) != NULL)
            return refuse(reader, *names, "This operation has no such member.");
    }
    return 0;
}

static int read_add(struct reader *reader, const json_t *json, struct operation *operation)
{
    const struct document *base = reader->base;
    if (take_slug(reader, json, "parent", &operation->parent) < 0 ||
        take_slug(reader, json, "after", &operation->after) < 0 ||
        take_localized(reader, json, "title", TITLE_MAX, true, &operation->title) < 0 ||
        take_localized(reader, json, "text", TEXT_MAX, true, &operation->text) < 0)
        return -1;
    int parent = operation->parent == NULL ? -1 : document_find(base, operation->parent);
    operation->level = parent < 0 ? LEVEL_GUIDELINE : base->articles[parent].level;
    if (operation->level == LEVEL_IMMUTABLE)
        operation->level = LEVEL_PRINCIPLE;
    const json_t *level = json_object_get(json, "level");
    if (level != NULL) {
        int found = json_is_string(level) ? level_named(json_string_value(level)) : -1;
        if (found < 0 || found == LEVEL_IMMUTABLE)
            return refuse(reader, "level", "A new article is a principle, a rule or a guideline.");
        operation->level = (enum level)found;
    }
    json_t *pillar = json_object_get(json, "pillar"), *scope = json_object_get(json, "scope");
    operation->pillar = pillar == NULL ? NULL : arena_json(reader->arena, json_incref(pillar));
    operation->scope = scope == NULL ? NULL : arena_json(reader->arena, json_incref(scope));
    if (operation->article == NULL)
        operation->article = make_id(base, reader->operations, operation->title, reader->arena);
    else if (document_find(base, operation->article) >= 0)
        return refuse(reader, "article", "There is an article of this id already.");
    return 0;
}

static int read_change(struct reader *reader, const json_t *json, struct operation *operation)
{
    static const char *const of_add[] = {"parent", "after", "level", "pillar", "scope", NULL};
    static const char *const of_text[] = {"title", "text", NULL};
    if (refuse_members(reader, json, of_add) < 0)
        return -1;
    if (operation->article == NULL)
        return refuse(reader, "article", "This is required.");
    int place = document_find(reader->base, operation->article);
    if (place < 0)
        return refuse(reader, "article", "There is no article of this id.");
    if (reader->base->articles[place].level == LEVEL_IMMUTABLE)
        return refuse(reader, "article", "This article is immutable: no amendment may touch it.");
    if (operation->kind == OPERATION_REMOVE)
        return refuse_members(reader, json, of_text);
    if (take_localized(reader, json, "title", TITLE_MAX, false, &operation->title) < 0 ||
        take_localized(reader, json, "text", TEXT_MAX, false, &operation->text) < 0)
        return -1;
    if (operation->title == NULL && operation->text == NULL)
        return refuse(reader, "", "A replacement has a title, a text or both.");
    return 0;
}

static int read_operation(struct reader *reader, const json_t *json)
{
    static const char *const names[] = {"add", "replace", "remove"};
    struct operation operation = {0};
    if (check_members(reader, json) < 0)
        return -1;
    const char *op = json_string_value(json_object_get(json, "op"));
    size_t kind = 0;
    while (op != NULL && kind < ARRAY_SIZE(names) && strcmp(names[kind], op) != 0)
        kind++;
    if (op == NULL || kind == ARRAY_SIZE(names))
        return refuse(reader, "op", "This must be add, replace or remove.");
    operation.kind = (enum operation_kind)kind;
    if (take_slug(reader, json, "article", &operation.article) < 0)
        return -1;
    int rc = operation.kind == OPERATION_ADD ? read_add(reader, json, &operation)
                                             : read_change(reader, json, &operation);
    if (rc < 0)
        return rc;
    for (int i = 0; i < reader->operations->n; i++) {
        if (strcmp(reader->operations->list[i].article, operation.article) == 0)
            return refuse(reader, "article", "Another operation names this article already.");
    }
    reader->operations->list[reader->operations->n++] = operation;
    return 0;
}

int operations_parse(const json_t *json, const char *pointer, const struct document *base,
    struct arena *arena, struct operations **ret_operations, struct fault *ret_fault)
{
    struct operations *operations = arena_calloc(arena, 1, sizeof(*operations));
    struct reader reader = {.base = base, .operations = operations, .arena = arena, .fault = ret_fault};
    size_t n = json_array_size(json);
    if (n == 0 || n > OPERATIONS_MAX)
        return fail(arena, ret_fault, pointer, "", "This must be a list of 1 to 50 operations.");
    for (size_t i = 0; i < n; i++) {
        reader.at = arena_printf(arena, "%s/%zu", pointer, i);
        if (read_operation(&reader, json_array_get(json, i)) < 0)
            return -1;
    }
    *ret_operations = operations;
    return 0;
}

static void set_borrowed(json_t *object, const char *name, const json_t *value)
{
    if (value != NULL)
        json_object_set(object, name, (json_t *)value);
}

static void set_text(json_t *object, const char *name, const char *text)
{
    if (text != NULL)
        json_object_set_new(object, name, json_string(text));
}

json_t *operations_json(const struct operations *operations)
{
    static const char *const names[] = {
        [OPERATION_ADD] = "add", [OPERATION_REPLACE] = "replace", [OPERATION_REMOVE] = "remove"};
    json_t *array = json_array();
    for (int i = 0; i < operations->n; i++) {
        const struct operation *operation = &operations->list[i];
        json_t *json = json_object();
        set_text(json, "op", names[operation->kind]);
        set_text(json, "article", operation->article);
        if (operation->kind == OPERATION_ADD) {
            set_text(json, "parent", operation->parent);
            set_text(json, "after", operation->after);
            set_text(json, "level", level_names[operation->level]);
        }
        set_borrowed(json, "title", operation->title);
        set_borrowed(json, "text", operation->text);
        set_borrowed(json, "pillar", operation->pillar);
        set_borrowed(json, "scope", operation->scope);
        json_array_append_new(array, json);
    }
    return array;
}

// --- doing ---------------------------------------------------------------------------------------------------------
// The document under way: room for every article that may be added, parents by place, all in reading order.
static void open_gap(struct document *document, int place, int n)
{
    struct article *articles = document->articles;
    size_t behind = (size_t)(document->n_articles - place);
    memmove(articles + place + n, articles + place, behind * sizeof(*articles));
    document->n_articles += n;
    for (int i = 0; i < document->n_articles; i++) {
        bool in_gap = i >= place && i < place + n;
        if (!in_gap && articles[i].parent >= place)
            articles[i].parent += n;
    }
}

static void close_gap(struct document *document, int place, int n)
{
    struct article *articles = document->articles;
    size_t behind = (size_t)(document->n_articles - place - n);
    memmove(articles + place, articles + place + n, behind * sizeof(*articles));
    document->n_articles -= n;
    for (int i = place; i < document->n_articles; i++) {
        if (articles[i].parent >= place + n)
            articles[i].parent -= n;
    }
}

static int do_add(struct document *document, const struct operation *operation, const char *at,
    struct arena *arena, struct fault *fault)
{
    int parent = -1;
    if (operation->parent != NULL && (parent = document_find(document, operation->parent)) < 0)
        return fail(arena, fault, at, "parent", "There is no article of this id.");
    if (parent >= 0 && operation->level > document->articles[parent].level)
        return fail(
            arena, fault, at, "level", "An article is never of a higher level than the one it stands under.");
    int depth = parent < 0 ? 1 : document->articles[parent].depth + 1;
    if (depth > DOCUMENT_MAX_DEPTH)
        return fail(arena, fault, at, "parent", "Articles are nested at most 8 deep.");
    if (document->n_articles >= DOCUMENT_MAX_ARTICLES)
        return fail(arena, fault, at, "", "A constitution has at most 2000 articles.");
    int place = parent < 0 ? document->n_articles : document_subtree_end(document, parent);
    if (operation->after != NULL) {
        int after = document_find(document, operation->after);
        if (after < 0 || document->articles[after].parent != parent)
            return fail(arena, fault, at, "after", "There is no article of this id in this place.");
        place = document_subtree_end(document, after);
    }
    json_t *json = arena_json(arena, json_object());
    set_text(json, "id", operation->article);
    set_text(json, "level", level_names[operation->level]);
    json_object_set_new(json, "immutable", json_false());
    set_borrowed(json, "title", operation->title);
    set_borrowed(json, "text", operation->text);
    set_borrowed(json, "pillar", operation->pillar);
    set_borrowed(json, "scope", operation->scope);
    open_gap(document, place, 1);
    document->articles[place] = (struct article){
        .id = operation->article, .level = operation->level, .parent = parent, .depth = depth, .json = json};
    return 0;
}

static int do_change(struct document *document, const struct operation *operation, const char *at,
    struct arena *arena, struct fault *fault)
{
    int place = document_find(document, operation->article);
    if (place < 0)
        return fail(arena, fault, at, "article", "There is no article of this id.");
    struct article *article = &document->articles[place];
    if (article->level == LEVEL_IMMUTABLE)
        return fail(arena, fault, at, "article", "This article is immutable: no amendment may touch it.");
    if (operation->kind == OPERATION_REMOVE) {
        close_gap(document, place, document_subtree_end(document, place) - place);
        return document->n_articles > 0
                   ? 0
                   : fail(arena, fault, at, "", "A constitution has at least one article.");
    }
    json_t *json = arena_json(arena, json_copy((json_t *)article->json));
    set_borrowed(json, "title", operation->title);
    set_borrowed(json, "text", operation->text);
    article->json = json;
    return 0;
}

// What an `add` brings besides texts is checked by reading the new document as if it had come from outside.
static int check_added(const struct document *document, const struct operations *operations,
    const char *pointer, struct arena *arena, struct fault *fault)
{
    for (int i = 0; i < operations->n; i++) {
        const struct operation *operation = &operations->list[i];
        int place = operation->kind == OPERATION_ADD ? document_find(document, operation->article) : -1;
        if (place < 0 || (operation->pillar == NULL && operation->scope == NULL))
            continue;
        json_t *alone = arena_json(arena, json_copy((json_t *)document->head));
        json_t *list = json_array();
        json_array_append(list, (json_t *)document->articles[place].json);
        json_object_set_new(alone, "articles", list);
        struct document *parsed;
        struct fault inner = {0};
        if (document_parse(alone, "", arena, &parsed, &inner) < 0) {
            const char *member = strstr(inner.pointer, "/articles/0/");
            member = member == NULL ? "" : member + strlen("/articles/0/");
            return fail(arena, fault, arena_printf(arena, "%s/%d", pointer, i), member, inner.detail);
        }
    }
    return 0;
}

int document_amend(const struct document *base, const struct operations *operations, const char *pointer,
    struct arena *arena, struct document **ret_document, struct fault *ret_fault)
{
    struct document *document = arena_calloc(arena, 1, sizeof(*document));
    *document = *base;
    document->articles =
        arena_calloc(arena, (size_t)base->n_articles + OPERATIONS_MAX, sizeof(*document->articles));
    memcpy(document->articles, base->articles, (size_t)base->n_articles * sizeof(*document->articles));
    for (int i = 0; i < operations->n; i++) {
        const struct operation *operation = &operations->list[i];
        const char *at = arena_printf(arena, "%s/%d", pointer, i);
        int rc = operation->kind == OPERATION_ADD ? do_add(document, operation, at, arena, ret_fault)
                                                  : do_change(document, operation, at, arena, ret_fault);
        if (rc < 0)
            return rc;
    }
    if (check_added(document, operations, pointer, arena, ret_fault) < 0)
        return -1;
    size_t size;
    unsigned char hash[HASH_BYTES];
    if (document_canonical(document, arena, &size, hash) == NULL)
        return fail(arena, ret_fault, pointer, "", "The constitution would be longer than 1 MiB.");
    *ret_document = document;
    return 0;
}

// --- later ---------------------------------------------------------------------------------------------------------
static bool same_subtree(const struct document *a, int at_a, const struct document *b, int at_b)
{
    int n = document_subtree_end(a, at_a) - at_a;
    if (document_subtree_end(b, at_b) - at_b != n)
        return false;
    for (int i = 0; i < n; i++) {
        const struct article *x = &a->articles[at_a + i], *y = &b->articles[at_b + i];
        if (x->depth - a->articles[at_a].depth != y->depth - b->articles[at_b].depth ||
            !json_equal(x->json, y->json))
            return false;
    }
    return true;
}

bool operations_still_apply(const struct document *base, const struct document *now,
    const struct operations *operations, const char **ret_article)
{
    for (int i = 0; i < operations->n; i++) {
        const struct operation *operation = &operations->list[i];
        *ret_article = operation->article;
        int then = document_find(base, operation->article), here = document_find(now, operation->article);
        if (operation->kind == OPERATION_ADD) {
            if (here >= 0)
                return false;
            continue; // parent and sibling are asked for when it is done
        }
        if (then < 0 || here < 0)
            return false;
        if (operation->kind == OPERATION_REMOVE
                ? !same_subtree(base, then, now, here)
                : !json_equal(base->articles[then].json, now->articles[here].json))
            return false;
    }
    return true;
}
