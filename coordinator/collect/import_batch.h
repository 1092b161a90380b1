// A batch of at most 500 records on its way into the database: items, then the people who judged them, then what they
// judged, a statement each. Belongs to one import; what it holds dies with it. Not part of the formats' contract.
#ifndef COORDINATOR_COLLECT_IMPORT_BATCH_H
#define COORDINATOR_COLLECT_IMPORT_BATCH_H

#include "base/arena.h"
#include "base/hash.h"
#include "coordinator/collect/import.h"
#include "base/id.h"

enum { BATCH_RECORDS = 500, BATCH_BYTES = 4 * 1024 * 1024, BATCH_ARENA_BYTES = 256 * 1024 * 1024 };

struct loop;
struct import_batch;

enum import_fate { FATE_NEW, FATE_SAME, FATE_OTHER, FATE_AGAIN };

// What the import wants to hear. `failed` with a status of the database: nothing more was written.
struct import_owner {
    struct loop *loop;
    int64_t shard_key;
    const char *source; // "import:hh"
    int min_responses;  // of an item that can be given out
    void (*told)(void *arg, int64_t line, bool is_new);
    void (*rejected)(void *arg, int64_t line, const char *pointer, const char *detail);
    void (*done)(void *arg, struct import_batch *batch, int rc); // 0, or ERR_IO: answer 503
    void *arg;
};

struct import_batch *import_batch_new(const struct import_owner *owner);
void import_batch_free(struct import_batch *batch);
bool import_batch_is_full(const struct import_batch *batch);
bool import_batch_is_empty(const struct import_batch *batch);
// Copies a record that has been checked. Records that contradict one of the same batch are rejected at once.
void import_batch_add(struct import_batch *batch, const struct import_record *record);
void import_batch_send(struct import_batch *batch);

#endif
