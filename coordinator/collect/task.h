// What the rules of a judgment are in a project. They seldom change, so each loop keeps them for a while. Who gives out work by
// quotas that are no more is told so by the database, forgets them here, and reads them again; so does who finds an answer wrong, for
// what is asked can have become more (rules_extend). Belongs to the loop's thread; a fixed number of places.
#ifndef COORDINATOR_COLLECT_TASK_H
#define COORDINATOR_COLLECT_TASK_H

#include "base/base.h"
#include "base/id.h"
#include "coordinator/collect/gold.h"

struct frontier;
struct http_request;
struct live;

struct task {
    int64_t shard_key, read_us; // 0: an empty place
    struct uuid project;
    struct rules rules;           // owned
    int64_t community_shard_key;  // of the one it follows; 0: none
    int64_t constitution_version; // of that community, at most 2 s old; 0: none
    bool simulated;
    json_t *quotas; // as in the settings, when there are any; else NULL; owned
    int64_t setup;  // by which the quotas are these
    struct gold_rules gold;
    int64_t tasks_a_day; // 0: no limit
    bool is_chat;        // tasks come of chats only (coordinator/chat)
    bool repeats;        // some tasks are given once more
    bool is_drawn;       // which task is next is drawn
    bool has_panel;      // its people come from one, and their submissions end; as of at most 2 s ago
};

// An answer of quality.c that is worth keeping for some seconds: dashboards ask again and again.
struct quality_place {
    int64_t shard_key, made_us;
    char *text; // owned
};

enum { TASK_PLACES = 256, QUALITY_PLACES = 16 };
struct collect {
    struct task tasks[TASK_PLACES];
    struct quality_place quality[QUALITY_PLACES];
    struct frontier *frontier;
    struct live *live;
};
struct collect *collect_new(void);
void collect_free(struct collect *collect);

// Calls `then` at once or later; answers 404 or 503 itself. The task is valid until `then` returns to the loop.
void task_require(struct http_request *request, int64_t shard_key,
    void (*then)(struct http_request *request, const struct task *task, void *arg), void *arg);

// It has changed: the next who asks reads it.
void task_forget(struct collect *collect, int64_t shard_key);

#endif
