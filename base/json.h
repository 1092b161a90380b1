// Numbers in JSON as a person would write them. jansson writes 17 digits, so that each double reads back as it was, and
// turns 0.4 into 0.40000000000000002; here each gets the fewest digits with which it reads back as it was. Any thread.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>

struct arena;

// Shortens the numbers of a text that jansson wrote, in place; returns its new length. The text ends in NUL.
size_t json_shorten(char *text);
// json_dumps, with short numbers. Never NULL: what is no JSON text without JSON_ENCODE_ANY is a bug.
char *json_text(const json_t *json, size_t flags) __attribute__((warn_unused_result));
// Drops the reference when the arena is freed; returns `json`, which may not be NULL.
json_t *arena_json(struct arena *arena, json_t *json);

#endif
