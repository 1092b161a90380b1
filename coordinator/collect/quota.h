// How many a study wants of each kind of people (its `quotas`), and which kind somebody is. Two forms are kept as they are
// said: a list of {attribute, value, count}, each a cell of people, of whom one may be in several; or {by, cells, else, per},
// cells of judgments, of which everybody is in one: the last is everybody else. Pure.
#ifndef COORDINATOR_COLLECT_QUOTA_H
#define COORDINATOR_COLLECT_QUOTA_H

#include "coordinator/api.h"

enum { QUOTA_CELLS_MAX = 200, QUOTA_BY_MAX = 5 };

// The member `quotas` of a study's body as it is to be stored; [] when there are none. `demographics`: what the study asks,
// as stored. Where each item wants its own of each cell, `judgments_per_item` becomes their sum unless the body says it.
json_t *quota_read(
    struct fields *fields, const json_t *body, const json_t *demographics, int *judgments_per_item);

bool quota_is_set(const json_t *quotas);
bool quota_counts_people(const json_t *quotas);
// Cells, "everybody else" among them.
size_t quota_n_cells(const json_t *quotas);
// What the code of a cell is made of: the same text for the same kind. free() it.
char *quota_cell_text(const json_t *quotas, size_t cell);
// How many are wanted in all, and of each item; -1: no limit.
int64_t quota_wanted(const json_t *quotas, size_t cell);
int64_t quota_per_item(const json_t *quotas, size_t cell);
// The values a cell is of, {attribute: value}, borrowed; NULL: everybody else.
const json_t *quota_values(const json_t *quotas, size_t cell);

// The attributes that must be answered ("prefer not to say" is an answer) before it can be said which cell somebody is
// of. `answers` may be NULL. A new reference.
json_t *quota_missing(const json_t *quotas, const json_t *answers);
// Whether somebody who prefers not to say this may have tasks at all: asked of the study, not of anybody's answers.
bool quota_takes_unsaid(const json_t *quotas, const char *attribute);
// The cells that somebody is of, at most QUOTA_CELLS_MAX; how many.
size_t quota_find(const json_t *quotas, const json_t *answers, size_t cells[QUOTA_CELLS_MAX]);

#endif
