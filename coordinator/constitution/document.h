// A constitution as a document: a tree of articles, immutable once stored, known by the hash of its canonical JSON.
// Pure: no database, no clock, no request. Everything lives in the arena given; a document is never changed, amending
// makes a new one. schema/constitution.schema.json says the same in JSON Schema.
//
// On the wire: {title, language?, preamble?, articles: [{id, level, immutable?, title, text, children?: [...]}]}.
// `id` is a slug, unique in the document and for ever the article's name. Levels fall from "principle" by "rule" to
// "guideline"; a child's level is never above its parent's. An immutable article stands at the top or under an
// immutable one, so that nothing can be removed from above it. Adding below an immutable article is allowed.
//
// Canonical form: keys sorted, no white space, no key that says nothing (immutable false, no children, no language).
// Texts hold no control characters but newline and tab, so that it is also the canonical form of RFC 8785.
#ifndef COORDINATOR_CONSTITUTION_DOCUMENT_H
#define COORDINATOR_CONSTITUTION_DOCUMENT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/hash.h"

#include <jansson.h>

enum {
    DOCUMENT_MAX_ARTICLES = 2000,
    DOCUMENT_MAX_DEPTH = 8,
    DOCUMENT_MAX_BYTES = 1024 * 1024, // canonical
    ARTICLE_ID_MAX = 64,
    ARTICLE_TITLE_MAX = 400,   // bytes
    ARTICLE_TEXT_MAX = 20000,  // bytes
    OPERATIONS_MAX = 50,
};

enum level { LEVEL_GUIDELINE, LEVEL_RULE, LEVEL_PRINCIPLE, N_LEVELS };
extern const char *const level_names[N_LEVELS];

struct article {
    const char *id, *title, *text;
    enum level level;
    bool immutable;
    int parent; // place in `articles`, -1 at the top
    int depth;  // 1 at the top
};

// Articles in reading order: a parent before its children, siblings in order.
struct document {
    const char *title, *language, *preamble; // language and preamble may be NULL
    int n_articles;
    struct article *articles;
};

enum operation_kind { OPERATION_ADD, OPERATION_REPLACE, OPERATION_REMOVE };

struct operation {
    enum operation_kind kind;
    const char *article; // replace, remove: whose; add: the new one's id
    const char *parent;  // add: NULL for the top
    const char *after;   // add: the sibling before it, NULL for the last place
    const char *title, *text; // NULL: left as it is
    enum level level;    // add
};

// What is wrong with a document or an amendment, and where: an RFC 6901 pointer and one sentence.
struct fault {
    const char *pointer, *detail; // in the arena
    bool immutable;               // it would touch an immutable article
};

// `pointer` is put before every fault's pointer. 0, or -1 with the first fault.
int document_parse(const json_t *json, const char *pointer, struct arena *arena, struct document **ret_document,
    struct fault *ret_fault) MUST_CHECK;
// The canonical text, and its SHA-256.
const char *document_canonical(const struct document *document, struct arena *arena, size_t *ret_size,
    unsigned char ret_hash[HASH_BYTES]);
// Place of an article, or -1.
int document_find(const struct document *document, const char *id);

// Reads [{op, article?, parent?, after?, level?, title?, text?}]. An `add` without `article` gets an id from its title;
// without `level`, its parent's, or "guideline" at the top. No article is touched twice.
int operations_parse(const json_t *json, const char *pointer, const struct document *base, struct arena *arena,
    struct operation **ret_operations, int *ret_n, struct fault *ret_fault) MUST_CHECK;
// The same as JSON, with the ids and levels that were filled in.
json_t *operations_json(const struct operation *operations, int n);
// A new document with all operations done in order. Removing takes all that is below along.
int document_amend(const struct document *base, const struct operation *operations, int n, const char *pointer,
    struct arena *arena, struct document **ret_document, struct fault *ret_fault) MUST_CHECK;
// Whether operations written against `base` mean the same on `now`: every article they touch, or hang something on, is
// there unchanged. False and its id in `ret_article` when one is not.
bool operations_still_apply(const struct document *base, const struct document *now,
    const struct operation *operations, int n, const char **ret_article);

#endif
