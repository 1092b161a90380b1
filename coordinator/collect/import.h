// How lines from outside become items, annotators and judgments: the one sink of every import format. A format turns
// bytes into records and calls `import_add` for each; the sink validates, folds what is there already, and writes in
// batches of at most 500 records a statement while the body waits. Memory is bounded by the body's pieces, never by
// the file. Importing twice changes nothing.
//
// Formats are pure parsers: no database, no waiting, no reply. They run on the loop of the request; `close` is always
// called. To add one: write it in coordinator/dataset, and put it into `import_formats` (collect/import_formats.c).
#ifndef COORDINATOR_COLLECT_IMPORT_H
#define COORDINATOR_COLLECT_IMPORT_H

#include "base/base.h"
#include "base/err.h"

#include <jansson.h>

struct import;

enum {
    IMPORT_LINE_MAX_BYTES = 1024 * 1024,
    IMPORT_CONTENT_MAX_BYTES = 256 * 1024, // of one message or response
    IMPORT_RESPONSES_MAX = 100,
    IMPORT_EMBEDDING_MAX = 8192, // numbers
    IMPORT_REJECTED_MAX = 100,   // told one by one; the rest are counted
};

// Everything a record points at needs to live only until import_add returns. Text is UTF-8 without NUL.
struct import_response {
    const char *source_id; // NULL: none
    const char *content;
    const char *model;      // NULL: unknown
    const float *embedding; // NULL: none
    size_t n_embedding;
    const char *meta; // JSON text or NULL
};

struct import_item {
    const char *source_id; // NULL: known by its content alone
    const char *prompt;    // JSON text: [{"role": "user", "content": "..."}, ...]
    const struct import_response *responses;
    size_t n_responses;
    const char *language; // BCP 47 or NULL
    const char *const *tags;
    size_t n_tags;
    const char
        *gold; // JSON text or NULL; then what is expected, and the role it has or NULL (collect/gold.h)
    const char *expected, *gold_role;
    const char *warning;
    const char *later; // what happened later: JSON text {"simulated", "text"} or NULL
};

// Made once under its source id, as a person of kind "imported"; what comes later under the same id changes nothing.
struct import_annotator {
    const char *source_id;
    const char *attributes; // JSON text {attribute: value | [values]} or NULL; sealed like anybody's answers
};

// Stored with source "import:FORMAT". A person judges an item once: the same answer again is a duplicate, another
// answer is rejected. Responses are numbered from 0 in the order of `responses`.
struct import_judgment {
    const char *outcome;        // left right tie both_bad cannot_judge ranking rating
    int strength;               // 1..4, 0: none
    const char *answer;         // JSON text as stored (see collect/answer.h) or NULL
    const unsigned char *shown; // the responses in the order seen; NULL: as numbered. Pairs show exactly two.
    size_t n_shown;
    const char *judged_at; // RFC 3339 or NULL: now
};

struct import_record {
    int64_t line;                             // 1-based, where the record begins
    const struct import_item *item;           // always
    const struct import_annotator *annotator; // with a judgment always
    const struct import_judgment *judgment;   // or NULL
};

// Each record ends as accepted (something of it was new), duplicate or rejected.
void import_add(struct import *import, const struct import_record *record);
// A line that never became a record. `pointer` is into the line ("/responses/1/content"), "" for all of it.
void import_reject(struct import *import, int64_t line, const char *pointer, const char *detail, ...)
    PRINTF_LIKE(4, 5);
// A query parameter of the request (?map=...), or NULL.
const char *import_option(const struct import *import, const char *name);

// The study's choices name the worse one, so what a source calls rejected is what is chosen here.
bool import_is_worse(const struct import *import);

// What is expected of an item with this `gold`, as collect/gold.h reads it.
struct fields;
json_t *import_gold(const struct import *import, struct fields *fields, const json_t *gold,
    size_t n_responses, const char **ret_role);

struct import_format {
    const char *name; // ?format=NAME
    // Before the first byte. ERR_INVALID refuses the request (422) with the message; `ret_state` may stay NULL.
    int (*open)(struct import *import, void **ret_state, struct err *err);
    // Either: one line without its end, never empty, at most IMPORT_LINE_MAX_BYTES, NUL behind it ...
    void (*line)(void *state, struct import *import, int64_t line, const char *text, size_t length);
    // ... or: bytes as they come (CSV with line ends in quotes). The one that is not used is NULL.
    void (*bytes)(void *state, struct import *import, const char *data, size_t size);
    void (*end)(void *state, struct import *import); // after the last byte, when all came; may be NULL
    void (*close)(void *state);                      // may be NULL
};

extern const struct import_format *const import_formats[]; // ended by NULL

// For formats of JSON lines: parses strictly (no duplicate keys), or rejects the line and returns NULL. The caller
// owns the reference.
json_t *import_line_json(struct import *import, int64_t line, const char *text, size_t length);

#endif
