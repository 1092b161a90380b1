// Who is who in one release, and nowhere else. Raters go by pseudonyms: HMAC-SHA-256 under a key made for this release and
// kept in DATA/keys/releases, so that two releases can't be joined by name. What a rater said of themselves goes out only
// as far as it can't single them out: a value held by fewer than RELEASE_CELL_MIN raters of the release becomes
// "suppressed", and free text never leaves. Belongs to one pool thread.
// Memory: about 200 bytes a rater and their answers; at most RELEASE_RATERS_MAX.
#ifndef COORDINATOR_DATASET_RELEASE_H
#define COORDINATOR_DATASET_RELEASE_H

#include "base/base.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/id.h"

#include <jansson.h>

enum {
    RELEASE_CELL_MIN = 10,
    RELEASE_RATERS_MAX = 1000000,
    PSEUDONYM_BYTES = 33,
    RELEASE_VALUE_MAX_BYTES = 200
};
#define RELEASE_SUPPRESSED "suppressed"

struct rater {
    struct uuid participant;
    char pseudonym[PSEUDONYM_BYTES];
    bool is_simulated, is_imported;
    int64_t guideline_read; // the latest version of the guideline they have read; 0: none
    char *excluded; // by the study, the code of its reason; NULL: not. Only where an export keeps them
    char *answers;  // JSON text {attribute: value | [values]} as it may be counted, or NULL
};

struct release {
    unsigned char key[HASH_BYTES];
    const json_t *questions; // the study's own: settings.demographics.attributes, borrowed, or NULL
    struct rater *raters;    // in order of participant
    size_t n_raters, capacity;
    const struct rater **sorted; // in order of pseudonym; after release_seal
    json_t *held;                // {attribute: {value: number of raters}}
};

// The key of this release: found under `data_folder`, or made. Made again by nobody: a release that is run twice has the
// same pseudonyms.
int release_open(struct release *release, const char *data_folder, const char *name, const json_t *questions,
    struct err *err) MUST_CHECK;
void release_close(struct release *release);

// In order of participant. `answers` may be NULL; borrowed.
int release_add(struct release *release, struct uuid participant, const char *kind, int64_t guideline_read,
    const char *excluded, const json_t *answers, struct err *err) MUST_CHECK;
void release_seal(struct release *release); // all are in

const struct rater *release_rater(const struct release *release, struct uuid participant); // NULL: not in it
// 32 hexadecimal digits for what else needs a name in the release.
void release_pseudonym(
    const struct release *release, const char *kind, struct uuid uuid, char text[PSEUDONYM_BYTES]);
// What may be said of the rater: {attribute: value | [values]}, keys in order. A new reference.
json_t *release_attributes(const struct release *release, const struct rater *rater);
// {attribute: {value: number}} with values held by enough, the others summed as "suppressed". A new reference.
json_t *release_cells(const struct release *release);

#endif
