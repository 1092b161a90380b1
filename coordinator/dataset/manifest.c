#include "coordinator/dataset/card.h"

#include "base/clock.h"

#include <string.h>

static json_t *files_json(const struct export_run *run)
{
    json_t *files = json_array();
    for (size_t i = 0; i < run->n_files; i++) {
        const struct export_file *about = &run->files[i];
        json_array_append_new(
            files, json_pack("{s:s, s:I, s:s, s:s*, s:s*}", "name", outfile_name(about->file), "size",
                       (json_int_t)outfile_size(about->file), "sha256", outfile_sha256(about->file), "format",
                       about->format, "about", about->about));
    }
    return files;
}

static json_t *counts_json(const struct export_run *run)
{
    const struct export_counts *counts = &run->counts;
    json_t *outcomes = json_object();
    for (int i = 0; i < N_OUTCOMES; i++)
        json_object_set_new(outcomes, outcome_names[i], json_integer(counts->by_outcome[i]));
    json_int_t n_simulated = 0, n_imported = 0;
    for (size_t i = 0; i < run->release.n_raters; i++) {
        n_simulated += run->release.raters[i].is_simulated;
        n_imported += run->release.raters[i].is_imported;
    }
    json_t *json = json_pack("{s:I, s:I, s:I, s:I, s:I, s:o, s:I, s:I, s:I}", "items",
        (json_int_t)counts->items, "responses", (json_int_t)counts->responses, "judgments",
        (json_int_t)counts->judgments, "repeats", (json_int_t)counts->repeats, "excluded",
        (json_int_t)counts->excluded, "outcomes", outcomes, "raters", (json_int_t)run->release.n_raters,
        "simulated_raters", n_simulated, "imported_raters", n_imported);
    bool has_pairs = false, has_hh = false;
    for (size_t i = 0; i < run->n_files; i++) {
        const char *format = run->files[i].format != NULL ? run->files[i].format : "";
        has_hh = has_hh || strcmp(format, "hh") == 0;
        has_pairs = has_pairs || has_hh || strncmp(format, "trl", 3) == 0;
    }
    if (has_pairs) {
        json_object_set_new(json, "pairs", json_integer(counts->pairs));
        json_object_set_new(json, "judgments_without_pair", json_integer(counts->no_pair));
    }
    if (has_hh)
        json_object_set_new(json, "pairs_without_hh_form", json_integer(counts->not_expressible));
    return json;
}

// Numbers under the cell's least are not told.
static json_t *attributes_json(const struct release *release)
{
    json_t *cells = release_cells(release), *cell, *number;
    const char *attribute, *value;
    json_object_foreach(cells, attribute, cell)
    {
        json_object_foreach(cell, value, number)
        {
            if (json_integer_value(number) < RELEASE_CELL_MIN)
                json_object_set_new(cell, value, json_string("fewer than 10"));
        }
    }
    return cells;
}

static json_t *guidelines_json(const json_t *guidelines)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(guidelines); i++) {
        const json_t *one = json_array_get(guidelines, i);
        json_array_append_new(
            list, json_pack("{s:O, s:O, s:O}", "version", json_object_get(one, "version"), "sha256",
                      json_object_get(one, "sha256"), "task", json_object_get(one, "task")));
    }
    return list;
}

static json_t *conditions_json(const json_t *conditions)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(conditions); i++)
        json_array_append(list, json_object_get(json_array_get(conditions, i), "version"));
    return list;
}

static void hash_json(json_t *to, const char *name, struct hash_stream *stream)
{
    unsigned char hash[HASH_BYTES];
    char hex[HASH_HEX_BYTES];
    hash_stream_finish(stream, hash);
    hex_encode(hash, HASH_BYTES, hex);
    json_object_set_new(to, name, json_string(hex));
}

json_t *card_manifest(struct export_run *run, const struct card_facts *facts)
{
    char created[CLOCK_TEXT_BYTES];
    clock_format(facts->created_us, created);
    json_t *inputs = json_pack("{s:o}", "guidelines", guidelines_json(facts->guidelines));
    json_object_set_new(inputs, "conditions", conditions_json(facts->conditions));
    hash_json(inputs, "items_sha256", run->items_hash);
    hash_json(inputs, "judgments_sha256", run->judgments_hash);
    run->items_hash = run->judgments_hash = NULL;
    return json_pack(
        "{s:s, s:{s:s, s:s, s:b}, s:s, s:{s:s, s:s}, s:O, s:O, s:o, s:o, s:o, s:o, s:{s:I}, s:{s:s, s:i, s:b}}",
        "export", facts->export_id, "project", "id", facts->project_id, "name", run->name, "simulated",
        run->is_simulated, "created_at", created, "software", "name", "plenum", "version", PLENUM_VERSION,
        "formats", facts->formats, "filters", facts->filter, "files", files_json(run), "counts",
        counts_json(run), "attributes", attributes_json(&run->release), "inputs", inputs, "left_out",
        "excluded_raters", run->keeps_excluded ? (json_int_t)0 : (json_int_t)facts->excluded_raters,
        "privacy", "pseudonyms", "fresh for this release", "least_cell", RELEASE_CELL_MIN, "free_text", 0);
}
