#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void parse_pattern(struct route_entry *entry, const struct http_route *route)
{
    entry->route = route;
    const char *at = route->pattern;
    assert(at[0] == '/');
    size_t n_params = 0;
    if (at[1] == '\0')
        return; // "/": no segment
    while (*at == '/') {
        at++;
        size_t size = strcspn(at, "/");
        assert(entry->n_segments < SEGMENTS_MAX && size > 0);
        struct route_segment *segment = &entry->segments[entry->n_segments++];
        *segment = (struct route_segment){.text = at, .size = (uint16_t)size};
        if (at[0] == '{') {
            n_params++;
            assert(size > 2 && at[size - 1] == '}' && n_params <= PARAMS_MAX);
            segment->is_parameter = true;
            segment->text = at + 1;
            segment->size = (uint16_t)(size - 2);
            if (segment->text[segment->size - 1] == '*') {
                assert(at[size] == '\0'); // only the last may take the rest
                segment->is_rest = true;
                segment->size--;
            }
        }
        at += size;
    }
    assert(*at == '\0');
}

static int compare_entries(const void *left, const void *right)
{
    const struct route_entry *a = left, *b = right;
    if (a->n_segments != b->n_segments)
        return a->n_segments < b->n_segments ? -1 : 1;
    for (size_t i = 0; i < a->n_segments; i++)
        if (a->segments[i].is_parameter != b->segments[i].is_parameter)
            return a->segments[i].is_parameter ? 1 : -1;
    return strcmp(a->route->pattern, b->route->pattern);
}

void router_build(struct router *router, const struct http_route *const *tables)
{
    size_t n = 0;
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct http_route *route = tables[t]; route->pattern != NULL; route++)
            n++;
    router->entries = calloc(n + 1, sizeof(*router->entries));
    if (router->entries == NULL)
        abort();
    for (size_t t = 0; tables[t] != NULL; t++)
        for (const struct http_route *route = tables[t]; route->pattern != NULL; route++)
            parse_pattern(&router->entries[router->n_entries++], route);
    qsort(router->entries, n, sizeof(*router->entries), compare_entries);
    for (size_t i = 0; i < n; i++) {
        router->entries[i].counters = calloc(1, sizeof(struct route_counters));
        router->entries[i].flow = calloc(1, sizeof(struct admission_flow));
        if (router->entries[i].counters == NULL || router->entries[i].flow == NULL)
            abort();
        admission_flow_init(router->entries[i].flow, clock_monotonic_us());
    }
    for (size_t segments = 0, i = 0; segments < ARRAY_SIZE(router->first); segments++) {
        while (i < n && router->entries[i].n_segments < segments)
            i++;
        router->first[segments] = i;
    }
}

void router_release(struct router *router)
{
    for (size_t i = 0; i < router->n_entries; i++) {
        free(router->entries[i].counters);
        free(router->entries[i].flow);
    }
    free(router->entries);
    *router = (struct router){0};
}

struct split {
    const char *at[SEGMENTS_MAX];
    size_t size[SEGMENTS_MAX];
    size_t n;
    bool too_many;
};

static void split_path(const char *path, struct split *split)
{
    split->n = 0;
    split->too_many = false;
    if (path[0] != '/' || path[1] == '\0')
        return;
    while (*path == '/') {
        path++;
        if (split->n == SEGMENTS_MAX) {
            split->too_many = true;
            return;
        }
        size_t size = strcspn(path, "/");
        split->at[split->n] = path;
        split->size[split->n++] = size;
        path += size;
    }
}

static bool matches(const struct route_entry *entry, const struct split *split)
{
    for (size_t i = 0; i < entry->n_segments; i++) {
        const struct route_segment *segment = &entry->segments[i];
        if (split->size[i] == 0)
            return false;
        if (!segment->is_parameter &&
            (segment->size != split->size[i] || memcmp(segment->text, split->at[i], segment->size) != 0))
            return false;
    }
    return true;
}

static void decode_params(struct http_request *request, const struct split *split)
{
    const struct route_entry *entry = request->entry;
    size_t n = 0;
    for (size_t i = 0; i < entry->n_segments; i++) {
        if (!entry->segments[i].is_parameter)
            continue;
        size_t size = entry->segments[i].is_rest ? strlen(split->at[i]) : split->size[i];
        char *value = arena_alloc(request->arena, size + 1);
        int length =
            framing_decode(split->at[i], size, false, value); // the framing has checked that it can be
        value[length < 0 ? 0 : length] = '\0';
        request->params[n++] = value;
    }
}

static void allow(char *list, size_t size, const char *method)
{
    size_t used = strlen(list);
    if (strstr(list, method) == NULL)
        snprintf(list + used, size - used, "%s%s", used > 0 ? ", " : "", method);
}

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

// Looks at the entries from `first` to `end`; adds to `list` what the path would take.
static const struct route_entry *look(const struct router *router, size_t first, size_t end,
    const struct split *split, bool rest_only, struct http_request *request, char *list, size_t list_size)
{
    enum http_method method = request->framing.method;
    for (size_t i = first; i < end; i++) {
        const struct route_entry *entry = &router->entries[i];
        if (rest_only && (entry->n_segments == 0 || !entry->segments[entry->n_segments - 1].is_rest))
            continue;
        if (!matches(entry, split))
            continue;
        request->own_errors = (entry->route->flags & HTTP_OWN_ERRORS) != 0;
        if (entry->route->method == method || (entry->route->method == HTTP_GET && method == HTTP_HEAD))
            return entry;
        allow(list, list_size, method_names[entry->route->method]);
        if (entry->route->method == HTTP_GET)
            allow(list, list_size, "HEAD");
    }
    return NULL;
}

void router_find(const struct router *router, struct http_request *request)
{
    struct split split;
    split_path(request->path, &split);
    if (request->path[0] == '*') // OPTIONS of the server as a whole
        split.too_many = true;
    char list[64] = "";
    if (!split.too_many)
        request->entry = look(router, router->first[split.n], router->first[split.n + 1], &split, false,
            request, list, sizeof(list));
    for (size_t n = min_size(split.n, SEGMENTS_MAX);
         request->entry == NULL && n-- > 1;) // a last parameter that takes the rest
        request->entry =
            look(router, router->first[n], router->first[n + 1], &split, true, request, list, sizeof(list));
    if (request->entry != NULL) {
        decode_params(request, &split);
        return;
    }
    if (list[0] != '\0') {
        allow(list, sizeof(list), "OPTIONS");
        request->allow = arena_strdup(request->arena, list);
        request->refusal = 405;
        request->refusal_detail = "This path does not take that method.";
    } else {
        request->refusal = 404;
        request->refusal_detail = "There is nothing at this path.";
    }
}
