#include "base/arena.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Under AddressSanitizer what has not been given out may not be touched, and a gap stands behind what has: or reading past
// the end of one thing would find the next, and nothing would be said.
#if defined(__SANITIZE_ADDRESS__)
#define HAS_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_ASAN
#endif
#endif
#ifdef HAS_ASAN
#include <sanitizer/asan_interface.h>
enum { GAP_BYTES = 16, SHARE_MAX = 3 }; // the gaps are not the caller's
#else
#define ASAN_POISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(address, size) ((void)(address), (void)(size))
enum { GAP_BYTES = 0, SHARE_MAX = 1 };
#endif

enum { BLOCK_BYTES = 4096 - 64 };

struct block {
    struct block *next;
    size_t size, used;
    alignas(max_align_t) unsigned char data[];
};

struct hook {
    struct hook *next;
    void (*run)(void *arg);
    void *arg;
};

struct arena {
    struct block *blocks; // the first one is the one being filled
    struct hook *hooks;
    size_t max_bytes, total;
};

struct arena *arena_new(size_t max_bytes)
{
    struct arena *arena = calloc(1, sizeof(*arena));
    if (arena == NULL)
        abort();
    arena->max_bytes = max_bytes > SIZE_MAX / SHARE_MAX ? max_bytes : max_bytes * SHARE_MAX;
    return arena;
}

void arena_free(struct arena *arena)
{
    if (arena == NULL)
        return;
    for (struct hook *hook = arena->hooks; hook != NULL; hook = hook->next)
        hook->run(hook->arg);
    for (struct block *block = arena->blocks; block != NULL;) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    free(arena);
}

void arena_on_free(struct arena *arena, void (*run)(void *arg), void *arg)
{
    struct hook *hook = arena_alloc(arena, sizeof(*hook));
    *hook = (struct hook){.next = arena->hooks, .run = run, .arg = arg};
    arena->hooks = hook;
}

static struct block *block_new(struct arena *arena, size_t size)
{
    if (size > arena->max_bytes || arena->total > arena->max_bytes - size)
        abort();
    struct block *block = malloc(sizeof(*block) + size);
    if (block == NULL)
        abort();
    block->size = size;
    block->used = 0;
    arena->total += size;
    ASAN_POISON_MEMORY_REGION(block->data, size);
    return block;
}

void *arena_alloc(struct arena *arena, size_t wanted)
{
    if (wanted > SIZE_MAX - GAP_BYTES - alignof(max_align_t))
        abort();
    size_t size = (wanted + GAP_BYTES + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    struct block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        if (size > BLOCK_BYTES / 2) { // a block of its own, behind the one being filled
            struct block *own = block_new(arena, size);
            own->used = size;
            if (block == NULL) {
                own->next = NULL;
                arena->blocks = own;
            } else {
                own->next = block->next;
                block->next = own;
            }
            ASAN_UNPOISON_MEMORY_REGION(own->data, wanted);
            return own->data;
        }
        block = block_new(arena, BLOCK_BYTES);
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *result = block->data + block->used;
    block->used += size;
    ASAN_UNPOISON_MEMORY_REGION(result, wanted);
    return result;
}

void *arena_calloc(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        abort();
    void *result = arena_alloc(arena, count * size);
    memset(result, 0, count * size);
    return result;
}

void *arena_memdup(struct arena *arena, const void *data, size_t size)
{
    void *result = arena_alloc(arena, size);
    if (size > 0)
        memcpy(result, data, size);
    return result;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
    char *result = arena_alloc(arena, length + 1);
    if (length > 0)
        memcpy(result, text, length);
    result[length] = '\0';
    return result;
}

char *arena_strdup(struct arena *arena, const char *text)
{
    return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        abort();
    char *result = arena_alloc(arena, (size_t)length + 1);
    vsnprintf(result, (size_t)length + 1, format, again);
    va_end(again);
    return result;
}

size_t arena_used(const struct arena *arena)
{
    return arena->total;
}
