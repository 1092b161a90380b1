// A judgment line of the plenum format (docs/plenum-format.md) as it is stored here. It is checked for what the format asks
// and not against the study's task: who judged elsewhere was asked something else. Pure.
#ifndef COORDINATOR_COLLECT_IMPORT_JUDGED_H
#define COORDINATOR_COLLECT_IMPORT_JUDGED_H

#include "coordinator/api.h"
#include "coordinator/collect/import.h"

struct judged {
    struct import_judgment judgment; // points into the line and into this
    unsigned char shown[IMPORT_RESPONSES_MAX];
    char *answer; // owned, or NULL
};

// Of an item of `n_responses`. `turn`: the file's choices name the worse one and the study's the better one, or the other
// way round. Errors go to `fields`. Release in any case.
void judged_read(
    struct fields *fields, const json_t *line, size_t n_responses, bool turn, struct judged *ret_judged);
void judged_release(struct judged *judged);

#endif
