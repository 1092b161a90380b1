// The inner loops of fits and of scoring many candidates: rows of float32 against several heads at once, all arithmetic in
// double. AVX2 with FMA where the machine has it, else plain C; sums differ in their last bits between the two, and
// nowhere else. Pure, any thread. `stride` is the length of a row and of a head, a multiple of 4.
#ifndef REWARD_KERNEL_H
#define REWARD_KERNEL_H

#include "base/base.h"

// z[i * k + j] = x_i . w_j of n rows; w is k x stride.
void kernel_dots(const float *x, size_t stride, uint32_t n, const double *w, uint32_t k, double *z);
// g_j += sum_i slope[i * k + j] x_i; g is k x stride.
void kernel_add(const float *x, size_t stride, uint32_t n, const double *slope, uint32_t k, double *g);
// out = left - right, n numbers; past the caches where `streaming`, for which `out` is aligned to 32 bytes.
void kernel_difference(const float *left, const float *right, uint32_t n, bool streaming, float *out);
// e[i] = exp(-|z[i]|)
void kernel_exp(const double *z, size_t n, double *e);

#endif
