// For the tests of formats: a sink that writes down what it is given, a line a record. Takes the place of
// collect/import.c, so a test includes it once and links without it.
#ifndef COORDINATOR_DATASET_FAKE_IMPORT_H
#define COORDINATOR_DATASET_FAKE_IMPORT_H

#include "base/buf.h"
#include "coordinator/collect/import.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct import {
    struct buf said;
    const char *options[8][2]; // name, value
    bool is_worse;
};

const char *import_option(const struct import *import, const char *name)
{
    for (size_t i = 0; i < 8 && import->options[i][0] != NULL; i++) {
        if (strcmp(import->options[i][0], name) == 0)
            return import->options[i][1];
    }
    return NULL;
}

json_t *import_gold(const struct import *import UNUSED, struct fields *fields UNUSED,
    const json_t *gold UNUSED, size_t n_responses UNUSED, const char **ret_role UNUSED)
{
    return json_object();
}

bool import_is_worse(const struct import *import)
{
    return import->is_worse;
}

// "LINE SOURCE_ID|PROMPT|RESPONSE|...|@ANNOTATOR ATTRIBUTES|OUTCOME STRENGTH ANSWER"
void import_add(struct import *import, const struct import_record *record)
{
    struct buf *out = &import->said;
    const struct import_item *item = record->item;
    buf_printf(out, "%lld %s|%s|", (long long)record->line, item->source_id != NULL ? item->source_id : "-",
        item->prompt);
    for (size_t i = 0; i < item->n_responses; i++)
        buf_printf(out, "%s|", item->responses[i].content);
    if (record->annotator != NULL)
        buf_printf(out, "@%s %s|", record->annotator->source_id,
            record->annotator->attributes != NULL ? record->annotator->attributes : "-");
    if (record->judgment != NULL)
        buf_printf(out, "%s %d %s", record->judgment->outcome, record->judgment->strength,
            record->judgment->answer != NULL ? record->judgment->answer : "-");
    buf_add_char(out, '\n');
}

void import_reject(struct import *import, int64_t line, const char *pointer, const char *detail, ...)
{
    char text[512];
    va_list args;
    va_start(args, detail);
    vsnprintf(text, sizeof(text), detail, args);
    va_end(args);
    buf_printf(&import->said, "%lld !%s: %s\n", (long long)line, pointer, text);
}

json_t *import_line_json(struct import *import, int64_t line, const char *text, size_t length)
{
    json_error_t at;
    json_t *json = json_loadb(text, length, JSON_REJECT_DUPLICATES, &at);
    if (json == NULL)
        import_reject(import, line, "", "not JSON");
    return json;
}

// Runs a format over `text` (lines, or bytes in pieces of 7) and gives what was said; free() it. Options are pairs of
// name and value, ended by NULL.
static inline char *fake_import_run(
    const struct import_format *format, const char *const *options, const char *text)
{
    struct import import = {0};
    struct err err = {0};
    void *state = NULL;
    buf_init(&import.said, 1024 * 1024);
    for (size_t i = 0; options != NULL && options[2 * i] != NULL; i++) {
        import.options[i][0] = options[2 * i];
        import.options[i][1] = options[2 * i + 1];
    }
    if (format->open(&import, &state, &err) < 0) {
        buf_printf(&import.said, "refused: %s", err.message);
    } else if (format->bytes != NULL) {
        for (size_t at = 0; at < strlen(text); at += 7)
            format->bytes(state, &import, text + at, strlen(text + at) < 7 ? strlen(text + at) : 7);
    } else {
        int64_t line = 1;
        for (const char *at = text; *at != '\0'; line++) {
            size_t length = strcspn(at, "\n");
            char *copy = strndup(at, length);
            if (copy == NULL)
                abort();
            if (length > 0)
                format->line(state, &import, line, copy, length);
            free(copy);
            at += length + (at[length] == '\n');
        }
    }
    if (err.code == 0 && format->end != NULL)
        format->end(state, &import);
    if (state != NULL && format->close != NULL)
        format->close(state);
    return buf_detach(&import.said);
}

#endif
