#include "worker/dataset.h"

#include "base/spill.h"
#include "proto/columns.h"

#include <stdlib.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "columns are used as they come, little-endian");

enum { RESPONSES_OVERHEAD_BYTES = 16 }; // pointer and length of a text

struct dataset {
    struct arena *arena;
    uint64_t max_bytes, n_bytes;
    struct buf columns[N_COLUMNS];
    struct spill *spill;
    char *embeddings; // their column, as large as the header says
    uint64_t embedding_bytes, embeddings_came;
    struct columns_hash *hash;
    unsigned char snapshot[HASH_BYTES];
    uint32_t *item_first;
    const char **texts;
    size_t *lengths;
    size_t n_artefacts, artefact_bytes[WIRE_ARTEFACTS_MAX];
    void *artefacts[WIRE_ARTEFACTS_MAX]; // each by itself: aligned
    struct fit_data data;
};

static void *grab(size_t count, size_t size)
{
    void *result = calloc(max_size(count, 1), size);
    if (result == NULL)
        abort();
    return result;
}

int dataset_new(const Plenum__DatasetHeader *header, uint64_t max_bytes, struct spill *spill,
    struct dataset **ret_dataset, struct err *err)
{
    uint64_t least = (uint64_t)header->n_items * 13 +
                     (uint64_t)header->n_responses * RESPONSES_OVERHEAD_BYTES +
                     (uint64_t)header->n_responses * header->n_dimensions * 4 +
                     (header->n_models > 0 ? (uint64_t)header->n_responses * 4 : 0) +
                     (uint64_t)header->n_annotators * (8 + 4 * header->n_attributes);
    if (least > max_bytes)
        return err_set(err, ERR_LIMIT, "the dataset needs more than the %llu bytes this worker may use",
            (unsigned long long)max_bytes);
    struct dataset *dataset = grab(1, sizeof(*dataset));
    dataset->arena = arena_new(SIZE_MAX); // holds the header's names only, which the wire bounds
    dataset->max_bytes = max_bytes;
    dataset->spill = spill;
    dataset->embedding_bytes = (uint64_t)header->n_responses * header->n_dimensions * sizeof(float);
    if (dataset->embedding_bytes > 0)
        dataset->embeddings = spill_take(spill, dataset->embedding_bytes);
    dataset->n_bytes =
        (uint64_t)header->n_responses * RESPONSES_OVERHEAD_BYTES + (uint64_t)header->n_items * 4;
    dataset->hash = columns_hash_new();
    for (int i = 0; i < N_COLUMNS; i++)
        buf_init(&dataset->columns[i], SIZE_MAX / 4);
    columns_hash_dimensions(dataset->hash, header->n_dimensions);
    size_t n = header->n_attributes;
    const char **names = arena_calloc(dataset->arena, n, sizeof(*names));
    uint32_t *n_values = arena_calloc(dataset->arena, n, sizeof(*n_values));
    const char *const **values = arena_calloc(dataset->arena, n, sizeof(*values));
    for (size_t i = 0; i < n; i++) {
        const Plenum__DatasetAttribute *attribute = header->attributes[i];
        const char **list = arena_calloc(dataset->arena, attribute->n_values, sizeof(*list));
        for (size_t j = 0; j < attribute->n_values; j++)
            list[j] = arena_strdup(dataset->arena, attribute->values[j]);
        names[i] = arena_strdup(dataset->arena, attribute->name);
        n_values[i] = (uint32_t)attribute->n_values;
        values[i] = list;
        columns_hash_attribute(dataset->hash, names[i], list, attribute->n_values);
    }
    const char **models = arena_calloc(dataset->arena, header->n_models, sizeof(*models));
    for (size_t i = 0; i < header->n_models; i++) {
        models[i] = arena_strdup(dataset->arena, header->models[i]);
        columns_hash_model(dataset->hash, models[i]);
    }
    const char **objectives = arena_calloc(dataset->arena, header->n_objectives, sizeof(*objectives)),
               **languages = arena_calloc(dataset->arena, header->n_languages, sizeof(*languages));
    for (size_t i = 0; i < header->n_objectives; i++) {
        objectives[i] = arena_strdup(dataset->arena, header->objectives[i]);
        columns_hash_objective(dataset->hash, objectives[i]);
    }
    for (size_t i = 0; i < header->n_languages; i++) {
        languages[i] = arena_strdup(dataset->arena, header->languages[i]);
        columns_hash_language(dataset->hash, languages[i]);
    }
    for (size_t i = 0; i < header->n_artefacts && i < WIRE_ARTEFACTS_MAX; i++)
        dataset->artefact_bytes[dataset->n_artefacts++] = (size_t)header->artefacts[i];
    dataset->data = (struct fit_data){
        .n_objectives = (uint32_t)header->n_objectives,
        .objective_name = objectives,
        .n_languages = (uint32_t)header->n_languages,
        .language_name = languages,
        .n_models = (uint32_t)header->n_models,
        .model_name = models,
        .n_items = header->n_items,
        .n_responses = header->n_responses,
        .n_dimensions = header->n_dimensions,
        .normalise_embeddings = true,
        .n_annotators = header->n_annotators,
        .n_attributes = (uint32_t)n,
        .attribute_name = names,
        .attribute_n_values = n_values,
        .attribute_value = values,
    };
    *ret_dataset = dataset;
    return 0;
}

void dataset_free(struct dataset *dataset)
{
    if (dataset == NULL)
        return;
    for (int i = 0; i < N_COLUMNS; i++)
        buf_release(&dataset->columns[i]);
    spill_give_back(dataset->spill, dataset->embeddings, dataset->embedding_bytes);
    columns_hash_free(dataset->hash);
    arena_free(dataset->arena);
    free(dataset->item_first);
    for (size_t i = 0; i < WIRE_ARTEFACTS_MAX; i++)
        free(dataset->artefacts[i]);
    free(dataset->texts);
    free(dataset->lengths);
    free(dataset);
}

int dataset_add(struct dataset *dataset, const Plenum__DatasetChunk *chunk, struct err *err)
{
    enum column column = (enum column)chunk->column;
    if (dataset->hash == NULL)
        return err_set(err, ERR_INVALID, "a chunk after the end");
    if (chunk->offset != columns_hash_count(dataset->hash, column))
        return err_set(err, ERR_INVALID, "column %s: a chunk is missing or came twice", column_name(column));
    if (chunk->data.len > dataset->max_bytes - dataset->n_bytes)
        return err_set(err, ERR_LIMIT, "the dataset is larger than the %llu bytes this worker may use",
            (unsigned long long)dataset->max_bytes);
    dataset->n_bytes += chunk->data.len;
    if (column == COLUMN_RESPONSE_EMBEDDING) {
        if (chunk->data.len > dataset->embedding_bytes - dataset->embeddings_came)
            return err_set(err, ERR_INVALID, "more embeddings than the header says");
        memcpy(dataset->embeddings + dataset->embeddings_came, chunk->data.data, chunk->data.len);
        dataset->embeddings_came += chunk->data.len;
    } else {
        buf_add(&dataset->columns[column], chunk->data.data, chunk->data.len);
    }
    columns_hash_add(dataset->hash, column, chunk->data.data, chunk->data.len);
    return 0;
}

// --- the end ----------------------------------------------------------------------------------------------------------
static size_t count_of(const struct dataset *dataset, enum column column)
{
    if (column == COLUMN_RESPONSE_EMBEDDING)
        return dataset->embeddings_came / column_width(column);
    return dataset->columns[column].length / column_width(column);
}

static const void *values_of(const struct dataset *dataset, enum column column)
{
    return dataset->columns[column].data; // malloc'ed, so aligned for any value
}

static int check_hashes(struct dataset *dataset, const Plenum__DatasetEnd *end, struct err *err)
{
    struct columns_total totals[N_COLUMNS];
    columns_hash_finish(dataset->hash, totals, dataset->snapshot);
    columns_hash_free(dataset->hash);
    dataset->hash = NULL;
    for (size_t i = 1; i < N_COLUMNS; i++) {
        const Plenum__DatasetColumn *told = end->columns[i - 1];
        if (told->count != totals[i].count || memcmp(told->sha256.data, totals[i].sha256, HASH_BYTES) != 0)
            return err_set(err, ERR_CRYPTO, "column %s is not what was sent", column_name((enum column)i));
    }
    if (memcmp(end->snapshot.data, dataset->snapshot, HASH_BYTES) != 0)
        return err_set(err, ERR_CRYPTO, "the snapshot is not what was sent");
    return 0;
}

static int want(const struct dataset *dataset, enum column column, uint64_t count, struct err *err)
{
    if (count_of(dataset, column) != count)
        return err_set(err, ERR_INVALID, "column %s has %zu values and not %llu", column_name(column),
            count_of(dataset, column), (unsigned long long)count);
    return 0;
}

// Edits are texts: there are none beside embeddings.
static int count_edits(struct dataset *dataset, struct err *err)
{
    struct fit_data *data = &dataset->data;
    size_t n = count_of(dataset, COLUMN_EDIT_ITEM);
    if (n > data->n_responses || (n > 0 && data->n_dimensions > 0))
        return err_set(err, ERR_INVALID, "%zu edits of %u responses of %u dimensions", n, data->n_responses,
            data->n_dimensions);
    data->n_edits = (uint32_t)n;
    data->edit_item = values_of(dataset, COLUMN_EDIT_ITEM);
    data->edit_before = values_of(dataset, COLUMN_EDIT_BEFORE);
    return 0;
}

// Either both columns are whole or there are none.
static bool tells_recent(const struct dataset *dataset)
{
    return count_of(dataset, COLUMN_JUDGMENT_RECENT) + count_of(dataset, COLUMN_RATING_RECENT) > 0;
}

static int check_counts(const struct dataset *dataset, struct err *err)
{
    const struct fit_data *data = &dataset->data;
    uint64_t n_judgments = count_of(dataset, COLUMN_JUDGMENT_LEFT),
             n_ratings = count_of(dataset, COLUMN_RATING_VALUE),
             n_objective_ratings = count_of(dataset, COLUMN_OBJECTIVE_VALUE), artefact_bytes = 0;
    for (size_t i = 0; i < dataset->n_artefacts; i++)
        artefact_bytes += dataset->artefact_bytes[i];
    if (n_judgments > UINT32_MAX || n_ratings > UINT32_MAX || n_objective_ratings > UINT32_MAX)
        return err_set(err, ERR_LIMIT, "too many judgments");
    const struct {
        enum column column;
        uint64_t count;
    } wanted[] = {
        {COLUMN_ITEM_PROMPT, data->n_items},
        {COLUMN_ITEM_RESPONSES, data->n_items},
        {COLUMN_RESPONSE_LENGTH, data->n_dimensions > 0 ? 0 : data->n_responses},
        {COLUMN_RESPONSE_EMBEDDING, (uint64_t)data->n_responses * data->n_dimensions},
        {COLUMN_JUDGMENT_ANNOTATOR, n_judgments},
        {COLUMN_JUDGMENT_RIGHT, n_judgments},
        {COLUMN_JUDGMENT_OUTCOME, n_judgments},
        {COLUMN_JUDGMENT_STRENGTH, n_judgments},
        {COLUMN_JUDGMENT_WEIGHT, n_judgments},
        {COLUMN_RATING_ANNOTATOR, n_ratings},
        {COLUMN_RATING_RESPONSE, n_ratings},
        {COLUMN_RESPONSE_MODEL, data->n_models > 0 ? data->n_responses : 0},
        {COLUMN_OBJECTIVE_ANNOTATOR, n_objective_ratings},
        {COLUMN_OBJECTIVE_RESPONSE, n_objective_ratings},
        {COLUMN_OBJECTIVE_NUMBER, n_objective_ratings},
        {COLUMN_ITEM_LANGUAGE, data->n_languages > 0 ? data->n_items : 0},
        {COLUMN_ARTEFACT, artefact_bytes},
        {COLUMN_EDIT_BEFORE, data->n_edits},
        {COLUMN_JUDGMENT_RECENT, tells_recent(dataset) ? n_judgments : 0},
        {COLUMN_RATING_RECENT, tells_recent(dataset) ? n_ratings : 0},
        {COLUMN_ANNOTATOR_KEY, data->n_annotators},
        {COLUMN_ANNOTATOR_GROUP, (uint64_t)data->n_annotators * data->n_attributes},
    };
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        int rc = want(dataset, wanted[i].column, wanted[i].count, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int place_items(struct dataset *dataset, struct err *err)
{
    struct fit_data *data = &dataset->data;
    const unsigned char *n_responses = values_of(dataset, COLUMN_ITEM_RESPONSES);
    uint64_t first = 0;
    dataset->item_first = grab((size_t)data->n_items + 1, sizeof(*dataset->item_first));
    for (uint32_t i = 0; i < data->n_items; i++) {
        dataset->item_first[i] = (uint32_t)first;
        first += n_responses[i];
    }
    dataset->item_first[data->n_items] = (uint32_t)first;
    if (first != data->n_responses - data->n_edits)
        return err_set(err, ERR_INVALID, "the items have %llu responses and not %u",
            (unsigned long long)first, data->n_responses - data->n_edits);
    return 0;
}

static int place_texts(struct dataset *dataset, struct err *err)
{
    const struct fit_data *data = &dataset->data;
    if (data->n_dimensions > 0)
        return want(dataset, COLUMN_RESPONSE_TEXT, 0, err);
    const uint32_t *lengths = values_of(dataset, COLUMN_RESPONSE_LENGTH);
    const char *text = values_of(dataset, COLUMN_RESPONSE_TEXT);
    uint64_t at = 0, size = dataset->columns[COLUMN_RESPONSE_TEXT].length;
    dataset->texts = grab(data->n_responses, sizeof(*dataset->texts));
    dataset->lengths = grab(data->n_responses, sizeof(*dataset->lengths));
    for (uint32_t i = 0; i < data->n_responses; i++) {
        if (lengths[i] > size - at)
            return err_set(err, ERR_INVALID, "the texts are shorter than their lengths");
        dataset->texts[i] = text + at;
        dataset->lengths[i] = lengths[i];
        at += lengths[i];
    }
    if (at != size)
        return err_set(err, ERR_INVALID, "the texts are longer than their lengths");
    return 0;
}

static void place_artefacts(struct dataset *dataset)
{
    const unsigned char *bytes = values_of(dataset, COLUMN_ARTEFACT);
    for (size_t i = 0, at = 0; i < dataset->n_artefacts; i++) {
        dataset->artefacts[i] = grab(dataset->artefact_bytes[i], 1);
        memcpy(dataset->artefacts[i], bytes + at, dataset->artefact_bytes[i]);
        at += dataset->artefact_bytes[i];
    }
    buf_release(&dataset->columns[COLUMN_ARTEFACT]);
    buf_init(&dataset->columns[COLUMN_ARTEFACT], SIZE_MAX / 4);
}

int dataset_finish(struct dataset *dataset, const Plenum__DatasetEnd *end, struct err *err)
{
    if (dataset->hash == NULL)
        return err_set(err, ERR_INVALID, "a second end");
    int rc = check_hashes(dataset, end, err);
    if (rc == 0)
        rc = count_edits(dataset, err);
    if (rc == 0)
        rc = check_counts(dataset, err);
    if (rc == 0)
        rc = place_items(dataset, err);
    if (rc == 0)
        rc = place_texts(dataset, err);
    if (rc < 0)
        return rc;
    struct fit_data *data = &dataset->data;
    data->item_first = dataset->item_first;
    data->item_prompt = values_of(dataset, COLUMN_ITEM_PROMPT);
    data->response_text = dataset->texts;
    data->response_length = dataset->lengths;
    data->response_embedding = data->n_dimensions > 0 ? (const void *)dataset->embeddings : NULL;
    data->n_judgments = (uint32_t)count_of(dataset, COLUMN_JUDGMENT_LEFT);
    data->judgment_annotator = values_of(dataset, COLUMN_JUDGMENT_ANNOTATOR);
    data->judgment_left = values_of(dataset, COLUMN_JUDGMENT_LEFT);
    data->judgment_right = values_of(dataset, COLUMN_JUDGMENT_RIGHT);
    data->judgment_outcome = values_of(dataset, COLUMN_JUDGMENT_OUTCOME);
    data->judgment_strength = values_of(dataset, COLUMN_JUDGMENT_STRENGTH);
    data->judgment_weight = values_of(dataset, COLUMN_JUDGMENT_WEIGHT);
    data->n_ratings = (uint32_t)count_of(dataset, COLUMN_RATING_VALUE);
    data->rating_annotator = values_of(dataset, COLUMN_RATING_ANNOTATOR);
    data->rating_response = values_of(dataset, COLUMN_RATING_RESPONSE);
    data->rating_value = values_of(dataset, COLUMN_RATING_VALUE);
    if (tells_recent(dataset)) {
        static const uint8_t none[1]; // of the two columns one may be empty
        bool has_judgments = data->n_judgments > 0, has_ratings = data->n_ratings > 0;
        data->judgment_is_recent = has_judgments ? values_of(dataset, COLUMN_JUDGMENT_RECENT) : none;
        data->rating_is_recent = has_ratings ? values_of(dataset, COLUMN_RATING_RECENT) : none;
    }
    data->annotator_key = values_of(dataset, COLUMN_ANNOTATOR_KEY);
    data->annotator_group = values_of(dataset, COLUMN_ANNOTATOR_GROUP);
    data->response_model = values_of(dataset, COLUMN_RESPONSE_MODEL);
    data->n_objective_ratings = (uint32_t)count_of(dataset, COLUMN_OBJECTIVE_VALUE);
    data->objective_annotator = values_of(dataset, COLUMN_OBJECTIVE_ANNOTATOR);
    data->objective_response = values_of(dataset, COLUMN_OBJECTIVE_RESPONSE);
    data->objective_number = values_of(dataset, COLUMN_OBJECTIVE_NUMBER);
    data->objective_value = values_of(dataset, COLUMN_OBJECTIVE_VALUE);
    data->item_language = values_of(dataset, COLUMN_ITEM_LANGUAGE);
    place_artefacts(dataset);
    data->snapshot = dataset->snapshot;
    return 0;
}

const struct fit_data *dataset_fit_data(const struct dataset *dataset)
{
    assert(dataset->data.snapshot != NULL);
    return &dataset->data;
}

size_t dataset_n_artefacts(const struct dataset *dataset)
{
    return dataset->n_artefacts;
}

const void *dataset_artefact(const struct dataset *dataset, size_t i, size_t *ret_size)
{
    assert(i < dataset->n_artefacts && dataset->artefacts[i] != NULL);
    *ret_size = dataset->artefact_bytes[i];
    return dataset->artefacts[i];
}

uint64_t dataset_bytes(const struct dataset *dataset)
{
    return dataset->n_bytes;
}
