#include "coordinator/db/pipeline.h"

#include <stdlib.h>
#include <string.h>

static size_t value_size(const struct db_params *params, int i)
{
    if (params->values[i] == NULL)
        return 0;
    return params->formats[i] == 1 ? (size_t)params->lengths[i] : strlen(params->values[i]) + 1;
}

struct call *call_new(enum db_kind kind, unsigned flags, enum query query, const char *sql,
    const struct db_params *params, db_callback *callback, void *arg)
{
    size_t n = params != NULL ? (size_t)params->n : 0;
    size_t heads = n * (sizeof(char *) + 2 * sizeof(int)), bytes = 0;
    for (size_t i = 0; i < n; i++)
        bytes += value_size(params, (int)i);
    struct call *call = malloc(sizeof(*call) + heads + bytes);
    if (call == NULL)
        abort();
    *call = (struct call){
        .sql = sql, .query = query, .kind = kind, .flags = flags, .callback = callback, .arg = arg};
    call->n_params = (int)n;
    call->values = (const char **)(call + 1);
    call->lengths = (int *)(call->values + n);
    call->formats = call->lengths + n;
    char *at = (char *)(call->formats + n);
    for (size_t i = 0; i < n; i++) {
        size_t size = value_size(params, (int)i);
        call->lengths[i] = params->formats[i] == 1 ? params->lengths[i] : 0;
        call->formats[i] = params->formats[i];
        call->values[i] = params->values[i] != NULL ? at : NULL;
        if (size > 0)
            memcpy(at, params->values[i], size);
        at += size;
    }
    return call;
}

void call_free(struct call *call)
{
    PQclear(call->result);
    free(call);
}

void call_list_init(struct call_list *list)
{
    *list = (struct call_list){.last = &list->first};
}

void call_list_add(struct call_list *list, struct call *call)
{
    call->next = NULL;
    *list->last = call;
    list->last = &call->next;
    list->n++;
}

struct call *call_list_take(struct call_list *list)
{
    struct call *call = list->first;
    if (call == NULL)
        return NULL;
    list->first = call->next;
    if (list->first == NULL)
        list->last = &list->first;
    list->n--;
    call->next = NULL;
    return call;
}
