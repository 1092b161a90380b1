// A jury (Gordon et al. 2022, "Jury Learning", CHI): who sits on it is said by seats, each juror's opinion is predicted, and the verdict is
// what they say together. A juror's utility of a response is linear in a few rewards, the artefact's first `n_basis` heads: the pooled
// one and factors on which people differ. Of people with one answer to one question (a pool) the artefact knows how these
// coefficients are spread, a mean and a covariance of ten people or more, and of no single person anything. A juror is one drawn from
// a pool, with its spread taken as normal. So the verdict, its spread and the majority are exact, without drawing. Pure, any thread.
#ifndef REWARD_JURY_H
#define REWARD_JURY_H

#include "base/arena.h"
#include "base/base.h"
#include "base/err.h"

enum { JURY_BASIS_MAX = 9, JURY_POOLS_MAX = 256, JURY_SEATS_MAX = 1000, JURY_DRAWS_MAX = 10000 };

struct jury_pool {
    const char *attribute, *value; // "" and "all": everybody
    uint32_t n_annotators;
    double mean[JURY_BASIS_MAX];
    double covariance[JURY_BASIS_MAX * JURY_BASIS_MAX]; // n_basis x n_basis, row-major
};

struct jury {
    uint32_t n_basis, n_pools;
    const struct jury_pool *pools;
};

struct jury_seats {
    uint32_t pool, count;
};

struct jury_verdict {
    double *score; // n candidates: the mean of the seats' expected utilities, in logits
    double *
        spread; // the standard deviation of a jury's mean about it: other people of the same kinds might sit there
    double *
        majority; // the chance that more than half of the seats find it better than these candidates are on the average
    double *median;  // of the mean, over the juries that were drawn
    double *chosen;  // the share of these juries whose verdict it is
    double *by_seat; // n x n_seats: what one kind of seat says
    uint32_t *order; // best first; ties go to the lower index
    uint32_t n_seats, n_jurors;
};

// `basis` is n x n_basis: the first rewards of each candidate, centred (over the candidates of one prompt, or for one alone on the
// training means). `draws` juries are drawn beside it by `seed`; 0: none, then median and chosen are NULL. ERR_INVALID: no seat,
// too many, a pool twice.
int jury_verdict(const struct jury *jury, const double *basis, size_t n, const struct jury_seats *seats,
    size_t n_seats, uint32_t draws, uint64_t seed, struct arena *arena, struct jury_verdict *ret_verdict,
    struct err *err) MUST_CHECK;

// The smallest change of seats among the kinds that sit there (`kinds`: pools that may sit, the seated ones among them) that
// makes another candidate at least as good as the choice: verdicts are linear in seats, so moving one by one from the kind that
// likes the rival least to the one that likes it most is the fewest. False: no change of seats does.
struct jury_move {
    uint32_t from, to, count; // pools
};
struct jury_turn {
    uint32_t candidate, n_seats; // who would be chosen, and by how many seats that change
    uint32_t n_moves;
    struct jury_move *moves;
};
bool jury_turn(const struct jury *jury, const double *basis, size_t n, const struct jury_seats *seats,
    size_t n_seats, const uint32_t *kinds, size_t n_kinds, struct arena *arena, struct jury_turn *ret_turn);

// The chance that more than half of independent jurors say yes, each with its own chance p (Poisson-binomial, by its recursion).
double jury_majority(const double *p, size_t n);

#endif
