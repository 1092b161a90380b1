// One loop's memory of who holds which secret, at most one second old. Belongs to the loop's thread; a fixed number of
// places, a newer entry takes the place of an older one. Holds hashes, never a secret.
#ifndef COORDINATOR_IDENTITY_CACHE_H
#define COORDINATOR_IDENTITY_CACHE_H

#include "base/base.h"
#include "base/hash.h"
#include "base/id.h"

// What identity_actor.sql said.
struct identity_entry {
    unsigned char secret_hash[HASH_BYTES];
    int64_t shard_key; // 0: no object
    int64_t loaded_us; // monotonic; 0: empty
    struct uuid person, credential, participant;
    unsigned token_scopes, deployment_roles, shard_roles;
    int64_t bound_shard_key, demographics_version;
    bool is_nobody; // the secret is not known: all but the first three is empty
    bool is_token, is_bound, has_participation, has_standing;
};

struct identity_cache;

struct identity_cache *identity_cache_new(void);
void identity_cache_free(struct identity_cache *cache);
// NULL when there is none, or none young enough.
const struct identity_entry *identity_cache_find(
    struct identity_cache *cache, const unsigned char *secret_hash, int64_t shard_key);
void identity_cache_put(struct identity_cache *cache, const struct identity_entry *entry);
// Forgets all of one person, after a change that should hold at once in this thread.
void identity_cache_forget(struct identity_cache *cache, struct uuid person);

#endif
