// What a judgment may say, by kind of task, and how it is stored: places on screen ("left", "b") become numbers of
// responses. Stored: {"ranking": [[2],[0,1]], "ratings": {dimension: {"0": 4}}, "labels": {"0": [...]}, "confidence": x},
// each only when given. Free text (rationale, edit) is apart, to be sealed: {"rationale": "...", "edit": {"response": 0,
// "content": "..."}}. Pure.
#ifndef COORDINATOR_COLLECT_ANSWER_H
#define COORDINATOR_COLLECT_ANSWER_H

#include "coordinator/api.h"
#include "coordinator/collect/task.h"

enum { SHOWN_MAX = 100, SLOT_NAME_BYTES = 8, CLIENT_MAX_BYTES = 4096 };

struct answer {
    const char *outcome;        // left right tie both_bad cannot_judge skip ranking rating
    int strength;               // 0: none
    int64_t active_ms, wall_ms; // wall -1: not told
    bool names_slots;           // answer_place is needed
    bool has_note;
    double confidence; // negative: none
};

// Everything that can be said without knowing what was shown.
void answer_read(
    struct fields *fields, const struct task *task, const json_t *body, struct answer *ret_answer);

// The rest, with the responses in the order on screen. New references; `ret_note` is NULL without free text.
void answer_place(struct fields *fields, const struct task *task, const json_t *body,
    const struct answer *answer, const int *shown, size_t n_shown, json_t **ret_stored, json_t **ret_note);

// "left", "right" in pairs; else "a" .. "z", "aa" ...
void slot_name(const struct task *task, size_t place, char name[SLOT_NAME_BYTES]);

#endif
