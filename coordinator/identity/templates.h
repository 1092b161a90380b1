// Question packs on people, compiled in from schema/demographics/*.json, and what a valid answer to a question is. Pure.
#ifndef COORDINATOR_IDENTITY_TEMPLATES_H
#define COORDINATOR_IDENTITY_TEMPLATES_H

#include "coordinator/api.h"

struct demographic_template {
    const char *name, *text;
};
extern const struct demographic_template demographic_templates[]; // ended by a NULL name

#define PREFER_NOT_TO_SAY "prefer_not_to_say"
enum { ATTRIBUTES_MAX = 50, ATTRIBUTE_VALUES_MAX = 300, ATTRIBUTE_TEXT_MAX = 200 };

// A study's `demographics` member as it is to be stored: {template?, attributes:[{id, label, short?, multi, free,
// values: [{id, label}]}]}, where `short` is what tables and charts call the question, with the template's questions written out, so that the study keeps what it asked. `at` is the pointer
// of that member. NULL after errors.
json_t *demographics_resolve(struct fields *fields, const json_t *demographics, const char *at);

// All packs in full, each with its `name`. New reference.
json_t *demographics_templates(void);

// Checks answers {attribute: value | [values] | "prefer_not_to_say"} against questions (the attributes of all studies).
void demographics_check(
    struct fields *fields, const json_t *answers, const json_t *attributes, const char *at);

#endif
