// Two principal components of the centred votes by power iteration, and where people and statements lie along them.
// METHODS: unseen cells are exactly 0. Three ways of one product X'X v, by size alone:
//   dense   up to PCA_DENSE_CELLS_MAX cells: every cell and every sum in the order of Polis's engine, so that iterations end
//           where its end (they end when two lengths are the same double, which decides the ninth digit)
//   votes   O(votes) an iteration
//   columns by whole-number products of columns (gram.h), where that is less than the votes
#ifndef WORKER_OPINION_PCA_H
#define WORKER_OPINION_PCA_H

#include "worker/opinion/votes.h"

enum { PCA_ITERATIONS_MAX = 100, PCA_DENSE_CELLS_MAX = 1 << 20 };

struct gram;
struct pca;

// Whether the products of columns would be used.
bool pca_wants_gram(const struct view *view);
// `gram`: NULL unless pca_wants_gram. `dense_allowed`: false for resamples, which compare with nothing.
struct pca *pca_new(const struct view *view, const struct gram *gram, bool dense_allowed);
void pca_free(struct pca *pca);
const double *pca_mean(const struct pca *pca);
// Components in and out, n_columns each: what they hold is where the iteration starts; all 0: the fixed start. It ends when the
// length differs from the last by no more than `tolerance` of it.
void pca_find(struct pca *pca, double tolerance, double *first, double *second, uint32_t ret_iterations[2]);
void pca_start(double *vector, uint32_t n, uint32_t from); // 0.5 + 0.5 sin(i + 1) from `from` on

// People: sqrt(M / max(n, 1)) sum over votes of (vote - mean) (first, second); n counts moderated-out columns for everybody,
// which are 0 for everybody.
void pca_people(const struct view *view, const double *mean, const double *first, const double *second,
    double *x, double *y);
// Statements: where somebody stands who only agrees with it.
void pca_statements(const struct view *view, const double *mean, const double *first, const double *second,
    double *x, double *y);

#endif
