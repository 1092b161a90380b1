// Schulze's method as METHODS section 3 has it: d_xy voters prefer x to y; p_xy = d_xy where d_xy > d_yx, else 0; the
// strength of the widest path by Floyd and Warshall; candidates rank by how many they tie or beat, equal counts share a
// rank. Pure.
#ifndef CTL_SCHULZE_H
#define CTL_SCHULZE_H

#include "base/base.h"

enum { SCHULZE_CANDIDATES_MAX = 512 };

// `pairwise` and `strengths` are n x n, row-major; strengths are written. social_rank[x]: 0 is best.
void schulze(const uint32_t *pairwise, size_t n, uint32_t *strengths, uint32_t *social_rank);
// Adds one voter's ranks (0 = best, ties allowed) to `pairwise`.
void schulze_add_voter(const int64_t *ranks, size_t n, uint32_t *pairwise);

#endif
