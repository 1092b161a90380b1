#include "coordinator/learn/names.h"

#include <stdlib.h>
#include <string.h>

struct reading {
    struct learn_names *names;
    uint32_t max;
};

static int on_name(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    const struct reading *reading = arg;
    struct learn_names *names = reading->names;
    if (names->n == reading->max) {
        names->more = true;
        return 0;
    }
    names->name[names->n] = strdup(db_text(result, 0, 0));
    if (names->name[names->n++] == NULL)
        abort();
    return 0;
}

int learn_names_read(struct db_session *session, enum query query, int64_t shard_key, uint32_t max,
    size_t max_bytes, struct learn_names *ret_names, struct err *err)
{
    struct reading reading = {ret_names, max};
    struct db_params params;
    *ret_names = (struct learn_names){.name = calloc((size_t)max + 1, sizeof(char *))};
    if (ret_names->name == NULL)
        abort();
    db_params_init(&params);
    db_add_number(&params, shard_key);
    db_add_number(&params, (int64_t)max + 1);
    db_add_number(&params, (int64_t)max_bytes);
    return db_session_stream(session, query, &params, on_name, &reading, err);
}

void learn_names_forget(struct learn_names *names)
{
    for (uint32_t i = 0; i < names->n; i++)
        free(names->name[i]);
    free(names->name);
    *names = (struct learn_names){0};
}

static int compare_name(const void *name, const void *of)
{
    return strcmp(name, *(char *const *)of);
}

uint32_t learn_names_index(const struct learn_names *names, const char *name)
{
    char *const *found = name != NULL && names->n > 0
                             ? bsearch(name, names->name, names->n, sizeof(*names->name), compare_name)
                             : NULL;
    return found != NULL ? (uint32_t)(found - names->name) : UINT32_MAX;
}
