// Randomness of two kinds. `rng_secure` is the kernel's, for keys, tokens and ids. `struct rng` is xoshiro256**
// (Blackman and Vigna, 2018), seeded by splitmix64: the same seed gives the same numbers for ever, for fits.
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/base.h"

void rng_secure(void *out, size_t size);
uint64_t rng_secure_u64(void);

struct rng {
    uint64_t state[4];
};

void rng_seed(struct rng *rng, uint64_t seed);
uint64_t rng_u64(struct rng *rng);
double rng_uniform(struct rng *rng);                          // [0, 1), 53 bits
uint64_t rng_below(struct rng *rng, uint64_t n);              // 0 .. n-1 without bias; n > 0
double rng_normal(struct rng *rng);                           // mean 0, variance 1
void rng_shuffle(struct rng *rng, uint32_t *items, size_t n); // Fisher-Yates

#endif
