// A pool of memory with one owner and one end: per request, per message, per fit. Nothing in it is freed alone.
// Not thread-safe; an arena belongs to one thread at a time. Out of memory aborts; passing `max_bytes` aborts too,
// because whoever fills an arena from outside input checks that input's own limit first.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/base.h"

struct arena;

struct arena *arena_new(size_t max_bytes);
// Runs the hooks, last in first out, then frees everything. NULL is allowed.
void arena_free(struct arena *arena);
// Calls `hook(arg)` when the arena is freed: how a request lets go of what it holds elsewhere.
void arena_on_free(struct arena *arena, void (*hook)(void *arg), void *arg);

// Aligned for any type; zero bytes give a valid pointer.
void *arena_alloc(struct arena *arena, size_t size);
void *arena_calloc(struct arena *arena, size_t count, size_t size); // zeroed; overflow aborts
void *arena_memdup(struct arena *arena, const void *data, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
size_t arena_used(const struct arena *arena);

#endif
