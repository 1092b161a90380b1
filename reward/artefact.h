// A fitted model as bytes: what a worker writes and the scorer maps. Immutable; named by the SHA-256 of the whole
// file. An artefact that was opened may be read from any thread at once; its owner closes it when nobody reads.
//
// Layout, little-endian: 64 bytes of preamble (magic, format version, sizes), canonical JSON header, padding, then
// arrays aligned to 64 bytes, then the SHA-256 of all that stands before it. Opening trusts nothing: the trailer hash,
// every offset, count, name and number is checked first, so a hostile file is an error and never a wild read.
//
// A model is `n_heads` linear rewards r_h = w_h . phi over one feature space. Head 0 is always the pooled model. A
// head is *served* when scores use it: the discovered or declared groups where the data support them, else the
// fallback, and the card says which. Weights are float32, feature-major: the n_heads weights of a feature stand
// together; where few features ever occur only their rows are stored, with their sorted indices. A jury's pools
// (reward/jury.h) and what is foretold beside the preference (reward/objective.h) stand in the header.
#ifndef REWARD_ARTEFACT_H
#define REWARD_ARTEFACT_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"
#include "reward/features.h"
#include "reward/jury.h"
#include "reward/objective.h"

enum {
    ARTEFACT_FORMAT = 1,
    ARTEFACT_HEADS_MAX = 64,
    ARTEFACT_NAME_MAX = 256, // bytes of a method, attribute or value
    ARTEFACT_HEADER_MAX = 1024 * 1024,
};
#define ARTEFACT_MAX_BYTES ((size_t)256 * 1024 * 1024)

enum artefact_features {
    ARTEFACT_HASHED_TEXT = 1, // features_text, of `text_version`
    ARTEFACT_EMBEDDING = 2,   // dense vectors that come with the candidates
};

struct artefact_head {
    const char *attribute; // declared groups: the attribute; "" otherwise
    const char *value;     // "all" for the pooled head, a group's value, or "cluster 1" ...
    bool served;           // scores use it
    double tau;            // calibrated temperature, > 0
    double centre;         // training mean of the raw reward: tau (r - centre) scores one response alone
    double share;          // of the annotators' weight behind it, 0..1; served heads sum to 1
    double shrinkage;      // 0: as fitted, 1: the pooled head itself
    uint32_t n_annotators, n_judgments;
};

// How it was fitted: what a refit takes up from it (worker/fit/warm.h).
struct artefact_training {
    double lambda,
        mixture_lambda; // of the pooled model and offsets; of the heads of clusters, 0: there are none
    const double
        *offset_scale; // n_heads: a of a declared group's own head, 0: the pooled model's, or another head
    uint32_t n_judgments,
        n_cold;           // comparisons and ratings that there were, and when all was last chosen anew
    uint32_t n_refits;    // since then; 0: it was chosen anew here
    bool has_predecessor; // it began from a model
    unsigned char predecessor[HASH_BYTES];
};

struct artefact {
    const char *method; // "pooled", "group", "dro", "maxmin", "jury", "compliance"
    enum artefact_features features;
    enum features_version text_version; // of hashed text; 0: the first
    uint32_t n_dimensions;              // features_dimensions(text_version), or the embedding's length
    bool normalise;                     // embeddings are scaled to length 1 first
    bool supported;                     // the honesty rule held: the method's own heads are served
    uint64_t seed;
    unsigned char snapshot[HASH_BYTES]; // of the data it was fitted on
    uint32_t n_heads;
    const struct artefact_head *heads;
    const struct jury *jury; // of the first n_basis heads; NULL: it knows of no jurors
    uint32_t n_objectives;   // dimensions and articles with heads of their own
    const struct objective *objectives;
    // Which prompts it has not learnt from: those whose order in the split (worker/fit/pairs.h) is `held_out_from` or more.
    bool has_held_out; // false: not told, as in artefacts of old
    uint64_t split, held_out_from;
    const struct artefact_training *training; // NULL: not told, as in artefacts of old
    uint32_t n_rows;                          // rows of `weights`
    const uint32_t *row_index; // ascending feature index of each row, or NULL when n_rows == n_dimensions
    const float *weights;      // n_rows x n_heads
};

// Appends the bytes of `artefact` (checked by asserts: the writer is ours) to `out`, and their SHA-256 to `ret_hash`.
// The same content gives the same bytes. ERR_LIMIT when `out` is too small for it.
int artefact_write(const struct artefact *artefact, struct buf *out, unsigned char ret_hash[HASH_BYTES],
    struct err *err) MUST_CHECK;

// ERR_INVALID says what is wrong with the bytes. The arrays point into the file or into `bytes`, which must be
// aligned to 4 and outlive the artefact; the rest is owned by it.
struct artefact *artefact_open(const char *path, struct err *err) MUST_CHECK; // NULL: failed
struct artefact *artefact_open_bytes(
    const void *bytes, size_t size, struct err *err) MUST_CHECK; // NULL: failed
// The content's address: SHA-256 of the whole file, computed at opening.
const unsigned char *artefact_hash(const struct artefact *artefact);
// Gives a mapped file's pages back; they return from the page cache when they are read. Any thread, also while others read.
void artefact_rest(const struct artefact *artefact);
void artefact_close(struct artefact *artefact); // NULL is allowed

// The version of hashed text that it was fitted with.
enum features_version artefact_text_version(const struct artefact *artefact);
uint32_t artefact_n_served(const struct artefact *artefact); // at least 1

#endif
