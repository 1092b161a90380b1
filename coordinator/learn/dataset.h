// The inside of a dataset on its way: what dataset.c (who and what) and dataset_judgments.c (what was said) share. Belongs to the
// stream's thread.
#ifndef COORDINATOR_LEARN_DATASET_H
#define COORDINATOR_LEARN_DATASET_H

#include "coordinator/learn/groups.h"
#include "coordinator/learn/names.h"
#include "coordinator/learn/stream.h"
#include "proto/columns.h"

#include <jansson.h>

struct export_pair;

enum { RESPONSES_MAX = 16 * 1024 * 1024 };

struct person {
    struct uuid participant, person;
    int64_t answers_version; // by which all that they judged counts; 0: the first
    bool is_imported, is_left_out;
};

struct place {
    struct uuid item;
    uint32_t first, n;
};

struct sender {
    struct stream *stream;
    const struct stream_source *source;
    struct db_session *session;
    struct columns_hash *hash;
    struct buf columns[N_COLUMNS];
    uint64_t sent[N_COLUMNS]; // values
    bool is_simulated;        // the project
    bool is_worse;            // its choices name the worse one
    bool has_edits;           // what people made of responses is learnt from
    char dimension[256];
    json_t *questions;
    struct person *people;
    size_t n_people, people_capacity;
    uint32_t n_items, n_responses, n_dimensions;
    char space[HASH_HEX_BYTES];    // of the study's endpoint, where its embeddings are sent; "" otherwise
    char *models[WIRE_MODELS_MAX]; // by name
    uint32_t n_models;
    bool has_too_many_models;
    struct learn_names objectives, languages;
    uint64_t artefact_bytes[WIRE_ARTEFACTS_MAX];
    size_t n_artefacts; // that are sent
    struct place *places;
    uint32_t n_places, n_placed;
    uint32_t n_edits, n_edits_sent;
    char *seen_before;         // by the fit of the model that is begun from, as text; NULL: not told
    struct export_pair *pairs; // of one judgment with an edit
    struct groups *groups;
    json_t *words; // of the sealed item that was opened last
    struct uuid words_of;
};

// Into the chunk of a column, which goes out when it is full.
int dataset_add(
    struct sender *sender, enum column column, const void *data, size_t size, struct err *err) MUST_CHECK;
int dataset_add_u32(struct sender *sender, enum column column, uint32_t value, struct err *err) MUST_CHECK;
int dataset_add_u8(struct sender *sender, enum column column, uint8_t value, struct err *err) MUST_CHECK;
int dataset_add_f32(struct sender *sender, enum column column, float value, struct err *err) MUST_CHECK;

// How many edits there are, for the header: only the keys of those who wrote tell.
int dataset_count_edits(struct sender *sender, struct err *err) MUST_CHECK;
// Judgments, ratings and edits, once all items are placed.
int dataset_send_judgments(struct sender *sender, struct err *err) MUST_CHECK;

#endif
