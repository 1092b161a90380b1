#include "ctl/names.h"

#include <stdlib.h>
#include <string.h>

static uint64_t hash_of(const char *name)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (const char *c = name; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

void names_init(struct names *names)
{
    *names = (struct names){.n_slots = 64};
    names->slot = calloc(names->n_slots, sizeof(*names->slot));
    if (names->slot == NULL)
        abort();
}

void names_release(struct names *names)
{
    for (uint32_t i = 0; i < names->n; i++)
        free(names->name[i]);
    free(names->name);
    free(names->slot);
    *names = (struct names){0};
}

static uint32_t slot_of(const struct names *names, const char *name)
{
    uint32_t at = (uint32_t)hash_of(name) & (names->n_slots - 1);
    while (names->slot[at] != 0 && strcmp(names->name[names->slot[at] - 1], name) != 0)
        at = (at + 1) & (names->n_slots - 1);
    return at;
}

uint32_t names_find(const struct names *names, const char *name)
{
    uint32_t number = names->slot[slot_of(names, name)];
    return number != 0 ? number - 1 : NAMES_NONE;
}

static void grow(struct names *names)
{
    assert(names->n_slots < UINT32_C(1) << 31);
    free(names->slot);
    names->n_slots *= 2;
    names->slot = calloc(names->n_slots, sizeof(*names->slot));
    if (names->slot == NULL)
        abort();
    for (uint32_t i = 0; i < names->n; i++)
        names->slot[slot_of(names, names->name[i])] = i + 1;
}

uint32_t names_add(struct names *names, const char *name, bool *ret_new)
{
    uint32_t at = slot_of(names, name);
    bool is_new = names->slot[at] == 0;
    if (ret_new != NULL)
        *ret_new = is_new;
    if (!is_new)
        return names->slot[at] - 1;
    if (names->n == names->capacity) {
        names->capacity = names->capacity > 0 ? names->capacity * 2 : 64;
        names->name = realloc(names->name, names->capacity * sizeof(*names->name));
        if (names->name == NULL)
            abort();
    }
    names->name[names->n] = strdup(name);
    if (names->name[names->n] == NULL)
        abort();
    names->slot[at] = ++names->n;
    if (names->n > names->n_slots / 2)
        grow(names);
    return names->n - 1;
}
