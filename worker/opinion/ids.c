#include "worker/opinion/ids.h"

#include <stdlib.h>
#include <string.h>

static uint32_t hash(uint64_t key)
{
    key = (key ^ (key >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    key = (key ^ (key >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (uint32_t)(key ^ (key >> 31));
}

void ids_release(struct ids *ids)
{
    free(ids->key);
    free(ids->place);
    memset(ids, 0, sizeof(*ids));
}

static uint32_t slot_of(const struct ids *ids, uint64_t key)
{
    uint32_t mask = ids->capacity - 1, at = hash(key) & mask;
    while (ids->place[at] != 0 && ids->key[at] != key)
        at = (at + 1) & mask;
    return at;
}

int64_t ids_find(const struct ids *ids, uint64_t key)
{
    return ids->n == 0 ? IDS_NONE : (int64_t)ids->place[slot_of(ids, key)] - 1;
}

static void grow(struct ids *ids)
{
    struct ids old = *ids;
    ids->capacity = old.capacity == 0 ? 64 : 2 * old.capacity;
    ids->key = calloc(ids->capacity, sizeof(*ids->key));
    ids->place = calloc(ids->capacity, sizeof(*ids->place));
    if (ids->key == NULL || ids->place == NULL)
        abort();
    for (uint32_t i = 0; i < old.capacity; i++) {
        if (old.place[i] == 0)
            continue;
        uint32_t at = slot_of(ids, old.key[i]);
        ids->key[at] = old.key[i];
        ids->place[at] = old.place[i];
    }
    free(old.key);
    free(old.place);
}

uint32_t ids_place(struct ids *ids, uint64_t key)
{
    if (ids->n >= ids->capacity / 2)
        grow(ids);
    uint32_t at = slot_of(ids, key);
    if (ids->place[at] == 0) {
        ids->key[at] = key;
        ids->place[at] = ++ids->n;
    }
    return ids->place[at] - 1;
}
