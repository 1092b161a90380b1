#include "coordinator/collect/quota.h"

#include "coordinator/identity/templates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 64, COUNT_MAX = 1000000, PER_ITEM_MAX = 1000, POINTER_BYTES = 100 };

// --- reading ------------------------------------------------------------------------------------------------------------
static const json_t *question_named(const json_t *demographics, const char *id)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(demographics, "attributes"), i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "id")), id) == 0)
            return one;
    }
    return NULL;
}

static bool is_in(const json_t *list, const json_t *value)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)list, i, one)
    {
        if (json_equal(one, value))
            return true;
    }
    return false;
}

// {attribute, value, count}: how many people of a kind are wanted.
static json_t *read_kind(struct fields *fields, const json_t *quota, const json_t *demographics, size_t i)
{
    char at[POINTER_BYTES];
    snprintf(at, sizeof(at), "/quotas/%zu", i);
    if (!json_is_object(quota)) {
        fields_fail(fields, at, "A quota must be {attribute, value, count}.");
        return NULL;
    }
    fields_only(fields, quota, at, FIELDS("attribute", "value", "count"));
    const char *attribute = fields_text(fields, quota, at, "attribute", FIELD_REQUIRED, 1, ID_MAX);
    const char *value = fields_text(fields, quota, at, "value", FIELD_REQUIRED, 1, ATTRIBUTE_TEXT_MAX);
    int64_t count = fields_integer(fields, quota, at, "count", FIELD_REQUIRED, 1, COUNT_MAX, 1);
    if (attribute != NULL && question_named(demographics, attribute) == NULL)
        fields_fail_at(fields, at, "attribute", "The study does not ask this.");
    if (attribute == NULL || value == NULL)
        return NULL;
    return json_pack("{s:s, s:s, s:I}", "attribute", attribute, "value", value, "count", (json_int_t)count);
}

static json_t *read_kinds(struct fields *fields, const json_t *body, const json_t *demographics)
{
    const json_t *given = fields_array(fields, body, "", "quotas", FIELD_OPTIONAL, 0, QUOTA_CELLS_MAX);
    json_t *own = json_array(), *quota, *other;
    size_t i, j;
    json_array_foreach((json_t *)given, i, quota)
    {
        json_t *read = read_kind(fields, quota, demographics, i);
        if (read == NULL)
            continue;
        json_array_foreach(own, j, other)
        {
            char at[POINTER_BYTES];
            snprintf(at, sizeof(at), "/quotas/%zu", i);
            if (json_equal(json_object_get(other, "attribute"), json_object_get(read, "attribute")) &&
                json_equal(json_object_get(other, "value"), json_object_get(read, "value")))
                fields_fail(fields, at, "This kind stands here twice.");
        }
        json_array_append_new(own, read);
    }
    return own;
}

static json_t *read_by(struct fields *fields, const json_t *quotas, const json_t *demographics)
{
    const json_t *given = fields_array(fields, quotas, "/quotas", "by", FIELD_REQUIRED, 1, QUOTA_BY_MAX);
    json_t *own = json_array(), *one;
    size_t i;
    json_array_foreach((json_t *)given, i, one)
    {
        char at[POINTER_BYTES];
        snprintf(at, sizeof(at), "/quotas/by/%zu", i);
        const json_t *question =
            json_is_string(one) ? question_named(demographics, json_string_value(one)) : NULL;
        if (question == NULL)
            fields_fail(fields, at, "The study does not ask this.");
        else if (is_in(own, one))
            fields_fail(fields, at, "This stands here twice.");
        else if (json_is_true(json_object_get(question, "multi")) ||
                 json_array_size(json_object_get(question, "values")) == 0)
            fields_fail(fields, at, "A cell needs a question that takes one of its listed values.");
        else
            json_array_append(own, one);
    }
    return own;
}

static void check_value(
    struct fields *fields, const json_t *question, const json_t *values, const char *name, const char *at)
{
    const char *value = json_string_value(json_object_get(values, name));
    size_t i;
    json_t *one;
    bool is_listed = value != NULL && strcmp(value, PREFER_NOT_TO_SAY) == 0;
    json_array_foreach(json_object_get(question, "values"), i, one) is_listed =
        is_listed || json_equal(json_object_get(one, "id"), json_object_get(values, name));
    if (!is_listed)
        fields_fail_at(fields, at, name, "A cell has one of the question's values here.");
}

static void read_values(
    struct fields *fields, const json_t *values, const json_t *by, const json_t *demographics, const char *at)
{
    size_t i;
    json_t *one;
    const char *name;
    json_array_foreach((json_t *)by, i, one) check_value(
        fields, question_named(demographics, json_string_value(one)), values, json_string_value(one), at);
    json_object_foreach((json_t *)values, name, one)
    {
        json_t *key = json_string(name);
        if (!is_in(by, key))
            fields_fail_at(fields, at, name, "The cells are not by this.");
        json_decref(key);
    }
}

static json_t *read_cells(
    struct fields *fields, const json_t *quotas, const json_t *by, const json_t *demographics, bool each_item)
{
    const json_t *given =
        fields_array(fields, quotas, "/quotas", "cells", FIELD_REQUIRED, 1, QUOTA_CELLS_MAX - 1);
    json_t *own = json_array(), *cell, *other;
    size_t i, j;
    json_array_foreach((json_t *)given, i, cell)
    {
        char at[POINTER_BYTES], values_at[POINTER_BYTES + 8];
        snprintf(at, sizeof(at), "/quotas/cells/%zu", i);
        snprintf(values_at, sizeof(values_at), "%s/values", at);
        if (!json_is_object(cell)) {
            fields_fail(fields, at, "A cell must be {values, judgments}.");
            continue;
        }
        fields_only(fields, cell, at, FIELDS("values", "judgments"));
        json_t *values = fields_object(fields, cell, at, "values", FIELD_REQUIRED);
        int64_t n = fields_integer(
            fields, cell, at, "judgments", FIELD_REQUIRED, 1, each_item ? PER_ITEM_MAX : COUNT_MAX, 1);
        if (values == NULL)
            continue;
        read_values(fields, values, by, demographics, values_at);
        json_array_foreach(own, j, other)
        {
            if (json_equal(json_object_get(other, "values"), values))
                fields_fail(fields, at, "This cell stands here twice.");
        }
        json_array_append_new(own, json_pack("{s:O, s:I}", "values", values, "judgments", (json_int_t)n));
    }
    return own;
}

// Of each item: the cells' judgments are what the item wants, and what is more goes to everybody else.
static void share_item(struct fields *fields, const json_t *body, json_t *own, int *judgments_per_item)
{
    bool is_open = strcmp(json_string_value(json_object_get(own, "else")), "open") == 0;
    int64_t sum = 0;
    size_t i;
    json_t *cell;
    json_array_foreach(json_object_get(own, "cells"), i, cell) sum +=
        json_integer_value(json_object_get(cell, "judgments"));
    if (json_object_get(body, "judgments_per_item") == NULL)
        *judgments_per_item = (int)sum;
    if (sum > PER_ITEM_MAX || *judgments_per_item < sum || (*judgments_per_item > sum && !is_open))
        fields_fail(fields, "/judgments_per_item",
            "The cells want %lld judgments of each item: judgments_per_item is as many, or more where \"else\" "
            "is open.",
            (long long)sum);
    json_object_set_new(own, "others", json_integer((json_int_t)(*judgments_per_item - sum)));
}

json_t *quota_read(
    struct fields *fields, const json_t *body, const json_t *demographics, int *judgments_per_item)
{
    static const char *const elses[] = {"closed", "open", NULL}, *const pers[] = {"study", "item", NULL};
    const json_t *quotas = json_object_get(body, "quotas");
    if (!json_is_object(quotas))
        return read_kinds(fields, body, demographics);
    fields_only(fields, quotas, "/quotas", FIELDS("by", "cells", "else", "per"));
    int otherwise = fields_choice(fields, quotas, "/quotas", "else", FIELD_OPTIONAL, elses);
    int per = fields_choice(fields, quotas, "/quotas", "per", FIELD_OPTIONAL, pers);
    json_t *own = json_object(), *by = read_by(fields, quotas, demographics);
    json_object_set_new(own, "by", by);
    json_object_set_new(own, "cells", read_cells(fields, quotas, by, demographics, per == 1));
    json_object_set_new(own, "else", json_string(elses[otherwise > 0 ? otherwise : 0]));
    json_object_set_new(own, "per", json_string(pers[per > 0 ? per : 0]));
    if (per == 1)
        share_item(fields, body, own, judgments_per_item);
    return own;
}

// --- cells ---------------------------------------------------------------------------------------------------------------
bool quota_is_set(const json_t *quotas)
{
    return json_is_object(quotas) || json_array_size(quotas) > 0;
}

bool quota_counts_people(const json_t *quotas)
{
    return json_is_array(quotas);
}

static const json_t *cells_of(const json_t *quotas)
{
    return json_is_array(quotas) ? quotas : json_object_get(quotas, "cells");
}

size_t quota_n_cells(const json_t *quotas)
{
    return json_array_size(cells_of(quotas)) + (json_is_object(quotas) ? 1 : 0);
}

const json_t *quota_values(const json_t *quotas, size_t cell)
{
    return json_object_get(json_array_get(cells_of(quotas), cell), "values");
}

char *quota_cell_text(const json_t *quotas, size_t cell)
{
    const json_t *own = json_array_get(cells_of(quotas), cell);
    json_t *values = json_object();
    if (json_is_array(quotas))
        json_object_set(
            values, json_string_value(json_object_get(own, "attribute")), json_object_get(own, "value"));
    else if (own != NULL)
        json_object_update(values, json_object_get(own, "values"));
    char *text = json_canonical(values); // {}: everybody else
    json_decref(values);
    return text;
}

static bool is_said(const json_t *quotas, const char *name, const char *word)
{
    const char *value = json_string_value(json_object_get(quotas, name));
    return value != NULL && strcmp(value, word) == 0;
}

int64_t quota_wanted(const json_t *quotas, size_t cell)
{
    const json_t *own = json_array_get(cells_of(quotas), cell);
    if (json_is_array(quotas))
        return json_integer_value(json_object_get(own, "count"));
    if (own == NULL && is_said(quotas, "else", "closed"))
        return 0;
    if (own == NULL || is_said(quotas, "per", "item"))
        return -1;
    return json_integer_value(json_object_get(own, "judgments"));
}

int64_t quota_per_item(const json_t *quotas, size_t cell)
{
    const json_t *own = json_array_get(cells_of(quotas), cell);
    if (!is_said(quotas, "per", "item"))
        return -1;
    return json_integer_value(
        own != NULL ? json_object_get(own, "judgments") : json_object_get(quotas, "others"));
}

// --- who is of which -------------------------------------------------------------------------------------------------------
static void miss(json_t *missing, const json_t *attribute, const json_t *answers)
{
    const json_t *answer = json_object_get(answers, json_string_value(attribute));
    if ((answer == NULL || (json_is_array(answer) && json_array_size(answer) == 0)) &&
        !is_in(missing, attribute))
        json_array_append(missing, (json_t *)attribute);
}

json_t *quota_missing(const json_t *quotas, const json_t *answers)
{
    json_t *missing = json_array(), *one;
    size_t i;
    json_array_foreach(json_object_get(quotas, "by"), i, one) miss(missing, one, answers);
    if (json_is_array(quotas)) {
        json_array_foreach((json_t *)quotas, i, one)
            miss(missing, json_object_get(one, "attribute"), answers);
    }
    return missing;
}

bool quota_takes_unsaid(const json_t *quotas, const char *attribute)
{
    size_t i, others = json_array_size(cells_of(quotas));
    json_t *cell;
    // A list counts those it names; nobody counts the others.
    if (json_is_array(quotas) || (quota_wanted(quotas, others) != 0 && quota_per_item(quotas, others) != 0))
        return true;
    json_array_foreach(cells_of(quotas), i, cell)
    {
        if (is_said(json_object_get(cell, "values"), attribute, PREFER_NOT_TO_SAY))
            return true;
    }
    return false;
}

static bool is_of_kind(const json_t *kind, const json_t *answers)
{
    const json_t *answer = json_object_get(answers, json_string_value(json_object_get(kind, "attribute")));
    const json_t *value = json_object_get(kind, "value");
    return json_is_array(answer) ? is_in(answer, value) : json_equal(answer, value);
}

static bool is_of_cell(const json_t *values, const json_t *answers)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)values, name, value)
    {
        if (!json_equal(json_object_get(answers, name), value))
            return false;
    }
    return true;
}

size_t quota_find(const json_t *quotas, const json_t *answers, size_t cells[QUOTA_CELLS_MAX])
{
    size_t n = 0, n_cells = json_array_size(cells_of(quotas));
    for (size_t i = 0; i < n_cells; i++) {
        bool is_one = json_is_array(quotas) ? is_of_kind(json_array_get(quotas, i), answers)
                                            : is_of_cell(quota_values(quotas, i), answers);
        if (is_one)
            cells[n++] = i;
    }
    if (n == 0 && json_is_object(quotas))
        cells[n++] = n_cells;
    return n;
}
