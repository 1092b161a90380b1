// Columns in, parameters out. Pure: no file, no network, no log, no global state; the same data, options and seed give
// the same artefact bytes on the same machine. A call has threads of its own (pool.h), which end before it returns;
// nothing of it is shared with other calls. Callers keep OpenBLAS at one thread (fit_run sets it so). Memory is bounded by
// the data: about 12 bytes a text n-gram; embeddings at most twice.
#ifndef WORKER_FIT_FIT_H
#define WORKER_FIT_FIT_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

enum {
    FIT_CLUSTERS_MAX = 8,
    FIT_ATTRIBUTES_MAX = 32,
    FIT_VALUES_MAX = 60,           // groups of an attribute; one head each
    FIT_NAME_MAX = 256,            // bytes of an attribute's name or value
    FIT_GROUP_ANNOTATORS_MIN = 10, // a smaller group is merged into "other" and never shown
    FIT_GROUP_JUDGMENTS_MIN = 50,  // of its test judgments, to be evaluated
};
#define FIT_NO_GROUP UINT32_MAX

struct artefact;
struct pool_ranks;
struct spill;

enum fit_outcome { FIT_LEFT = 0, FIT_RIGHT = 1, FIT_TIE = 2 };

// All arrays are the caller's and only read. Indices are checked: a wrong one is ERR_INVALID.
struct fit_data {
    // Items in a fixed order (by id), responses in the order of items. item_first has n_items + 1 entries; n_responses
    // counts edits too.
    uint32_t n_items, n_responses;
    const uint32_t *item_first;
    const uint64_t *item_prompt; // fit_prompt_hash of the prompt: items of one prompt share a split
    // Texts, or embeddings (n_responses x n_dimensions) when n_dimensions > 0. Texts may be NULL then.
    const char *const *response_text;
    const size_t *response_length;
    uint32_t n_dimensions;
    const float *response_embedding;
    bool normalise_embeddings;

    // What people made of responses. Edits stand behind all other responses, outside of item_first: the response of edit e
    // is n_responses - n_edits + e. In comparisons an edit stands on the left and is preferred; those of one edit follow each
    // other, right behind the edit_before comparisons of the judgment that it came with, and weigh 1 / (m (m - 1) / 2) each,
    // m what the judgment ranks, the edit too. As one ranking, all of them then weigh so in the fit.
    uint32_t n_edits;
    const uint32_t *edit_item;
    const uint32_t *edit_before;

    // Which model made each response, for the card's table of models; n_models 0: not told.
    uint32_t n_models;
    const char *const *model_name;
    const uint32_t *response_model; // FIT_NO_GROUP: not told

    // Comparisons. A ranking of m is given as its strict pairs, weight 1 / (m (m - 1) / 2) each; both_bad,
    // cannot_judge and skip are left out by the caller.
    uint32_t n_judgments;
    const uint32_t *judgment_annotator, *judgment_left, *judgment_right; // responses by index
    const uint8_t *judgment_outcome;                                     // enum fit_outcome
    const uint8_t *judgment_strength; // 1..4, 0: not given; NULL: none. Kept, not yet fitted on
    const float *judgment_weight;     // NULL: all 1

    // Which comparisons and ratings came after the data of the model that a refit begins from (1); both NULL: not told.
    const uint8_t *judgment_is_recent, *rating_is_recent;

    // Ratings of one dimension: the fit forms all pairs within an annotator and a split, higher preferred, equal a
    // tie, with total weight the number of ratings.
    uint32_t n_ratings;
    const uint32_t *rating_annotator, *rating_response;
    const float *rating_value;

    // Ratings of every dimension, that one too, and of compliance with articles (1: yes, 0: no), for heads of their own
    // (objectives.h). The name of an article is "article:" and its id.
    uint32_t n_objectives;
    const char *const *objective_name;
    uint32_t n_objective_ratings;
    const uint32_t *objective_annotator, *objective_response;
    const uint8_t *objective_number; // which objective
    const float *objective_value;

    // In which language each item is, for the card; n_languages 0: not told.
    uint32_t n_languages;
    const char *const *language_name;
    const uint32_t *item_language; // FIT_NO_GROUP: not told

    // Annotators. annotator_key (any stable hash of the id) decides who is held out. annotator_group is
    // n_attributes x n_annotators: value index or FIT_NO_GROUP.
    uint32_t n_annotators;
    const uint64_t *annotator_key;
    uint32_t n_attributes;
    const char *const *attribute_name;
    const uint32_t *attribute_n_values;
    const char *const *const *attribute_value; // [attribute][value]
    const uint32_t *annotator_group;

    const unsigned char *snapshot; // SHA-256 of the data, 32 bytes; NULL: computed here over the columns
};

enum fit_method { FIT_POOLED, FIT_GROUP, FIT_DRO, FIT_MAXMIN, FIT_JURY, FIT_COMPLIANCE };
// False when there is no such method.
bool fit_method_parse(const char *name, enum fit_method *ret_method) MUST_CHECK;
const char *fit_method_name(enum fit_method method);

// How far a fit is.
struct fit_progress {
    const char *phase; // one or two words
    double fraction;
    double
        loss; // the objective that is being minimised, as it is now: mean log-loss and penalty; NaN: none in this phase, or not known
    double left_s; // NaN: it can't be told (worker/fit/left.h)
};

struct fit_options {
    enum fit_method method;
    const char *attribute; // FIT_GROUP and FIT_DRO need it; others report by it when given; NULL: none
    uint64_t seed;
    uint32_t clusters;     // FIT_MAXMIN: exactly so many; 0: chosen in 1..clusters_max by held-out annotators
    uint32_t clusters_max; // 0: FIT_CLUSTERS_MAX
    uint32_t restarts;     // 0: 8
    bool hard;             // hard assignment as published, else soft
    double annotator_cap;  // greatest share of the total weight one annotator may hold; 0: the greater of
                           // 4 / n_annotators and 1 %
    uint64_t split; // which split by prompt: 0 is the one that cards are made with, others are for studies
    double lambda;  // 0: chosen on the validation split
    bool style_off; // text without the style features of reward/style.h: "hashed-ngrams-1"
    struct spill
        *spill;       // where the large arrays lie (base/spill.h); NULL: in memory. The artefact is the same.
    uint32_t threads; // 0: as many as there are cores. The artefact is the same whatever their number.
    const struct pool_ranks
        *ranks; // other workers on the same fit (pool.h); NULL: none. It is the same whatever their number.
    // A model of the same study to begin from (warm.h); NULL: all is chosen anew. The artefact names it.
    const struct artefact *predecessor;
    // Called now and then from fit_run; returning false cancels it. NULL: never.
    bool (*progress)(void *arg, const struct fit_progress *now);
    void *progress_arg;
};

struct fit_result {
    struct buf artefact;
    unsigned char artefact_hash[HASH_BYTES];
    unsigned char snapshot[HASH_BYTES];
    char *card; // JSON text: the `metrics` of GET /api/v1/fits/{f}, and how the model was made
};

// ERR_INVALID: the data or options can't be fitted, the message says why. ERR_CLOSED: cancelled.
int fit_run(const struct fit_data *data, const struct fit_options *options, struct fit_result *ret_result,
    struct err *err) MUST_CHECK;
void fit_result_release(struct fit_result *result);

// What is hashed for a prompt, so that a fit on the server and one of the exported file split alike: the messages as the
// database writes them, [{"role": "user", "content": "..."}, ...]; a prompt that is one text is one message of the user.
uint64_t fit_prompt_hash(const void *bytes, size_t size); // the first eight bytes of SHA-256, big-endian

#endif
