// Documents: every refusal with its pointer, the canonical form, and every kind of amendment.
#include "coordinator/constitution/amend.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HEAD                                                                                                 \
    "\"format\":\"plenum-constitution/1\",\"name\":\"Ours\",\"language\":\"en\","                            \
    "\"pillars\":[{\"id\":\"justice\",\"title\":{\"en\":\"Justice\",\"ar\":\"العدل\"}}]"
#define ARTICLE(id, level, immutable, rest)                                                                  \
    "{\"id\":\"" id "\",\"level\":\"" level "\",\"immutable\":" immutable                                    \
    ",\"title\":\"T\",\"text\":\"one two three\"" rest "}"
#define TREE                                                                                                             \
    "{" HEAD ",\"articles\":[" ARTICLE("top", "immutable", "true",                                                       \
        ",\"children\":[" ARTICLE("care", "principle", "false",                                                          \
            ",\"pillar\":\"justice\",\"scope\":{\"topics\":[\"health\"],\"languages\":[\"ar\"]},\"children\":[" ARTICLE( \
                "signs", "rule", "false",                                                                                \
                ",\"children\":[" ARTICLE("brief", "guideline", "false", "") "]") "," ARTICLE("clinic",                  \
                "rule", "false", "") "]") "]") "," ARTICLE("last", "guideline", "false", "") "]}"

static json_t *json(const char *text)
{
    json_error_t error;
    json_t *value = json_loads(text, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL)
        fail_msg("%s: %s", error.text, text);
    return value;
}

static struct document *parse(const char *text, struct arena *arena)
{
    struct document *document = NULL;
    struct fault fault = {0};
    json_t *value = json(text);
    if (document_parse(value, "", arena, &document, &fault) < 0)
        fail_msg("%s: %s", fault.pointer, fault.detail);
    json_decref(value);
    return document;
}

static void test_tree(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct document *document = parse(TREE, arena);
    static const char *const ids[] = {"top", "care", "signs", "brief", "clinic", "last"};
    static const int parents[] = {-1, 0, 1, 2, 1, -1}, ends[] = {5, 5, 4, 4, 5, 6};
    assert_int_equal(document->n_articles, 6);
    for (int i = 0; i < 6; i++) {
        assert_string_equal(document->articles[i].id, ids[i]);
        assert_int_equal(document->articles[i].parent, parents[i]);
        assert_int_equal(document_subtree_end(document, i), ends[i]);
    }
    arena_free(arena);
}

// The same document however it was written; and its canonical text reads back to itself.
static void test_canonical(void **state)
{
    (void)state;
    struct arena *arena = arena_new(1 << 20);
    struct document *a =
        parse("{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"children\":[]") "]}", arena);
    struct document *b =
        parse("{\"articles\":[{\"text\":\"one two three\",\"title\":\"T\",\"immutable\":false,"
              "\"level\":\"rule\",\"id\":\"a\"}],\n " HEAD "}",
            arena);
    unsigned char hash_a[HASH_BYTES], hash_b[HASH_BYTES];
    size_t size_a, size_b;
    const char *text_a = document_canonical(a, arena, &size_a, hash_a);
    const char *text_b = document_canonical(b, arena, &size_b, hash_b);
    assert_string_equal(text_a, text_b);
    assert_memory_equal(hash_a, hash_b, HASH_BYTES);
    assert_string_equal(text_a,
        "{\"articles\":[{\"id\":\"a\",\"immutable\":false,\"level\":\"rule\",\"text\":\"one two three\",\"title\":\"T\"}],"
        "\"format\":\"plenum-constitution/1\",\"language\":\"en\",\"name\":\"Ours\","
        "\"pillars\":[{\"id\":\"justice\",\"title\":{\"ar\":\"العدل\",\"en\":\"Justice\"}}]}");
    struct document *tree = parse(TREE, arena);
    const char *first = document_canonical(tree, arena, &size_a, hash_a);
    const char *second = document_canonical(parse(first, arena), arena, &size_b, hash_b);
    assert_string_equal(first, second);
    arena_free(arena);
}

static const struct {
    const char *text, *pointer;
} bad_documents[] = {
    {"[]", ""},
    {"{}", "/format"},
    {"{\"format\":1,\"name\":\"x\",\"language\":\"en\",\"pillars\":[],\"articles\":[]}", "/format"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"\",\"language\":\"en\",\"pillars\":[],\"articles\":[]}",
        "/name"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":{},\"language\":\"en\",\"pillars\":[],\"articles\":[]}",
        "/name"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":{\"e\":\"x\"},\"language\":\"en\",\"pillars\":[],\"articles\":[]}",
        "/name"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"a\\u0007b\",\"language\":\"en\",\"pillars\":[],\"articles\":[]}",
        "/name"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"x\",\"language\":\"e\",\"pillars\":[],\"articles\":[]}",
        "/language"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"x\",\"language\":\"en-\",\"pillars\":[],\"articles\":[]}",
        "/language"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"x\",\"language\":\"en\",\"pillars\":[],\"articles\":[]}",
        "/pillars"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"x\",\"language\":\"en\",\"pillars\":[{\"id\":\"A\",\"title\":\"x\"}],"
     "\"articles\":[]}",
        "/pillars/0/id"},
    {"{\"format\":\"plenum-constitution/1\",\"name\":\"x\",\"language\":\"en\",\"pillars\":[{\"id\":\"a\",\"title\":\"x\"},"
     "{\"id\":\"a\",\"title\":\"x\"}],\"articles\":[]}",
        "/pillars/1/id"},
    {"{" HEAD ",\"articles\":[]}", "/articles"},
    {"{" HEAD ",\"articles\":{}}", "/articles"},
    {"{" HEAD ",\"articles\":[],\"more\":1}", "/more"},
    {"{" HEAD ",\"articles\":[7]}", "/articles/0"},
    {"{" HEAD ",\"articles\":[{\"id\":\"a\"}]}", "/articles/0/level"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a b", "rule", "false", "") "]}", "/articles/0/id"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a--b", "rule", "false", "") "]}", "/articles/0/id"},
    {"{" HEAD ",\"articles\":[" ARTICLE("-a", "rule", "false", "") "]}", "/articles/0/id"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "law", "false", "") "]}", "/articles/0/level"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "true", "") "]}", "/articles/0/immutable"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "immutable", "false", "") "]}", "/articles/0/immutable"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "null", "") "]}", "/articles/0/immutable"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"pillar\":\"mercy\"") "]}",
        "/articles/0/pillar"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"scope\":{}") "]}", "/articles/0/scope"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"scope\":{\"topics\":[]}") "]}",
        "/articles/0/scope/topics"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"scope\":{\"topics\":[\"x\",\"x\"]}") "]}",
        "/articles/0/scope/topics/1"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"scope\":{\"languages\":[\"1\"]}") "]}",
        "/articles/0/scope/languages/0"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"unknown\":1") "]}", "/articles/0/unknown"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", ",\"children\":{}") "]}",
        "/articles/0/children"},
    {"{" HEAD ",\"articles\":[" ARTICLE("a", "rule", "false", "") "," ARTICLE("a", "rule", "false", "") "]}",
        "/articles"},
    {"{" HEAD ",\"articles\":[" ARTICLE(
         "a", "rule", "false", ",\"children\":[" ARTICLE("b", "principle", "false", "") "]") "]}",
        "/articles/0/children/0/level"},
    // An immutable article under one that can be removed.
    {"{" HEAD ",\"articles\":[" ARTICLE(
         "a", "rule", "false", ",\"children\":[" ARTICLE("b", "immutable", "true", "") "]") "]}",
        "/articles/0/children/0/level"},
};

static void test_bad_documents(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_documents); i++) {
        struct arena *arena = arena_new(1 << 20);
        struct document *document;
        struct fault fault = {0};
        json_t *value = json(bad_documents[i].text);
        assert_int_equal(document_parse(value, "", arena, &document, &fault), -1);
        assert_string_equal(fault.pointer, bad_documents[i].pointer);
        assert_non_null(fault.detail);
        json_decref(value);
        arena_free(arena);
    }
}

// {format.., articles: [n articles, or one nested `depth` deep]}.
static json_t *made(int n, int depth, size_t text_size)
{
    json_t *root = json("{" HEAD ",\"articles\":[]}");
    char *text = malloc(text_size + 1), id[32];
    memset(text, 'x', text_size);
    text[text_size] = '\0';
    json_t *list = json_object_get(root, "articles");
    for (int i = 0; i < n * depth; i++) {
        snprintf(id, sizeof(id), "a%d", i);
        json_t *article = json_pack(
            "{s:s,s:s,s:b,s:s,s:s}", "id", id, "level", "rule", "immutable", 0, "title", "T", "text", text);
        json_array_append_new(list, article);
        if (depth > 1) {
            list = json_array();
            json_object_set_new(article, "children", list);
        }
    }
    free(text);
    return root;
}

static void check_made(json_t *root, const char *pointer)
{
    struct arena *arena = arena_new(64 << 20);
    struct document *document = NULL;
    struct fault fault = {0};
    int rc = document_parse(root, "/at", arena, &document, &fault);
    if (pointer == NULL) {
        assert_int_equal(rc, 0);
    } else {
        assert_int_equal(rc, -1);
        assert_string_equal(fault.pointer, pointer);
    }
    json_decref(root);
    arena_free(arena);
}

static void test_limits(void **state)
{
    (void)state;
    check_made(made(2000, 1, 1), NULL);
    check_made(made(2001, 1, 1), "/at/articles/2000");
    check_made(made(1, 8, 1), NULL);
    check_made(made(1, 9, 1),
        "/at/articles/0/children/0/children/0/children/0/children/0/children/0/children/0/children/0/children/0");
    check_made(made(1, 1, TEXT_MAX), NULL);
    check_made(made(1, 1, TEXT_MAX + 1), "/at/articles/0/text");
    // Each text fits and all together do not: the canonical form says so.
    struct arena *arena = arena_new(64 << 20);
    struct document *document = NULL;
    struct fault fault;
    json_t *root = made(60, 1, TEXT_MAX);
    size_t size;
    unsigned char hash[HASH_BYTES];
    assert_int_equal(document_parse(root, "", arena, &document, &fault), 0);
    assert_null(document_canonical(document, arena, &size, hash));
    json_decref(root);
    arena_free(arena);
}

// --- amendments ----------------------------------------------------------------------------------------------------
static void outline(const struct document *document, char *out, size_t size)
{
    size_t at = 0;
    out[0] = '\0';
    for (int i = 0; i < document->n_articles && at < size; i++)
        at += (size_t)snprintf(
            out + at, size - at, "%d%s ", document->articles[i].depth, document->articles[i].id);
}

static const struct {
    const char *operations, *outline;
} good_amendments[] = {
    {"[{\"op\":\"remove\",\"article\":\"signs\"}]", "1top 2care 3clinic 1last "},
    {"[{\"op\":\"remove\",\"article\":\"care\"}]", "1top 1last "},
    {"[{\"op\":\"add\",\"article\":\"new\",\"title\":\"N\",\"text\":\"t\"}]",
        "1top 2care 3signs 4brief 3clinic 1last 1new "},
    {"[{\"op\":\"add\",\"article\":\"new\",\"parent\":\"care\",\"title\":\"N\",\"text\":\"t\"}]",
        "1top 2care 3signs 4brief 3clinic 3new 1last "},
    {"[{\"op\":\"add\",\"parent\":\"care\",\"after\":\"signs\",\"title\":{\"ar\":\"x\",\"en\":\"Say, why?\"},\"text\":\"t\"}]",
        "1top 2care 3signs 4brief 3say-why 3clinic 1last "},
    {"[{\"op\":\"add\",\"title\":\"العدل\",\"text\":\"t\"},{\"op\":\"add\",\"title\":\"Article\",\"text\":\"t\"}]",
        "1top 2care 3signs 4brief 3clinic 1last 1article 1article-2 "},
    // Below an immutable article, one may be added: as a principle unless it says otherwise.
    {"[{\"op\":\"add\",\"article\":\"new\",\"parent\":\"top\",\"title\":\"N\",\"text\":\"t\",\"pillar\":\"justice\"}]",
        "1top 2care 3signs 4brief 3clinic 2new 1last "},
    {"[{\"op\":\"replace\",\"article\":\"clinic\",\"text\":\"t\"},{\"op\":\"remove\",\"article\":\"signs\"},"
     "{\"op\":\"add\",\"article\":\"new\",\"parent\":\"clinic\",\"title\":\"N\",\"text\":\"t\"}]",
        "1top 2care 3clinic 4new 1last "},
};

static const struct {
    const char *operations, *pointer;
} bad_amendments[] = {
    {"[]", "/operations"},
    {"{}", "/operations"},
    {"[7]", "/operations/0"},
    {"[{}]", "/operations/0/op"},
    {"[{\"op\":\"move\",\"article\":\"care\"}]", "/operations/0/op"},
    {"[{\"op\":\"remove\",\"article\":\"care\",\"why\":1}]", "/operations/0/why"},
    {"[{\"op\":\"remove\"}]", "/operations/0/article"},
    {"[{\"op\":\"remove\",\"article\":7}]", "/operations/0/article"},
    {"[{\"op\":\"remove\",\"article\":\"none\"}]", "/operations/0/article"},
    {"[{\"op\":\"remove\",\"article\":\"care\",\"text\":\"t\"}]", "/operations/0/text"},
    {"[{\"op\":\"remove\",\"article\":\"top\"}]", "/operations/0/article"},
    {"[{\"op\":\"replace\",\"article\":\"top\",\"text\":\"t\"}]", "/operations/0/article"},
    {"[{\"op\":\"replace\",\"article\":\"care\"}]", "/operations/0"},
    {"[{\"op\":\"replace\",\"article\":\"care\",\"text\":\"\"}]", "/operations/0/text"},
    {"[{\"op\":\"replace\",\"article\":\"care\",\"title\":{\"en\":7}}]", "/operations/0/title"},
    {"[{\"op\":\"replace\",\"article\":\"care\",\"text\":\"t\",\"parent\":\"top\"}]", "/operations/0/parent"},
    {"[{\"op\":\"add\",\"title\":\"t\"}]", "/operations/0/text"},
    {"[{\"op\":\"add\",\"article\":\"care\",\"title\":\"t\",\"text\":\"t\"}]", "/operations/0/article"},
    {"[{\"op\":\"add\",\"parent\":\"none\",\"title\":\"t\",\"text\":\"t\"}]", "/operations/0/parent"},
    {"[{\"op\":\"add\",\"parent\":\"care\",\"after\":\"last\",\"title\":\"t\",\"text\":\"t\"}]",
        "/operations/0/after"},
    {"[{\"op\":\"add\",\"parent\":\"brief\",\"level\":\"rule\",\"title\":\"t\",\"text\":\"t\"}]",
        "/operations/0/level"},
    {"[{\"op\":\"add\",\"level\":\"immutable\",\"title\":\"t\",\"text\":\"t\"}]", "/operations/0/level"},
    {"[{\"op\":\"add\",\"pillar\":\"mercy\",\"title\":\"t\",\"text\":\"t\"}]", "/operations/0/pillar"},
    {"[{\"op\":\"add\",\"scope\":{\"x\":1},\"title\":\"t\",\"text\":\"t\"}]", "/operations/0/scope/x"},
    {"[{\"op\":\"replace\",\"article\":\"care\",\"text\":\"t\"},{\"op\":\"remove\",\"article\":\"care\"}]",
        "/operations/1/article"},
    {"[{\"op\":\"remove\",\"article\":\"care\"},{\"op\":\"replace\",\"article\":\"signs\",\"text\":\"t\"}]",
        "/operations/1/article"},
};

static void test_good_amendments(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good_amendments); i++) {
        struct arena *arena = arena_new(8 << 20);
        struct document *base = parse(TREE, arena), *after = NULL, *again = NULL;
        struct operations *operations = NULL, *reread = NULL;
        struct fault fault = {0};
        char got[256];
        json_t *list = json(good_amendments[i].operations);
        if (operations_parse(list, "/operations", base, arena, &operations, &fault) < 0 ||
            document_amend(base, operations, "/operations", arena, &after, &fault) < 0)
            fail_msg("%s: %s", fault.pointer, fault.detail);
        outline(after, got, sizeof(got));
        assert_string_equal(got, good_amendments[i].outline);
        outline(base, got, sizeof(got)); // the base is as it was
        assert_string_equal(got, "1top 2care 3signs 4brief 3clinic 1last ");
        // What is stored reads back to the same amendment, and what comes out is a document by its own rules.
        json_t *stored = operations_json(operations);
        assert_int_equal(operations_parse(stored, "", base, arena, &reread, &fault), 0);
        assert_int_equal(document_amend(base, reread, "", arena, &again, &fault), 0);
        unsigned char hash[HASH_BYTES], hash_again[HASH_BYTES];
        size_t size;
        const char *text = document_canonical(after, arena, &size, hash);
        assert_non_null(document_canonical(again, arena, &size, hash_again));
        assert_memory_equal(hash, hash_again, HASH_BYTES);
        struct document *parsed = parse(text, arena);
        for (int j = 0; j < parsed->n_articles; j++) {
            assert_string_equal(parsed->articles[j].id, after->articles[j].id);
            assert_int_equal(parsed->articles[j].parent, after->articles[j].parent);
        }
        json_decref(stored);
        json_decref(list);
        arena_free(arena);
    }
}

static void test_bad_amendments(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad_amendments); i++) {
        struct arena *arena = arena_new(8 << 20);
        struct document *base = parse(TREE, arena), *after = NULL;
        struct operations *operations = NULL;
        struct fault fault = {0};
        json_t *list = json(bad_amendments[i].operations);
        int rc = operations_parse(list, "/operations", base, arena, &operations, &fault);
        if (rc == 0)
            rc = document_amend(base, operations, "/operations", arena, &after, &fault);
        assert_int_equal(rc, -1);
        assert_string_equal(fault.pointer, bad_amendments[i].pointer);
        json_decref(list);
        arena_free(arena);
    }
}

static struct document *amended(
    const char *text, const struct document *base, struct arena *arena, struct operations **ret_operations)
{
    struct document *after = NULL;
    struct fault fault = {0};
    json_t *list = json(text);
    assert_int_equal(operations_parse(list, "", base, arena, ret_operations, &fault), 0);
    assert_int_equal(document_amend(base, *ret_operations, "", arena, &after, &fault), 0);
    json_decref(list);
    return after;
}

static void test_still_apply(void **state)
{
    (void)state;
    struct arena *arena = arena_new(8 << 20);
    struct document *base = parse(TREE, arena);
    struct operations *mine, *theirs;
    const char *article = NULL;
    struct document *now =
        amended("[{\"op\":\"replace\",\"article\":\"brief\",\"text\":\"new\"}]", base, arena, &theirs);
    amended("[{\"op\":\"replace\",\"article\":\"clinic\",\"text\":\"t\"}]", base, arena, &mine);
    assert_true(operations_still_apply(base, now, mine, &article));
    amended("[{\"op\":\"replace\",\"article\":\"brief\",\"title\":\"t\"}]", base, arena, &mine);
    assert_false(operations_still_apply(base, now, mine, &article));
    assert_string_equal(article, "brief");
    // Removing what somebody has since changed below.
    amended("[{\"op\":\"remove\",\"article\":\"care\"}]", base, arena, &mine);
    assert_false(operations_still_apply(base, now, mine, &article));
    amended("[{\"op\":\"remove\",\"article\":\"clinic\"}]", base, arena, &mine);
    assert_true(operations_still_apply(base, now, mine, &article));
    // An id taken meanwhile.
    now = amended(
        "[{\"op\":\"add\",\"article\":\"new\",\"title\":\"N\",\"text\":\"t\"}]", base, arena, &theirs);
    assert_false(operations_still_apply(base, now, theirs, &article));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tree),
        cmocka_unit_test(test_canonical),
        cmocka_unit_test(test_bad_documents),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_good_amendments),
        cmocka_unit_test(test_bad_amendments),
        cmocka_unit_test(test_still_apply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
