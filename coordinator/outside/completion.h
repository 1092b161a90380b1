// What an OpenAI-compatible endpoint streams (`data: {json}` lines, `data: [DONE]`), bytes in any pieces to text. Small and
// strict: a line has a maximum, each is one JSON object in UTF-8, and what is neither data nor a field of server-sent events
// ends it. Only an answer that said `finish_reason: stop` is whole. Pure; one call's.
#ifndef COORDINATOR_OUTSIDE_COMPLETION_H
#define COORDINATOR_OUTSIDE_COMPLETION_H

#include "base/buf.h"
#include "base/err.h"

enum { COMPLETION_LINE_MAX_BYTES = 64 * 1024, COMPLETION_REASON_BYTES = 32 };

struct completion {
    struct buf line;                             // not whole yet
    struct buf text;                             // the answer so far, UTF-8
    bool after_cr;                               // the line ended in CR LF, cut between them
    bool is_done;                                // [DONE] was said: what follows is not looked at
    char finish_reason[COMPLETION_REASON_BYTES]; // "" until it was said
};

void completion_init(struct completion *completion, size_t text_max_bytes);
void completion_release(struct completion *completion);
// ERR_INVALID: it is no such stream, or the endpoint told of an error in it; ERR_LIMIT: a line or the whole is too long.
// Text that came before the error stays.
int completion_feed(struct completion *completion, const char *data, size_t size, struct err *err) MUST_CHECK;
// Said to be at its end by the model itself, and not empty.
bool completion_is_whole(const struct completion *completion);
bool completion_is_blank(const struct completion *completion);

#endif
