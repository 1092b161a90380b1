// What a request says of an endpoint: where it is, and its key. As api.h's readers, errors gather in `fields`.
#ifndef COORDINATOR_ENDPOINT_FIELDS_H
#define COORDINATOR_ENDPOINT_FIELDS_H

#include "coordinator/api.h"

struct guard;

// "url" of the body: required, and one that may be called. NULL when it is not.
const char *endpoint_field_url(struct fields *fields, const struct guard *guard, const json_t *body);
// "key" of the body: optional, and fit for a header. NULL when absent or wrong.
const char *endpoint_field_key(struct fields *fields, const json_t *body);

#endif
