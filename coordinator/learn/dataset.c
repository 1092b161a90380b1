// A fit's data from the database to the wire, on the stream's thread: one repeatable-read snapshot, rows as they come,
// columns in chunks. Held in memory at once: an id and an index for each item and annotator, codes for each annotator,
// and one chunk a column.
#include "base/json.h"
#include "coordinator/api.h"
#include "coordinator/dataset/edit.h"
#include "coordinator/identity/keys.h"
#include "coordinator/learn/dataset.h"

#include <stdlib.h>
#include <string.h>

enum {
    ITEMS_MAX = 4 * 1024 * 1024,
    ANNOTATORS_MAX = 4 * 1024 * 1024,
    PEOPLE_AT_ONCE = 500,
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

int dataset_add(struct sender *sender, enum column column, const void *data, size_t size, struct err *err)
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

int dataset_add_u32(struct sender *sender, enum column column, uint32_t value, struct err *err)
{
    return dataset_add(sender, column, &value, sizeof(value), err);
}

int dataset_add_u8(struct sender *sender, enum column column, uint8_t value, struct err *err)
{
    return dataset_add(sender, column, &value, sizeof(value), err);
}

int dataset_add_f32(struct sender *sender, enum column column, float value, struct err *err)
{
    return dataset_add(sender, column, &value, sizeof(value), err);
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
        rc = dataset_add(sender, COLUMN_ANNOTATOR_KEY, &key, sizeof(key), err);
    }
    for (uint32_t i = 0; rc == 0 && i < groups_n_attributes(sender->groups); i++)
        rc = dataset_add(sender, COLUMN_ANNOTATOR_GROUP, groups_codes(sender->groups, i),
            sender->n_people * sizeof(uint32_t), err);
    return rc;
}

// --- what -----------------------------------------------------------------------------------------------------------
// What the card says of it: nothing where there is no embedding at all.
static void tell_of_embeddings(struct sender *sender, const struct db_result *shape, const char *from)
{
    bool is_endpoint = !db_is_null(shape, 0, 5);
    json_int_t n_responses = db_number(shape, 0, 1), n_sealed = is_endpoint ? db_number(shape, 0, 9) : 0,
               n_embedded = db_number(shape, 0, is_endpoint ? 8 : 2);
    json_t *about = json_pack("{s:s}", "from", from);
    if (is_endpoint)
        json_object_set_new(about, "model", json_string(db_text(shape, 0, 6)));
    if (sender->space[0] != '\0')
        json_object_set_new(about, "space", json_string(sender->space));
    if (sender->n_dimensions > 0)
        json_object_set_new(about, "dimensions", json_integer(sender->n_dimensions));
    else
        json_object_update_new(about, json_pack("{s:I, s:I, s:I}", "n_responses", n_responses, "n_missing",
                                          n_responses - n_embedded - n_sealed, "n_sealed", n_sealed));
    if (sender->has_edits && sender->n_dimensions > 0)
        json_object_set_new(about, "edits_left_out", json_true());
    char *text = json_text(about, JSON_COMPACT);
    stream_set_about(sender->stream, text);
    free(text);
    json_decref(about);
}

// Embeddings only when every response has one, all of one length, of one maker: the study's endpoint, where it has one and it has
// answered for all; else those that came with the responses. Else texts.
static void choose_embeddings(struct sender *sender, const struct db_result *shape)
{
    int64_t n_responses = db_number(shape, 0, 1), n_imported = db_number(shape, 0, 2),
            smallest = db_number(shape, 0, 3), greatest = db_number(shape, 0, 4);
    bool is_endpoint = !db_is_null(shape, 0, 5);
    if (is_endpoint && db_number(shape, 0, 8) == n_responses) {
        snprintf(sender->space, sizeof(sender->space), "%s", db_text(shape, 0, 5));
        sender->n_dimensions = (uint32_t)db_number(shape, 0, 7);
    } else if (n_imported == n_responses && smallest == greatest && smallest > 0 && smallest % 4 == 0) {
        sender->n_dimensions = (uint32_t)(smallest / 4);
    }
    if (sender->n_dimensions > 0)
        tell_of_embeddings(sender, shape, sender->space[0] != '\0' ? "endpoint" : "import");
    else if (is_endpoint || n_imported > 0)
        tell_of_embeddings(sender, shape, "none");
}

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
    sender->has_edits =
        sender->source->has_edits && edit_goes_out(db_is_null(&result, 0, 4) ? NULL : db_text(&result, 0, 4));
    rc = db_session_query(sender->session, QUERY_LEARN_DATA_SHAPE, &params, &result, err);
    if (rc < 0)
        return rc;
    bool is_empty = result.n_rows == 0;
    int64_t n_items = is_empty ? 0 : db_number(&result, 0, 0),
            n_responses = is_empty ? 0 : db_number(&result, 0, 1);
    if (n_items > ITEMS_MAX || n_responses > RESPONSES_MAX)
        return err_set(
            err, ERR_LIMIT, "a fit takes at most %d items and %d responses", ITEMS_MAX, RESPONSES_MAX);
    sender->n_items = (uint32_t)n_items;
    sender->n_responses = (uint32_t)n_responses;
    if (!is_empty)
        choose_embeddings(sender, &result);
    sender->has_edits = sender->has_edits && sender->n_dimensions == 0; // an edit comes without one
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
    return dataset_add_u32(sender, COLUMN_RESPONSE_MODEL, index, err);
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
// Whether a model with this card may be tried on the embeddings that are sent: numbers of another maker say nothing to it.
static bool reads_these(const struct sender *sender, const char *card_text)
{
    json_t *card = json_loads(card_text, 0, NULL);
    const char *features = json_string_value(json_object_get(card, "features")),
               *space = json_string_value(json_object_get(json_object_get(card, "embeddings"), "space"));
    bool is_same = features == NULL || strcmp(features, "embedding") != 0 || sender->n_dimensions == 0 ||
                   strcmp(space != NULL ? space : "", sender->space) == 0;
    json_decref(card);
    return is_same;
}

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
            return err_set(
                err, ERR_INVALID, "a model that is to be compared, or begun from, is not there any more");
        bool is_same = reads_these(sender, db_text(&result, 0, 7));
        if (!is_same && sender->source->is_refit)
            return 0; // it begins from nothing
        if (!is_same)
            return err_set(err, ERR_INVALID,
                "a model that is to be compared was fitted on embeddings of another model than the study's present ones");
        sender->artefact_bytes[sender->n_artefacts++] = (uint64_t)db_number(&result, 0, 5);
    }
    return 0;
}

static int on_artefact(void *arg, const struct db_result *result, struct err *err)
{
    struct arena *arena = arena_new(SIZE_MAX);
    size_t size = 0;
    const unsigned char *bytes = db_bytes(result, 0, 0, arena, &size);
    int rc = dataset_add(arg, COLUMN_ARTEFACT, bytes, size, err);
    arena_free(arena);
    return rc;
}

// What this snapshot sees, for the fit that will begin from this one; and what the fit of the model that is begun from saw.
static int read_seen(struct sender *sender, struct err *err)
{
    struct db_params params;
    struct db_result result;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    if (sender->source->is_refit)
        db_add_uuid(&params, sender->source->compared[0]);
    else
        db_add_null(&params);
    int rc = db_session_query(sender->session, QUERY_LEARN_DATA_SEEN, &params, &result, err);
    if (rc < 0)
        return rc;
    stream_set_seen(sender->stream, db_text(&result, 0, 0));
    if (db_is_null(&result, 0, 1))
        return 0;
    sender->seen_before = strdup(db_text(&result, 0, 1));
    if (sender->seen_before == NULL)
        abort();
    return 0;
}

static int send_artefacts(struct sender *sender, struct err *err)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sender->n_artefacts; i++) {
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
                            ? identity_open_words(sender->source->keys, db_uuid(result, 0, 7), sealed, size)
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
        rc = dataset_add(sender, COLUMN_ITEM_PROMPT, &prompt, sizeof(prompt), err);
        if (rc == 0)
            rc = dataset_add_u8(sender, COLUMN_ITEM_RESPONSES, (uint8_t)db_number(result, 0, 1), err);
        if (rc == 0 && sender->languages.n > 0)
            rc = dataset_add_u32(sender, COLUMN_ITEM_LANGUAGE,
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
        rc = dataset_add_u32(sender, COLUMN_RESPONSE_LENGTH, (uint32_t)length, err);
        return rc < 0 ? rc : dataset_add(sender, COLUMN_RESPONSE_TEXT, text, length, err);
    }
    size_t size;
    struct arena *arena = arena_new(1024 * 1024);
    const unsigned char *embedding = db_bytes(result, 0, 5, arena, &size);
    assert(size == sender->n_dimensions * sizeof(float));
    rc = dataset_add(sender, COLUMN_RESPONSE_EMBEDDING, embedding, size, err);
    arena_free(arena);
    return rc;
}

static int send_items(struct sender *sender, struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    db_add_bool(&params, sender->n_dimensions > 0);
    unsigned char space[HASH_BYTES];
    if (hex_decode(sender->space, space, HASH_BYTES) == 0)
        db_add_bytes(&params, space, HASH_BYTES);
    else
        db_add_null(&params);
    int rc = db_session_stream(sender->session, QUERY_LEARN_DATA_ITEMS, &params, on_response, sender, err);
    if (rc == 0 && (sender->n_places != sender->n_items || sender->n_placed != sender->n_responses))
        rc = err_set(err, ERR_INTERNAL, "%u items of %u", sender->n_places, sender->n_items);
    return rc;
}

// --- header and end -----------------------------------------------------------------------------------------------------
static int send_header(struct sender *sender, struct err *err)
{
    Plenum__DatasetAttribute attributes[GROUPS_ATTRIBUTES_MAX], *list[GROUPS_ATTRIBUTES_MAX];
    Plenum__DatasetHeader header = PLENUM__DATASET_HEADER__INIT;
    header.n_items = sender->n_items;
    header.n_responses = sender->n_responses + sender->n_edits;
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
    header.n_artefacts = sender->n_artefacts;
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
        rc = read_seen(sender, err);
    if (rc == 0)
        rc = dataset_count_edits(sender, err);
    if (rc == 0)
        rc = send_header(sender, err);
    if (rc == 0)
        rc = send_annotators(sender, err);
    if (rc == 0)
        rc = send_items(sender, err);
    if (rc == 0)
        rc = dataset_send_judgments(sender, err);
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
    free(sender->seen_before);
    free(sender->pairs);
    free(sender->people);
    free(sender->places);
    free(sender);
    return rc;
}
