#include "coordinator/identity/cache.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

enum { N_PLACES = 1024, KEPT_US = 1000000 };

struct identity_cache {
    struct identity_entry places[N_PLACES];
};

struct identity_cache *identity_cache_new(void)
{
    struct identity_cache *cache = calloc(1, sizeof(*cache));
    if (cache == NULL)
        abort();
    return cache;
}

void identity_cache_free(struct identity_cache *cache)
{
    free(cache);
}

// The hash is random already: a few of its bits and the shard's are a fair place.
static struct identity_entry *place(
    struct identity_cache *cache, const unsigned char *secret_hash, int64_t shard_key)
{
    uint64_t bits;
    memcpy(&bits, secret_hash, sizeof(bits));
    return &cache->places[(bits ^ (uint64_t)shard_key) % N_PLACES];
}

const struct identity_entry *identity_cache_find(
    struct identity_cache *cache, const unsigned char *secret_hash, int64_t shard_key)
{
    const struct identity_entry *entry = place(cache, secret_hash, shard_key);
    if (entry->loaded_us == 0 || clock_monotonic_us() - entry->loaded_us > KEPT_US ||
        entry->shard_key != shard_key || !bytes_equal(entry->secret_hash, secret_hash, HASH_BYTES))
        return NULL;
    return entry;
}

void identity_cache_put(struct identity_cache *cache, const struct identity_entry *entry)
{
    *place(cache, entry->secret_hash, entry->shard_key) = *entry;
}

void identity_cache_forget(struct identity_cache *cache, struct uuid person)
{
    for (size_t i = 0; i < N_PLACES; i++) {
        if (uuid_equal(cache->places[i].person, person))
            cache->places[i].loaded_us = 0;
    }
}
