// What a judgment may say, by the rules of its task, and how it is stored: places on screen ("left", "b") become numbers of
// responses. Stored: {"ranking": [[2],[0,1]], "ratings": {dimension: {"0": 4, "item": "yes"}}, "labels": {"0": [...], "item":
// [...]}, "reasons": [...], "confidence": x, "later_shown": true, "rather_not": true}, each only when given; later_shown in studies with hindsight, and rather_not with a
// skip by somebody who would rather not see it. A
// best and a worst are a ranking: [[best], [the others], [worst]]. Free text (rationale, edit) is apart, to be sealed:
// {"rationale": "...", "edit": {"response": 0, "content": "..."}}. Pure.
#ifndef COORDINATOR_COLLECT_ANSWER_H
#define COORDINATOR_COLLECT_ANSWER_H

#include "coordinator/api.h"
#include "coordinator/collect/rules.h"
#include "coordinator/collect/words.h"

enum { SHOWN_MAX = 100, SLOT_NAME_BYTES = 8, CLIENT_MAX_BYTES = 4096, REASONS_MAX = 20 };

struct answer {
    const char *outcome;        // left right tie both_bad cannot_judge skip ranking rating
    int strength;               // 0: none
    int64_t active_ms, wall_ms; // wall -1: not told
    bool declines;              // cannot_judge or skip: nothing else is required
    bool rather_not;            // a skip, of what one would rather not see
    bool needs_seen;            // answer_place needs to know what was seen
    bool cites;                 // and which articles there were
    double confidence;          // negative: none
    struct typing typing;       // of the rationale
};

// What the person had before them.
struct seen {
    const int *shown; // numbers of responses in the order on screen
    size_t n_shown;
    bool later;             // what happened later was shown
    const json_t *articles; // ids of the constitution's articles, where `cites`
};

// Everything that can be said without knowing what was seen.
void answer_read(
    struct fields *fields, const struct rules *rules, const json_t *body, struct answer *ret_answer);

// The rest. New references; `ret_note` is NULL without free text.
void answer_place(struct fields *fields, const struct rules *rules, const json_t *body,
    const struct answer *answer, const struct seen *seen, json_t **ret_stored, json_t **ret_note);

// "left", "right" in pairs; else "a" .. "z", "aa" ...
void slot_name(const struct rules *rules, size_t place, char name[SLOT_NAME_BYTES]);

#endif
