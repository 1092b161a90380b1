#include "ctl/schulze.h"

void schulze_add_voter(const int64_t *ranks, size_t n, uint32_t *pairwise)
{
    for (size_t x = 0; x < n; x++) {
        for (size_t y = 0; y < n; y++)
            pairwise[x * n + y] += ranks[x] < ranks[y];
    }
}

static void widest_paths(size_t n, uint32_t *strengths)
{
    for (size_t via = 0; via < n; via++) {
        for (size_t x = 0; x < n; x++) {
            for (size_t y = 0; y < n; y++) {
                uint32_t in = strengths[x * n + via], out = strengths[via * n + y],
                         through = in < out ? in : out;
                if (x != y && through > strengths[x * n + y])
                    strengths[x * n + y] = through;
            }
        }
    }
}

void schulze(const uint32_t *pairwise, size_t n, uint32_t *strengths, uint32_t *social_rank)
{
    assert(n <= SCHULZE_CANDIDATES_MAX);
    uint32_t count[SCHULZE_CANDIDATES_MAX] = {0};
    for (size_t x = 0; x < n; x++) {
        for (size_t y = 0; y < n; y++) {
            uint32_t wins = pairwise[x * n + y], losses = pairwise[y * n + x];
            strengths[x * n + y] = wins > losses ? wins : 0;
        }
    }
    widest_paths(n, strengths);
    for (size_t x = 0; x < n; x++) {
        for (size_t y = 0; y < n; y++)
            count[x] += x != y && strengths[x * n + y] >= strengths[y * n + x];
    }
    for (size_t x = 0; x < n; x++) { // how many different counts are greater
        bool seen[SCHULZE_CANDIDATES_MAX] = {false};
        social_rank[x] = 0;
        for (size_t y = 0; y < n; y++) {
            if (count[y] > count[x] && !seen[count[y]]) {
                seen[count[y]] = true;
                social_rank[x]++;
            }
        }
    }
}
