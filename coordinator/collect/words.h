// What can be told of words that a person wrote, before they are sealed: whether they were typed, as far as the page tells, and
// what makes them comparable with others' (migrations/0017_words.sql). Never what they say. Pure.
//
// Alike are two texts by the share of their shingles, three words each, that both have (Broder 1997, "On the resemblance and
// containment of documents"). Texts are compared when one of WORDS_BANDS bands is the same, each made of WORDS_ROWS minima of hashes
// (Broder; bands: Leskovec, Rajaraman, Ullman, Mining of Massive Datasets, 3.4): of two that share s of their shingles,
// 1 - (1 - s^3)^8 are, so 99.7 % at 0.8 and 99.99 % at 0.9. The share itself is then counted, not estimated.
#ifndef COORDINATOR_COLLECT_WORDS_H
#define COORDINATOR_COLLECT_WORDS_H

#include "coordinator/api.h"

struct arena;

// What the key of a study is the code of (keys_code).
#define WORDS_CODE "words"

enum {
    WORDS_A_SHINGLE = 3,
    WORDS_SHINGLES_MIN = 8,   // shorter texts are alike by chance
    WORDS_SHINGLES_MAX = 512, // of longer texts, those they begin with
    WORDS_BANDS = 8,
    WORDS_ROWS = 3,
    WORDS_KEY_BYTES = 16,
    WORDS_TYPED_MIN = 40,    // characters: of less nothing is said
    WORDS_A_KEY_MAX = 10,    // characters for one change of the text that is no paste
    WORDS_A_SECOND_MAX = 15, // characters: 180 words a minute
};

// What the page counted while the text was written. -1: not told.
struct typing {
    int64_t keys, pasted; // changes of the text; characters that came by pasting or dropping
};

struct words {
    size_t n_shingles;                     // 0: too short
    uint32_t shingles[WORDS_SHINGLES_MAX]; // each once, in order
    uint64_t bands[WORDS_BANDS];
    bool is_told, is_pasted, is_untyped;
};

// {keys, pasted, left} of the object at `at`, where it is there: whole numbers. Other members of it are wrong.
void typing_read(struct fields *fields, const json_t *home, const char *at, struct typing *ret_typing);

// `key` makes the hashes a study's own. `active_ms` -1: not known.
void words_read(struct words *words, const char *text, const unsigned char key[WORDS_KEY_BYTES],
    const struct typing *typing, int64_t active_ms);

// As columns of a statement: is_pasted, is_untyped, shingles, bands; all NULL when there is nothing to keep. In the arena.
enum { WORDS_COLUMNS = 4 };
void words_columns(const struct words *words, struct arena *arena, const char *columns[WORDS_COLUMNS]);

#endif
