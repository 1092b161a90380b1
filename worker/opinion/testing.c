#include "worker/opinion/testing.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

static void *again(void *memory, size_t count, size_t size)
{
    memory = reallocarray(memory, count, size);
    if (memory == NULL)
        abort();
    return memory;
}

void conversation_add(
    struct conversation *c, uint64_t participant, uint64_t statement, int vote, int64_t time_ms)
{
    if (c->n == c->capacity) {
        c->capacity = c->capacity == 0 ? 256 : 2 * c->capacity;
        c->participant = again(c->participant, c->capacity, sizeof(*c->participant));
        c->statement = again(c->statement, c->capacity, sizeof(*c->statement));
        c->vote = again(c->vote, c->capacity, sizeof(*c->vote));
        c->time_ms = again(c->time_ms, c->capacity, sizeof(*c->time_ms));
    }
    c->participant[c->n] = participant;
    c->statement[c->n] = statement;
    c->vote[c->n] = (int8_t)vote;
    c->time_ms[c->n++] = time_ms;
}

void conversation_release(struct conversation *c)
{
    free(c->participant);
    free(c->statement);
    free(c->vote);
    free(c->time_ms);
    memset(c, 0, sizeof(*c));
}

struct opinion_votes conversation_part(const struct conversation *c, uint32_t from, uint32_t n)
{
    return (struct opinion_votes){.n = n,
        .participant = c->participant + from,
        .statement = c->statement + from,
        .vote = c->vote + from,
        .time_ms = c->time_ms + from};
}

struct opinion_votes conversation_all(const struct conversation *c)
{
    return conversation_part(c, 0, c->n);
}

void conversation_plant(struct conversation *c, uint32_t n_people, uint32_t n_statements, uint32_t camps,
    double share, double noise, uint64_t seed)
{
    struct rng rng;
    rng_seed(&rng, seed);
    uint32_t n = n_people * n_statements, *order = again(NULL, (size_t)n + 1, sizeof(*order));
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    rng_shuffle(&rng, order, n);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t who = order[i] / n_statements, what = order[i] % n_statements;
        if (rng_uniform(&rng) >= share)
            continue;
        struct rng taste; // of the camp on the statement
        rng_seed(&taste, (uint64_t)(who % camps) * 1000003 + what + 17);
        int vote = what % 10 == 9 ? 1 : (int)rng_below(&taste, 2) * 2 - 1;
        if (rng_uniform(&rng) < noise)
            vote = (int)rng_below(&rng, 3) - 1;
        conversation_add(c, 1000 + who, 10 + what, vote, (int64_t)i * 60000);
    }
    free(order);
}
