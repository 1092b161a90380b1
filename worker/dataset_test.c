#include "worker/dataset.h"

#include "proto/columns.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { ROOM = 1024 * 1024 };

// The sending side in small: what it says, it hashes; a test changes one thing.
struct side {
    struct dataset *dataset;
    struct columns_hash *hash;
    uint64_t sent[N_COLUMNS];
    unsigned char snapshot[HASH_BYTES]; // once finished
};

static int begin(struct side *side, uint32_t n_items, uint32_t n_responses, uint64_t max_bytes)
{
    char small[] = "small", great[] = "great", *models[] = {small, great};
    char name[] = "region", north[] = "north", south[] = "south", *values[] = {north, south};
    Plenum__DatasetAttribute attribute = PLENUM__DATASET_ATTRIBUTE__INIT, *attributes[] = {&attribute};
    Plenum__DatasetHeader header = PLENUM__DATASET_HEADER__INIT;
    struct err err;
    *side = (struct side){.hash = columns_hash_new()};
    attribute.name = name;
    attribute.n_values = 2;
    attribute.values = values;
    header.n_items = n_items;
    header.n_responses = n_responses;
    header.n_annotators = 2;
    header.n_attributes = 1;
    header.attributes = attributes;
    header.n_models = 2;
    header.models = models;
    char quality[] = "quality", calm[] = "article:calm", *objectives[] = {quality, calm}, english[] = "en",
         *languages[] = {english};
    uint64_t artefacts[] = {3, 2};
    header.n_objectives = 2;
    header.objectives = objectives;
    header.n_languages = 1;
    header.languages = languages;
    header.n_artefacts = 2;
    header.artefacts = artefacts;
    columns_hash_dimensions(side->hash, 0);
    columns_hash_attribute(side->hash, name, (const char *const *)values, 2);
    columns_hash_model(side->hash, small);
    columns_hash_model(side->hash, great);
    columns_hash_objective(side->hash, quality);
    columns_hash_objective(side->hash, calm);
    columns_hash_language(side->hash, english);
    return dataset_new(&header, max_bytes, NULL, &side->dataset, &err);
}

static int add(struct side *side, enum column column, const void *data, size_t size)
{
    struct err err;
    unsigned char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, data, size);
    Plenum__DatasetChunk chunk = PLENUM__DATASET_CHUNK__INIT;
    chunk.column = column;
    chunk.offset = side->sent[column];
    chunk.data = (ProtobufCBinaryData){.len = size, .data = copy};
    side->sent[column] += size / column_width(column);
    columns_hash_add(side->hash, column, data, size);
    int rc = dataset_add(side->dataset, &chunk, &err);
    free(copy);
    return rc;
}

static int finish(struct side *side, int spoil)
{
    struct columns_total totals[N_COLUMNS];
    unsigned char snapshot[HASH_BYTES];
    Plenum__DatasetColumn columns[N_COLUMNS], *list[N_COLUMNS];
    Plenum__DatasetEnd end = PLENUM__DATASET_END__INIT;
    struct err err;
    columns_hash_finish(side->hash, totals, snapshot);
    memcpy(side->snapshot, snapshot, HASH_BYTES);
    if (spoil > 0)
        totals[spoil].sha256[5] ^= 1;
    if (spoil < 0)
        snapshot[5] ^= 1;
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
    return dataset_finish(side->dataset, &end, &err);
}

static void release(struct side *side)
{
    dataset_free(side->dataset);
    columns_hash_free(side->hash);
}

// Two items of two responses, three judgments by two annotators; `skip` leaves one column out.
static void fill(struct side *side, enum column skip)
{
    const uint64_t prompts[] = {11, 12}, keys[] = {21, 22};
    const uint32_t lengths[] = {2, 0, 1, 3}, annotators[] = {0, 1, 1}, left[] = {0, 1, 2},
                   right[] = {1, 0, 3};
    const uint32_t groups[] = {1, UINT32_MAX}, models[] = {0, 1, 1, UINT32_MAX}, who[] = {1, 0},
                   what[] = {3, 0}, language[] = {0, UINT32_MAX};
    const uint8_t number[] = {1, 0};
    const float rating[] = {1, 4};
    const uint8_t responses[] = {2, 2}, outcomes[] = {0, 1, 2}, strengths[] = {0, 3, 1};
    const float weights[] = {1, 1, 0.5F};
    const struct {
        enum column column;
        const void *data;
        size_t size;
    } columns[] = {
        {COLUMN_ITEM_PROMPT, prompts, sizeof(prompts)},
        {COLUMN_ITEM_RESPONSES, responses, sizeof(responses)},
        {COLUMN_RESPONSE_LENGTH, lengths, sizeof(lengths)},
        {COLUMN_RESPONSE_TEXT, "abcdef", 6},
        {COLUMN_JUDGMENT_ANNOTATOR, annotators, sizeof(annotators)},
        {COLUMN_JUDGMENT_LEFT, left, sizeof(left)},
        {COLUMN_JUDGMENT_RIGHT, right, sizeof(right)},
        {COLUMN_JUDGMENT_OUTCOME, outcomes, sizeof(outcomes)},
        {COLUMN_JUDGMENT_STRENGTH, strengths, sizeof(strengths)},
        {COLUMN_JUDGMENT_WEIGHT, weights, sizeof(weights)},
        {COLUMN_ANNOTATOR_KEY, keys, sizeof(keys)},
        {COLUMN_ANNOTATOR_GROUP, groups, sizeof(groups)},
        {COLUMN_RESPONSE_MODEL, models, sizeof(models)},
        {COLUMN_OBJECTIVE_ANNOTATOR, who, sizeof(who)},
        {COLUMN_OBJECTIVE_RESPONSE, what, sizeof(what)},
        {COLUMN_OBJECTIVE_NUMBER, number, sizeof(number)},
        {COLUMN_OBJECTIVE_VALUE, rating, sizeof(rating)},
        {COLUMN_ITEM_LANGUAGE, language, sizeof(language)},
        {COLUMN_ARTEFACT, "oneto", 5},
    };
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        if (columns[i].column != skip)
            assert_int_equal(add(side, columns[i].column, columns[i].data, columns[i].size), 0);
    }
}

static void test_whole(void **state UNUSED)
{
    struct side side;
    assert_int_equal(begin(&side, 2, 4, ROOM), 0);
    fill(&side, COLUMN_NONE);
    assert_int_equal(finish(&side, 0), 0);
    const struct fit_data *data = dataset_fit_data(side.dataset);
    assert_int_equal(data->item_first[1], 2);
    assert_int_equal(data->item_first[2], 4);
    assert_memory_equal(data->response_text[3], "def", 3);
    assert_int_equal(data->response_length[1], 0);
    assert_int_equal(data->n_judgments, 3);
    assert_int_equal(data->judgment_right[2], 3);
    assert_string_equal(data->attribute_value[0][1], "south");
    assert_int_equal(data->annotator_group[1], FIT_NO_GROUP);
    assert_int_equal(data->n_models, 2);
    assert_string_equal(data->model_name[data->response_model[2]], "great");
    assert_int_equal(data->n_objective_ratings, 2);
    assert_string_equal(data->objective_name[data->objective_number[0]], "article:calm");
    assert_true(data->objective_response[0] == 3 && data->objective_value[1] == 4);
    assert_string_equal(data->language_name[data->item_language[0]], "en");
    size_t size;
    assert_int_equal(dataset_n_artefacts(side.dataset), 2);
    assert_memory_equal(dataset_artefact(side.dataset, 1, &size), "to", 2);
    assert_int_equal(size, 2);
    release(&side);
}

// The name was computed apart, by the definition from before there were edits: with none it stays.
static void test_data_without_edits_keep_their_name(void **state UNUSED)
{
    struct side side;
    char name[HASH_HEX_BYTES];
    assert_int_equal(begin(&side, 2, 4, ROOM), 0);
    fill(&side, COLUMN_NONE);
    assert_int_equal(finish(&side, 0), 0);
    hex_encode(side.snapshot, HASH_BYTES, name);
    assert_string_equal(name, "5ed3528c239c6639b2b388168e8ed7bda65e5dd832512258178b5bee5115dfe2");
    release(&side);
}

// Two edits of the second item behind the responses of `fill`; the same, with less of one column.
static int finish_with_edits(struct side *side, enum column less)
{
    const uint32_t lengths[] = {1, 2}, models[] = {UINT32_MAX, UINT32_MAX}, items[] = {1, 1},
                   before[] = {1, 0};
    const struct {
        enum column column;
        const void *data;
    } columns[] = {{COLUMN_RESPONSE_LENGTH, lengths}, {COLUMN_RESPONSE_MODEL, models},
        {COLUMN_EDIT_ITEM, items}, {COLUMN_EDIT_BEFORE, before}};
    assert_int_equal(begin(side, 2, 6, ROOM), 0);
    fill(side, COLUMN_NONE);
    assert_int_equal(add(side, COLUMN_RESPONSE_TEXT, "ghi", 3), 0);
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        assert_int_equal(add(side, columns[i].column, columns[i].data, columns[i].column == less ? 4 : 8), 0);
    return finish(side, 0);
}

static void test_edits_stand_behind_the_responses(void **state UNUSED)
{
    struct side side;
    assert_int_equal(finish_with_edits(&side, COLUMN_NONE), 0);
    const struct fit_data *data = dataset_fit_data(side.dataset);
    assert_int_equal(data->n_responses, 6);
    assert_int_equal(data->item_first[2], 4);
    assert_int_equal(data->n_edits, 2);
    assert_true(data->edit_item[1] == 1 && data->edit_before[0] == 1);
    assert_memory_equal(data->response_text[5], "hi", 2);
    release(&side);
    static const enum column all[] = {
        COLUMN_RESPONSE_LENGTH, COLUMN_RESPONSE_MODEL, COLUMN_EDIT_ITEM, COLUMN_EDIT_BEFORE};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        assert_int_equal(finish_with_edits(&side, all[i]), ERR_INVALID);
        release(&side);
    }
    const uint32_t many[] = {1, 1, 1, 1, 1}; // more than there are responses
    assert_int_equal(begin(&side, 2, 4, ROOM), 0);
    fill(&side, COLUMN_NONE);
    assert_int_equal(add(&side, COLUMN_EDIT_ITEM, many, sizeof(many)), 0);
    assert_int_equal(add(&side, COLUMN_EDIT_BEFORE, many, sizeof(many)), 0);
    assert_int_equal(finish(&side, 0), ERR_INVALID);
    release(&side);
}

static void test_what_is_missing_is_seen(void **state UNUSED)
{
    for (int column = 1; column < N_COLUMNS; column++) {
        bool is_optional = column == COLUMN_RESPONSE_EMBEDDING || column == COLUMN_RATING_ANNOTATOR ||
                           column == COLUMN_RATING_RESPONSE || column == COLUMN_RATING_VALUE ||
                           column >= COLUMN_EDIT_ITEM;
        struct side side;
        assert_int_equal(begin(&side, 2, 4, ROOM), 0);
        fill(&side, (enum column)column);
        assert_int_equal(finish(&side, 0), is_optional ? 0 : ERR_INVALID);
        release(&side);
    }
}

static void test_what_is_changed_is_seen(void **state UNUSED)
{
    for (int spoil = -1; spoil < N_COLUMNS; spoil++) {
        struct side side;
        assert_int_equal(begin(&side, 2, 4, ROOM), 0);
        fill(&side, COLUMN_NONE);
        assert_int_equal(finish(&side, spoil), spoil == 0 ? 0 : ERR_CRYPTO);
        release(&side);
    }
}

static void test_counts_must_fit(void **state UNUSED)
{
    struct side side;
    assert_int_equal(begin(&side, 2, 5, ROOM), 0); // one response too many
    fill(&side, COLUMN_NONE);
    assert_int_equal(finish(&side, 0), ERR_INVALID);
    release(&side);

    const uint32_t lengths[] = {2, 0, 1, 4000000000U}; // longer than the text
    assert_int_equal(begin(&side, 2, 4, ROOM), 0);
    fill(&side, COLUMN_RESPONSE_LENGTH);
    assert_int_equal(add(&side, COLUMN_RESPONSE_LENGTH, lengths, sizeof(lengths)), 0);
    assert_int_equal(finish(&side, 0), ERR_INVALID);
    release(&side);
}

static void test_order_and_room(void **state UNUSED)
{
    struct side side;
    const uint32_t value = 1;
    assert_int_equal(begin(&side, 2, 4, ROOM), 0);
    assert_int_equal(add(&side, COLUMN_RATING_RESPONSE, &value, 4), 0);
    side.sent[COLUMN_RATING_RESPONSE] = 5; // as if chunks were lost
    assert_int_equal(add(&side, COLUMN_RATING_RESPONSE, &value, 4), ERR_INVALID);
    release(&side);

    assert_int_equal(begin(&side, 2, 4, 200), 0);
    char text[200] = {0};
    assert_int_equal(add(&side, COLUMN_RESPONSE_TEXT, text, sizeof(text)), ERR_LIMIT);
    release(&side);

    struct dataset *unused = NULL;
    struct err err;
    Plenum__DatasetHeader header = PLENUM__DATASET_HEADER__INIT;
    header.n_items = header.n_responses = UINT32_MAX;
    header.n_dimensions = 8192;
    assert_int_equal(dataset_new(&header, ROOM, NULL, &unused, &err), ERR_LIMIT);
    assert_null(unused);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole),
        cmocka_unit_test(test_data_without_edits_keep_their_name),
        cmocka_unit_test(test_edits_stand_behind_the_responses),
        cmocka_unit_test(test_what_is_missing_is_seen),
        cmocka_unit_test(test_what_is_changed_is_seen),
        cmocka_unit_test(test_counts_must_fit),
        cmocka_unit_test(test_order_and_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
