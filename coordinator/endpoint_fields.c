#include "coordinator/endpoint_fields.h"

#include "base/err.h"
#include "coordinator/outside/guard.h"

enum { URL_MAX_CHARACTERS = 2000, KEY_MAX = 500 };

const char *endpoint_field_url(struct fields *fields, const struct guard *guard, const json_t *body)
{
    struct err err;
    bool allowed;
    const char *url = fields_text(fields, body, "", "url", FIELD_REQUIRED, 1, URL_MAX_CHARACTERS);
    if (url != NULL && guard_check_url(guard, url, &allowed, &err) < 0)
        fields_fail(fields, "/url", "url %s.", err.message);
    return url;
}

const char *endpoint_field_key(struct fields *fields, const json_t *body)
{
    const char *key = fields_text(fields, body, "", "key", FIELD_OPTIONAL, 1, KEY_MAX);
    for (const char *c = key; c != NULL && *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            fields_fail(fields, "/key", "A key holds printable ASCII and no spaces.");
            return NULL;
        }
    }
    return key;
}
