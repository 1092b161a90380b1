// Who judged, counted by what people said of themselves, so that nobody can be singled out: no group of fewer than
// COVERAGE_LEAST people is counted, and no number is shown from which such a count would follow. Pure; one thread.
#ifndef COORDINATOR_COLLECT_COVERAGE_H
#define COORDINATOR_COLLECT_COVERAGE_H

#include "base/base.h"

#include <jansson.h>

enum { COVERAGE_LEAST = 10, COVERAGE_ATTRIBUTES_MAX = 64, COVERAGE_VALUES_MAX = 1000 };

struct coverage {
    const json_t *questions; // the study's attributes as in its settings, borrowed; may be NULL
    int64_t n_annotators, n_judgments;
    json_t *
        attributes; // {attribute: {values: {value: [annotators, judgments]}, answered: [n, n], several}}; owned
};

void coverage_init(struct coverage *coverage, const json_t *questions);
void coverage_release(struct coverage *coverage);
// One person who judged, with their answers (borrowed; NULL: none). What the study did not ask counts only when it came
// with an import, and what a person wrote in their own words counts as "self-described".
void coverage_add(struct coverage *coverage, const json_t *answers, bool is_imported, int64_t n_judgments);

// The counts of groups that make up a whole: marks those that are not shown. Those are all of fewer than `least` people,
// and then the smallest of the others for as long as the hidden ones together are 1 to least - 1 people (their sum is the
// whole less what is shown), or as one of the small ones could have one size only, for somebody who knows this rule.
void coverage_hide(const int64_t *counts, size_t n, int64_t least, bool *ret_hidden);

// The same of a table, `n_rows` of `n_columns` each, where what a column sums to is known, and who is in it: neither along a row nor
// along a column does what is hidden follow from what is shown, and no cell is shown of a column in which fewer than `least` are in
// the other rows (who all of a column are would be told of each of them). What follows from several lines together is not looked for.
enum { COVERAGE_LINE_MAX = 300 };
void coverage_hide_table(
    const int64_t *counts, size_t n_rows, size_t n_columns, int64_t least, bool *ret_hidden);

// [{attribute, value, annotators, judgments, hidden}], numbers null where hidden. Every answer that was offered has its
// row, "prefer_not_to_say" and "not_answered" too, so that no row tells by being there that somebody gave that answer;
// of other values those that are shown, and one row "other" when any is not. A new reference.
json_t *coverage_rows(const struct coverage *coverage);

#endif
