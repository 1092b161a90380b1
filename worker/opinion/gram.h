// Products of columns in whole numbers: of every two statements how many people voted on both, and the sums of their votes
// there (of one, of the other, of the product). Exact, so it may be kept up vote by vote and is the same as made anew.
// A fit of many people multiplies by it instead of by the votes.
#ifndef WORKER_OPINION_GRAM_H
#define WORKER_OPINION_GRAM_H

#include "base/base.h"

enum { GRAM_COLUMNS_MAX = 2048 };

struct votes_row;
struct view;
struct gram;

struct gram *gram_new(const struct view *view);
void gram_free(struct gram *gram);              // NULL is allowed
uint32_t gram_columns(const struct gram *gram); // how many it has room for
// A cell of `row` changes; `row` is as it was. `there`: it was `before`, else it is new.
void gram_change(struct gram *gram, const struct votes_row *row, uint32_t before, bool there, uint32_t after);
// The products of the columns centred by `mean`, n_columns x n_columns, both triangles; columns that are `out` are 0.
void gram_centred(
    const struct gram *gram, uint32_t n_columns, const double *mean, const uint8_t *out, double *product);

#endif
