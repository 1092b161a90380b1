// A dataset as a worker gets it: a header, chunks, an end, each a message whose length stands before it (a byte chooses
// which, two say how long). Bit 0 of the first byte: the end is made right here, so that what lies behind the hashes is
// tried too. What is taken is given to a fit that is cancelled as soon as it begins to work.
#include "base/fuzz_test.h"

#include "proto/columns.h"
#include "worker/dataset.h"

enum { DATASET_MAX_BYTES = 1 << 20 };

struct side {
    struct dataset *dataset;
    struct columns_hash *hash; // of what was taken, to make the end right
};

static const void *unpack(struct fuzz *fuzz, enum wire_type type, struct arena *arena)
{
    size_t high = fuzz_byte(fuzz), low = fuzz_byte(fuzz), size = min_size(high << 8 | low, fuzz->left);
    struct frame frame = {.type = (uint16_t)type, .payload = fuzz->at, .size = (uint32_t)size};
    struct err err;
    const void *message = NULL;
    fuzz->at += size;
    fuzz->left -= size;
    return wire_unpack(&frame, WIRE_COORDINATOR, arena, &message, &err) == 0 ? message : NULL;
}

static void begin(struct side *side, const Plenum__DatasetHeader *header)
{
    struct err err;
    if (side->dataset != NULL || dataset_new(header, DATASET_MAX_BYTES, NULL, &side->dataset, &err) != 0)
        return;
    columns_hash_dimensions(side->hash, header->n_dimensions);
    for (size_t i = 0; i < header->n_attributes; i++)
        columns_hash_attribute(side->hash, header->attributes[i]->name,
            (const char *const *)header->attributes[i]->values, header->attributes[i]->n_values);
    for (size_t i = 0; i < header->n_models; i++)
        columns_hash_model(side->hash, header->models[i]);
    for (size_t i = 0; i < header->n_objectives; i++)
        columns_hash_objective(side->hash, header->objectives[i]);
    for (size_t i = 0; i < header->n_languages; i++)
        columns_hash_language(side->hash, header->languages[i]);
}

static void add(struct side *side, const Plenum__DatasetChunk *chunk, bool right)
{
    struct err err;
    Plenum__DatasetChunk moved = *chunk;
    if (side->dataset == NULL)
        return;
    if (right)
        moved.offset = columns_hash_count(side->hash, (enum column)chunk->column);
    if (dataset_add(side->dataset, &moved, &err) == 0)
        columns_hash_add(side->hash, (enum column)chunk->column, chunk->data.data, chunk->data.len);
}

static bool stop(void *arg UNUSED, const struct fit_progress *now UNUSED)
{
    return false;
}

// Shapes are the dataset's business, indices the fit's: it must refuse wrong ones before it works.
static void use(const struct fit_data *data)
{
    assert(data->item_first[0] == 0 && data->item_first[data->n_items] == data->n_responses - data->n_edits);
    for (uint32_t i = 0; i < data->n_items; i++)
        assert(data->item_first[i] <= data->item_first[i + 1]);
    assert(data->n_edits <= data->n_responses);
    size_t bytes = 0;
    for (uint32_t i = 0; data->n_dimensions == 0 && i < data->n_responses; i++)
        for (size_t j = 0; j < data->response_length[i]; j++)
            bytes += data->response_text[i][j] != 0;
    assert(bytes <= DATASET_MAX_BYTES);
    struct fit_options options = {.method = FIT_POOLED, .seed = 1, .restarts = 1, .progress = stop};
    struct fit_result result;
    struct err err;
    if (fit_run(data, &options, &result, &err) == 0)
        fit_result_release(&result);
}

static void finish(struct side *side, const Plenum__DatasetEnd *told)
{
    struct columns_total totals[N_COLUMNS];
    unsigned char snapshot[HASH_BYTES];
    Plenum__DatasetColumn columns[N_COLUMNS], *list[N_COLUMNS];
    Plenum__DatasetEnd end = PLENUM__DATASET_END__INIT;
    struct err err;
    columns_hash_finish(side->hash, totals, snapshot);
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
    if (side->dataset != NULL && dataset_finish(side->dataset, told != NULL ? told : &end, &err) == 0)
        use(dataset_fit_data(side->dataset));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    struct side side = {.hash = columns_hash_new()};
    struct arena *arena = arena_new(512 * 1024 * 1024);
    bool right = (fuzz_byte(&fuzz) & 1) != 0;
    const Plenum__DatasetEnd *end = NULL;
    while (fuzz.left > 0 && end == NULL) {
        uint8_t kind = fuzz_byte(&fuzz) % 3;
        const void *message = unpack(&fuzz, (enum wire_type)(WIRE_DATASET_HEADER + kind), arena);
        if (message == NULL)
            continue;
        if (kind == 0)
            begin(&side, message);
        else if (kind == 1)
            add(&side, message, right);
        else if (!right)
            end = message;
    }
    finish(&side, end);
    dataset_free(side.dataset);
    columns_hash_free(side.hash);
    arena_free(arena);
    return 0;
}
