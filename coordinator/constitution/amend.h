// Amending a document: operations read, done, and asked whether they still mean the same on a later version. Pure, like
// document.h; what is wrong comes back as a fault with a pointer.
#ifndef COORDINATOR_CONSTITUTION_AMEND_H
#define COORDINATOR_CONSTITUTION_AMEND_H

#include "coordinator/constitution/document.h"

enum operation_kind { OPERATION_ADD, OPERATION_REPLACE, OPERATION_REMOVE };

struct operation {
    enum operation_kind kind;
    const char *article;          // replace, remove: whose; add: the new one's id
    const char *parent;           // add: NULL at the top
    const char *after;            // add: the sibling before it; NULL: the last place
    enum level level;             // add
    const json_t *title, *text;   // plain or by language; NULL: left as it is
    const json_t *pillar, *scope; // add, or NULL
};

struct operations {
    int n;
    struct operation list[OPERATIONS_MAX];
};

// Reads [{op, article?, parent?, after?, level?, title?, text?, pillar?, scope?}] against the document it is to change.
// An `add` without `article` gets an id from its title; without `level`, its parent's, but never immutable: then
// "principle", and "guideline" at the top. No article is named by two operations. Says so when one is immutable.
int operations_parse(const json_t *json, const char *pointer, const struct document *base,
    struct arena *arena, struct operations **ret_operations, struct fault *ret_fault) MUST_CHECK;
// The same as JSON, with the ids and levels that were filled in; operations_parse reads it back to the same.
json_t *operations_json(const struct operations *operations);
// A new document with all operations done in order. Removing takes all that is below along.
int document_amend(const struct document *base, const struct operations *operations, const char *pointer,
    struct arena *arena, struct document **ret_document, struct fault *ret_fault) MUST_CHECK;
// Whether operations written against `base` mean the same on `now`: each article they touch is there unchanged, with all
// that is below it when they remove it, and each they hang something on is there. Else names the first that is not.
bool operations_still_apply(const struct document *base, const struct document *now,
    const struct operations *operations, const char **ret_article);
// Places behind the last article of the subtree at `place`.
int document_subtree_end(const struct document *document, int place);

#endif
