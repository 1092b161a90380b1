#include "coordinator/dataset/release.h"

#include "base/buf.h"
#include "base/file.h"
#include "coordinator/identity/templates.h"

#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- the key ---------------------------------------------------------------------------------------------------------
static int open_key(struct release *release, const char *data_folder, const char *name, struct err *err)
{
    char path[PATH_MAX];
    struct buf key;
    int length = snprintf(path, sizeof(path), "%s/keys/releases", data_folder);
    if (length > PATH_MAX - 100)
        return err_set(err, ERR_LIMIT, "the data folder's path is too long");
    int rc = file_make_folder(path, 0700, err);
    if (rc < 0)
        return rc;
    snprintf(path + length, sizeof(path) - (size_t)length, "/%s.key", name);
    buf_init(&key, HASH_BYTES);
    rc = file_read(path, &key, err);
    if (rc == 0 && key.length == HASH_BYTES) {
        memcpy(release->key, key.data, HASH_BYTES);
    } else if (rc == 0) {
        rc = err_set(err, ERR_CRYPTO, "the key of the release is damaged");
    } else if (rc == ERR_NOT_FOUND) {
        randombytes_buf(release->key, HASH_BYTES);
        rc = file_write(path, 0600, release->key, HASH_BYTES, err);
    }
    sodium_memzero(key.data, key.length);
    buf_release(&key);
    return rc;
}

int release_open(struct release *release, const char *data_folder, const char *name, const json_t *questions,
    struct err *err)
{
    *release = (struct release){.questions = questions, .held = json_object()};
    return open_key(release, data_folder, name, err);
}

void release_close(struct release *release)
{
    for (size_t i = 0; i < release->n_raters; i++) {
        free(release->raters[i].answers);
        free(release->raters[i].excluded);
    }
    free(release->raters);
    free(release->sorted);
    json_decref(release->held);
    sodium_memzero(release, sizeof(*release));
}

void release_pseudonym(
    const struct release *release, const char *kind, struct uuid uuid, char text[PSEUDONYM_BYTES])
{
    unsigned char name[32 + UUID_BYTES], hash[HASH_BYTES];
    size_t length = strlen(kind) + 1;
    assert(length <= 32);
    memcpy(name, kind, length);
    memcpy(name + length, uuid.bytes, UUID_BYTES);
    hash_hmac_sha256(release->key, HASH_BYTES, name, length + UUID_BYTES, hash);
    hex_encode(hash, (PSEUDONYM_BYTES - 1) / 2, text);
}

// --- what may be counted ---------------------------------------------------------------------------------------------
static const json_t *question_of(const struct release *release, const char *attribute)
{
    for (size_t i = 0; i < json_array_size(release->questions); i++) {
        const json_t *question = json_array_get(release->questions, i);
        const char *id = json_string_value(json_object_get(question, "id"));
        if (id != NULL && strcmp(id, attribute) == 0)
            return question;
    }
    return NULL;
}

// One of the answers that the study offers? Whatever else was written there is the person's own words.
static bool is_offered(const json_t *question, const char *value)
{
    const json_t *values = json_object_get(question, "values");
    if (strcmp(value, PREFER_NOT_TO_SAY) == 0)
        return true;
    for (size_t i = 0; i < json_array_size(values); i++) {
        const json_t *one = json_array_get(values, i);
        const char *id = json_string_value(json_is_object(one) ? json_object_get(one, "id") : one);
        if (id != NULL && strcmp(id, value) == 0)
            return true;
    }
    return false;
}

// The value as it may be counted: itself, or "suppressed" for somebody's own words.
static const char *countable(const json_t *question, const char *value, bool is_imported)
{
    if (strlen(value) > RELEASE_VALUE_MAX_BYTES || (!is_imported && !is_offered(question, value)))
        return RELEASE_SUPPRESSED;
    return value;
}

// A study gives what it asked, not what the person has told others; an imported rater comes with what the source has.
static json_t *countable_answers(const struct release *release, const json_t *answers, bool is_imported)
{
    json_t *kept = json_object(), *value, *one;
    const char *attribute;
    json_object_foreach((json_t *)answers, attribute, value)
    {
        const json_t *question = question_of(release, attribute);
        size_t i;
        if (question == NULL && !is_imported)
            continue;
        if (json_is_string(value)) {
            json_object_set_new(
                kept, attribute, json_string(countable(question, json_string_value(value), is_imported)));
        } else if (json_is_array(value)) {
            json_t *list = json_array();
            json_array_foreach(value, i, one)
            {
                if (json_is_string(one))
                    json_array_append_new(
                        list, json_string(countable(question, json_string_value(one), is_imported)));
            }
            json_object_set_new(kept, attribute, list);
        }
    }
    return kept;
}

static void count_one(json_t *cell, const char *value)
{
    json_int_t n = json_integer_value(json_object_get(cell, value));
    json_object_set_new(cell, value, json_integer(n + 1));
}

static void count(struct release *release, const json_t *answers)
{
    const char *attribute;
    json_t *value;
    json_object_foreach((json_t *)answers, attribute, value)
    {
        json_t *cell = json_object_get(release->held, attribute);
        if (cell == NULL) {
            cell = json_object();
            json_object_set_new(release->held, attribute, cell);
        }
        if (json_is_string(value))
            count_one(cell, json_string_value(value));
        // A set counts once for each value, however often it is named.
        json_t *seen = json_object();
        for (size_t i = 0; i < json_array_size(value); i++) {
            const char *one = json_string_value(json_array_get(value, i));
            if (json_object_get(seen, one) == NULL)
                count_one(cell, one);
            json_object_set_new(seen, one, json_true());
        }
        json_decref(seen);
    }
}

int release_add(struct release *release, struct uuid participant, const char *kind, int64_t guideline_read,
    const char *excluded, const json_t *answers, struct err *err)
{
    if (release->n_raters == RELEASE_RATERS_MAX)
        return err_set(err, ERR_LIMIT, "over %d raters", RELEASE_RATERS_MAX);
    if (release->n_raters == release->capacity) {
        release->capacity = max_size(64, release->capacity * 2);
        release->raters = realloc(release->raters, release->capacity * sizeof(struct rater));
        if (release->raters == NULL)
            abort();
    }
    struct rater *rater = &release->raters[release->n_raters++];
    *rater = (struct rater){.participant = participant,
        .is_simulated = strcmp(kind, "simulated") == 0,
        .is_imported = strcmp(kind, "imported") == 0,
        .guideline_read = guideline_read,
        .excluded = excluded != NULL ? strdup(excluded) : NULL};
    release_pseudonym(release, "rater", participant, rater->pseudonym);
    if (answers == NULL)
        return 0;
    json_t *kept = countable_answers(release, answers, rater->is_imported);
    count(release, kept);
    rater->answers = json_dumps(kept, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(kept);
    return 0;
}

static int by_pseudonym(const void *a, const void *b)
{
    const struct rater *const *one = a, *const *other = b;
    return strcmp((*one)->pseudonym, (*other)->pseudonym);
}

void release_seal(struct release *release)
{
    release->sorted = calloc(release->n_raters + 1, sizeof(*release->sorted));
    if (release->sorted == NULL)
        abort();
    for (size_t i = 0; i < release->n_raters; i++)
        release->sorted[i] = &release->raters[i];
    qsort(release->sorted, release->n_raters, sizeof(*release->sorted), by_pseudonym);
}

static int by_participant(const void *key, const void *element)
{
    return memcmp(
        ((const struct uuid *)key)->bytes, ((const struct rater *)element)->participant.bytes, UUID_BYTES);
}

const struct rater *release_rater(const struct release *release, struct uuid participant)
{
    return release->n_raters == 0 ? NULL
                                  : bsearch(&participant, release->raters, release->n_raters,
                                        sizeof(struct rater), by_participant);
}

// --- what goes out ---------------------------------------------------------------------------------------------------
static const char *shown_value(const struct release *release, const char *attribute, const char *value)
{
    const json_t *cell = json_object_get(release->held, attribute);
    return json_integer_value(json_object_get(cell, value)) >= RELEASE_CELL_MIN ? value : RELEASE_SUPPRESSED;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// A set of values, sorted, each once.
static json_t *shown_set(const struct release *release, const char *attribute, const json_t *values)
{
    size_t n = json_array_size(values);
    const char **texts = calloc(n + 1, sizeof(*texts));
    if (texts == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        texts[i] = shown_value(release, attribute, json_string_value(json_array_get(values, i)));
    qsort(texts, n, sizeof(*texts), by_text);
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || strcmp(texts[i], texts[i - 1]) != 0)
            json_array_append_new(list, json_string(texts[i]));
    }
    free(texts);
    return list;
}

json_t *release_attributes(const struct release *release, const struct rater *rater)
{
    json_t *shown = json_object();
    json_t *answers = rater->answers == NULL ? NULL : json_loads(rater->answers, 0, NULL), *value;
    const char *attribute;
    json_object_foreach(answers, attribute, value)
    {
        json_object_set_new(shown, attribute,
            json_is_string(value) ? json_string(shown_value(release, attribute, json_string_value(value)))
                                  : shown_set(release, attribute, value));
    }
    json_decref(answers);
    return shown;
}

json_t *release_cells(const struct release *release)
{
    json_t *cells = json_object(), *counts, *number;
    const char *attribute, *value;
    json_object_foreach(release->held, attribute, counts)
    {
        json_t *cell = json_object();
        json_object_foreach(counts, value, number)
        {
            const char *shown = shown_value(release, attribute, value);
            json_int_t n = json_integer_value(json_object_get(cell, shown));
            json_object_set_new(cell, shown, json_integer(n + json_integer_value(number)));
        }
        json_object_set_new(cells, attribute, cell);
    }
    // In the order of the names: that of the raters must not show.
    char *text = json_dumps(cells, JSON_SORT_KEYS);
    json_decref(cells);
    cells = json_loads(text, 0, NULL);
    free(text);
    return cells;
}
