// From places on screen to numbers of responses: the parts of a judgment that name slots. Each checks what is said against
// the rules and what was seen, with a pointer for each fault, and gives what is stored (see answer.h). New references. Pure.
#ifndef COORDINATOR_COLLECT_PLACING_H
#define COORDINATOR_COLLECT_PLACING_H

#include "coordinator/collect/answer.h"

// The order on screen as the database says it, '{1,0}'. Returns how many.
size_t placing_shown(const char *text, int shown[SHOWN_MAX]);
// Where a slot is on screen, or -1.
int placing_slot(const struct rules *rules, const char *slot, size_t n_shown);
// Best first, in groups that are not empty; every slot once, or some of them when the ranking may be partial.
json_t *placing_ranking(
    struct fields *fields, const struct rules *rules, const json_t *body, const struct seen *seen);
// [[best], [the others], [worst]].
json_t *placing_best_worst(
    struct fields *fields, const struct rules *rules, const json_t *body, const struct seen *seen);
json_t *placing_ratings(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen);
json_t *placing_labels(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen);

#endif
