#include "ctl/judgments.h"

#include "base/arena.h"
#include "ctl/lines.h"
#include "ctl/names.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// A column that grows: bytes of `size` each.
struct column {
    struct buf bytes;
    size_t size;
};

struct judgments {
    struct arena *arena;
    struct fit_data data;
    struct names items, raters, attributes, dimensions, models, languages;
    struct names *values; // of each attribute
    struct column item_first, item_prompt, item_language, text, length, embedding, model;
    struct column annotator, left, right, outcome, strength, weight;
    struct column rating_annotator, rating_response, rating_value, rating_dimension;
    struct column edit_text, edit_length, edit_item, edit_before; // of each edit
    struct column key;                                            // of each rater
    struct column group_rater, group_attribute, group_value;      // as they come
    uint32_t n_responses, n_dimensions;
    bool has_text_only, has_embeddings;
    bool has_edits; // they are read
    bool is_worse;  // the choices of this file name the worse one
};

enum { DIMENSIONS_MAX = 200, RANKED_MAX = 100 };
#define EDITS_FROM                                                                                           \
    0x80000000U // numbers of edits in `left`, until it is known how many responses stand before them
#define COLUMN_MAX_BYTES ((size_t)16 << 30)

static void column_init(struct column *column, size_t size)
{
    buf_init(&column->bytes, COLUMN_MAX_BYTES);
    column->size = size;
}

#define COLUMN_ADD(column, value)                                                                            \
    do {                                                                                                     \
        assert((column)->size == sizeof(value));                                                             \
        buf_add(&(column)->bytes, &(value), sizeof(value));                                                  \
    } while (0)

static uint32_t column_n(const struct column *column)
{
    return (uint32_t)(column->bytes.length / column->size);
}

static const void *column_data(const struct column *column)
{
    return column->bytes.data; // malloc'ed, aligned for anything
}

// ---------------------------------------------------------------- one line each
static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL && text[0] != '\0' ? text : NULL;
}

// As PostgreSQL writes a text inside a jsonb.
static void add_quoted(struct buf *buf, const char *text, size_t length)
{
    static const char escaped[] = "\b\f\n\r\t\"\\", letters[] = "bfnrt\"\\";
    buf_add_char(buf, '"');
    for (size_t i = 0; i < length; i++) {
        const char *at = memchr(escaped, text[i], sizeof(escaped) - 1);
        if (at != NULL) {
            buf_add_char(buf, '\\');
            buf_add_char(buf, letters[at - escaped]);
        } else if ((unsigned char)text[i] < 0x20) {
            buf_printf(buf, "\\u%04x", (unsigned)text[i]);
        } else {
            buf_add_char(buf, text[i]);
        }
    }
    buf_add_char(buf, '"');
}

static void add_message(struct buf *buf, const char *role, const json_t *content)
{
    buf_add_text(buf, buf->length > 1 ? ", {\"role\": " : "{\"role\": ");
    add_quoted(buf, role, strlen(role));
    buf_add_text(buf, ", \"content\": ");
    add_quoted(buf, json_string_value(content), json_string_length(content));
    buf_add_char(buf, '}');
}

static int read_prompt(const json_t *prompt, uint64_t *ret_hash, struct err *err)
{
    struct buf buf;
    buf_init(&buf, 8 * (size_t)LINES_MAX_BYTES);
    buf_add_char(&buf, '[');
    int failed = 0;
    if (json_is_string(prompt)) {
        add_message(&buf, "user", prompt);
    } else if (json_is_array(prompt)) {
        size_t i;
        json_t *message;
        json_array_foreach(prompt, i, message)
        {
            const json_t *role = json_object_get(message, "role"),
                         *content = json_object_get(message, "content");
            if (json_is_string(role) && json_is_string(content))
                add_message(&buf, json_string_value(role), content);
            else
                failed = err_set(err, ERR_INVALID, "/prompt/%zu has no role or no content", i);
        }
    } else {
        failed = err_set(err, ERR_INVALID, "/prompt is neither text nor messages");
    }
    buf_add_char(&buf, ']');
    *ret_hash = fit_prompt_hash(buf.data, buf.length);
    buf_release(&buf);
    return failed;
}

static int read_embedding(struct judgments *judgments, const json_t *embedding, struct err *err)
{
    size_t n = json_array_size(embedding);
    if (n == 0 || n > 8192 || (judgments->n_dimensions != 0 && judgments->n_dimensions != n))
        return err_set(
            err, ERR_INVALID, "an embedding of %zu numbers, after ones of %u", n, judgments->n_dimensions);
    judgments->n_dimensions = (uint32_t)n;
    for (size_t i = 0; i < n; i++) {
        const json_t *number = json_array_get(embedding, i);
        if (!json_is_number(number))
            return err_set(err, ERR_INVALID, "an embedding holds what is no number");
        float value = (float)json_number_value(number);
        COLUMN_ADD(&judgments->embedding, value);
    }
    return 0;
}

static int read_item(struct judgments *judgments, const json_t *line, struct err *err)
{
    const char *id = text_of(line, "id");
    const json_t *responses = json_object_get(line, "responses");
    size_t n = json_array_size(responses);
    uint64_t prompt;
    bool is_new = false;
    if (id == NULL || n == 0 || n > 100)
        return err_set(err, ERR_INVALID, "an item needs an id and 1 to 100 responses");
    if (read_prompt(json_object_get(line, "prompt"), &prompt, err) != 0)
        return ERR_INVALID;
    names_add(&judgments->items, id, &is_new);
    if (!is_new)
        return err_set(err, ERR_INVALID, "item \"%s\" was there before", id);
    COLUMN_ADD(&judgments->item_prompt, prompt);
    const char *told = text_of(line, "language");
    uint32_t language = told != NULL && strlen(told) < FIT_NAME_MAX
                            ? names_add(&judgments->languages, told, NULL)
                            : FIT_NO_GROUP;
    COLUMN_ADD(&judgments->item_language, language);
    for (size_t i = 0; i < n; i++) {
        const json_t *response = json_array_get(responses, i),
                     *content = json_object_get(response, "content");
        const json_t *embedding = json_object_get(response, "embedding");
        if (!json_is_string(content))
            return err_set(err, ERR_INVALID, "/responses/%zu/content is no text", i);
        size_t length = json_string_length(content);
        const char *text = arena_strndup(judgments->arena, json_string_value(content), length);
        const char *model = text_of(response, "model");
        uint32_t made_by = model != NULL && strlen(model) <= FIT_NAME_MAX
                               ? names_add(&judgments->models, model, NULL)
                               : FIT_NO_GROUP;
        COLUMN_ADD(&judgments->model, made_by);
        COLUMN_ADD(&judgments->text, text);
        COLUMN_ADD(&judgments->length, length);
        *(json_is_array(embedding) ? &judgments->has_embeddings : &judgments->has_text_only) = true;
        if (json_is_array(embedding) && read_embedding(judgments, embedding, err) != 0)
            return ERR_INVALID;
    }
    judgments->n_responses += (uint32_t)n;
    COLUMN_ADD(&judgments->item_first, judgments->n_responses);
    return 0;
}

static int compare_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// Several values of one attribute are one value of their own: sorted, joined by " + ".
static char *join_values(const json_t *list)
{
    const char *values[64];
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(list) && n < ARRAY_SIZE(values); i++) {
        if (json_is_string(json_array_get(list, i)))
            values[n++] = json_string_value(json_array_get(list, i));
    }
    if (n > 1)
        qsort(values, n, sizeof(values[0]), compare_text);
    struct buf buf;
    buf_init(&buf, 64 * 1024);
    for (size_t i = 0; i < n; i++) {
        buf_add_text(&buf, i > 0 ? " + " : "");
        buf_add_text(&buf, values[i]);
    }
    char *joined = strdup(buf.data);
    if (joined == NULL)
        abort();
    buf_release(&buf);
    return joined;
}

static int read_attribute(
    struct judgments *judgments, uint32_t rater, const char *name, const json_t *value, struct err *err)
{
    char *text = json_is_array(value) ? join_values(value)
                                      : strdup(json_is_string(value) ? json_string_value(value) : "");
    if (text == NULL)
        abort();
    int failed = 0;
    if (text[0] != '\0' && strcmp(text, "prefer_not_to_say") != 0) {
        bool is_new = false;
        uint32_t attribute = names_add(&judgments->attributes, name, &is_new);
        if (attribute >= FIT_ATTRIBUTES_MAX) {
            failed = err_set(err, ERR_LIMIT, "more than %d attributes", FIT_ATTRIBUTES_MAX);
        } else {
            if (is_new)
                names_init(&judgments->values[attribute]);
            uint32_t number = names_add(&judgments->values[attribute], text, NULL);
            COLUMN_ADD(&judgments->group_rater, rater);
            COLUMN_ADD(&judgments->group_attribute, attribute);
            COLUMN_ADD(&judgments->group_value, number);
        }
    }
    free(text);
    return failed;
}

static int read_rater(struct judgments *judgments, json_t *line, struct err *err)
{
    const char *id = text_of(line, "id"), *name;
    bool is_new = false;
    if (id == NULL)
        return err_set(err, ERR_INVALID, "a rater needs an id");
    uint32_t rater = names_add(&judgments->raters, id, &is_new);
    if (!is_new)
        return err_set(err, ERR_INVALID, "rater \"%s\" was there before", id);
    uint64_t key = fit_prompt_hash(id, strlen(id));
    COLUMN_ADD(&judgments->key, key);
    json_t *attributes = json_object_get(line, "attributes"), *value;
    json_object_foreach(attributes, name, value)
    {
        int failed = read_attribute(judgments, rater, name, value, err);
        if (failed)
            return failed;
    }
    return 0;
}

// ---------------------------------------------------------------- judgments
struct place { // where a judgment's item has its responses
    uint32_t rater, item, first, n;
};

static int find_place(
    const struct judgments *judgments, const json_t *line, struct place *ret_place, struct err *err)
{
    const char *item = text_of(line, "item"), *rater = text_of(line, "rater");
    uint32_t item_number = item != NULL ? names_find(&judgments->items, item) : NAMES_NONE;
    ret_place->rater = rater != NULL ? names_find(&judgments->raters, rater) : NAMES_NONE;
    if (item_number == NAMES_NONE)
        return err_set(err, ERR_INVALID, "/item is none that stands before this line");
    if (ret_place->rater == NAMES_NONE)
        return err_set(err, ERR_INVALID, "/rater is none that stands before this line");
    const uint32_t *first = column_data(&judgments->item_first);
    ret_place->item = item_number;
    ret_place->first = first[item_number];
    ret_place->n = first[item_number + 1] - first[item_number];
    return 0;
}

static bool response_at(const json_t *number, const struct place *place, uint32_t *ret_response)
{
    json_int_t value = json_is_integer(number) ? json_integer_value(number) : -1;
    if (value < 0 || value >= (json_int_t)place->n)
        return false;
    *ret_response = place->first + (uint32_t)value;
    return true;
}

static void add_pair(struct judgments *judgments, uint32_t rater, uint32_t left, uint32_t right,
    uint8_t outcome, uint8_t strength, float weight)
{
    COLUMN_ADD(&judgments->annotator, rater);
    COLUMN_ADD(&judgments->left, left);
    COLUMN_ADD(&judgments->right, right);
    COLUMN_ADD(&judgments->outcome, outcome);
    COLUMN_ADD(&judgments->strength, strength);
    COLUMN_ADD(&judgments->weight, weight);
}

static int read_choice(
    struct judgments *judgments, const json_t *line, const struct place *place, struct err *err)
{
    const char *choice = text_of(line, "choice");
    const json_t *shown = json_object_get(line, "responses");
    uint32_t left, right;
    uint8_t outcome;
    if (choice == NULL || strcmp(choice, "both_bad") == 0 || strcmp(choice, "cannot_judge") == 0 ||
        strcmp(choice, "skip") == 0 || strcmp(choice, "rather_not") == 0)
        return 0; // counted elsewhere, never a pair
    if (strcmp(choice, "left") == 0)
        outcome = judgments->is_worse ? FIT_RIGHT : FIT_LEFT;
    else if (strcmp(choice, "right") == 0)
        outcome = judgments->is_worse ? FIT_LEFT : FIT_RIGHT;
    else if (strcmp(choice, "tie") == 0)
        outcome = FIT_TIE;
    else
        return err_set(err, ERR_INVALID, "/choice is not one of the choices");
    if (json_array_size(shown) != 2 || !response_at(json_array_get(shown, 0), place, &left) ||
        !response_at(json_array_get(shown, 1), place, &right) || left == right)
        return err_set(err, ERR_INVALID, "/responses are not two of the item's");
    json_int_t strength = json_integer_value(json_object_get(line, "strength"));
    add_pair(judgments, place->rater, left, right, outcome,
        strength >= 1 && strength <= 4 ? (uint8_t)strength : 0, 1);
    return 0;
}

static float pair_weight(size_t n_ranked)
{
    return n_ranked > 1 ? (float)(2.0 / ((double)n_ranked * ((double)n_ranked - 1))) : 0;
}

// All strict pairs, weight 1 / number of all pairs of the responses ranked.
static int read_ranking(
    struct judgments *judgments, const json_t *ranking, const struct place *place, struct err *err)
{
    uint32_t response[RANKED_MAX], rank[RANKED_MAX];
    size_t n = 0;
    for (size_t i = 0; i < json_array_size(ranking); i++) {
        const json_t *together = json_array_get(ranking, i);
        for (size_t j = 0; j < json_array_size(together); j++) {
            if (n == ARRAY_SIZE(response) || !response_at(json_array_get(together, j), place, &response[n]))
                return err_set(err, ERR_INVALID, "/ranking/%zu names a response that is not there", i);
            for (size_t before = 0; before < n; before++) {
                if (response[before] == response[n])
                    return err_set(err, ERR_INVALID, "/ranking/%zu names a response twice", i);
            }
            rank[n++] = (uint32_t)i;
        }
    }
    float weight = pair_weight(n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            if (rank[i] != rank[j])
                add_pair(judgments, place->rater, response[i], response[j], FIT_LEFT, 0, weight);
        }
    }
    return 0;
}

// How many responses a judgment puts in order, `edited` and its edit among them; 0: such a judgment says nothing by an edit.
static size_t n_ranked(const json_t *line, json_int_t edited)
{
    const json_t *ranking = json_object_get(line, "ranking");
    const char *choice = text_of(line, "choice");
    size_t n = 0;
    bool is_among = false;
    if (json_array_size(ranking) == 0) {
        bool is_choice = choice != NULL && (strcmp(choice, "left") == 0 || strcmp(choice, "right") == 0 ||
                                               strcmp(choice, "tie") == 0);
        return is_choice ? 3 : choice != NULL && strcmp(choice, "both_bad") == 0 ? 2 : 0;
    }
    for (size_t i = 0; i < json_array_size(ranking); i++) {
        const json_t *together = json_array_get(ranking, i);
        for (size_t j = 0; j < json_array_size(together); j++, n++)
            is_among = is_among || json_integer_value(json_array_get(together, j)) == edited;
    }
    return n + !is_among + 1;
}

// Better than what it was made of, and than all that this is better than: of the judgment's comparisons from `from` on. Where
// there are embeddings it has none.
static int read_edit(struct judgments *judgments, const json_t *line, const struct place *place,
    uint32_t from, struct err *err)
{
    const json_t *edit = json_object_get(line, "edit"), *number = json_object_get(edit, "response"),
                 *content = json_object_get(edit, "content");
    uint32_t edited, before = column_n(&judgments->left) - from;
    if (!response_at(number, place, &edited) || !json_is_string(content))
        return err_set(err, ERR_INVALID, "/edit is not what was made of a response");
    size_t length = json_string_length(content), n = n_ranked(line, json_integer_value(number));
    if (n == 0 || judgments->has_embeddings || !judgments->has_edits)
        return 0;
    if (column_n(&judgments->edit_item) == EDITS_FROM)
        return err_set(err, ERR_LIMIT, "too many edits");
    const char *text = arena_strndup(judgments->arena, json_string_value(content), length);
    uint32_t left = EDITS_FROM + column_n(&judgments->edit_item);
    json_int_t strength = json_integer_value(json_object_get(line, "strength"));
    add_pair(judgments, place->rater, left, edited, FIT_LEFT, 0, pair_weight(n));
    for (uint32_t i = from; i < from + before; i++) {
        uint8_t outcome = ((const uint8_t *)column_data(&judgments->outcome))[i];
        const uint32_t *sides[] = {column_data(&judgments->left), column_data(&judgments->right)};
        if (outcome != FIT_TIE && sides[outcome == FIT_RIGHT][i] == edited)
            add_pair(judgments, place->rater, left, sides[outcome == FIT_LEFT][i], FIT_LEFT,
                strength >= 1 && strength <= 4 ? (uint8_t)strength : 0, pair_weight(n));
    }
    COLUMN_ADD(&judgments->edit_text, text);
    COLUMN_ADD(&judgments->edit_length, length);
    COLUMN_ADD(&judgments->edit_item, place->item);
    COLUMN_ADD(&judgments->edit_before, before);
    return 0;
}

// A number as it is; yes is more than no. False when it is neither; `ret_counts` is false for who is unsure.
static bool read_rating(const json_t *rating, float *ret_value, bool *ret_counts)
{
    const char *word = json_string_value(rating);
    bool unsure = word != NULL && strcmp(word, "unsure") == 0;
    bool yes = word != NULL && strcmp(word, "yes") == 0, no = word != NULL && strcmp(word, "no") == 0;
    *ret_value = json_is_number(rating) ? (float)json_number_value(rating) : yes ? 1 : 0;
    *ret_counts = !unsure;
    return json_is_number(rating) || yes || no || unsure;
}

static int read_ratings(
    struct judgments *judgments, json_t *ratings, const struct place *place, struct err *err)
{
    const char *dimension, *slot;
    json_t *slots, *number;
    json_object_foreach(ratings, dimension, slots)
    {
        json_object_foreach(slots, slot, number)
        {
            char *end;
            float value;
            bool counts;
            unsigned long n = strtoul(slot, &end, 10);
            if (strcmp(slot, "item") == 0)
                continue; // of the whole item: no fit learns from it
            if (*slot == '\0' || *end != '\0' || n >= place->n || !read_rating(number, &value, &counts))
                return err_set(
                    err, ERR_INVALID, "/ratings/%s/%s is no rating of a response", dimension, slot);
            if (!counts)
                continue;
            uint32_t d = names_add(&judgments->dimensions, dimension, NULL);
            if (d >= DIMENSIONS_MAX)
                return err_set(err, ERR_LIMIT, "more than %d dimensions are rated", DIMENSIONS_MAX);
            uint32_t response = place->first + (uint32_t)n;
            COLUMN_ADD(&judgments->rating_annotator, place->rater);
            COLUMN_ADD(&judgments->rating_response, response);
            COLUMN_ADD(&judgments->rating_value, value);
            COLUMN_ADD(&judgments->rating_dimension, d);
        }
    }
    return 0;
}

static int read_judgment(struct judgments *judgments, const json_t *line, struct err *err)
{
    struct place place;
    int failed = find_place(judgments, line, &place, err);
    if (failed || text_of(line, "repeat_of") != NULL) // nobody counts twice
        return failed;
    json_t *ranking = json_object_get(line, "ranking"), *ratings = json_object_get(line, "ratings");
    uint32_t from = column_n(&judgments->left);
    if (json_is_array(ranking) && json_array_size(ranking) > 0)
        failed = read_ranking(judgments, ranking, &place, err);
    else
        failed = read_choice(judgments, line, &place, err);
    if (failed == 0 && json_is_object(json_object_get(line, "edit")))
        failed = read_edit(judgments, line, &place, from, err);
    if (failed == 0 && json_is_object(ratings))
        failed = read_ratings(judgments, ratings, &place, err);
    return failed;
}

static int read_header(struct judgments *judgments, const json_t *line, struct err *err)
{
    const char *goal = text_of(json_object_get(line, "task"), "goal");
    judgments->is_worse = goal != NULL && strcmp(goal, "worse") == 0;
    return json_integer_value(json_object_get(line, "version")) == 1
               ? 0
               : err_set(err, ERR_INVALID, "version 1 of the format is the only one known");
}

static int read_line(struct judgments *judgments, const char *text, size_t length, struct err *err)
{
    json_error_t at;
    json_t *line = json_loadb(text, length, JSON_REJECT_DUPLICATES, &at);
    if (line == NULL)
        return err_set(err, ERR_INVALID, "%s", at.text);
    const char *type = text_of(line, "type");
    int failed = 0;
    if (type == NULL)
        failed = err_set(err, ERR_INVALID, "/type is missing");
    else if (strcmp(type, "item") == 0)
        failed = read_item(judgments, line, err);
    else if (strcmp(type, "rater") == 0)
        failed = read_rater(judgments, line, err);
    else if (json_object_get(line, "excluded") != NULL)
        failed = 0; // who gave it was excluded where it was given
    else if (strcmp(type, "judgment") == 0)
        failed = read_judgment(judgments, line, err);
    else if (strcmp(type, "header") == 0)
        failed = read_header(judgments, line, err);
    json_decref(line);
    return failed;
}

// ---------------------------------------------------------------- columns of the fit
// All ratings are of objectives; those of one dimension, copied, are the preference. "" is any: the first.
static int choose_dimension(struct judgments *judgments, const char *dimension, struct err *err)
{
    uint32_t wanted = 0, n = 0, all = column_n(&judgments->rating_value);
    if (dimension != NULL && dimension[0] != '\0') {
        wanted = names_find(&judgments->dimensions, dimension);
        if (wanted == NAMES_NONE)
            return err_set(err, ERR_INVALID, "there are no ratings of \"%s\"", dimension);
    } else if (dimension == NULL && judgments->dimensions.n > 1) {
        return err_set(err, ERR_INVALID, "there are ratings of \"%s\", \"%s\"%s: say which with --dimension",
            judgments->dimensions.name[0], judgments->dimensions.name[1],
            judgments->dimensions.n > 2 ? " and others" : "");
    }
    const uint32_t *of = column_data(&judgments->rating_dimension);
    struct fit_data *data = &judgments->data;
    uint32_t *annotator = arena_alloc(judgments->arena, ((size_t)all + 1) * sizeof(*annotator));
    uint32_t *response = arena_alloc(judgments->arena, ((size_t)all + 1) * sizeof(*response));
    float *value = arena_alloc(judgments->arena, ((size_t)all + 1) * sizeof(*value));
    uint8_t *number = arena_alloc(judgments->arena, (size_t)all + 1);
    for (uint32_t i = 0; i < all; i++) {
        number[i] = (uint8_t)of[i];
        if (of[i] != wanted)
            continue;
        annotator[n] = data->objective_annotator[i];
        response[n] = data->objective_response[i];
        value[n++] = data->objective_value[i];
    }
    data->rating_annotator = annotator;
    data->rating_response = response;
    data->rating_value = value;
    data->objective_number = number;
    judgments->data.n_ratings = n;
    return 0;
}

static void fill_attributes(struct judgments *judgments)
{
    struct fit_data *data = &judgments->data;
    uint32_t n = judgments->attributes.n, n_values = column_n(&judgments->group_value);
    uint32_t *counts = arena_calloc(judgments->arena, n, sizeof(*counts));
    const char *const **values = arena_calloc(judgments->arena, n, sizeof(*values));
    size_t cells = (size_t)n * data->n_annotators;
    uint32_t *group = arena_alloc(judgments->arena, cells * sizeof(*group));
    for (uint32_t a = 0; a < n; a++) {
        counts[a] = judgments->values[a].n;
        values[a] = (const char *const *)judgments->values[a].name;
    }
    for (size_t i = 0; i < cells; i++)
        group[i] = FIT_NO_GROUP;
    const uint32_t *rater = column_data(&judgments->group_rater),
                   *attribute = column_data(&judgments->group_attribute);
    const uint32_t *value = column_data(&judgments->group_value);
    for (uint32_t i = 0; i < n_values; i++)
        group[(size_t)attribute[i] * data->n_annotators + rater[i]] = value[i];
    data->n_attributes = n;
    data->attribute_name = (const char *const *)judgments->attributes.name;
    data->attribute_n_values = counts;
    data->attribute_value = values;
    data->annotator_group = group;
}

// Edits take their places behind all other responses.
static void place_edits(struct judgments *judgments)
{
    uint32_t n = column_n(&judgments->edit_item), *left = (uint32_t *)(void *)judgments->left.bytes.data;
    for (uint32_t i = 0; n > 0 && i < column_n(&judgments->left); i++)
        left[i] = left[i] >= EDITS_FROM ? judgments->n_responses + (left[i] - EDITS_FROM) : left[i];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t model = FIT_NO_GROUP;
        COLUMN_ADD(&judgments->model, model);
    }
    buf_add(&judgments->text.bytes, judgments->edit_text.bytes.data, judgments->edit_text.bytes.length);
    buf_add(&judgments->length.bytes, judgments->edit_length.bytes.data, judgments->edit_length.bytes.length);
    judgments->n_responses += n;
}

static int fill(struct judgments *judgments, const char *dimension, struct err *err)
{
    struct fit_data *data = &judgments->data;
    place_edits(judgments);
    if (judgments->has_embeddings && judgments->has_text_only)
        return err_set(err, ERR_INVALID, "some responses have embeddings and some have none");
    *data = (struct fit_data){.n_items = judgments->items.n,
        .n_responses = judgments->n_responses,
        .item_first = column_data(&judgments->item_first),
        .item_prompt = column_data(&judgments->item_prompt),
        .response_text = column_data(&judgments->text),
        .response_length = column_data(&judgments->length),
        .n_dimensions = judgments->n_dimensions,
        .response_embedding = judgments->has_embeddings ? column_data(&judgments->embedding) : NULL,
        .n_edits = column_n(&judgments->edit_item),
        .edit_item = column_data(&judgments->edit_item),
        .edit_before = column_data(&judgments->edit_before),
        .n_models = judgments->models.n,
        .model_name = (const char *const *)judgments->models.name,
        .response_model = column_data(&judgments->model),
        .n_judgments = column_n(&judgments->annotator),
        .judgment_annotator = column_data(&judgments->annotator),
        .judgment_left = column_data(&judgments->left),
        .judgment_right = column_data(&judgments->right),
        .judgment_outcome = column_data(&judgments->outcome),
        .judgment_strength = column_data(&judgments->strength),
        .judgment_weight = column_data(&judgments->weight),
        .n_objectives = judgments->dimensions.n,
        .objective_name = (const char *const *)judgments->dimensions.name,
        .n_objective_ratings = column_n(&judgments->rating_value),
        .objective_annotator = column_data(&judgments->rating_annotator),
        .objective_response = column_data(&judgments->rating_response),
        .objective_value = column_data(&judgments->rating_value),
        .n_languages = judgments->languages.n,
        .language_name = (const char *const *)judgments->languages.name,
        .item_language = column_data(&judgments->item_language),
        .n_annotators = judgments->raters.n,
        .annotator_key = column_data(&judgments->key)};
    fill_attributes(judgments);
    return choose_dimension(judgments, dimension, err);
}

// ---------------------------------------------------------------- the file
static const char *file_in(const char *path, struct arena *arena)
{
    static const char *const names[] = {
        "plenum.jsonl.zst", "plenum.jsonl", "judgments.jsonl.zst", "judgments.jsonl"};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const char *inside = arena_printf(arena, "%s/%s", path, names[i]);
        if (access(inside, R_OK) == 0)
            return inside;
    }
    return path;
}

static struct judgments *judgments_new(void)
{
    struct judgments *judgments = calloc(1, sizeof(*judgments));
    if (judgments == NULL)
        abort();
    judgments->arena = arena_new(SIZE_MAX);
    struct names *all[] = {&judgments->items, &judgments->raters, &judgments->attributes,
        &judgments->dimensions, &judgments->models, &judgments->languages};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        names_init(all[i]);
    judgments->values = arena_calloc(judgments->arena, FIT_ATTRIBUTES_MAX, sizeof(*judgments->values));
    struct column *words[] = {&judgments->item_first, &judgments->annotator, &judgments->left,
        &judgments->right, &judgments->weight, &judgments->embedding, &judgments->model,
        &judgments->item_language, &judgments->rating_annotator, &judgments->rating_response,
        &judgments->rating_value, &judgments->rating_dimension, &judgments->group_rater,
        &judgments->group_attribute, &judgments->group_value, &judgments->edit_item, &judgments->edit_before};
    struct column *longs[] = {&judgments->item_prompt, &judgments->text, &judgments->length, &judgments->key,
        &judgments->edit_text, &judgments->edit_length};
    struct column *bytes[] = {&judgments->outcome, &judgments->strength};
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        column_init(words[i], 4);
    for (size_t i = 0; i < ARRAY_SIZE(longs); i++)
        column_init(longs[i], 8);
    for (size_t i = 0; i < ARRAY_SIZE(bytes); i++)
        column_init(bytes[i], 1);
    uint32_t zero = 0;
    COLUMN_ADD(&judgments->item_first, zero);
    return judgments;
}

struct judgments *judgments_read(const char *path, const char *dimension, bool edits, struct err *err)
{
    struct judgments *judgments = judgments_new();
    judgments->has_edits = edits;
    const char *file = file_in(path, judgments->arena);
    struct lines *lines = lines_open(file, err);
    int got = lines == NULL ? ERR_IO : 1;
    while (got == 1) {
        char *line;
        size_t length;
        got = lines_next(lines, &line, &length, err);
        if (got == 1 && length > 0) {
            int failed = read_line(judgments, line, length, err);
            if (failed) {
                err_prefix(err, "%s:%llu", file, (unsigned long long)lines_number(lines));
                got = failed;
            }
        }
    }
    lines_close(lines);
    if (got == 0)
        got = fill(judgments, dimension, err);
    if (got < 0) {
        judgments_free(judgments);
        return NULL;
    }
    return judgments;
}

void judgments_free(struct judgments *judgments)
{
    if (judgments == NULL)
        return;
    for (uint32_t i = 0; i < judgments->attributes.n && i < FIT_ATTRIBUTES_MAX; i++)
        names_release(&judgments->values[i]);
    struct names *all[] = {&judgments->items, &judgments->raters, &judgments->attributes,
        &judgments->dimensions, &judgments->models, &judgments->languages};
    for (size_t i = 0; i < ARRAY_SIZE(all); i++)
        names_release(all[i]);
    struct column *columns[] = {&judgments->item_first, &judgments->item_prompt, &judgments->item_language,
        &judgments->text, &judgments->length, &judgments->embedding, &judgments->model, &judgments->annotator,
        &judgments->left, &judgments->right, &judgments->outcome, &judgments->strength, &judgments->weight,
        &judgments->rating_annotator, &judgments->rating_response, &judgments->rating_value,
        &judgments->rating_dimension, &judgments->key, &judgments->group_rater, &judgments->group_attribute,
        &judgments->group_value, &judgments->edit_text, &judgments->edit_length, &judgments->edit_item,
        &judgments->edit_before};
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++)
        buf_release(&columns[i]->bytes);
    arena_free(judgments->arena);
    free(judgments);
}

const struct fit_data *judgments_data(const struct judgments *judgments)
{
    return &judgments->data;
}
