#include "coordinator/collect/coverage.h"

#include "coordinator/identity/templates.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_MAX_BYTES = 200 };
#define OWN_WORDS "self-described"
#define NOT_ANSWERED "not_answered"
#define OTHER "other"

void coverage_init(struct coverage *coverage, const json_t *questions)
{
    *coverage = (struct coverage){.questions = questions, .attributes = json_object()};
}

void coverage_release(struct coverage *coverage)
{
    json_decref(coverage->attributes);
    coverage->attributes = NULL;
}

// --- counting -----------------------------------------------------------------------------------------------------------
static const json_t *question_named(const json_t *questions, const char *name)
{
    for (size_t i = 0; i < json_array_size(questions); i++) {
        const json_t *question = json_array_get(questions, i);
        if (strcmp(json_string_value(json_object_get(question, "id")), name) == 0)
            return question;
    }
    return NULL;
}

static bool is_offered(const json_t *question, const char *value)
{
    const json_t *values = json_object_get(question, "values");
    for (size_t i = 0; i < json_array_size(values); i++) {
        if (strcmp(json_string_value(json_object_get(json_array_get(values, i), "id")), value) == 0)
            return true;
    }
    return strcmp(value, PREFER_NOT_TO_SAY) == 0;
}

static void count(json_t *cell, int64_t n_judgments)
{
    json_t *annotators = json_array_get(cell, 0), *judgments = json_array_get(cell, 1);
    json_integer_set(annotators, json_integer_value(annotators) + 1);
    json_integer_set(judgments, json_integer_value(judgments) + (json_int_t)n_judgments);
}

static json_t *attribute_named(struct coverage *coverage, const char *name)
{
    json_t *attribute = json_object_get(coverage->attributes, name);
    if (attribute == NULL && json_object_size(coverage->attributes) < COVERAGE_ATTRIBUTES_MAX) {
        attribute = json_pack("{s:{}, s:[i,i]}", "values", "answered", 0, 0);
        json_object_set_new(coverage->attributes, name, attribute);
    }
    return attribute;
}

static void count_value(
    json_t *attribute, const json_t *question, const char *value, bool is_imported, int64_t n_judgments)
{
    json_t *values = json_object_get(attribute, "values"), *cell;
    if (!is_offered(question, value) && (!is_imported || strlen(value) > VALUE_MAX_BYTES))
        value = OWN_WORDS;
    cell = json_object_get(values, value);
    if (cell == NULL && json_object_size(values) >= COVERAGE_VALUES_MAX)
        value = OTHER;
    if (cell == NULL && (cell = json_object_get(values, value)) == NULL) {
        cell = json_pack("[i,i]", 0, 0);
        json_object_set_new(values, value, cell);
    }
    count(cell, n_judgments);
}

void coverage_add(struct coverage *coverage, const json_t *answers, bool is_imported, int64_t n_judgments)
{
    const char *name;
    json_t *answer, *one;
    size_t i;
    coverage->n_annotators++;
    coverage->n_judgments += n_judgments;
    json_object_foreach((json_t *)answers, name, answer)
    {
        const json_t *question = question_named(coverage->questions, name);
        json_t *attribute = question != NULL || is_imported ? attribute_named(coverage, name) : NULL;
        if (attribute == NULL || (json_is_array(answer) && json_array_size(answer) == 0))
            continue;
        count(json_object_get(attribute, "answered"), n_judgments);
        if (json_is_string(answer))
            count_value(attribute, question, json_string_value(answer), is_imported, n_judgments);
        if (json_is_array(answer))
            json_object_set_new(attribute, "several", json_true());
        json_array_foreach(answer, i, one)
            count_value(attribute, question, json_string_value(one), is_imported, n_judgments);
    }
}

// --- hiding -------------------------------------------------------------------------------------------------------------
struct hiding {
    int64_t people;            // in what is hidden
    int64_t n_small, n_others; // hidden groups of fewer than least, and those hidden beside them
    int64_t smallest_shown;
};

// Each small one holds 0 to least - 1 people, each other one `least` to as many as the smallest that is shown. Leaves
// that a single small one at least two sizes?
static bool is_vague(const struct hiding *hiding, int64_t least)
{
    int64_t low =
        hiding->people - (least - 1) * (hiding->n_small - 1) - hiding->smallest_shown * hiding->n_others;
    int64_t high = hiding->people - least * hiding->n_others;
    return (high < least ? high : least - 1) > (low > 0 ? low : 0);
}

// Marks more, beside what is marked already.
static void hide_more(const int64_t *counts, size_t n, int64_t least, bool *hidden)
{
    struct hiding hiding = {0};
    for (size_t i = 0; i < n; i++) {
        bool is_small = counts[i] < least;
        hiding.n_others += hidden[i] && !is_small;
        hidden[i] = hidden[i] || is_small;
        hiding.people += hidden[i] ? counts[i] : 0;
        hiding.n_small += is_small;
    }
    while (hiding.people > 0) {
        size_t smallest = n;
        for (size_t i = 0; i < n; i++) {
            if (!hidden[i] && (smallest == n || counts[i] < counts[smallest]))
                smallest = i;
        }
        if (smallest == n)
            return;
        hiding.smallest_shown = counts[smallest];
        // Without a small one all that follows from the rest is how many the others are together: there must be two of them.
        if (hiding.n_small == 0 ? hiding.n_others > 1 : hiding.people >= least && is_vague(&hiding, least))
            return;
        hidden[smallest] = true;
        hiding.people += counts[smallest];
        hiding.n_others++;
    }
}

void coverage_hide(const int64_t *counts, size_t n, int64_t least, bool *ret_hidden)
{
    memset(ret_hidden, 0, n * sizeof(*ret_hidden));
    hide_more(counts, n, least, ret_hidden);
}

// One line of a table, every `step`th from `first`. True when more of it is hidden now.
static bool hide_line(const int64_t *counts, size_t first, size_t step, size_t n, int64_t least, bool *hidden)
{
    int64_t line[COVERAGE_LINE_MAX] = {0};
    bool marks[COVERAGE_LINE_MAX] = {false}, more = false;
    assert(n <= COVERAGE_LINE_MAX);
    for (size_t i = 0; i < n; i++) {
        line[i] = counts[first + i * step];
        marks[i] = hidden[first + i * step];
    }
    hide_more(line, n, least, marks);
    for (size_t i = 0; i < n; i++) {
        more = more || marks[i] != hidden[first + i * step];
        hidden[first + i * step] = marks[i];
    }
    return more;
}

void coverage_hide_table(
    const int64_t *counts, size_t n_rows, size_t n_columns, int64_t least, bool *ret_hidden)
{
    memset(ret_hidden, 0, n_rows * n_columns * sizeof(*ret_hidden));
    for (size_t c = 0; c < n_columns; c++) {
        int64_t all = 0;
        for (size_t r = 0; r < n_rows; r++)
            all += counts[r * n_columns + c];
        for (size_t r = 0; r < n_rows; r++)
            ret_hidden[r * n_columns + c] = all - counts[r * n_columns + c] < least;
    }
    for (bool more = true; more;) {
        more = false;
        for (size_t r = 0; r < n_rows; r++)
            more = hide_line(counts, r * n_columns, 1, n_columns, least, ret_hidden) || more;
        for (size_t c = 0; c < n_columns; c++)
            more = hide_line(counts, c, n_columns, n_rows, least, ret_hidden) || more;
    }
}

// --- rows ---------------------------------------------------------------------------------------------------------------
struct cell {
    const char *value;
    int64_t counts[2]; // annotators, judgments
    bool is_named;     // its row is there whatever it counts
};

struct table {
    struct cell *cells;
    bool *hidden;
    size_t n;
};

static void add_cell(struct table *table, const json_t *values, const char *value, bool is_named)
{
    const json_t *cell = json_object_get(values, value);
    table->cells[table->n++] = (struct cell){value,
        {json_integer_value(json_array_get(cell, 0)), json_integer_value(json_array_get(cell, 1))}, is_named};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct cell *)a)->value, ((const struct cell *)b)->value);
}

static void make_cells(
    const struct coverage *coverage, const json_t *attribute, const json_t *question, struct table *table)
{
    const json_t *offered = json_object_get(question, "values"),
                 *answered = json_object_get(attribute, "answered");
    json_t *values = json_object_get(attribute, "values"), *cell;
    const char *value;
    for (size_t i = 0; i < json_array_size(offered); i++)
        add_cell(table, values, json_string_value(json_object_get(json_array_get(offered, i), "id")), true);
    size_t first = table->n;
    json_object_foreach(values, value, cell)
    {
        if (!is_offered(question, value))
            add_cell(table, values, value, false);
    }
    qsort(table->cells + first, table->n - first, sizeof(struct cell), by_name);
    add_cell(table, values, PREFER_NOT_TO_SAY, question != NULL);
    add_cell(table, NULL, NOT_ANSWERED, true);
    table->cells[table->n - 1].counts[0] =
        coverage->n_annotators - json_integer_value(json_array_get(answered, 0));
    table->cells[table->n - 1].counts[1] =
        coverage->n_judgments - json_integer_value(json_array_get(answered, 1));
}

// Single answers make up the whole; where a person may give several, each group and those outside of it do.
static void hide_cells(const struct coverage *coverage, bool has_several, struct table *table)
{
    int64_t *counts = calloc(table->n, sizeof(*counts));
    if (counts == NULL)
        abort();
    for (size_t i = 0; i < table->n; i++) {
        counts[i] = table->cells[i].counts[0];
        bool hidden[2];
        coverage_hide((int64_t[]){counts[i], coverage->n_annotators - counts[i]}, 2, COVERAGE_LEAST, hidden);
        table->hidden[i] = hidden[0];
    }
    if (!has_several)
        coverage_hide(counts, table->n, COVERAGE_LEAST, table->hidden);
    free(counts);
}

static void add_row(json_t *rows, const char *attribute, const struct cell *cell, bool is_hidden)
{
    json_t *row =
        json_pack("{s:s, s:s, s:b}", "attribute", attribute, "value", cell->value, "hidden", is_hidden);
    json_object_set_new(
        row, "annotators", is_hidden ? json_null() : json_integer((json_int_t)cell->counts[0]));
    json_object_set_new(
        row, "judgments", is_hidden ? json_null() : json_integer((json_int_t)cell->counts[1]));
    json_array_append_new(rows, row);
}

static void add_rows(const struct coverage *coverage, const char *name, const json_t *question, json_t *rows)
{
    const json_t *attribute = json_object_get(coverage->attributes, name);
    size_t n_max = json_array_size(json_object_get(question, "values")) +
                   json_object_size(json_object_get(attribute, "values")) + 2;
    struct table table = {
        .cells = calloc(n_max, sizeof(*table.cells)), .hidden = calloc(n_max, sizeof(*table.hidden))};
    if (table.cells == NULL || table.hidden == NULL)
        abort();
    make_cells(coverage, attribute, question, &table);
    hide_cells(coverage,
        json_is_true(json_object_get(question, "multi")) || json_object_get(attribute, "several") != NULL,
        &table);
    bool has_other = false;
    for (size_t i = 0; i < table.n; i++) {
        if (!table.hidden[i] || table.cells[i].is_named)
            add_row(rows, name, &table.cells[i], table.hidden[i]);
        else
            has_other = has_other || table.cells[i].counts[0] > 0;
    }
    if (has_other)
        add_row(rows, name, &(struct cell){.value = OTHER}, true);
    free(table.cells);
    free(table.hidden);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *coverage_rows(const struct coverage *coverage)
{
    json_t *rows = json_array(), *attribute;
    const char *name, *imported[COVERAGE_ATTRIBUTES_MAX] = {NULL};
    size_t n_imported = 0;
    for (size_t i = 0; i < json_array_size(coverage->questions); i++) {
        const json_t *question = json_array_get(coverage->questions, i);
        add_rows(coverage, json_string_value(json_object_get(question, "id")), question, rows);
    }
    json_object_foreach(coverage->attributes, name, attribute)
    {
        if (question_named(coverage->questions, name) == NULL)
            imported[n_imported++] = name;
    }
    qsort(imported, n_imported, sizeof(*imported), by_text);
    for (size_t i = 0; i < n_imported; i++)
        add_rows(coverage, imported[i], NULL, rows);
    return rows;
}
