#include "coordinator/dataset/pair.h"

#include "base/buf.h"
#include "base/hash.h"
#include "coordinator/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int pair_pool_open(struct pair_pool *pool, struct import *import, const char *otherwise, struct err *err)
{
    const char *name = import_option(import, "pool"), *cut = import_option(import, "pairs_per_annotator");
    if (name == NULL)
        name = otherwise;
    if (name[0] == '\0' || strlen(name) > POOL_NAME_MAX_BYTES || text_characters(name) == SIZE_MAX)
        return err_set(err, ERR_INVALID, "pool must have 1 to %d bytes of text.", POOL_NAME_MAX_BYTES);
    *pool = (struct pair_pool){.import = import};
    memcpy(pool->name, name, strlen(name) + 1);
    if (cut != NULL) {
        char *end = NULL;
        long n = strtol(cut, &end, 10);
        if (cut[0] < '0' || cut[0] > '9' || *end != '\0' || n < 1 || n > PAIRS_PER_ANNOTATOR_MAX)
            return err_set(err, ERR_INVALID, "pairs_per_annotator must be a whole number from 1 to %d.",
                PAIRS_PER_ANNOTATOR_MAX);
        pool->pairs_per_annotator = n;
    }
    return 0;
}

// True when `a` is to stand first. The prompt is hashed too, so that a stock answer has no place of its own.
static bool stands_first(const char *prompt, const char *a, const char *b)
{
    unsigned char hashes[2][HASH_BYTES];
    const char *contents[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        struct hash_stream *stream = hash_stream_new();
        hash_stream_add(stream, prompt, strlen(prompt) + 1);
        hash_stream_add(stream, contents[i], strlen(contents[i]));
        hash_stream_finish(stream, hashes[i]);
    }
    return memcmp(hashes[0], hashes[1], HASH_BYTES) < 0;
}

// The line decides who "judged" it, so that a rejected line does not shift the others.
static char *annotator_attributes(const struct pair_pool *pool)
{
    json_t *attributes = json_pack("{s:s}", "pool", pool->name);
    if (pool->pairs_per_annotator > 0)
        json_object_set_new(attributes, "annotator_cut", json_string("artificial"));
    char *text = json_dumps(attributes, JSON_COMPACT);
    json_decref(attributes);
    if (text == NULL)
        abort();
    return text;
}

void pair_add(const struct pair_pool *pool, int64_t line, const struct pair *pair)
{
    if (strcmp(pair->chosen, pair->rejected) == 0) {
        import_reject(pool->import, line, "", "chosen and rejected are the same");
        return;
    }
    char annotator_id[POOL_NAME_MAX_BYTES + 32];
    if (pool->pairs_per_annotator > 0)
        snprintf(annotator_id, sizeof(annotator_id), "%s#%lld", pool->name,
            (long long)((line - 1) / pool->pairs_per_annotator + 1));
    else
        snprintf(annotator_id, sizeof(annotator_id), "%s", pool->name);
    char *prompt = json_dumps(pair->prompt, JSON_COMPACT);
    char *attributes = annotator_attributes(pool);
    if (prompt == NULL)
        abort();
    bool chosen_first = stands_first(prompt, pair->chosen, pair->rejected);
    struct import_response responses[2] = {
        {.content = chosen_first ? pair->chosen : pair->rejected},
        {.content = chosen_first ? pair->rejected : pair->chosen},
    };
    struct import_record record = {
        .line = line,
        .item =
            &(struct import_item){
                .source_id = pair->source_id, .prompt = prompt, .responses = responses, .n_responses = 2},
        .annotator = &(struct import_annotator){.source_id = annotator_id, .attributes = attributes},
        .judgment =
            &(struct import_judgment){
                .outcome = chosen_first != import_is_worse(pool->import) ? "left" : "right",
                .strength = pair->strength},
    };
    import_add(pool->import, &record);
    free(prompt);
    free(attributes);
}
