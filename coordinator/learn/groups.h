// Group codes of a fit: from people's sealed answers to small numbers, in the memory of this process only. What is sent
// to a worker are the codes and the names of listed values; never who, never a free text, never a multiple answer taken
// apart. Belongs to one thread.
#ifndef COORDINATOR_LEARN_GROUPS_H
#define COORDINATOR_LEARN_GROUPS_H

#include "base/base.h"

#include <jansson.h>

enum { GROUPS_ATTRIBUTES_MAX = 32, GROUPS_VALUES_MAX = 60 };
#define GROUPS_NONE UINT32_MAX

struct groups;

// `questions`: the study's attributes as in its settings (not taken). `wanted` (may be ""): kept whatever the limit.
struct groups *groups_new(const json_t *questions, const char *wanted, uint32_t n_annotators);
void groups_free(struct groups *groups);
// One annotator's answers (not taken). Answers to what the study does not ask are left out, unless they came with an
// import: those are the study's own.
void groups_add(struct groups *groups, uint32_t annotator, const json_t *answers, bool is_imported);
// Sorts attributes and values by name and makes the codes; where an attribute has more than GROUPS_VALUES_MAX values
// the rarest become "other". After this it is only read.
void groups_finish(struct groups *groups);

uint32_t groups_n_attributes(const struct groups *groups);
const char *groups_attribute(const struct groups *groups, uint32_t attribute);
uint32_t groups_n_values(const struct groups *groups, uint32_t attribute);
const char *const *groups_values(const struct groups *groups, uint32_t attribute);
// n_annotators codes.
const uint32_t *groups_codes(const struct groups *groups, uint32_t attribute);

#endif
