#include "base/json.h"

#include "base/arena.h"
#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXACT_DIGITS = 15,
    NUMBER_BYTES = 32
}; // so many digits any decimal fraction keeps on its way through a double

// The number of `length` bytes at `from`, written to `to`, which is not behind it; returns the end.
static char *shorten_number(char *to, const char *from, size_t length)
{
    char text[NUMBER_BYTES];
    size_t n = length;
    if (length > EXACT_DIGITS && length < sizeof(text) && memchr(from, '.', length) != NULL) {
        double value = strtod(from, NULL);
        for (int digits = EXACT_DIGITS; digits < 17 && n == length; digits++) {
            int written = snprintf(text, sizeof(text), "%.*g", digits, value);
            if ((size_t)written < length && strtod(text, NULL) == value)
                n = (size_t)written;
        }
    }
    memmove(to, n < length ? text : from, n);
    return to + n;
}

size_t json_shorten(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        size_t length = strspn(at, "+-.0123456789eE");
        if (*at == '"') {
            const char *begin = at++;
            while (*at != '"')
                at += *at == '\\' ? 2 : 1;
            at++;
            memmove(to, begin, (size_t)(at - begin));
            to += at - begin;
        } else if (length > 0 && (*at == '-' || (*at >= '0' && *at <= '9'))) {
            to = shorten_number(to, at, length);
            at += length;
        } else {
            *to++ = *at++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

char *json_text(const json_t *json, size_t flags)
{
    char *text = json_dumps(json, flags);
    assert(text != NULL);
    json_shorten(text);
    return text;
}

static void drop_json(void *json)
{
    json_decref(json);
}

json_t *arena_json(struct arena *arena, json_t *json)
{
    assert(json != NULL);
    arena_on_free(arena, drop_json, json);
    return json;
}
