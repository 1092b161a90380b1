// The answer of /api/v1/score as JSON text, written straight: 64 candidates of 16 groups are a thousand small objects, and a tree of
// them costs more than the scores. Numbers are told to a trillionth. Pure; any thread.
#ifndef COORDINATOR_SCORE_ANSWER_H
#define COORDINATOR_SCORE_ANSWER_H

#include "base/buf.h"
#include "coordinator/score/scoring.h"

enum answer_detail {
    ANSWER_FULL,
    ANSWER_SCORES, // index, id, score and rank, and the choice
};

enum { ANSWER_MAX_BYTES = 128 * 1024 * 1024 };

struct answer {
    const struct scoring *scorings; // decided, of one artefact and rule
    size_t n;
    bool is_batch; // "results": [...], one for each prompt, in their order
    enum answer_detail detail;
    const char *model_text;
    int64_t constitution_version; // 0: none
};

void answer_write(const struct answer *answer, struct arena *arena, struct buf *out);
// The number as JSON, with at most twelve digits behind the point where it is below a million.
void answer_number(struct buf *out, double value);

#endif
