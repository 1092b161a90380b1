// The conditions of work that a study states: what it pays, how long it takes, who answers for it. Pure.
#ifndef COORDINATOR_COLLECT_CONDITIONS_H
#define COORDINATOR_COLLECT_CONDITIONS_H

#include "coordinator/api.h"

// Member "conditions" of a study, written out in full with its "version": the SHA-256 of the rest in its canonical form, as
// hex. Owned by the caller; NULL when absent or wrong, with errors in `fields`.
json_t *conditions_read(struct fields *fields, const json_t *body) MUST_CHECK;

#endif
