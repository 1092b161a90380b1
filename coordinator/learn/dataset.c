// A fit's data from the database to the wire, on the stream's thread: one repeatable-read snapshot, rows as they come,
// columns in chunks. Held in memory at once: an id and an index for each item and annotator, codes for each annotator,
// and one chunk a column.
#include "coordinator/api.h"
#include "coordinator/identity/keys.h"
#include "coordinator/learn/groups.h"
#include "coordinator/learn/names.h"
#include "coordinator/learn/stream.h"
#include "proto/columns.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MAX = 4 * 1024 * 1024,
    RESPONSES_MAX = 16 * 1024 * 1024,
    ANNOTATORS_MAX = 4 * 1024 * 1024,
    PEOPLE_AT_ONCE = 500,
    RANKED_MAX = 100,
    NO_INDEX = -1,
};

struct person {
    struct uuid participant, person;
    int64_t answers_version; // by which all that they judged counts; 0: the first
    bool is_imported, is_left_out;
};

struct place {
    struct uuid item;
    uint32_t first, n;
};

struct sender {
    struct stream *stream;
    const struct stream_source *source;
    struct db_session *session;
    struct columns_hash *hash;
    struct buf columns[N_COLUMNS];
    uint64_t sent[N_COLUMNS]; // values
    bool is_simulated;        // the project
    bool is_worse;            // its choices name the worse one
    char dimension[256];
    json_t *questions;
    struct person *people;
    size_t n_people, people_capacity;
    uint32_t n_items, n_responses, n_dimensions;
    char *models[WIRE_MODELS_MAX]; // by name
    uint32_t n_models;
    bool has_too_many_models;
    struct learn_names objectives, languages;
    uint64_t artefact_bytes[WIRE_ARTEFACTS_MAX];
    struct place *places;
    uint32_t n_places, n_placed;
    struct groups *groups;
    json_t *words; // of the sealed item that was opened last
    struct uuid words_of;
};

// --- columns --------------------------------------------------------------------------------------------------------
static int flush(struct sender *sender, enum column column, struct err *err)
{
    struct buf *buf = &sender->columns[column];
    if (buf->length == 0)
        return 0;
    Plenum__DatasetChunk chunk = PLENUM__DATASET_CHUNK__INIT;
    chunk.column = column;
    chunk.offset = sender->sent[column];
    chunk.data = (ProtobufCBinaryData){.len = buf->length, .data = (uint8_t *)buf->data};
    sender->sent[column] += buf->length / column_width(column);
    int rc = stream_push(sender->stream, WIRE_DATASET_CHUNK, &chunk, err);
    buf_clear(buf);
    return rc;
}

static int add(struct sender *sender, enum column column, const void *data, size_t size, struct err *err)
{
    struct buf *buf = &sender->columns[column];
    columns_hash_add(sender->hash, column, data, size);
    while (size > 0) {
        size_t step = min_size(size, WIRE_CHUNK_MAX_BYTES - buf->length);
        buf_add(buf, data, step);
        data = (const char *)data + step;
        size -= step;
        if (buf->length == WIRE_CHUNK_MAX_BYTES) {
            int rc = flush(sender, column, err);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

static int add_u32(struct sender *sender, enum column column, uint32_t value, struct err *err)
{
    return add(sender, column, &value, sizeof(value), err);
}

static int add_u8(struct sender *sender, enum column column, uint8_t value, struct err *err)
{
    return add(sender, column, &value, sizeof(value), err);
}

static int add_f32(struct sender *sender, enum column column, float value, struct err *err)
{
    return add(sender, column, &value, sizeof(value), err);
}

// The first eight bytes of SHA-256, big-endian: fit_prompt_hash, and the key of an annotator.
static uint64_t short_hash(const void *data, size_t size)
{
    unsigned char hash[HASH_BYTES];
    uint64_t result = 0;
    hash_sha256(data, size, hash);
    for (int i = 0; i < 8; i++)
        result = result << 8 | hash[i];
    return result;
}

// --- who ------------------------------------------------------------------------------------------------------------
static int on_annotator(void *arg, const struct db_result *result, struct err *err)
{
    struct sender *sender = arg;
    if (sender->n_people == ANNOTATORS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d annotators", ANNOTATORS_MAX);
    if (sender->n_people == sender->people_capacity) {
        sender->people_capacity = sender->people_capacity == 0 ? 256 : sender->people_capacity * 2;
        sender->people = realloc(sender->people, sender->people_capacity * sizeof(struct person));
        if (sender->people == NULL)
            abort();
    }
    sender->people[sender->n_people++] = (struct person){
        .participant = db_uuid(result, 0, 0),
        .person = db_uuid(result, 0, 1),
        .is_imported = db_bool(result, 0, 2),
        .answers_version = db_is_null(result, 0, 3) ? 0 : db_number(result, 0, 3),
    };
    return 0;
}

struct batch {
    struct sender *sender;
    size_t from, to;
};

static int on_person(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    const struct batch *batch = arg;
    struct sender *sender = batch->sender;
    struct uuid person = db_uuid(result, 0, 0);
    for (size_t i = batch->from; i < batch->to; i++) {
        if (!uuid_equal(sender->people[i].person, person))
            continue;
        // Simulated people count in simulated studies only.
        sender->people[i].is_left_out = db_bool(result, 0, 1) && !sender->is_simulated;
        if (db_is_null(result, 0, 2) || sender->source->keys == NULL)
            return 0;
        size_t size;
        struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
        const unsigned char *sealed = db_bytes(result, 0, 2, arena, &size);
        json_t *answers = identity_open_demographics(sender->source->keys, person, sealed, size);
        if (answers != NULL)
            groups_add(sender->groups, (uint32_t)i, answers, sender->people[i].is_imported);
        json_decref(answers);
        arena_free(arena);
        return 0;
    }
    return 0;
}

static int read_people(struct sender *sender, struct err *err)
{
    struct db_params params;
    struct buf ids, versions;
    int rc = 0;
    buf_init(&ids, PEOPLE_AT_ONCE * UUID_TEXT_BYTES + 16);
    buf_init(&versions, PEOPLE_AT_ONCE * 12 + 16);
    for (size_t from = 0; rc == 0 && from < sender->n_people; from += PEOPLE_AT_ONCE) {
        struct batch batch = {
            .sender = sender, .from = from, .to = min_size(from + PEOPLE_AT_ONCE, sender->n_people)};
        buf_clear(&ids);
        buf_clear(&versions);
        for (size_t i = batch.from; i < batch.to; i++) {
            char text[UUID_TEXT_BYTES];
            uuid_format(sender->people[i].person, text);
            buf_printf(&ids, "%c%s", i == batch.from ? '{' : ',', text);
            buf_printf(&versions, "%c%lld", i == batch.from ? '{' : ',',
                (long long)sender->people[i].answers_version);
        }
        buf_add_char(&ids, '}');
        buf_add_char(&versions, '}');
        db_params_init(&params);
        db_add_text(&params, ids.data);
        db_add_text(&params, versions.data);
        rc = db_session_stream(sender->session, QUERY_LEARN_DATA_PEOPLE, &params, on_person, &batch, err);
    }
    buf_release(&versions);
    buf_release(&ids);
    return rc;
}

static int read_annotators(struct sender *sender, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    int rc =
        db_session_stream(sender->session, QUERY_LEARN_DATA_ANNOTATORS, &params, on_annotator, sender, err);
    if (rc < 0)
        return rc;
    sender->groups = groups_new(sender->questions, sender->source->attribute, (uint32_t)sender->n_people);
    rc = read_people(sender, err);
    if (rc == 0)
        groups_finish(sender->groups);
    return rc;
}

static int send_annotators(struct sender *sender, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sender->n_people; i++) {
        uint64_t key = short_hash(sender->people[i].participant.bytes, UUID_BYTES);
        rc = add(sender, COLUMN_ANNOTATOR_KEY, &key, sizeof(key), err);
    }
    for (uint32_t i = 0; rc == 0 && i < groups_n_attributes(sender->groups); i++)
        rc = add(sender, COLUMN_ANNOTATOR_GROUP, groups_codes(sender->groups, i),
            sender->n_people * sizeof(uint32_t), err);
    return rc;
}

// --- what -----------------------------------------------------------------------------------------------------------
static int read_project(struct sender *sender, struct err *err)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    int rc = db_session_query(sender->session, QUERY_LEARN_DATA_PROJECT, &params, &result, err);
    if (rc < 0)
        return rc;
    if (result.n_rows != 1)
        return err_set(err, ERR_INVALID, "the project is not there any more");
    sender->is_simulated = db_bool(&result, 0, 0);
    const char *asked = sender->source->dimension;
    snprintf(sender->dimension, sizeof(sender->dimension), "%s",
        asked[0] != '\0' ? asked : db_text(&result, 0, 1));
    sender->questions = json_loads(db_text(&result, 0, 2), 0, NULL);
    sender->is_worse = db_bool(&result, 0, 3);
    rc = db_session_query(sender->session, QUERY_LEARN_DATA_SHAPE, &params, &result, err);
    if (rc < 0)
        return rc;
    int64_t n_items = db_number(&result, 0, 0), n_responses = db_number(&result, 0, 1);
    int64_t smallest = db_number(&result, 0, 3), greatest = db_number(&result, 0, 4);
    if (n_items > ITEMS_MAX || n_responses > RESPONSES_MAX)
        return err_set(
            err, ERR_LIMIT, "a fit takes at most %d items and %d responses", ITEMS_MAX, RESPONSES_MAX);
    sender->n_items = (uint32_t)n_items;
    sender->n_responses = (uint32_t)n_responses;
    // Embeddings only when every response has one, all of one length.
    bool embedded =
        db_number(&result, 0, 2) == n_responses && smallest == greatest && smallest > 0 && smallest % 4 == 0;
    sender->n_dimensions = embedded ? (uint32_t)(smallest / 4) : 0;
    sender->places = calloc((size_t)n_items + 1, sizeof(struct place));
    if (sender->places == NULL)
        abort();
    return 0;
}

// Names of the models that made the responses, in order. Of more than a table takes none is told; nor is a name that is
// longer than the wire takes.
static int on_model(void *arg, const struct db_result *result, struct err *err UNUSED)
{
    struct sender *sender = arg;
    if (db_length(result, 0, 0) > WIRE_MODEL_MAX_BYTES)
        return 0;
    if (sender->n_models == WIRE_MODELS_MAX) {
        sender->has_too_many_models = true;
        return 0;
    }
    sender->models[sender->n_models] = strdup(db_text(result, 0, 0));
    if (sender->models[sender->n_models++] == NULL)
        abort();
    return 0;
}

static void forget_models(struct sender *sender)
{
    for (uint32_t i = 0; i < sender->n_models; i++)
        free(sender->models[i]);
    sender->n_models = 0;
}

static int read_models(struct sender *sender, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    db_add_number(&params, WIRE_MODELS_MAX + 1);
    int rc = db_session_stream(sender->session, QUERY_LEARN_DATA_MODELS, &params, on_model, sender, err);
    if (sender->has_too_many_models)
        forget_models(sender);
    return rc;
}

static int compare_name(const void *name, const void *model)
{
    return strcmp(name, *(char *const *)model);
}

static int add_model(struct sender *sender, const struct db_result *result, struct err *err)
{
    uint32_t index = UINT32_MAX;
    if (sender->n_models == 0)
        return 0;
    if (!db_is_null(result, 0, 8)) {
        char *const *found = bsearch(
            db_text(result, 0, 8), sender->models, sender->n_models, sizeof(*sender->models), compare_name);
        if (found != NULL)
            index = (uint32_t)(found - sender->models);
    }
    return add_u32(sender, COLUMN_RESPONSE_MODEL, index, err);
}

// Of too many dimensions the first by name are told of; of too many languages none.
static int read_objectives(struct sender *sender, struct err *err)
{
    int64_t shard_key = sender->source->shard_key;
    int rc = learn_names_read(sender->session, QUERY_LEARN_DATA_OBJECTIVES, shard_key, WIRE_OBJECTIVES_MAX,
        WIRE_OBJECTIVE_MAX_BYTES, &sender->objectives, err);
    if (rc == 0)
        rc = learn_names_read(sender->session, QUERY_LEARN_DATA_LANGUAGES, shard_key, WIRE_LANGUAGES_MAX,
            WIRE_LANGUAGE_MAX_BYTES, &sender->languages, err);
    if (sender->languages.more)
        learn_names_forget(&sender->languages);
    return rc;
}

// --- models that are to be compared -------------------------------------------------------------------------------------------
static int read_artefact_sizes(struct sender *sender, struct err *err)
{
    for (size_t i = 0; i < sender->source->n_compared; i++) {
        struct db_params params;
        struct db_result result;
        db_params_init(&params);
        db_add_number(&params, sender->source->shard_key);
        db_add_uuid(&params, sender->source->compared[i]);
        int rc = db_session_query(sender->session, QUERY_LEARN_MODEL, &params, &result, err);
        if (rc < 0)
            return rc;
        if (result.n_rows != 1)
            return err_set(err, ERR_INVALID, "a model that is to be compared is not there any more");
        sender->artefact_bytes[i] = (uint64_t)db_number(&result, 0, 5);
    }
    return 0;
}

static int on_artefact(void *arg, const struct db_result *result, struct err *err)
{
    struct arena *arena = arena_new(SIZE_MAX);
    size_t size = 0;
    const unsigned char *bytes = db_bytes(result, 0, 0, arena, &size);
    int rc = add(arg, COLUMN_ARTEFACT, bytes, size, err);
    arena_free(arena);
    return rc;
}

static int send_artefacts(struct sender *sender, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sender->source->n_compared; i++) {
        struct db_params params;
        db_params_init(&params);
        db_add_number(&params, sender->source->shard_key);
        db_add_uuid(&params, sender->source->compared[i]);
        rc = db_session_stream(sender->session, QUERY_SCORE_MODEL_BYTES, &params, on_artefact, sender, err);
    }
    return rc;
}

// Of a response whose words were sealed, as those of chats are: how they are opened, and kept for the item's other rows.
static int open_sealed(struct sender *sender, const struct db_result *result, struct uuid item)
{
    if (sender->words == NULL || !uuid_equal(item, sender->words_of)) {
        size_t size = 0;
        struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
        const unsigned char *sealed = db_bytes(result, 0, 6, arena, &size);
        json_decref(sender->words);
        sender->words = sender->source->keys != NULL
                            ? identity_open_item(sender->source->keys, db_uuid(result, 0, 7), sealed, size)
                            : NULL;
        sender->words_of = item;
        arena_free(arena);
    }
    return sender->words != NULL ? 0 : ERR_NOT_FOUND;
}

// What a fit reads of a response. Words whose key is gone are no words: the same nothing on both sides says nothing.
static const char *response_text(
    struct sender *sender, const struct db_result *result, struct uuid item, size_t n, size_t *ret_length)
{
    if (db_is_null(result, 0, 6)) {
        *ret_length = db_length(result, 0, 4);
        return db_text(result, 0, 4);
    }
    const json_t *text = open_sealed(sender, result, item) == 0
                             ? json_array_get(json_object_get(sender->words, "responses"), n)
                             : NULL;
    *ret_length = json_string_length(text);
    return text != NULL ? json_string_value(text) : "";
}

static uint64_t prompt_hash(struct sender *sender, const struct db_result *result, struct uuid item)
{
    if (db_is_null(result, 0, 6))
        return short_hash(db_text(result, 0, 3), db_length(result, 0, 3));
    if (open_sealed(sender, result, item) < 0)
        return short_hash(item.bytes, UUID_BYTES);
    char *prompt = json_canonical(json_object_get(sender->words, "prompt"));
    uint64_t hash = short_hash(prompt, strlen(prompt));
    free(prompt);
    return hash;
}

static int on_response(void *arg, const struct db_result *result, struct err *err)
{
    struct sender *sender = arg;
    struct uuid item = db_uuid(result, 0, 0);
    int64_t n = db_number(result, 0, 2);
    int rc = 0;
    if (n == 0) {
        assert(sender->n_places < sender->n_items); // both counted in one snapshot
        uint64_t prompt = prompt_hash(sender, result, item);
        sender->places[sender->n_places++] =
            (struct place){.item = item, .first = sender->n_placed, .n = (uint32_t)db_number(result, 0, 1)};
        rc = add(sender, COLUMN_ITEM_PROMPT, &prompt, sizeof(prompt), err);
        if (rc == 0)
            rc = add_u8(sender, COLUMN_ITEM_RESPONSES, (uint8_t)db_number(result, 0, 1), err);
        if (rc == 0 && sender->languages.n > 0)
            rc = add_u32(sender, COLUMN_ITEM_LANGUAGE,
                learn_names_index(
                    &sender->languages, db_is_null(result, 0, 9) ? NULL : db_text(result, 0, 9)),
                err);
    }
    sender->n_placed++;
    if (rc == 0)
        rc = add_model(sender, result, err);
    if (rc < 0)
        return rc;
    if (sender->n_dimensions == 0) {
        size_t length;
        const char *text = response_text(sender, result, item, (size_t)n, &length);
        rc = add_u32(sender, COLUMN_RESPONSE_LENGTH, (uint32_t)length, err);
        return rc < 0 ? rc : add(sender, COLUMN_RESPONSE_TEXT, text, length, err);
    }
    size_t size;
    struct arena *arena = arena_new(1024 * 1024);
    const unsigned char *embedding = db_bytes(result, 0, 5, arena, &size);
    assert(size == sender->n_dimensions * sizeof(float));
    rc = add(sender, COLUMN_RESPONSE_EMBEDDING, embedding, size, err);
    arena_free(arena);
    return rc;
}

static int send_items(struct sender *sender, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    db_add_bool(&params, sender->n_dimensions > 0);
    int rc = db_session_stream(sender->session, QUERY_LEARN_DATA_ITEMS, &params, on_response, sender, err);
    if (rc == 0 && (sender->n_places != sender->n_items || sender->n_placed != sender->n_responses))
        rc = err_set(err, ERR_INTERNAL, "%u items of %u", sender->n_places, sender->n_items);
    return rc;
}

// --- judgments --------------------------------------------------------------------------------------------------------
static const struct place *place_of(const struct sender *sender, struct uuid item)
{
    size_t low = 0, high = sender->n_places;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(sender->places[middle].item.bytes, item.bytes, UUID_BYTES);
        if (order == 0)
            return &sender->places[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int64_t annotator_of(const struct sender *sender, struct uuid participant)
{
    size_t low = 0, high = sender->n_people;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = memcmp(sender->people[middle].participant.bytes, participant.bytes, UUID_BYTES);
        if (order == 0)
            return sender->people[middle].is_left_out ? NO_INDEX : (int64_t)middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NO_INDEX; // excluded or gone
}

struct comparison {
    uint32_t annotator, left, right;
    uint8_t outcome, strength;
    float weight;
};

static int send_comparison(struct sender *sender, const struct comparison *comparison, struct err *err)
{
    int rc = add_u32(sender, COLUMN_JUDGMENT_ANNOTATOR, comparison->annotator, err);
    if (rc == 0)
        rc = add_u32(sender, COLUMN_JUDGMENT_LEFT, comparison->left, err);
    if (rc == 0)
        rc = add_u32(sender, COLUMN_JUDGMENT_RIGHT, comparison->right, err);
    if (rc == 0)
        rc = add_u8(sender, COLUMN_JUDGMENT_OUTCOME, comparison->outcome, err);
    if (rc == 0)
        rc = add_u8(sender, COLUMN_JUDGMENT_STRENGTH, comparison->strength, err);
    return rc < 0 ? rc : add_f32(sender, COLUMN_JUDGMENT_WEIGHT, comparison->weight, err);
}

// `shown` in PostgreSQL's form, "{1,0}": the first is on the left.
static int send_pair(struct sender *sender, const struct db_result *result, const struct place *place,
    uint32_t annotator, struct err *err)
{
    unsigned left, right;
    const char *outcome = db_text(result, 0, 2);
    if (sscanf(db_text(result, 0, 4), "{%u,%u}", &left, &right) != 2 || left >= place->n || right >= place->n)
        return 0;
    struct comparison comparison = {
        .annotator = annotator,
        .left = place->first + left,
        .right = place->first + right,
        .outcome = outcome[0] == 't'                         ? 2
                   : (outcome[0] == 'l') != sender->is_worse ? 0
                                                             : 1,
        .strength = (uint8_t)db_number(result, 0, 3),
        .weight = 1,
    };
    return send_comparison(sender, &comparison, err);
}

// All strict pairs of a ranking of m, weight 1 / (m (m - 1) / 2) each: a ranking counts as one judgment.
static int send_ranking(struct sender *sender, const struct db_result *result, const struct place *place,
    uint32_t annotator, struct err *err)
{
    unsigned response[RANKED_MAX];
    size_t level[RANKED_MAX], m = 0, i, j;
    json_t *ranking = json_loads(db_text(result, 0, 5), 0, NULL), *tied, *one;
    json_array_foreach(ranking, i, tied)
    {
        json_array_foreach(tied, j, one)
        {
            json_int_t n = json_is_integer(one) ? json_integer_value(one) : -1;
            if (n >= 0 && n < place->n && m < RANKED_MAX) {
                response[m] = (unsigned)n;
                level[m++] = i;
            }
        }
    }
    json_decref(ranking);
    int rc = 0;
    for (i = 0; rc == 0 && i < m; i++) {
        for (j = i + 1; rc == 0 && j < m; j++) {
            if (level[i] == level[j])
                continue;
            struct comparison comparison = {
                .annotator = annotator,
                .left = place->first + response[i],
                .right = place->first + response[j],
                .weight = 2.0F / (float)(m * (m - 1)),
            };
            rc = send_comparison(sender, &comparison, err);
        }
    }
    return rc;
}

// A number as it is; yes is more than no, and who is unsure has not rated.
static bool rating_value(const json_t *rating, float *ret_value)
{
    const char *word = json_string_value(rating);
    bool yes = word != NULL && strcmp(word, "yes") == 0, no = word != NULL && strcmp(word, "no") == 0;
    *ret_value = json_is_number(rating) ? (float)json_number_value(rating) : yes ? 1 : 0;
    return json_is_number(rating) || yes || no;
}

// One dimension: the one asked for, else what learn_data_project says.
static int send_rating(struct sender *sender, const struct db_result *result, const struct place *place,
    uint32_t annotator, struct err *err)
{
    json_t *ratings = json_loads(db_text(result, 0, 6), 0, NULL), *value;
    const char *number;
    int rc = 0;
    json_object_foreach(json_object_get(ratings, sender->dimension), number, value)
    {
        char *end;
        float rating;
        unsigned long n = strtoul(number, &end, 10);
        if (end == number || *end != '\0' || n >= place->n || !rating_value(value, &rating))
            continue; // also what is said of the whole item
        rc = add_u32(sender, COLUMN_RATING_ANNOTATOR, annotator, err);
        if (rc == 0)
            rc = add_u32(sender, COLUMN_RATING_RESPONSE, place->first + (uint32_t)n, err);
        if (rc == 0)
            rc = add_f32(sender, COLUMN_RATING_VALUE, rating, err);
        if (rc < 0)
            break;
    }
    json_decref(ratings);
    return rc;
}

// Ratings of all dimensions, and of articles.
static int send_objectives(struct sender *sender, const struct db_result *result, const struct place *place,
    uint32_t annotator, struct err *err)
{
    if (sender->objectives.n == 0 || db_is_null(result, 0, 6))
        return 0;
    json_t *ratings = json_loads(db_text(result, 0, 6), 0, NULL), *slots, *value;
    const char *dimension, *slot;
    int rc = 0;
    json_object_foreach(ratings, dimension, slots)
    {
        uint32_t number = learn_names_index(&sender->objectives, dimension);
        json_object_foreach(slots, slot, value)
        {
            char *end;
            float rating;
            unsigned long n = strtoul(slot, &end, 10);
            if (rc < 0 || number == UINT32_MAX || end == slot || *end != '\0' || n >= place->n ||
                !rating_value(value, &rating))
                continue;
            rc = add_u32(sender, COLUMN_OBJECTIVE_ANNOTATOR, annotator, err);
            if (rc == 0)
                rc = add_u32(sender, COLUMN_OBJECTIVE_RESPONSE, place->first + (uint32_t)n, err);
            if (rc == 0)
                rc = add_u8(sender, COLUMN_OBJECTIVE_NUMBER, (uint8_t)number, err);
            if (rc == 0)
                rc = add_f32(sender, COLUMN_OBJECTIVE_VALUE, rating, err);
        }
    }
    json_decref(ratings);
    return rc;
}

static int on_judgment(void *arg, const struct db_result *result, struct err *err)
{
    struct sender *sender = arg;
    const struct place *place = place_of(sender, db_uuid(result, 0, 0));
    int64_t annotator = annotator_of(sender, db_uuid(result, 0, 1));
    const char *outcome = db_text(result, 0, 2);
    if (place == NULL || annotator == NO_INDEX)
        return 0;
    int rc = send_objectives(sender, result, place, (uint32_t)annotator, err);
    if (rc < 0)
        return rc;
    if (strcmp(outcome, "ranking") == 0)
        return send_ranking(sender, result, place, (uint32_t)annotator, err);
    if (strcmp(outcome, "rating") == 0)
        return send_rating(sender, result, place, (uint32_t)annotator, err);
    return send_pair(sender, result, place, (uint32_t)annotator, err);
}

static int send_judgments(struct sender *sender, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    return db_session_stream(sender->session, QUERY_LEARN_DATA_JUDGMENTS, &params, on_judgment, sender, err);
}

// --- header and end -----------------------------------------------------------------------------------------------------
static int send_header(struct sender *sender, struct err *err)
{
    Plenum__DatasetAttribute attributes[GROUPS_ATTRIBUTES_MAX], *list[GROUPS_ATTRIBUTES_MAX];
    Plenum__DatasetHeader header = PLENUM__DATASET_HEADER__INIT;
    header.n_items = sender->n_items;
    header.n_responses = sender->n_responses;
    header.n_annotators = (uint32_t)sender->n_people;
    header.n_dimensions = sender->n_dimensions;
    header.n_attributes = groups_n_attributes(sender->groups);
    header.attributes = list;
    header.n_models = sender->n_models;
    header.models = sender->models;
    columns_hash_dimensions(sender->hash, sender->n_dimensions);
    for (uint32_t i = 0; i < header.n_attributes; i++) {
        const char *const *values = groups_values(sender->groups, i);
        uint32_t n_values = groups_n_values(sender->groups, i);
        plenum__dataset_attribute__init(&attributes[i]);
        // protobuf-c has no const; packing only reads.
        attributes[i].name = (char *)(uintptr_t)groups_attribute(sender->groups, i);
        attributes[i].n_values = n_values;
        attributes[i].values = (char **)(uintptr_t)values;
        list[i] = &attributes[i];
        columns_hash_attribute(sender->hash, attributes[i].name, values, n_values);
    }
    for (uint32_t i = 0; i < sender->n_models; i++)
        columns_hash_model(sender->hash, sender->models[i]);
    header.n_objectives = sender->objectives.n;
    header.objectives = sender->objectives.name;
    header.n_languages = sender->languages.n;
    header.languages = sender->languages.name;
    header.n_artefacts = sender->source->n_compared;
    header.artefacts = sender->artefact_bytes;
    for (uint32_t i = 0; i < sender->objectives.n; i++)
        columns_hash_objective(sender->hash, sender->objectives.name[i]);
    for (uint32_t i = 0; i < sender->languages.n; i++)
        columns_hash_language(sender->hash, sender->languages.name[i]);
    return stream_push(sender->stream, WIRE_DATASET_HEADER, &header, err);
}

static int send_end(struct sender *sender, struct err *err)
{
    Plenum__DatasetColumn columns[N_COLUMNS], *list[N_COLUMNS];
    Plenum__DatasetEnd end = PLENUM__DATASET_END__INIT;
    struct columns_total totals[N_COLUMNS];
    unsigned char snapshot[HASH_BYTES];
    for (int i = 1; i < N_COLUMNS; i++) {
        int rc = flush(sender, (enum column)i, err);
        if (rc < 0)
            return rc;
    }
    columns_hash_finish(sender->hash, totals, snapshot);
    for (int i = 1; i < N_COLUMNS; i++) {
        plenum__dataset_column__init(&columns[i]);
        columns[i].column = (uint32_t)i;
        columns[i].count = totals[i].count;
        columns[i].sha256 = (ProtobufCBinaryData){.len = HASH_BYTES, .data = totals[i].sha256};
        list[i - 1] = &columns[i];
    }
    end.n_columns = N_COLUMNS - 1;
    end.columns = list;
    end.snapshot = (ProtobufCBinaryData){.len = HASH_BYTES, .data = snapshot};
    stream_set_snapshot(sender->stream, snapshot);
    return stream_push(sender->stream, WIRE_DATASET_END, &end, err);
}

static int send_all(struct sender *sender, struct err *err)
{
    int rc = db_session_open(sender->source->conninfo, &sender->session, err);
    if (rc == 0)
        rc = db_session_begin(sender->session, true, err);
    if (rc == 0)
        rc = read_project(sender, err);
    if (rc == 0)
        rc = read_annotators(sender, err);
    if (rc == 0)
        rc = read_models(sender, err);
    if (rc == 0)
        rc = read_objectives(sender, err);
    if (rc == 0)
        rc = read_artefact_sizes(sender, err);
    if (rc == 0)
        rc = send_header(sender, err);
    if (rc == 0)
        rc = send_annotators(sender, err);
    if (rc == 0)
        rc = send_items(sender, err);
    if (rc == 0)
        rc = send_judgments(sender, err);
    if (rc == 0)
        rc = send_artefacts(sender, err);
    if (rc == 0)
        rc = db_session_commit(sender->session, err);
    return rc < 0 ? rc : send_end(sender, err);
}

int dataset_send(struct stream *stream, const struct stream_source *source, struct err *err)
{
    struct sender *sender = calloc(1, sizeof(*sender));
    if (sender == NULL)
        abort();
    sender->stream = stream;
    sender->source = source;
    sender->hash = columns_hash_new();
    for (int i = 0; i < N_COLUMNS; i++)
        buf_init(&sender->columns[i], WIRE_CHUNK_MAX_BYTES);
    int rc = send_all(sender, err);
    db_session_close(sender->session);
    for (int i = 0; i < N_COLUMNS; i++)
        buf_release(&sender->columns[i]);
    columns_hash_free(sender->hash);
    groups_free(sender->groups);
    forget_models(sender);
    learn_names_forget(&sender->objectives);
    learn_names_forget(&sender->languages);
    json_decref(sender->words);
    json_decref(sender->questions);
    free(sender->people);
    free(sender->places);
    free(sender);
    return rc;
}
