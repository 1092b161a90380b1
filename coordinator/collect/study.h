// What a study may be: the body of POST /api/v1/projects checked and written out in full, as it is stored. Pure.
#ifndef COORDINATOR_COLLECT_STUDY_H
#define COORDINATOR_COLLECT_STUDY_H

#include "coordinator/api.h"
#include "reward/acquire.h"

struct study {
    json_t *name, *guideline; // words, borrowed from the body
    const char *name_text;    // the one of `name` for who knows one only
    int judgments_per_item, lease_seconds;
    bool simulated, follows;
    struct id community; // when it follows one
    json_t *
        settings; // owned: language, task, demographics, quotas, blind, consent, conditions, warning, and the name when it is several
};

// Errors go to `fields`; then the settings are incomplete, but always there to be released.
void study_read(struct fields *fields, const json_t *body, struct study *ret_study);
void study_release(struct study *study);
// Words of the body, borrowed; NULL when absent or wrong.
json_t *study_name(struct fields *fields, const json_t *body, unsigned flags);
json_t *study_guideline(struct fields *fields, const json_t *body);
// Of a strategy that draws by a model.
enum acquire_rule study_acquire_rule(const char *strategy);

#endif
