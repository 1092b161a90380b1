// What was said, from rows to columns: comparisons, ratings, and what people made of responses.
#include "coordinator/dataset/edit.h"
#include "coordinator/dataset/view.h"
#include "coordinator/learn/dataset.h"

#include <stdlib.h>
#include <string.h>

enum { RANKED_MAX = 100, NO_INDEX = -1 };

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
    bool is_recent;
};

static int send_comparison(struct sender *sender, const struct comparison *comparison, struct err *err)
{
    int rc = dataset_add_u32(sender, COLUMN_JUDGMENT_ANNOTATOR, comparison->annotator, err);
    if (rc == 0)
        rc = dataset_add_u32(sender, COLUMN_JUDGMENT_LEFT, comparison->left, err);
    if (rc == 0)
        rc = dataset_add_u32(sender, COLUMN_JUDGMENT_RIGHT, comparison->right, err);
    if (rc == 0)
        rc = dataset_add_u8(sender, COLUMN_JUDGMENT_OUTCOME, comparison->outcome, err);
    if (rc == 0)
        rc = dataset_add_u8(sender, COLUMN_JUDGMENT_STRENGTH, comparison->strength, err);
    if (rc == 0 && sender->seen_before != NULL)
        rc = dataset_add_u8(sender, COLUMN_JUDGMENT_RECENT, comparison->is_recent, err);
    return rc < 0 ? rc : dataset_add_f32(sender, COLUMN_JUDGMENT_WEIGHT, comparison->weight, err);
}

enum { IS_RECENT = 9 }; // column of learn_data_judgments.sql

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
        .is_recent = db_bool(result, 0, IS_RECENT),
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
                .is_recent = db_bool(result, 0, IS_RECENT),
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
        rc = dataset_add_u32(sender, COLUMN_RATING_ANNOTATOR, annotator, err);
        if (rc == 0)
            rc = dataset_add_u32(sender, COLUMN_RATING_RESPONSE, place->first + (uint32_t)n, err);
        if (rc == 0)
            rc = dataset_add_f32(sender, COLUMN_RATING_VALUE, rating, err);
        if (rc == 0 && sender->seen_before != NULL)
            rc = dataset_add_u8(sender, COLUMN_RATING_RECENT, db_bool(result, 0, IS_RECENT), err);
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
            rc = dataset_add_u32(sender, COLUMN_OBJECTIVE_ANNOTATOR, annotator, err);
            if (rc == 0)
                rc = dataset_add_u32(sender, COLUMN_OBJECTIVE_RESPONSE, place->first + (uint32_t)n, err);
            if (rc == 0)
                rc = dataset_add_u8(sender, COLUMN_OBJECTIVE_NUMBER, (uint8_t)number, err);
            if (rc == 0)
                rc = dataset_add_f32(sender, COLUMN_OBJECTIVE_VALUE, rating, err);
        }
    }
    json_decref(ratings);
    return rc;
}

// --- edits ------------------------------------------------------------------------------------------------------------
// Ratings are of a dimension, and nobody said that "better" is more of it.
static bool open_edit(
    const struct sender *sender, const struct db_result *result, int64_t annotator, struct edit *ret_edit)
{
    if (!sender->has_edits || annotator == NO_INDEX || db_is_null(result, 0, 7) ||
        strcmp(db_text(result, 0, 2), "rating") == 0)
        return false;
    size_t size = 0;
    struct arena *arena = arena_new(4 * KEYS_SEALED_MAX_BYTES);
    const unsigned char *sealed = db_bytes(result, 0, 7, arena, &size);
    bool is_open = edit_open(sender->source->keys, sender->people[annotator].person, sealed, size, ret_edit);
    arena_free(arena);
    return is_open;
}

static int on_edit(void *arg, const struct db_result *result, struct err *err)
{
    struct sender *sender = arg;
    struct edit edit;
    if (!open_edit(sender, result, annotator_of(sender, db_uuid(result, 0, 1)), &edit))
        return 0;
    free(edit.content);
    if (sender->n_responses + ++sender->n_edits > RESPONSES_MAX)
        return err_set(err, ERR_LIMIT, "a fit takes at most %d responses and edits", RESPONSES_MAX);
    return 0;
}

static int read_judgments(struct sender *sender, bool only_edits,
    int (*on_row)(void *arg, const struct db_result *result, struct err *err), struct err *err)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, sender->source->shard_key);
    db_add_bool(&params, sender->has_edits);
    db_add_bool(&params, only_edits);
    db_add_text(&params, sender->seen_before);
    return db_session_stream(sender->session, QUERY_LEARN_DATA_JUDGMENTS, &params, on_row, sender, err);
}

int dataset_count_edits(struct sender *sender, struct err *err)
{
    return sender->has_edits ? read_judgments(sender, true, on_edit, err) : 0;
}

// How many responses a judgment with an edit puts in order, the edit too.
static size_t n_ranked(const struct export_judgment *judgment)
{
    size_t i, j, n = 0;
    json_t *tied, *one;
    bool is_among = false;
    if (strcmp(judgment->outcome, "both_bad") == 0)
        return 2; // it says nothing but that the edit is better
    if (strcmp(judgment->outcome, "ranking") != 0)
        return 3;
    json_array_foreach(json_object_get(json_object_get(judgment->json, "answer"), "ranking"), i, tied)
    {
        json_array_foreach(tied, j, one)
        {
            is_among = is_among || json_integer_value(one) == judgment->edited;
            n++;
        }
    }
    return n + !is_among + 1;
}

static int send_edit_pairs(struct sender *sender, const struct export_judgment *judgment,
    const struct place *place, uint32_t annotator, bool is_recent, struct err *err)
{
    if (sender->pairs == NULL)
        sender->pairs = calloc(PAIRS_OF_A_JUDGMENT_MAX, sizeof(*sender->pairs));
    if (sender->pairs == NULL)
        abort();
    size_t n = judgment_pairs(judgment, sender->is_worse, sender->pairs, PAIRS_OF_A_JUDGMENT_MAX),
           m = n_ranked(judgment);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < n; i++) {
        const struct export_pair *pair = &sender->pairs[i];
        if (pair->edited == NULL || pair->rejected < 0 || (uint32_t)pair->rejected >= place->n)
            continue;
        struct comparison comparison = {
            .annotator = annotator,
            .left = sender->n_responses + sender->n_edits_sent,
            .right = place->first + (uint32_t)pair->rejected,
            .strength = (uint8_t)pair->strength,
            .weight = 2.0F / (float)(m * (m - 1)),
            .is_recent = is_recent,
        };
        rc = send_comparison(sender, &comparison, err);
    }
    return rc;
}

// `before`: how many comparisons were sent of the judgment.
static int send_edit(struct sender *sender, const struct db_result *result, const struct place *place,
    uint32_t annotator, uint32_t before, struct err *err)
{
    struct edit edit;
    if (!open_edit(sender, result, annotator, &edit))
        return 0;
    json_t *shown = json_loads(db_text(result, 0, 8), 0, NULL),
           *ranking = db_is_null(result, 0, 5) ? json_array() : json_loads(db_text(result, 0, 5), 0, NULL),
           *json = json_pack("{s:o, s:{s:o}}", "shown", shown, "answer", "ranking", ranking);
    const struct export_judgment judgment = {.json = json,
        .outcome = db_text(result, 0, 2),
        .strength = db_is_null(result, 0, 3) ? 0 : (int)db_number(result, 0, 3),
        .edited = edit.response,
        .content = edit.content};
    uint32_t length = (uint32_t)strlen(edit.content);
    int rc = send_edit_pairs(sender, &judgment, place, annotator, db_bool(result, 0, IS_RECENT), err);
    if (rc == 0)
        rc = dataset_add_u32(sender, COLUMN_EDIT_ITEM, (uint32_t)(place - sender->places), err);
    if (rc == 0)
        rc = dataset_add_u32(sender, COLUMN_EDIT_BEFORE, before, err);
    if (rc == 0 && sender->n_models > 0)
        rc = dataset_add_u32(sender, COLUMN_RESPONSE_MODEL, UINT32_MAX, err);
    if (rc == 0)
        rc = dataset_add_u32(sender, COLUMN_RESPONSE_LENGTH, length, err);
    if (rc == 0)
        rc = dataset_add(sender, COLUMN_RESPONSE_TEXT, edit.content, length, err);
    sender->n_edits_sent++;
    free(edit.content);
    json_decref(json);
    return rc;
}

static int send_judgment(struct sender *sender, const struct db_result *result, const struct place *place,
    uint32_t annotator, struct err *err)
{
    const char *outcome = db_text(result, 0, 2);
    if (strcmp(outcome, "both_bad") == 0)
        return 0; // its edit alone
    int rc = send_objectives(sender, result, place, annotator, err);
    if (rc < 0)
        return rc;
    if (strcmp(outcome, "ranking") == 0)
        return send_ranking(sender, result, place, annotator, err);
    if (strcmp(outcome, "rating") == 0)
        return send_rating(sender, result, place, annotator, err);
    return send_pair(sender, result, place, annotator, err);
}

static int on_judgment(void *arg, const struct db_result *result, struct err *err)
{
    struct sender *sender = arg;
    const struct place *place = place_of(sender, db_uuid(result, 0, 0));
    int64_t annotator = annotator_of(sender, db_uuid(result, 0, 1));
    if (place == NULL || annotator == NO_INDEX)
        return 0;
    uint64_t sent = columns_hash_count(sender->hash, COLUMN_JUDGMENT_LEFT);
    int rc = send_judgment(sender, result, place, (uint32_t)annotator, err);
    uint64_t before = columns_hash_count(sender->hash, COLUMN_JUDGMENT_LEFT) - sent;
    return rc < 0 ? rc : send_edit(sender, result, place, (uint32_t)annotator, (uint32_t)before, err);
}

int dataset_send_judgments(struct sender *sender, struct err *err)
{
    int rc = read_judgments(sender, false, on_judgment, err);
    if (rc == 0 && sender->n_edits_sent != sender->n_edits)
        rc = err_set(err, ERR_NOT_FOUND, "words were erased while they were read"); // once more, without them
    return rc;
}
