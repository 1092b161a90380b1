#include "coordinator/dataset/view.h"

#include <stdlib.h>
#include <string.h>

const struct export_view *const export_views[] = {
    &view_plenum, &view_trl, &view_trl_implicit, &view_csv, &view_hh, NULL};

const struct export_view *export_view_named(const char *format)
{
    for (size_t i = 0; export_views[i] != NULL; i++) {
        if (strcmp(export_views[i]->format, format) == 0)
            return export_views[i];
    }
    return NULL;
}

int export_file_open(struct export_run *run, const struct export_file *about, const char *name,
    struct outfile **ret_file, struct err *err)
{
    assert(run->n_files < EXPORT_FILES_MAX);
    int rc = outfile_open(run->folder, name, ret_file, err);
    if (rc < 0)
        return rc;
    run->files[run->n_files] = *about;
    run->files[run->n_files++].file = *ret_file;
    return 0;
}

static int to_file(const char *data, size_t size, void *arg)
{
    outfile_add(arg, data, size);
    return 0;
}

void export_line(struct outfile *file, json_t *line)
{
    // 15 digits give back every decimal that a person or a float32 would write.
    if (json_dump_callback(line, to_file, file, JSON_COMPACT | JSON_REAL_PRECISION(15)) != 0)
        abort(); // memory, the only thing left
    outfile_add(file, "\n", 1);
    json_decref(line);
}

const char *response_content(const struct export_item *item, int number)
{
    return json_string_value(json_object_get(json_array_get(item->responses, (size_t)number), "content"));
}

static size_t ranking_pairs(const json_t *ranking, int strength, struct export_pair *pairs, size_t max)
{
    size_t n = 0;
    for (size_t better = 0; better < json_array_size(ranking); better++) {
        for (size_t worse = better + 1; worse < json_array_size(ranking); worse++) {
            const json_t *above = json_array_get(ranking, better), *below = json_array_get(ranking, worse);
            for (size_t i = 0; i < json_array_size(above); i++) {
                for (size_t j = 0; j < json_array_size(below) && n < max; j++)
                    pairs[n++] =
                        (struct export_pair){.chosen = (int)json_integer_value(json_array_get(above, i)),
                            .rejected = (int)json_integer_value(json_array_get(below, j)),
                            .strength = strength};
            }
        }
    }
    return n;
}

static size_t choice_pair(
    const struct export_judgment *judgment, bool is_worse, struct export_pair *pairs, size_t max)
{
    const json_t *shown = json_object_get(judgment->json, "shown");
    int left = (int)json_integer_value(json_array_get(shown, 0));
    int right = (int)json_integer_value(json_array_get(shown, 1));
    bool is_left = (strcmp(judgment->outcome, "left") == 0) != is_worse;
    if (json_array_size(shown) != 2 || max < 1)
        return 0;
    pairs[0] = (struct export_pair){
        .chosen = is_left ? left : right, .rejected = is_left ? right : left, .strength = judgment->strength};
    return 1;
}

static size_t edited_pairs(
    const struct export_judgment *judgment, struct export_pair *pairs, size_t n, size_t max)
{
    size_t all = n;
    if (all < max)
        pairs[all++] = (struct export_pair){
            .chosen = judgment->edited, .rejected = judgment->edited, .edited = judgment->content};
    for (size_t i = 0; i < n && all < max; i++) {
        if (pairs[i].chosen != judgment->edited)
            continue;
        pairs[all] = pairs[i];
        pairs[all++].edited = judgment->content;
    }
    return all;
}

size_t judgment_pairs(
    const struct export_judgment *judgment, bool is_worse, struct export_pair *pairs, size_t max)
{
    const char *outcome = judgment->outcome;
    size_t n = 0;
    if (strcmp(outcome, "cannot_judge") == 0 || strcmp(outcome, "skip") == 0 ||
        strcmp(outcome, "rather_not") == 0)
        return 0;
    if (strcmp(outcome, "left") == 0 || strcmp(outcome, "right") == 0)
        n = choice_pair(judgment, is_worse, pairs, max);
    else if (strcmp(outcome, "ranking") == 0)
        n = ranking_pairs(json_object_get(json_object_get(judgment->json, "answer"), "ranking"),
            judgment->strength, pairs, max);
    return judgment->content != NULL ? edited_pairs(judgment, pairs, n, max) : n;
}

const char *chosen_content(const struct export_item *item, const struct export_pair *pair)
{
    return pair->edited != NULL ? pair->edited : response_content(item, pair->chosen);
}
