// A task as data (schema/task.schema.json): what is asked about an item, and so what a judgment of it may say. A study's task
// is stored in full, with every default written out; what older studies have stored lacks some members, and what is
// lacking means what it meant then. Pure.
#ifndef COORDINATOR_COLLECT_RULES_H
#define COORDINATOR_COLLECT_RULES_H

#include "coordinator/api.h"

enum task_kind { TASK_PAIRWISE, TASK_RANKING, TASK_BEST_WORST, TASK_RATING };
enum asked {
    ASKED_OFF,
    ASKED_OPTIONAL,
    ASKED_REQUIRED
}; // off: not asked; what a client says all the same is kept
enum hindsight { HINDSIGHT_NONE, HINDSIGHT_BEFORE, HINDSIGHT_SPLIT };

struct rules {
    enum task_kind kind;
    bool is_worse; // the choice names the worse one
    int strength_max;
    bool tie, both_bad, partial;
    enum asked rationale, confidence, edit;
    enum hindsight hindsight;
    bool cites_constitution;               // reasons are articles
    json_t *dimensions, *labels, *reasons; // owned; lists, or NULL. Reasons: [{id, label}]
};

// The rules of a task as it is stored. References of its own; NULL is a pair of today.
void rules_of(struct rules *ret_rules, const json_t *task);
void rules_copy(struct rules *to, const struct rules *from);
void rules_release(struct rules *rules);

// Is what happened later shown in slot `n` of an item? In a split in every other one; which of them begins is the item's.
bool rules_show_later(const struct rules *rules, struct uuid item, int n);

// --- from a request ---------------------------------------------------------------------------------------------------
// `given` (an object or NULL) at pointer `at`, checked and written out in full, with its preset beneath it. `follows`: the
// study follows a constitution. Errors go to `fields`; a new reference in any case.
json_t *rules_read(struct fields *fields, const json_t *given, const char *at, bool follows);
// Does the task ask whether responses comply with articles? Then rules_comply() makes a dimension of each, by the articles of
// the constitution's document ({"articles": [{id, title, children}]}), and names those that it does not have.
bool rules_ask_compliance(const json_t *task);
void rules_comply(struct fields *fields, json_t *task, const char *at, const json_t *document);

// --- a later version (extend.c) ---------------------------------------------------------------------------------------
// Errors for what `task` takes away of `earlier`, or asks of everybody that it did not: whatever could be answered to what is out
// already still can, and means the same. Words may change, and what is optional may be added. Both written out in full.
void rules_extend(struct fields *fields, const json_t *earlier, const json_t *task, const char *at);

// --- parts of it (questions.c) ----------------------------------------------------------------------------------------
enum { TASK_ID_MAX = 64, ARTICLE_ID_MAX = 80, COMPLIANCE_ARTICLES_MAX = 50 };
// The dimension of an article is called so, and the article's id.
#define ARTICLE_DIMENSION "article:"
json_t *questions_dimensions(struct fields *fields, const json_t *task, const char *at, bool required);
json_t *questions_labels(struct fields *fields, const json_t *task, const char *at);
json_t *questions_reasons(struct fields *fields, const json_t *task, const char *at, bool follows);
// "AT/LIST/I".
void entry_pointer(char pointer[POINTER_MAX_BYTES], const char *at, const char *list, size_t i);
// The entry of a list of {id, ...}, or NULL.
json_t *entry_named(const json_t *list, const char *id);

// --- presets, compiled in from schema/presets/*.json: {title, source, task} ---------------------------------------------
struct task_preset {
    const char *name, *text;
};
extern const struct task_preset task_presets[]; // ended by a NULL name

#endif
