// Text into numbers, and nothing learned: the featuriser that a deployment without an embedding model uses. Pure
// functions, any thread, no global state. The same text gives the same bytes for ever under one version name; whoever
// changes a step below adds a version, which every artefact names and the scorer follows.
//
// "hashed-ngrams-1": invalid UTF-8 bytes become spaces; at most FEATURES_TEXT_MAX_BYTES are read, cut at a code point;
// NFKC with case folding, default-ignorable code points dropped (utf8proc); words are runs of letters, marks,
// digits and connector punctuation: 1- and 2-grams of them; tokens are runs without white space or control
// characters, padded with one space at each end: 3-, 4- and 5-grams of code points, those
// that fit. Each n-gram hashes to 18 bits of index and a sign; a bucket's signed count c becomes
// sign(c) log(1 + |c|); the vector is scaled to length 1. A text without any token is the zero vector.
//
// "hashed-ngrams-2": the same, and behind it the style features of reward/style.h, each 0 .. 1/2, which are not scaled
// with the rest: how long an answer is stays visible. Without its style features it is version 1.
// Only the response is featurised: what a linear reward says of the prompt cancels between its responses.
#ifndef REWARD_FEATURES_H
#define REWARD_FEATURES_H

#include "base/arena.h"
#include "base/base.h"

enum features_version {
    FEATURES_NGRAMS = 1,       // "hashed-ngrams-1"
    FEATURES_NGRAMS_STYLE = 2, // "hashed-ngrams-2"
};

enum {
    FEATURES_LOG_DIMENSIONS = 18,
    FEATURES_DIMENSIONS = 1 << FEATURES_LOG_DIMENSIONS, // of the n-grams
    FEATURES_STYLES = 5,                                // their indices follow, from FEATURES_DIMENSIONS on
    FEATURES_DIMENSIONS_MAX = FEATURES_DIMENSIONS + FEATURES_STYLES,
    FEATURES_TEXT_MAX_BYTES = 64 * 1024, // some 10,000 words; longer answers are judged by their beginning
    FEATURES_EMBEDDING_MAX_DIMENSIONS = 8192,
};

// Indices strictly ascending, values finite and not zero.
struct features_sparse {
    uint32_t n;
    const uint32_t *index;
    const float *value;
};

const char *features_version_name(enum features_version version);
bool features_version_parse(const char *name, enum features_version *ret_version) MUST_CHECK;
uint32_t features_dimensions(enum features_version version);

// The arrays live in `arena`; scratch memory is freed before return. Any bytes are accepted.
void features_text(const char *text, size_t length, enum features_version version, struct arena *arena,
    struct features_sparse *ret_features);

// What stands behind a place: the first n-gram of the text, as it was folded, that falls there. A place has n-grams of all
// texts; this is the one that was there.
struct features_gram {
    const char *text; // in `arena`; NULL: the text has none there
    bool is_word;     // one or two words, else characters
};
// `index` (n, strictly ascending) holds places below FEATURES_DIMENSIONS.
void features_grams(const char *text, size_t length, const uint32_t *index, size_t n, struct arena *arena,
    struct features_gram *ret_grams);

// An embedding holds no number greater than this: what does is no embedding but a mistake, and sums of it would lose the rest.
#define FEATURES_EMBEDDING_MAX_VALUE 1e6F

// Embeddings pass through as they are, or scaled to length 1 when `normalise` (a zero vector stays zero). `out` may
// be `in`. False when a value is not finite.
bool features_embedding(const float *in, uint32_t n_dimensions, bool normalise, float *out) MUST_CHECK;

#endif
