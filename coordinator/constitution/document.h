// A constitution as a document: a tree of articles, immutable once stored, known by the hash of its canonical JSON.
// Pure: no database, no clock, no request. Everything lives in the arena given; a document is never changed, amending
// makes a new one. The format is schema/constitution.schema.json ("plenum-constitution/1"), which this file checks in
// full, with what a schema can't say: ids are unique, levels fall from parent to child, pillars exist, sizes are bounded.
//
// Levels fall from "immutable" by "principle" and "rule" to "guideline"; a child's level is never above its parent's, so
// an immutable article stands at the top or under an immutable one. No amendment replaces or removes an immutable
// article; hanging a new one below it is allowed. Titles and texts are plain or one string for each language.
//
// Canonical form: keys sorted, no white space, no empty list of children. Texts hold no control characters but newline
// and tab and there are no numbers, so that it is also the canonical form of RFC 8785.
#ifndef COORDINATOR_CONSTITUTION_DOCUMENT_H
#define COORDINATOR_CONSTITUTION_DOCUMENT_H

#include "base/arena.h"
#include "base/base.h"
#include "base/hash.h"
#include "base/json.h"

#include <jansson.h>

enum {
    DOCUMENT_MAX_ARTICLES = 2000,
    DOCUMENT_MAX_DEPTH = 8,
    DOCUMENT_MAX_BYTES = 1024 * 1024, // canonical
    SLUG_MAX = 80,
    TITLE_MAX = 300,  // characters
    TEXT_MAX = 20000, // characters
    LANGUAGES_MAX = 40,
    OPERATIONS_MAX = 50,
};

enum level { LEVEL_GUIDELINE, LEVEL_RULE, LEVEL_PRINCIPLE, LEVEL_IMMUTABLE, N_LEVELS };
extern const char *const level_names[N_LEVELS];
int level_named(const char *name); // -1 when there is none

struct article {
    const char *id;
    enum level level;
    int parent;         // place in `articles`, -1 at the top
    int depth;          // 1 at the top
    const json_t *json; // as on the wire, without children
};

// Articles in reading order: a parent before its children, siblings in order.
struct document {
    const json_t *head; // as on the wire, without articles
    int n_articles;
    struct article *articles;
};

// What is wrong, and where: an RFC 6901 pointer and one sentence, both in the arena.
struct fault {
    const char *pointer, *detail;
};

// `pointer` is put before the fault's pointer. 0, or -1 with the first fault. Keeps what it needs of `json`.
int document_parse(const json_t *json, const char *pointer, struct arena *arena,
    struct document **ret_document, struct fault *ret_fault) MUST_CHECK;
// The canonical text, and its SHA-256. NULL when it is longer than DOCUMENT_MAX_BYTES.
const char *document_canonical(const struct document *document, struct arena *arena, size_t *ret_size,
    unsigned char ret_hash[HASH_BYTES]) MUST_CHECK;
// Place of an article, or -1.
int document_find(const struct document *document, const char *id);

// --- parts that amendments share (amend.h) -------------------------------------------------------------------------
bool slug_is_good(const char *slug);
// NULL when `value` is a good title or text (at most `max` characters a language), else the sentence that says why not.
const char *localized_fault(const json_t *value, size_t max) MUST_CHECK;

#endif
