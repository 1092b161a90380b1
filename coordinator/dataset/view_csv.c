// Tables for spreadsheets and statistics (RFC 4180, UTF-8): judgments.csv, a row a judgment and for ratings a row a
// rating; responses.csv; raters.csv with a column an attribute.
#include "coordinator/dataset/csv.h"
#include "coordinator/dataset/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROW_MAX_BYTES = 64 * 1024 * 1024 };

struct csv_state {
    struct outfile *judgments, *responses, *raters;
    struct buf row;
};

static void add_field(struct csv_state *state, const char *text)
{
    if (state->row.length > 0)
        buf_add_char(&state->row, ',');
    csv_add_field(&state->row, text != NULL ? text : "");
}

static void add_integer(struct csv_state *state, const json_t *number)
{
    if (state->row.length > 0)
        buf_add_char(&state->row, ',');
    if (json_is_integer(number))
        buf_printf(&state->row, "%lld", (long long)json_integer_value(number));
}

static void end_row(struct csv_state *state, struct outfile *file)
{
    assert(
        !state->row.overflow); // a row is an item's prompt and a response; both are bounded on their way in
    outfile_add(file, state->row.data, state->row.length);
    outfile_add(file, "\r\n", 2);
    buf_clear(&state->row);
}

static void header(struct csv_state *state, struct outfile *file, const char *const *columns)
{
    for (size_t i = 0; columns[i] != NULL; i++)
        add_field(state, columns[i]);
    end_row(state, file);
}

// True or false, and the code of why.
static void add_exclusion(struct csv_state *state, const struct rater *rater)
{
    add_field(state, rater->excluded != NULL ? "true" : "false");
    add_field(state, rater->excluded);
}

// --- raters --------------------------------------------------------------------------------------------------------
static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void add_attribute(struct csv_state *state, const json_t *value)
{
    struct buf text;
    buf_init(&text, ROW_MAX_BYTES);
    for (size_t i = 0; i < json_array_size(value); i++)
        buf_printf(&text, "%s%s", i > 0 ? "; " : "", json_string_value(json_array_get(value, i)));
    add_field(state, json_is_string(value) ? json_string_value(value) : text.data);
    buf_release(&text);
}

static void write_raters(struct csv_state *state, const struct release *release)
{
    size_t n = 0;
    const char **names = calloc(json_object_size(release->held) + 1, sizeof(*names)), *name;
    json_t *cell;
    if (names == NULL)
        abort();
    json_object_foreach(release->held, name, cell) names[n++] = name;
    qsort(names, n, sizeof(*names), by_text);
    add_field(state, "rater");
    add_field(state, "simulated");
    add_field(state, "imported");
    add_field(state, "excluded");
    add_field(state, "exclusion");
    for (size_t i = 0; i < n; i++)
        add_field(state, names[i]);
    end_row(state, state->raters);
    for (size_t r = 0; r < release->n_raters; r++) {
        const struct rater *rater = release->sorted[r];
        json_t *attributes = release_attributes(release, rater);
        add_field(state, rater->pseudonym);
        add_field(state, rater->is_simulated ? "true" : "false");
        add_field(state, rater->is_imported ? "true" : "false");
        add_exclusion(state, rater);
        for (size_t i = 0; i < n; i++)
            add_attribute(state, json_object_get(attributes, names[i]));
        end_row(state, state->raters);
        json_decref(attributes);
    }
    free(names);
}

// --- responses -----------------------------------------------------------------------------------------------------
static void write_responses(struct csv_state *state, const struct export_item *item)
{
    struct buf prompt;
    buf_init(&prompt, ROW_MAX_BYTES / 4);
    size_t n_messages = json_array_size(item->prompt);
    for (size_t i = 0; i < n_messages; i++) {
        const json_t *message = json_array_get(item->prompt, i);
        if (n_messages > 1)
            buf_printf(
                &prompt, "%s%s: ", i > 0 ? "\n\n" : "", json_string_value(json_object_get(message, "role")));
        buf_add_text(&prompt, json_string_value(json_object_get(message, "content")));
    }
    for (size_t i = 0; i < json_array_size(item->responses); i++) {
        const json_t *response = json_array_get(item->responses, i);
        add_field(state, item->id);
        buf_printf(&state->row, ",%zu", i);
        add_field(state, prompt.data);
        add_field(state, response_content(item, (int)i));
        add_field(state, json_string_value(json_object_get(response, "model")));
        add_field(state, item->language);
        end_row(state, state->responses);
    }
    buf_release(&prompt);
}

// --- judgments -----------------------------------------------------------------------------------------------------
static void add_ranking(struct csv_state *state, const json_t *ranking)
{
    struct buf text;
    buf_init(&text, 4096);
    for (size_t place = 0; place < json_array_size(ranking); place++) {
        const json_t *tied = json_array_get(ranking, place);
        for (size_t i = 0; i < json_array_size(tied); i++)
            buf_printf(&text, "%s%lld",
                i > 0       ? "="
                : place > 0 ? ">"
                            : "",
                (long long)json_integer_value(json_array_get(tied, i)));
    }
    add_field(state, text.data);
    buf_release(&text);
}

static void add_rating(struct csv_state *state, const json_t *number)
{
    if (json_is_string(number)) { // yes, no, unsure
        add_field(state, json_string_value(number));
        return;
    }
    double value = json_number_value(number);
    buf_add_char(&state->row, ',');
    if (json_is_number(number))
        buf_printf(&state->row, floor(value) == value && fabs(value) < 1e15 ? "%.0f" : "%.15g", value);
}

struct rating {
    const char *dimension, *response;
    const json_t *value;
};

static void write_judgment(struct csv_state *state, const struct export_item *item,
    const struct export_judgment *judgment, const char *outcome, const struct rating *rating)
{
    const json_t *shown = json_object_get(judgment->json, "shown");
    bool is_pair = json_array_size(shown) == 2;
    add_field(state, item->id);
    add_field(state, judgment->rater->pseudonym);
    add_field(state, outcome);
    add_integer(state, json_object_get(judgment->json, "strength"));
    add_integer(state, is_pair ? json_array_get(shown, 0) : NULL);
    add_integer(state, is_pair ? json_array_get(shown, 1) : NULL);
    add_field(state, rating->dimension);
    add_field(state, rating->response);
    add_rating(state, rating->value);
    add_ranking(state, json_object_get(json_object_get(judgment->json, "answer"), "ranking"));
    add_integer(state, json_object_get(judgment->json, "active_ms"));
    add_field(state, json_string_value(json_object_get(judgment->json, "judged_on")));
    add_field(state, judgment->id);
    add_field(state, judgment->repeat_of);
    add_field(state, json_string_value(json_object_get(judgment->json, "strategy")));
    add_rating(state, json_object_get(judgment->json, "probability"));
    add_exclusion(state, judgment->rater);
    end_row(state, state->judgments);
}

static void write_ratings(struct csv_state *state, const struct export_item *item,
    const struct export_judgment *judgment, json_t *ratings)
{
    const char *dimension, *response;
    json_t *by_response, *value;
    json_object_foreach(ratings, dimension, by_response)
    {
        json_object_foreach(by_response, response, value) write_judgment(state, item, judgment, "rating",
            &(struct rating){.dimension = dimension, .response = response, .value = value});
    }
}

static void item_csv(void *arg, struct export_run *run UNUSED, const struct export_item *item)
{
    struct csv_state *state = arg;
    write_responses(state, item);
    for (size_t i = 0; i < item->n_judgments; i++) {
        const struct export_judgment *judgment = &item->judgments[i];
        json_t *ratings = json_object_get(json_object_get(judgment->json, "answer"), "ratings");
        if (strcmp(judgment->outcome, "rating") != 0)
            write_judgment(state, item, judgment, judgment->outcome, &(struct rating){0});
        write_ratings(state, item, judgment, ratings);
    }
}

static int open_csv(struct export_run *run, void **ret_state, struct err *err)
{
    static const char *const judgment_columns[] = {"item", "rater", "outcome", "strength", "left", "right",
        "dimension", "response", "rating", "ranking", "active_ms", "judged_on", "judgment", "repeat_of",
        "strategy", "probability", "excluded", "exclusion", NULL};
    static const char *const response_columns[] = {
        "item", "response", "prompt", "content", "model", "language", NULL};
    static const char *const rater_columns[] = {
        "rater", "simulated", "imported", "excluded", "exclusion", NULL};
    static const struct export_file judgments = {.format = "csv",
        .columns = judgment_columns,
        .about =
            "judgments as a table; left and right are numbers of responses, a rating has a row of its own"};
    static const struct export_file responses = {
        .format = "csv", .columns = response_columns, .about = "prompts and responses as a table"};
    static const struct export_file raters = {.format = "csv",
        .columns = rater_columns,
        .about = "who judged, by pseudonyms of this release alone, with a column for each attribute"};
    struct csv_state *state = calloc(1, sizeof(*state));
    if (state == NULL)
        abort();
    *ret_state = state;
    buf_init(&state->row, ROW_MAX_BYTES);
    if (export_file_open(run, &judgments, "judgments.csv", &state->judgments, err) < 0 ||
        export_file_open(run, &responses, "responses.csv", &state->responses, err) < 0 ||
        export_file_open(run, &raters, "raters.csv", &state->raters, err) < 0)
        return err->code;
    header(state, state->judgments, judgment_columns);
    header(state, state->responses, response_columns);
    write_raters(state, &run->release);
    return 0;
}

static void close_csv(void *arg)
{
    struct csv_state *state = arg;
    buf_release(&state->row);
    free(state);
}

const struct export_view view_csv = {.format = "csv", .open = open_csv, .item = item_csv, .close = close_csv};
