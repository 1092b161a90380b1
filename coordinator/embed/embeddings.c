#include "coordinator/embed/embeddings.h"

#include "base/hash.h"
#include "base/json.h"
#include "coordinator/score/lift.h"
#include "reward/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

_Static_assert((int)EMBEDDINGS_DIMENSIONS_MAX <= (int)FEATURES_EMBEDDING_MAX_DIMENSIONS, "a fit takes them");

const char *const embeddings_fault_names[N_EMBEDDINGS_FAULTS] = {
    "good", "not_understood", "wrong_count", "wrong_index", "no_numbers", "zero", "wrong_dimensions"};

char *embeddings_request(
    const char *model, uint32_t n_dimensions, const struct embeddings_text *texts, size_t n_texts)
{
    json_t *input = json_array(),
           *body = json_pack("{s:s, s:o, s:s}", "model", model, "input", input, "encoding_format", "base64");
    for (size_t i = 0; i < n_texts; i++)
        json_array_append_new(input, json_stringn(texts[i].text, texts[i].length));
    if (n_dimensions > 0)
        json_object_set_new(body, "dimensions", json_integer(n_dimensions));
    char *text = json_text(body, JSON_COMPACT);
    json_decref(body);
    return text;
}

// --- one embedding ------------------------------------------------------------------------------------------------------
// Those that lift left where they were: short ones, and whatever is wrong.
static bool read_here(const json_t *value, struct arena *arena, struct embedding *ret_embedding)
{
    size_t n = json_array_size(value);
    const json_t *entry;
    if (json_is_string(value)) {
        size_t length = json_string_length(value);
        float *values = arena_alloc(arena, length / 4 * 3 + sizeof(float));
        int size = base64_decode(json_string_value(value), length, values);
        *ret_embedding = (struct embedding){values, (uint32_t)(size > 0 ? size : 0) / sizeof(float)};
        return size > 0 && size % (int)sizeof(float) == 0;
    }
    float *values = arena_alloc(arena, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        entry = json_array_get(value, i);
        values[i] = (float)json_number_value(entry);
        if (!json_is_number(entry))
            return false;
    }
    *ret_embedding = (struct embedding){values, (uint32_t)n};
    return json_is_array(value);
}

static enum embeddings_fault check_values(const struct embedding *embedding, size_t index, struct err *err)
{
    bool is_zero = true;
    for (uint32_t d = 0; d < embedding->n_dimensions; d++) {
        float value = embedding->values[d];
        if (!(fabsf(value) <= FEATURES_EMBEDDING_MAX_VALUE)) { // nor NaN
            err_set(
                err, ERR_INVALID, "embedding %zu holds a number that is not finite, or beyond 1e6", index);
            return EMBEDDINGS_NO_NUMBERS;
        }
        is_zero = is_zero && value == 0;
    }
    if (is_zero) {
        err_set(err, ERR_INVALID, "embedding %zu is zero", index);
        return EMBEDDINGS_ZERO;
    }
    return EMBEDDINGS_GOOD;
}

// --- all of them --------------------------------------------------------------------------------------------------------
struct reading {
    const struct lifted *lifted;
    size_t n_texts;
    uint32_t n_dimensions;
    bool *is_there;
    float *values;
    struct arena *arena;
};

static enum embeddings_fault read_entry(struct reading *reading, const json_t *entry, struct err *err)
{
    const json_t *index = json_object_get(entry, "index"), *value = json_object_get(entry, "embedding");
    json_int_t at = json_integer_value(index), number = json_integer_value(value);
    struct embedding embedding = {0};
    if (!json_is_integer(index) || at < 0 || (size_t)at >= reading->n_texts || reading->is_there[at]) {
        err_set(err, ERR_INVALID, "an embedding has no index, one that is out of range, or another's");
        return EMBEDDINGS_INDEX;
    }
    reading->is_there[at] = true;
    if (json_is_integer(value) && number >= 0 && (size_t)number < reading->lifted->n) {
        embedding = reading->lifted->list[number];
    } else if (!read_here(value, reading->arena, &embedding)) {
        err_set(err, ERR_INVALID, "embedding %d is neither numbers nor base64 of float32", (int)at);
        return EMBEDDINGS_NO_NUMBERS;
    }
    uint32_t n = embedding.n_dimensions;
    if (n == 0 || n > EMBEDDINGS_DIMENSIONS_MAX ||
        (reading->n_dimensions > 0 && n != reading->n_dimensions)) {
        err_set(err, ERR_INVALID, "embedding %d has %u dimensions, %u were wanted", (int)at, n,
            reading->n_dimensions > 0 ? reading->n_dimensions : EMBEDDINGS_DIMENSIONS_MAX);
        return EMBEDDINGS_DIMENSIONS;
    }
    enum embeddings_fault fault = check_values(&embedding, (size_t)at, err);
    if (fault != EMBEDDINGS_GOOD)
        return fault;
    if (reading->values == NULL) {
        reading->n_dimensions = n;
        reading->values = arena_alloc(reading->arena, reading->n_texts * n * sizeof(float));
    }
    memcpy(reading->values + (size_t)at * n, embedding.values, n * sizeof(float));
    return EMBEDDINGS_GOOD;
}

static enum embeddings_fault read_data(struct reading *reading, const json_t *data, struct err *err)
{
    enum embeddings_fault fault = EMBEDDINGS_GOOD;
    if (!json_is_array(data)) {
        err_set(err, ERR_INVALID, "the answer has no list of embeddings (data)");
        return EMBEDDINGS_NOT_UNDERSTOOD;
    }
    if (json_array_size(data) != reading->n_texts) {
        err_set(err, ERR_INVALID, "the answer has %zu embeddings for %zu texts", json_array_size(data),
            reading->n_texts);
        return EMBEDDINGS_COUNT;
    }
    for (size_t i = 0; fault == EMBEDDINGS_GOOD && i < reading->n_texts; i++)
        fault = read_entry(reading, json_array_get(data, i), err);
    return fault;
}

enum embeddings_fault embeddings_read(const char *body, size_t size, size_t n_texts, uint32_t n_dimensions,
    struct arena *arena, float **ret_values, uint32_t *ret_n_dimensions, struct err *err)
{
    assert(n_texts > 0 && n_texts <= EMBEDDINGS_TEXTS_MAX);
    struct lifted lifted;
    size_t light_size = size;
    const char *light = lift_embeddings(body, size, arena, &lifted, &light_size);
    struct reading reading = {.lifted = &lifted,
        .n_texts = n_texts,
        .n_dimensions = n_dimensions,
        .is_there = arena_calloc(arena, n_texts, sizeof(bool)),
        .arena = arena};
    json_t *root = light_size <= EMBEDDINGS_REST_MAX_BYTES
                       ? json_loadb(light != NULL ? light : body, light_size, JSON_REJECT_DUPLICATES, NULL)
                       : NULL;
    enum embeddings_fault fault = EMBEDDINGS_NOT_UNDERSTOOD;
    if (!json_is_object(root))
        err_set(err, ERR_INVALID, "the answer is no JSON object with embeddings");
    else
        fault = read_data(&reading, json_object_get(root, "data"), err);
    json_decref(root);
    *ret_values = reading.values;
    *ret_n_dimensions = reading.n_dimensions;
    return fault;
}
