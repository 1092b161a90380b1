#include "proto/columns.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    size_t width;
} columns[N_COLUMNS] = {
    [COLUMN_NONE] = {"none", 0},
    [COLUMN_ITEM_PROMPT] = {"item_prompt", 8},
    [COLUMN_ITEM_RESPONSES] = {"item_responses", 1},
    [COLUMN_RESPONSE_LENGTH] = {"response_length", 4},
    [COLUMN_RESPONSE_TEXT] = {"response_text", 1},
    [COLUMN_RESPONSE_EMBEDDING] = {"response_embedding", 4},
    [COLUMN_JUDGMENT_ANNOTATOR] = {"judgment_annotator", 4},
    [COLUMN_JUDGMENT_LEFT] = {"judgment_left", 4},
    [COLUMN_JUDGMENT_RIGHT] = {"judgment_right", 4},
    [COLUMN_JUDGMENT_OUTCOME] = {"judgment_outcome", 1},
    [COLUMN_JUDGMENT_STRENGTH] = {"judgment_strength", 1},
    [COLUMN_JUDGMENT_WEIGHT] = {"judgment_weight", 4},
    [COLUMN_RATING_ANNOTATOR] = {"rating_annotator", 4},
    [COLUMN_RATING_RESPONSE] = {"rating_response", 4},
    [COLUMN_RATING_VALUE] = {"rating_value", 4},
    [COLUMN_ANNOTATOR_KEY] = {"annotator_key", 8},
    [COLUMN_ANNOTATOR_GROUP] = {"annotator_group", 4},
    [COLUMN_RESPONSE_MODEL] = {"response_model", 4},
    [COLUMN_OBJECTIVE_ANNOTATOR] = {"objective_annotator", 4},
    [COLUMN_OBJECTIVE_RESPONSE] = {"objective_response", 4},
    [COLUMN_OBJECTIVE_NUMBER] = {"objective_number", 1},
    [COLUMN_OBJECTIVE_VALUE] = {"objective_value", 4},
    [COLUMN_ITEM_LANGUAGE] = {"item_language", 4},
    [COLUMN_ARTEFACT] = {"artefact", 1},
    [COLUMN_EDIT_ITEM] = {"edit_item", 4},
    [COLUMN_EDIT_BEFORE] = {"edit_before", 4},
    [COLUMN_JUDGMENT_RECENT] = {"judgment_recent", 1},
    [COLUMN_RATING_RECENT] = {"rating_recent", 1},
};

struct columns_hash {
    struct hash_stream *header;
    struct hash_stream *columns[N_COLUMNS];
    uint64_t bytes[N_COLUMNS];
};

size_t column_width(enum column column)
{
    assert(column > COLUMN_NONE && column < N_COLUMNS);
    return columns[column].width;
}

const char *column_name(enum column column)
{
    assert(column < N_COLUMNS);
    return columns[column].name;
}

static void add_number(struct hash_stream *stream, uint64_t number)
{
    number = htole64(number);
    hash_stream_add(stream, &number, sizeof(number));
}

static void add_text(struct hash_stream *stream, const char *text)
{
    add_number(stream, strlen(text));
    hash_stream_add(stream, text, strlen(text));
}

struct columns_hash *columns_hash_new(void)
{
    struct columns_hash *hash = calloc(1, sizeof(*hash));
    if (hash == NULL)
        abort();
    hash->header = hash_stream_new();
    add_text(hash->header, "plenum-columns-3");
    for (int i = 1; i < N_COLUMNS; i++)
        hash->columns[i] = hash_stream_new();
    return hash;
}

void columns_hash_free(struct columns_hash *hash)
{
    if (hash == NULL)
        return;
    hash_stream_free(hash->header);
    for (int i = 1; i < N_COLUMNS; i++)
        hash_stream_free(hash->columns[i]);
    free(hash);
}

void columns_hash_dimensions(struct columns_hash *hash, uint32_t n_dimensions)
{
    add_number(hash->header, n_dimensions);
}

void columns_hash_attribute(
    struct columns_hash *hash, const char *name, const char *const *values, size_t n_values)
{
    add_text(hash->header, name);
    add_number(hash->header, n_values);
    for (size_t i = 0; i < n_values; i++)
        add_text(hash->header, values[i]);
}

void columns_hash_model(struct columns_hash *hash, const char *name)
{
    add_text(hash->header, "model");
    add_text(hash->header, name);
}

void columns_hash_objective(struct columns_hash *hash, const char *name)
{
    add_text(hash->header, "objective");
    add_text(hash->header, name);
}

void columns_hash_language(struct columns_hash *hash, const char *name)
{
    add_text(hash->header, "language");
    add_text(hash->header, name);
}

void columns_hash_add(struct columns_hash *hash, enum column column, const void *data, size_t size)
{
    assert(size % column_width(column) == 0);
    hash_stream_add(hash->columns[column], data, size);
    hash->bytes[column] += size;
}

uint64_t columns_hash_count(const struct columns_hash *hash, enum column column)
{
    return hash->bytes[column] / column_width(column);
}

void columns_hash_finish(
    struct columns_hash *hash, struct columns_total totals[N_COLUMNS], unsigned char snapshot[HASH_BYTES])
{
    memset(&totals[COLUMN_NONE], 0, sizeof(totals[COLUMN_NONE]));
    for (int i = 1; i < N_COLUMNS; i++) {
        totals[i].count = columns_hash_count(hash, (enum column)i);
        hash_stream_finish(hash->columns[i], totals[i].sha256);
        hash->columns[i] = NULL;
        if (i >= COLUMN_EDIT_ITEM && totals[i].count == 0)
            continue; // data without edits keep the name that they had before there were any, and so on
        add_number(hash->header, (uint64_t)i);
        add_number(hash->header, totals[i].count);
        hash_stream_add(hash->header, totals[i].sha256, HASH_BYTES);
    }
    hash_stream_finish(hash->header, snapshot);
    hash->header = NULL;
}
