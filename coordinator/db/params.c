#include "coordinator/db/db.h"

#include <stdio.h>
#include <string.h>

void db_params_init(struct db_params *params)
{
    params->n = 0;
}

static int next_place(struct db_params *params)
{
    assert(params->n < DB_PARAMS_MAX);
    params->values[params->n] = NULL;
    params->lengths[params->n] = 0;
    params->formats[params->n] = 0;
    return params->n++;
}

void db_add_text(struct db_params *params, const char *text)
{
    params->values[next_place(params)] = text;
}

void db_add_number(struct db_params *params, int64_t value)
{
    int i = next_place(params);
    snprintf(params->scratch[i], sizeof(params->scratch[i]), "%lld", (long long)value);
    params->values[i] = params->scratch[i];
}

void db_add_real(struct db_params *params, double value)
{
    int i = next_place(params);
    snprintf(params->scratch[i], sizeof(params->scratch[i]), "%.17g", value); // exact both ways
    params->values[i] = params->scratch[i];
}

void db_add_bool(struct db_params *params, bool value)
{
    params->values[next_place(params)] = value ? "t" : "f";
}

void db_add_uuid(struct db_params *params, struct uuid uuid)
{
    int i = next_place(params);
    uuid_format(uuid, params->scratch[i]);
    params->values[i] = params->scratch[i];
}

void db_add_bytes(struct db_params *params, const void *data, size_t size)
{
    assert(size <= INT32_MAX);
    int i = next_place(params);
    params->values[i] = size > 0 ? data : "";
    params->lengths[i] = (int)size;
    params->formats[i] = 1;
}

void db_add_null(struct db_params *params)
{
    next_place(params);
}
