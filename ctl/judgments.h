// Reads the plenum judgments format (docs/plenum-format.md) into the columns of a fit: a .jsonl or .jsonl.zst file, or
// a folder that holds plenum.jsonl.zst or plenum.jsonl (or judgments.jsonl.zst, judgments.jsonl). Line by line; the first
// bad line is an error that names it. What comes out lives in one object and keeps the order of the file.
#ifndef CTL_JUDGMENTS_H
#define CTL_JUDGMENTS_H

#include "base/err.h"
#include "worker/fit/fit.h"

struct judgments;

// `dimension` picks the ratings that are the preference; NULL: the only one there is (several are an error that lists them); "": the first.
// Ratings of all are the objectives. `edits`: with what raters made of responses. NULL: failed.
struct judgments *judgments_read(
    const char *path, const char *dimension, bool edits, struct err *err) MUST_CHECK;
void judgments_free(struct judgments *judgments);
const struct fit_data *judgments_data(const struct judgments *judgments);

#endif
