// A small dense copy of a wide design that keeps its inner products as well as it can: Nystroem's, on landmark rows
// taken evenly. z(x) = L^-1 k(x), k the inner products with the landmarks, K = L L' among them (a linear kernel: the
// projection on the landmarks' span). The search for groups (many restarts, many K) runs in it; what is found there
// is refined and judged in the full features. A design of at most SKETCH_COLUMNS dense columns is taken as it is.
#ifndef WORKER_FIT_SKETCH_H
#define WORKER_FIT_SKETCH_H

#include "worker/fit/design.h"

enum { SKETCH_COLUMNS = 256 };

// Only the listed rows are filled; the others are zero. The landmarks are taken of the first n_landmark_rows.
void sketch_build(const struct design *design, const uint32_t *rows, uint32_t n_landmark_rows,
    uint32_t n_rows, struct arena *arena, struct design *ret_sketch);

#endif
