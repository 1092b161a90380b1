// The columns of a dataset: what they are and how a snapshot of them is named. Written by the coordinator, read by the
// worker. Pure; an accumulator belongs to one thread.
//
// Items are those with a judgment that counts, in the order of their ids; responses in the order of items; annotators
// in the order of their pseudonyms; judgments in the order of items and leases. What people made of responses (edits) stands
// behind all responses, in the order of the judgments that it came with; it has a text, and no model (UINT32_MAX).
// Comparisons with it stand right behind those of its judgment.
#ifndef PROTO_COLUMNS_H
#define PROTO_COLUMNS_H

#include "base/base.h"
#include "base/hash.h"

enum column {
    COLUMN_NONE,
    COLUMN_ITEM_PROMPT,        // u64: fit_prompt_hash
    COLUMN_ITEM_RESPONSES,     // u8: how many responses
    COLUMN_RESPONSE_LENGTH,    // u32: bytes of text; with COLUMN_RESPONSE_TEXT, when there are no embeddings
    COLUMN_RESPONSE_TEXT,      // bytes: UTF-8, end to end
    COLUMN_RESPONSE_EMBEDDING, // f32: n_dimensions a response
    COLUMN_JUDGMENT_ANNOTATOR, // u32
    COLUMN_JUDGMENT_LEFT,      // u32: response
    COLUMN_JUDGMENT_RIGHT,     // u32: response
    COLUMN_JUDGMENT_OUTCOME,   // u8: 0 left, 1 right, 2 tie
    COLUMN_JUDGMENT_STRENGTH,  // u8: 1..4, 0 not given
    COLUMN_JUDGMENT_WEIGHT,    // f32
    COLUMN_RATING_ANNOTATOR,   // u32
    COLUMN_RATING_RESPONSE,    // u32
    COLUMN_RATING_VALUE,       // f32
    COLUMN_ANNOTATOR_KEY,      // u64: stable hash of the pseudonym
    COLUMN_ANNOTATOR_GROUP,    // u32: value index or UINT32_MAX; n_annotators for each attribute in turn
    COLUMN_RESPONSE_MODEL,     // u32: index of the header's model, UINT32_MAX: not told
    // Ratings of every dimension, and of compliance with articles (1: yes, 0: no).
    COLUMN_OBJECTIVE_ANNOTATOR, // u32
    COLUMN_OBJECTIVE_RESPONSE,  // u32
    COLUMN_OBJECTIVE_NUMBER,    // u8: index of the header's objective
    COLUMN_OBJECTIVE_VALUE,     // f32
    COLUMN_ITEM_LANGUAGE, // u32: index of the header's language, UINT32_MAX: not told; none where no language is told
    COLUMN_ARTEFACT,    // bytes: of the models that are to be compared, end to end
    COLUMN_EDIT_ITEM,   // u32: whose response was edited; a value for each edit
    COLUMN_EDIT_BEFORE, // u32: how many comparisons of the same judgment stand before those with the edit
    // Where a fit begins from a model (COLUMN_ARTEFACT): what came after that one's data (1); none where it is not told.
    COLUMN_JUDGMENT_RECENT, // u8
    COLUMN_RATING_RECENT,   // u8
    N_COLUMNS
};

size_t column_width(enum column column); // bytes a value
const char *column_name(enum column column);

// The snapshot's name: SHA-256 over the header and, for each column, its number, count and SHA-256. It does not depend
// on how columns were cut into chunks. Columns of edits, and of what is recent, count only where there are any.
struct columns_hash;
struct columns_hash *columns_hash_new(void);
void columns_hash_free(struct columns_hash *hash);
void columns_hash_dimensions(struct columns_hash *hash, uint32_t n_dimensions);
void columns_hash_attribute(
    struct columns_hash *hash, const char *name, const char *const *values, size_t n_values);
void columns_hash_model(struct columns_hash *hash, const char *name);     // of each, after the attributes
void columns_hash_objective(struct columns_hash *hash, const char *name); // of each, after the models
void columns_hash_language(struct columns_hash *hash, const char *name);  // of each, after the objectives
void columns_hash_add(struct columns_hash *hash, enum column column, const void *data, size_t size);
uint64_t columns_hash_count(const struct columns_hash *hash, enum column column);
struct columns_total {
    uint64_t count;
    unsigned char sha256[HASH_BYTES];
};
// After this nothing more is added.
void columns_hash_finish(
    struct columns_hash *hash, struct columns_total totals[N_COLUMNS], unsigned char snapshot[HASH_BYTES]);

#endif
