// Conversations for tests.
#ifndef WORKER_OPINION_TESTING_H
#define WORKER_OPINION_TESTING_H

#include "worker/opinion/opinion.h"

struct conversation {
    uint32_t n, capacity;
    uint64_t *participant, *statement;
    int8_t *vote;
    int64_t *time_ms;
};

void conversation_add(
    struct conversation *conversation, uint64_t participant, uint64_t statement, int vote, int64_t time_ms);
void conversation_release(struct conversation *conversation);
struct opinion_votes conversation_part(const struct conversation *conversation, uint32_t from, uint32_t n);
struct opinion_votes conversation_all(const struct conversation *conversation);
// `camps` of people with tastes of their own on `n_statements`; each votes on about `share` of them. Of every ten statements
// the last is agreed by all. `noise`: the share of votes that are anything. Votes come in mixed order, a minute apart.
void conversation_plant(struct conversation *conversation, uint32_t n_people, uint32_t n_statements,
    uint32_t camps, double share, double noise, uint64_t seed);

#endif
