// What a loop thread has: its event base, its database, its batches; and what all threads share, immutable after start
// (`struct app`). Handlers reach it by http_context(request). Rooms keep their per-loop state behind a pointer here.
#ifndef COORDINATOR_LOOP_H
#define COORDINATOR_LOOP_H

#include "base/base.h"
#include "base/config.h"

struct event_base;
struct db;
struct db_batch;
struct work_pool;
struct keys;
struct identity_cache;
struct collect;
struct chat_loop;
struct embed_loop;
struct chat_shared;
struct guard;
struct model_cache;
struct learn;

struct app {
    const struct config *config;
    const char *data_folder;    // absolute
    const char *public_url;     // no slash at the end
    const char *conninfo;       // of the application's role, for blocking sessions
    struct keys *keys;          // person keys, signing key (identity/keys.h)
    struct work_pool *pool;     // threads for what blocks
    struct model_cache *models; // fitted models, mapped (score/models.h)
    struct learn *learn;        // the jobs' side (learn/learn.h)
    struct guard *guard;        // where our own calls may go (outside/guard.h)
    struct chat_shared *chat;   // chat/internal.h
    bool secure_cookies;        // __Host-sid; false only for plain HTTP on loopback
};

struct loop {
    int index;
    struct app *app;
    struct event_base *base;
    struct db *db;
    struct db_batch *judgments;       // collect/judgments.c
    struct db_batch *gold_judgments;  // the same of tasks with a known answer
    struct db_batch *leases;          // collect/assignments.c
    struct db_batch *ballots;         // constitution/ballots.c
    struct db_batch *statement_votes; // deliberate/votes.c
    struct db_batch *actors;          // identity/require.c
    struct identity_cache *identity;
    struct collect *collect;  // collect/task.h
    struct chat_loop *chat;   // chat/internal.h
    struct embed_loop *embed; // embed/internal.h
};

#endif
