// CSV with ratings: each row is an item of one response, the annotator who rated it, and the rating. ?map= says which
// column is what:
//   {"item", "text", "prompt"?, "language"?, "annotator", "rating", "dimension"? | "ratings": {dimension: column},
//    "scale"?: [least, most], "attributes"?: [column, ...] | {attribute: column}, "prefer_not_to_say"?: [value, ...]}
// Without annotator and rating, rows are items only. An empty cell is an answer not given.
#include "base/json.h"
#include "coordinator/dataset/csv.h"
#include "coordinator/dataset/formats.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAP_COLUMNS_MAX = 100, NO_COLUMN = -1 };

// A column of the file: what it is called here, what in the file, and where it was found.
struct column {
    const char *name, *header; // borrowed from the map
    int index;
};

struct csv_import {
    struct import *import;
    json_t *map;
    struct csv *csv;
    struct column item, text, prompt, language, annotator;
    struct column ratings[MAP_COLUMNS_MAX], attributes[MAP_COLUMNS_MAX];
    size_t n_ratings, n_attributes;
    double least, most;
    size_t n_header; // 0: not read yet
    bool broken;     // the header lacks a column: rows can't be read
};

// --- the map -------------------------------------------------------------------------------------------------------
static int read_column(
    struct csv_import *in, const char *key, bool required, struct column *ret_column, struct err *err)
{
    const json_t *value = json_object_get(in->map, key);
    *ret_column = (struct column){.name = key, .index = NO_COLUMN};
    if (value == NULL && !required)
        return 0;
    if (!json_is_string(value) || json_string_length(value) == 0)
        return err_set(err, ERR_INVALID, "map: \"%s\" must name a column.", key);
    ret_column->header = json_string_value(value);
    return 0;
}

// A list of columns, or an object {name: column}.
static int read_columns(
    const char *key, json_t *value, struct column *columns, size_t *ret_n, struct err *err)
{
    bool is_object = json_is_object(value);
    size_t n = is_object ? json_object_size(value) : json_array_size(value);
    *ret_n = 0;
    if ((!is_object && !json_is_array(value)) || n > MAP_COLUMNS_MAX)
        return err_set(err, ERR_INVALID, "map: \"%s\" must name columns, at most %d.", key, MAP_COLUMNS_MAX);
    void *member = is_object ? json_object_iter(value) : NULL;
    for (size_t i = 0; i < n; i++) {
        const json_t *column = is_object ? json_object_iter_value(member) : json_array_get(value, i);
        const char *header = json_string_value(column);
        const char *name = is_object ? json_object_iter_key(member) : header;
        if (header == NULL || header[0] == '\0' || name[0] == '\0')
            return err_set(err, ERR_INVALID, "map: \"%s\" must name columns.", key);
        columns[(*ret_n)++] = (struct column){.name = name, .header = header, .index = NO_COLUMN};
        if (is_object)
            member = json_object_iter_next(value, member);
    }
    return 0;
}

static int read_ratings(struct csv_import *in, struct err *err)
{
    json_t *rating = json_object_get(in->map, "rating"), *ratings = json_object_get(in->map, "ratings");
    const json_t *dimension = json_object_get(in->map, "dimension"),
                 *scale = json_object_get(in->map, "scale");
    in->least = -INFINITY;
    in->most = INFINITY;
    if (rating != NULL && ratings != NULL)
        return err_set(err, ERR_INVALID, "map: give \"rating\" or \"ratings\", not both.");
    if (ratings != NULL && read_columns("ratings", ratings, in->ratings, &in->n_ratings, err) < 0)
        return err->code;
    if (rating != NULL) {
        if (read_column(in, "rating", true, &in->ratings[0], err) < 0)
            return err->code;
        if (dimension != NULL && (!json_is_string(dimension) || json_string_length(dimension) == 0))
            return err_set(err, ERR_INVALID, "map: \"dimension\" must be a name.");
        in->ratings[0].name = dimension != NULL ? json_string_value(dimension) : in->ratings[0].header;
        in->n_ratings = 1;
    }
    if (scale != NULL) {
        in->least = json_number_value(json_array_get(scale, 0));
        in->most = json_number_value(json_array_get(scale, 1));
        if (json_array_size(scale) != 2 || !(in->least < in->most))
            return err_set(err, ERR_INVALID, "map: \"scale\" must be two numbers, [least, most].");
    }
    if ((in->annotator.header != NULL) != (in->n_ratings > 0))
        return err_set(err, ERR_INVALID, "map: \"annotator\" and \"rating\" must be given together.");
    return 0;
}

static int check_keys(json_t *map, struct err *err)
{
    static const char *const known[] = {"item", "text", "prompt", "language", "annotator", "rating",
        "ratings", "dimension", "scale", "attributes", "prefer_not_to_say"};
    const char *key;
    json_t *value;
    json_object_foreach(map, key, value)
    {
        size_t i = 0;
        while (i < ARRAY_SIZE(known) && strcmp(key, known[i]) != 0)
            i++;
        if (i == ARRAY_SIZE(known))
            return err_set(err, ERR_INVALID, "map: \"%.60s\" is not known.", key);
    }
    json_t *prefer = json_object_get(map, "prefer_not_to_say"), *one;
    size_t n;
    if (prefer != NULL && !json_is_array(prefer))
        return err_set(err, ERR_INVALID, "map: \"prefer_not_to_say\" must be a list of values.");
    json_array_foreach(prefer, n, one)
    {
        if (!json_is_string(one))
            return err_set(err, ERR_INVALID, "map: \"prefer_not_to_say\" must be a list of values.");
    }
    return 0;
}

static int read_map(struct csv_import *in, struct err *err)
{
    json_error_t at;
    const char *text = import_option(in->import, "map");
    if (text == NULL)
        return err_set(err, ERR_INVALID, "A CSV file needs map, which says what its columns are.");
    in->map = json_loads(text, JSON_REJECT_DUPLICATES, &at);
    if (!json_is_object(in->map))
        return err_set(
            err, ERR_INVALID, "map must be a JSON object: %s.", in->map == NULL ? at.text : "it is none");
    if (check_keys(in->map, err) < 0 || read_column(in, "item", false, &in->item, err) < 0 ||
        read_column(in, "text", true, &in->text, err) < 0 ||
        read_column(in, "prompt", false, &in->prompt, err) < 0 ||
        read_column(in, "language", false, &in->language, err) < 0 ||
        read_column(in, "annotator", false, &in->annotator, err) < 0 || read_ratings(in, err) < 0)
        return err->code;
    json_t *attributes = json_object_get(in->map, "attributes");
    if (attributes == NULL)
        return 0;
    if (in->annotator.header == NULL)
        return err_set(
            err, ERR_INVALID, "map: \"attributes\" are the annotator's, and no \"annotator\" is given.");
    return read_columns("attributes", attributes, in->attributes, &in->n_attributes, err);
}

// --- the rows ------------------------------------------------------------------------------------------------------
static void on_error(void *arg, int64_t line, const char *detail)
{
    struct csv_import *in = arg;
    if (in->n_header == 0)
        in->broken = true;
    import_reject(in->import, line, "", "the row %s%s", detail,
        in->n_header == 0 ? "; without a header no row can be read" : "");
}

static void find_column(
    struct csv_import *in, struct column *column, const char *const *fields, size_t n_fields)
{
    if (column->header == NULL)
        return;
    size_t n_found = 0;
    for (size_t i = 0; i < n_fields; i++) {
        if (strcmp(fields[i], column->header) == 0 && n_found++ == 0)
            column->index = (int)i;
    }
    if (n_found == 1)
        return;
    import_reject(in->import, 1, "", "the header has %s column \"%.100s\": no row was read",
        n_found == 0 ? "no" : "more than one", column->header);
    in->broken = true;
}

static void read_header(struct csv_import *in, const char *const *fields, size_t n_fields)
{
    struct column *single[] = {&in->item, &in->text, &in->prompt, &in->language, &in->annotator};
    in->n_header = n_fields;
    for (size_t i = 0; i < ARRAY_SIZE(single); i++)
        find_column(in, single[i], fields, n_fields);
    for (size_t i = 0; i < in->n_ratings; i++)
        find_column(in, &in->ratings[i], fields, n_fields);
    for (size_t i = 0; i < in->n_attributes; i++)
        find_column(in, &in->attributes[i], fields, n_fields);
}

static const char *cell(const struct column *column, const char *const *fields)
{
    return column->index == NO_COLUMN || fields[column->index][0] == '\0' ? NULL : fields[column->index];
}

static void reject_cell(struct csv_import *in, int64_t line, const struct column *column, const char *detail)
{
    char pointer[160] = "/";
    size_t used = 1;
    for (const char *c = column->header; *c != '\0' && used < sizeof(pointer) - 3; c++) {
        if (*c == '~' || *c == '/') {
            pointer[used++] = '~';
            pointer[used++] = *c == '~' ? '0' : '1';
        } else {
            pointer[used++] = *c;
        }
    }
    pointer[used] = '\0';
    import_reject(in->import, line, pointer, "%.100s %s", column->header, detail);
}

static bool read_number(const char *text, double *ret_value)
{
    char *end = NULL;
    if (text[strspn(text, "+-.0123456789eE")] != '\0')
        return false;
    *ret_value = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*ret_value);
}

// {"ratings": {dimension: {"0": number}}}, or NULL after having rejected the row.
static json_t *answer_of(struct csv_import *in, int64_t line, const char *const *fields)
{
    json_t *ratings = json_object();
    for (size_t i = 0; i < in->n_ratings; i++) {
        const struct column *column = &in->ratings[i];
        const char *text = cell(column, fields);
        double value = 0;
        if (text == NULL)
            continue;
        bool is_number = read_number(text, &value);
        if (!is_number || value < in->least || value > in->most) {
            reject_cell(in, line, column, is_number ? "is outside the scale" : "must be a number");
            json_decref(ratings);
            return NULL;
        }
        bool is_whole = floor(value) == value && fabs(value) < 1e15;
        json_object_set_new(ratings, column->name,
            json_pack("{s:o}", "0", is_whole ? json_integer((json_int_t)value) : json_real(value)));
    }
    if (json_object_size(ratings) == 0) {
        reject_cell(in, line, &in->ratings[0], "is empty: there is nothing to keep as a rating");
        json_decref(ratings);
        return NULL;
    }
    return json_pack("{s:o}", "ratings", ratings);
}

static json_t *attributes_of(const struct csv_import *in, const char *const *fields)
{
    const json_t *prefer = json_object_get(in->map, "prefer_not_to_say");
    json_t *attributes = json_object();
    for (size_t i = 0; i < in->n_attributes; i++) {
        const char *value = cell(&in->attributes[i], fields);
        if (value == NULL)
            continue;
        for (size_t n = 0; n < json_array_size(prefer); n++) {
            if (strcmp(json_string_value(json_array_get(prefer, n)), value) == 0) {
                value = "prefer_not_to_say";
                break;
            }
        }
        json_object_set_new(attributes, in->attributes[i].name, json_string(value));
    }
    return attributes;
}

static char *dump(json_t *json)
{
    char *text = json == NULL ? NULL : json_text(json, JSON_COMPACT);
    json_decref(json);
    return text;
}

static void add_row(struct csv_import *in, int64_t line, const char *const *fields)
{
    const char *prompt_text = cell(&in->prompt, fields);
    char *prompt =
        dump(prompt_text == NULL ? json_array()
                                 : json_pack("[{s:s, s:s}]", "role", "user", "content", prompt_text));
    struct import_item item = {.source_id = cell(&in->item, fields),
        .prompt = prompt,
        .n_responses = 1,
        .responses = &(struct import_response){.content = fields[in->text.index]},
        .language = cell(&in->language, fields)};
    struct import_record record = {.line = line, .item = &item};
    struct import_annotator annotator = {.source_id = cell(&in->annotator, fields)};
    struct import_judgment judgment = {.outcome = "rating"};
    char *attributes = NULL, *answer = NULL;
    bool ok = true;
    if (in->item.header != NULL && item.source_id == NULL) {
        reject_cell(in, line, &in->item, "is empty");
        ok = false;
    } else if (in->annotator.header != NULL) {
        if (annotator.source_id == NULL)
            reject_cell(in, line, &in->annotator, "is empty");
        else
            answer = dump(answer_of(in, line, fields));
        ok = answer != NULL;
        if (ok && in->n_attributes > 0)
            annotator.attributes = attributes = dump(attributes_of(in, fields));
        judgment.answer = answer;
        record.annotator = &annotator;
        record.judgment = &judgment;
    }
    if (ok)
        import_add(in->import, &record);
    free(prompt);
    free(attributes);
    free(answer);
}

static void on_row(void *arg, int64_t line, const char *const *fields, size_t n_fields)
{
    struct csv_import *in = arg;
    if (in->broken)
        return;
    if (in->n_header == 0)
        read_header(in, fields, n_fields);
    else if (n_fields != in->n_header)
        import_reject(
            in->import, line, "", "the row has %zu fields, the header has %zu", n_fields, in->n_header);
    else
        add_row(in, line, fields);
}

static int csv_import_open(struct import *import, void **ret_state, struct err *err)
{
    struct csv_import *in = calloc(1, sizeof(*in));
    if (in == NULL)
        abort();
    in->import = import;
    *ret_state = in;
    in->csv = csv_new(&(struct csv_handler){.row = on_row, .error = on_error, .arg = in});
    return read_map(in, err);
}

static void csv_import_bytes(void *state, struct import *import UNUSED, const char *data, size_t size)
{
    csv_feed(((struct csv_import *)state)->csv, data, size);
}

static void csv_import_end(void *state, struct import *import)
{
    struct csv_import *in = state;
    csv_end(in->csv);
    if (in->n_header == 0 && !in->broken)
        import_reject(import, 1, "", "the file has no header");
}

static void csv_import_close(void *state)
{
    struct csv_import *in = state;
    csv_free(in->csv);
    json_decref(in->map);
    free(in);
}

const struct import_format format_csv = {
    .name = "csv",
    .open = csv_import_open,
    .bytes = csv_import_bytes,
    .end = csv_import_end,
    .close = csv_import_close,
};
