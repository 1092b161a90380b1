#include "coordinator/dataset/item.h"

#include "coordinator/dataset/edit.h"
#include "coordinator/db/db.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const outcome_names[N_OUTCOMES] = {
    "left", "right", "tie", "both_bad", "cannot_judge", "skip", "rather_not", "ranking", "rating"};

static json_t *column_json(const struct db_result *row, int column)
{
    if (db_is_null(row, 0, column))
        return NULL;
    return json_loadb(db_text(row, 0, column), db_length(row, 0, column), JSON_DECODE_ANY, NULL);
}

static int by_rater(const void *a, const void *b)
{
    const struct export_judgment *one = a, *other = b;
    int order = strcmp(one->rater->pseudonym, other->rater->pseudonym);
    return order != 0 ? order : strcmp(one->id, other->id);
}

static void count_outcome(struct export_counts *counts, const char *outcome)
{
    counts->judgments++;
    for (int i = 0; i < N_OUTCOMES; i++)
        counts->by_outcome[i] += strcmp(outcome, outcome_names[i]) == 0;
}

static void read_edit(const struct export_run *run, const json_t *json, struct export_judgment *judgment)
{
    const char *hex = json_string_value(json_object_get(json, "note"));
    const char *whose = json_string_value(json_object_get(json, "person"));
    struct uuid person;
    struct edit edit;
    if (hex == NULL || whose == NULL || uuid_parse(whose, &person) < 0)
        return;
    size_t size = strlen(hex) / 2;
    unsigned char *sealed = malloc(size + 1);
    if (sealed == NULL)
        abort();
    if (hex_decode(hex, sealed, size) == 0 && edit_open(run->keys, person, sealed, size, &edit)) {
        judgment->edited = edit.response;
        judgment->content = edit.content;
    }
    free(sealed);
}

bool item_judgment(const struct export_run *run, const json_t *json, struct export_judgment *judgment)
{
    struct uuid id, participant;
    const char *id_text = json_string_value(json_object_get(json, "id"));
    const char *who = json_string_value(json_object_get(json, "participant"));
    if (id_text == NULL || who == NULL || uuid_parse(id_text, &id) < 0 || uuid_parse(who, &participant) < 0)
        return false;
    *judgment = (struct export_judgment){.json = json,
        .rater = release_rater(&run->release, participant),
        .outcome = json_is_true(json_object_get(json_object_get(json, "answer"), "rather_not"))
                       ? "rather_not"
                       : json_string_value(json_object_get(json, "outcome")),
        .strength = (int)json_integer_value(json_object_get(json, "strength"))};
    release_pseudonym(&run->release, "judgment", id, judgment->id);
    const char *first = json_string_value(json_object_get(json, "repeat_of"));
    struct uuid first_id;
    if (first != NULL && uuid_parse(first, &first_id) == 0)
        release_pseudonym(&run->release, "judgment", first_id, judgment->repeat_of);
    return judgment->rater != NULL && judgment->outcome != NULL;
}

static int read_judgment(
    struct export_run *run, const json_t *json, struct export_judgment *judgment, struct err *err)
{
    if (!item_judgment(run, json, judgment))
        return err_set(err, ERR_INTERNAL, "a judgment without ids, or by nobody in the release");
    const char *id = json_string_value(json_object_get(json, "id"));
    hash_stream_add(run->judgments_hash, id, strlen(id));
    if (judgment->rater->excluded != NULL)
        run->counts.excluded++;
    else if (judgment->repeat_of[0] != '\0')
        run->counts.repeats++;
    else
        count_outcome(&run->counts, judgment->outcome);
    read_edit(run, json, judgment);
    return 0;
}

static char *item_id(const struct db_result *row)
{
    char *id = NULL;
    int length = db_is_null(row, 0, 0) ? asprintf(&id, "sha256-%s", db_text(row, 0, 1))
                                       : asprintf(&id, "%s", db_text(row, 0, 0));
    if (length < 0)
        abort();
    return id;
}

static void put_words(struct export_item *item, const json_t *words)
{
    size_t n;
    json_t *response;
    json_decref(item->prompt);
    item->prompt = json_incref(json_object_get(words, "prompt"));
    json_array_foreach(item->responses, n, response)
        json_object_set(response, "content", json_array_get(json_object_get(words, "responses"), n));
}

int item_read(struct export_run *run, const struct db_result *row, const json_t *words,
    struct export_item *ret_item, struct err *err)
{
    struct export_item *item = ret_item;
    *item = (struct export_item){.id = item_id(row),
        .prompt = column_json(row, 2),
        .language = db_is_null(row, 0, 3) ? NULL : db_text(row, 0, 3),
        .tags = column_json(row, 4),
        .gold = column_json(row, 5),
        .warning = db_is_null(row, 0, 6) ? NULL : db_text(row, 0, 6),
        .responses = column_json(row, 7),
        .judged = column_json(row, 8),
        .later = column_json(row, 9)};
    item->n_judgments = json_array_size(item->judged);
    item->judgments = calloc(item->n_judgments + 1, sizeof(*item->judgments));
    if (item->judgments == NULL)
        abort();
    if (words != NULL)
        put_words(item, words);
    if (!json_is_array(item->prompt) || !json_is_array(item->responses)) {
        item_release(item);
        return err_set(err, ERR_INTERNAL, "an item without prompt or responses");
    }
    hash_stream_add(run->items_hash, db_text(row, 0, 1), db_length(row, 0, 1));
    for (size_t i = 0; i < item->n_judgments; i++) {
        if (read_judgment(run, json_array_get(item->judged, i), &item->judgments[i], err) < 0) {
            item_release(item);
            return err->code;
        }
    }
    qsort(item->judgments, item->n_judgments, sizeof(*item->judgments), by_rater);
    run->counts.items++;
    run->counts.responses += (int64_t)json_array_size(item->responses);
    return 0;
}

void item_release(struct export_item *item)
{
    free(item->id);
    json_decref(item->prompt);
    json_decref(item->tags);
    json_decref(item->gold);
    json_decref(item->later);
    json_decref(item->responses);
    json_decref(item->judged);
    for (size_t i = 0; i < item->n_judgments; i++)
        free(item->judgments[i].content);
    free(item->judgments);
}
