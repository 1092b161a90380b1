#include "coordinator/dataset/card.h"

#include "base/buf.h"
#include "base/clock.h"
#include "coordinator/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CARD_MAX_BYTES = 16 * 1024 * 1024 };

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

// JSON text is YAML.
static void add_quoted(struct buf *out, const char *text)
{
    json_t *json = json_string(text);
    char *quoted = json_dumps(json, JSON_ENCODE_ANY);
    buf_add_text(out, quoted != NULL ? quoted : "\"\"");
    free(quoted);
    json_decref(json);
}

// "trl" of "trl.jsonl".
static void add_stem(struct buf *out, const char *name)
{
    buf_add(out, name, strcspn(name, "."));
}

static const char *size_category(int64_t n)
{
    return n < 1000      ? "n<1K"
           : n < 10000   ? "1K<n<10K"
           : n < 100000  ? "10K<n<100K"
           : n < 1000000 ? "100K<n<1M"
                         : "1M<n<10M";
}

static void front_matter(struct buf *out, const struct export_run *run, const struct card_facts *facts)
{
    size_t n_simulated = 0;
    for (size_t i = 0; i < run->release.n_raters; i++)
        n_simulated += run->release.raters[i].is_simulated;
    buf_add_text(out, "---\npretty_name: ");
    add_quoted(out, run->name);
    if (facts->language != NULL) {
        buf_add_text(out, "\nlanguage:\n- ");
        add_quoted(out, facts->language);
    }
    buf_printf(out, "\nlicense: unknown\nannotations_creators:\n- %s\n",
        n_simulated > 0 ? "machine-generated" : "other");
    buf_printf(out, "size_categories:\n- %s\ntags:\n- preference\n- human-feedback\n- plenum\n%s",
        size_category(run->counts.judgments), run->is_simulated || n_simulated > 0 ? "- simulated\n" : "");
    bool begun = false;
    for (size_t i = 0; i < run->n_files; i++) {
        if (run->files[i].columns == NULL)
            continue;
        buf_add_text(out, begun ? "- config_name: " : "configs:\n- config_name: ");
        add_stem(out, outfile_name(run->files[i].file));
        buf_add_text(out, ends_with(outfile_name(run->files[i].file), ".csv") ? "-csv" : "");
        buf_printf(out, "\n  data_files: %s\n", outfile_name(run->files[i].file));
        begun = true;
    }
    buf_add_text(out, "---\n\n");
}

static void add_counts(struct buf *out, const struct export_run *run, const struct card_facts *facts)
{
    const struct export_counts *counts = &run->counts;
    buf_printf(out,
        "## What is in it\n\n| | |\n|---|---|\n| items | %lld |\n| responses | %lld |\n| raters | %zu |\n"
        "| judgments that count | %lld |\n",
        (long long)counts->items, (long long)counts->responses, run->release.n_raters,
        (long long)counts->judgments);
    for (int i = 0; i < N_OUTCOMES; i++) {
        if (counts->by_outcome[i] > 0)
            buf_printf(out, "| of these: %s | %lld |\n", outcome_names[i], (long long)counts->by_outcome[i]);
    }
    if (counts->pairs + counts->no_pair > 0)
        buf_printf(out, "| pairs | %lld |\n| judgments that are no pair | %lld |\n", (long long)counts->pairs,
            (long long)counts->no_pair);
    buf_add_text(out, "\n| file | bytes | what | SHA-256 |\n|---|---|---|---|\n");
    for (size_t i = 0; i < run->n_files; i++) {
        const struct export_file *about = &run->files[i];
        buf_printf(out, "| %s | %llu | %s | `%s` |\n", outfile_name(about->file),
            (unsigned long long)outfile_size(about->file), about->about, outfile_sha256(about->file));
    }
    if (json_object_size(facts->filter) > 0) {
        char *filter = json_dumps(facts->filter, JSON_COMPACT | JSON_SORT_KEYS);
        buf_printf(out, "\nNot everything: the filter was `%s`.\n", filter);
        free(filter);
    }
}

static void add_collection(struct buf *out, const struct export_run *run, const struct card_facts *facts)
{
    size_t n_imported = 0, n_simulated = 0;
    for (size_t i = 0; i < run->release.n_raters; i++) {
        n_imported += run->release.raters[i].is_imported;
        n_simulated += run->release.raters[i].is_simulated;
    }
    size_t n_live = run->release.n_raters - n_imported - n_simulated;
    buf_add_text(out, "\n## How it was gathered\n\n");
    if (n_live > 0)
        buf_printf(out,
            "- %zu raters judged in Plenum. Which responses stood where on screen was drawn by the server and is in "
            "`responses` of each judgment. The study wanted %lld judgments an item.\n",
            n_live, (long long)facts->judgments_per_item);
    if (run->counts.repeats > 0)
        buf_printf(out,
            "- %lld judgments more are repeats: the same person judged the same responses again, some tasks later and "
            "with their sides swapped. They have `repeat_of`, are not among the judgments counted above, and make no "
            "pairs.\n",
            (long long)run->counts.repeats);
    if (n_imported > 0)
        buf_printf(out,
            "- %zu raters came with imported data. What Plenum knows of them is what the source said; a \"rater\" may "
            "stand for a whole pool of people, or for a run of lines of a file where `annotator_cut` says "
            "`artificial`. The order of imported responses was drawn from their content, and nobody has seen it.\n",
            n_imported);
    if (n_simulated > 0)
        buf_printf(
            out, "- %zu raters are simulated: programs with planted tastes, and no people.\n", n_simulated);
    if (facts->task[0] != '\0')
        buf_printf(out, "- The task: %s.%s\n", facts->task,
            facts->has_community ? " The study follows a community's constitution." : "");
    if (run->embedder != NULL)
        buf_printf(out,
            "- Embeddings of responses (%u numbers each) were made by the model `%s` when the study's endpoint was "
            "asked; they are not data of people.\n",
            run->n_dimensions, run->embedder);
    if (run->is_worse)
        buf_add_text(out,
            "- People chose the worse response. In files of pairs `chosen` is the better one; in `judgments` a "
            "choice is as it was made.\n");
    if (run->has_edits)
        buf_add_text(out,
            "- People were asked to make the better response better still. What they wrote stands in files of "
            "pairs as `chosen`, above what it was made from.\n");
    for (size_t i = json_array_size(facts->guidelines); i-- > 0;) {
        const json_t *one = json_array_get(facts->guidelines, i);
        const char *text = words_in(json_object_get(one, "text"), NULL);
        if (text[0] == '\0')
            continue;
        buf_printf(out, "\nThe guideline (version %lld):\n\n",
            (long long)json_integer_value(json_object_get(one, "version")));
        for (const char *line = text; *line != '\0';) {
            size_t length = strcspn(line, "\n");
            buf_add_text(out, "> ");
            buf_add(out, line, length);
            buf_add_char(out, '\n');
            line += length + (line[length] == '\n');
        }
        break;
    }
}

static void add_told(struct buf *out, const char *what, const json_t *words)
{
    const char *text = words_in(words, NULL);
    if (text[0] == '\0')
        return;
    buf_printf(out, "  - %s: ", what);
    for (; *text != '\0'; text++)
        buf_add_char(out, *text == '\n' || *text == '\r' ? ' ' : *text);
    buf_add_char(out, '\n');
}

// What people were promised before they agreed to take part, in the words of the study.
static void add_conditions(struct buf *out, const struct card_facts *facts)
{
    if (json_array_size(facts->conditions) == 0)
        return;
    buf_add_text(out, "\n### What people were told before they agreed\n\n");
    for (size_t i = 0; i < json_array_size(facts->conditions); i++) {
        const json_t *one = json_array_get(facts->conditions, i), *pay = json_object_get(one, "pay");
        buf_printf(out, "- Conditions `%s`:\n", json_string_value(json_object_get(one, "version")));
        if (json_is_object(pay))
            buf_printf(out, "  - Pay: %s %s for each %s\n", json_string_value(json_object_get(pay, "amount")),
                json_string_value(json_object_get(pay, "currency")),
                json_string_value(json_object_get(pay, "per")));
        else
            buf_add_text(out, "  - Pay: none\n");
        buf_printf(out, "  - Time it takes: about %lld minutes\n",
            (long long)json_integer_value(json_object_get(one, "minutes")));
        add_told(out, "Who pays", json_object_get(one, "payer"));
        add_told(out, "Ethics approval", json_object_get(one, "ethics"));
        add_told(out, "Conditions", json_object_get(one, "text"));
    }
}

static void add_people(struct buf *out, const struct export_run *run, const struct card_facts *facts)
{
    buf_printf(out,
        "\n## The raters, and what is not said of them\n\n"
        "Raters go by pseudonyms made for this release alone. What those who took part in Plenum said of themselves was "
        "their choice, each question by itself; of imported raters it is what the source gave. Somebody without an "
        "attribute was not asked or did not answer. A value that fewer than "
        "%d raters of this release gave is written `" RELEASE_SUPPRESSED
        "`, and nothing in anybody's own words is in "
        "these files%s. Days are given, not times.\n\nA rater's judgments stand together under one pseudonym. Whoever "
        "knows some of what a person answered here may be able to find the rest; this release does not protect "
        "against that.\n",
        RELEASE_CELL_MIN, run->has_edits ? " but the edits that they were asked for" : "");
    json_t *cells = release_cells(&run->release), *cell, *number;
    const char *attribute, *value;
    if (json_object_size(cells) > 0)
        buf_add_text(out, "\n| attribute | value | raters |\n|---|---|---|\n");
    json_object_foreach(cells, attribute, cell)
    {
        json_object_foreach(cell, value, number)
        {
            if (json_integer_value(number) < RELEASE_CELL_MIN)
                buf_printf(out, "| %s | %s | fewer than %d |\n", attribute, value, RELEASE_CELL_MIN);
            else
                buf_printf(
                    out, "| %s | %s | %lld |\n", attribute, value, (long long)json_integer_value(number));
        }
    }
    json_decref(cells);
    if (run->keeps_excluded)
        buf_printf(out,
            "\nThe study excluded raters (%lld of its raters in all). Their judgments (%lld here) are kept and marked "
            "`excluded` in tables and in `judgments`; they are in none of the counts above, in no file of pairs and not in "
            "`plenum.jsonl.zst`.\n",
            (long long)facts->excluded_raters, (long long)run->counts.excluded);
    else if (facts->excluded_raters > 0)
        buf_printf(out, "\nJudgments of raters whom the study excluded are left out (raters: %lld).\n",
            (long long)facts->excluded_raters);
}

static void add_limits(struct buf *out)
{
    buf_add_text(out,
        "\n## Limits\n\n"
        "- These are the judgments of those who took part, and of nobody else. The table above shows who they were, as "
        "far as they said; do not read an average of them as what people want.\n"
        "- Ties, both bad, can't judge, skips and ratings are in `judgments` but never become pairs; files of pairs "
        "alone hide how often people could not or would not choose.\n"
        "- People disagree. Several judgments of an item are kept apart, and may contradict each other in files of "
        "pairs as well.\n"
        "- Texts are as they came, and were not screened: some may be offensive, wrong or personal.\n"
        "- No licence is stated, because Plenum does not know it. Ask whoever made the release.\n");
}

static int put(struct outfile *file, struct buf *out, const char *what, struct err *err)
{
    int rc = buf_check(out);
    if (rc == 0)
        outfile_add(file, out->data, out->length);
    buf_release(out);
    return rc < 0 ? err_set(err, rc, "%s is too long", what) : 0;
}

int card_write_readme(
    const struct export_run *run, const struct card_facts *facts, struct outfile *file, struct err *err)
{
    struct buf out;
    buf_init(&out, CARD_MAX_BYTES);
    front_matter(&out, run, facts);
    buf_printf(&out, "# %s\n\n", run->name);
    if (run->is_simulated)
        buf_add_text(&out,
            "> **Simulated.** This study is marked as simulated: its annotators are programs with planted "
            "tastes. It shows how the platform works and says nothing about people.\n\n");
    buf_printf(&out,
        "Judgments of responses to prompts, exported from Plenum %s. Each rater's judgment is kept as it "
        "was given; nothing has been averaged.\n\n",
        PLENUM_VERSION);
    add_counts(&out, run, facts);
    add_collection(&out, run, facts);
    add_conditions(&out, facts);
    add_people(&out, run, facts);
    add_limits(&out);
    buf_printf(&out,
        "\n## Where it comes from\n\nExport `%s` of project `%s`. `manifest.json` holds counts, filters and "
        "the hash of every file and of what went in; its own hash is in the deployment's public log.\n",
        facts->export_id, facts->project_id);
    return put(file, &out, "README.md", err);
}

// --- Croissant -----------------------------------------------------------------------------------------------------
// The context that Croissant 1.1 asks for, word for word.
static const char croissant_context[] =
    "{\"@language\":\"en\",\"@vocab\":\"https://schema.org/\",\"citeAs\":\"cr:citeAs\",\"column\":\"cr:column\","
    "\"conformsTo\":\"dct:conformsTo\",\"cr\":\"http://mlcommons.org/croissant/\","
    "\"rai\":\"http://mlcommons.org/croissant/RAI/\",\"data\":{\"@id\":\"cr:data\",\"@type\":\"@json\"},"
    "\"dataType\":{\"@id\":\"cr:dataType\",\"@type\":\"@vocab\"},\"dct\":\"http://purl.org/dc/terms/\","
    "\"examples\":{\"@id\":\"cr:examples\",\"@type\":\"@json\"},\"extract\":\"cr:extract\",\"field\":\"cr:field\","
    "\"fileProperty\":\"cr:fileProperty\",\"fileObject\":\"cr:fileObject\",\"fileSet\":\"cr:fileSet\","
    "\"format\":\"cr:format\",\"includes\":\"cr:includes\",\"isLiveDataset\":\"cr:isLiveDataset\","
    "\"jsonPath\":\"cr:jsonPath\",\"key\":\"cr:key\",\"md5\":\"cr:md5\",\"parentField\":\"cr:parentField\","
    "\"path\":\"cr:path\",\"recordSet\":\"cr:recordSet\",\"references\":\"cr:references\",\"regex\":\"cr:regex\","
    "\"repeated\":\"cr:repeated\",\"replace\":\"cr:replace\",\"sc\":\"https://schema.org/\","
    "\"separator\":\"cr:separator\",\"source\":\"cr:source\",\"subField\":\"cr:subField\","
    "\"transform\":\"cr:transform\"}";

static const char *encoding_of(const char *name)
{
    return ends_with(name, ".zst")   ? "application/zstd"
           : ends_with(name, ".csv") ? "text/csv"
                                     : "application/jsonlines";
}

// Columns are described where a reader can get at them: not inside zstd, for which Croissant has no word.
static json_t *record_set(const struct export_file *about)
{
    const char *name = outfile_name(about->file);
    struct buf stem;
    buf_init(&stem, 128);
    add_stem(&stem, name);
    buf_add_text(&stem, ends_with(name, ".csv") ? "-csv" : "");
    json_t *fields = json_array();
    for (size_t i = 0; about->columns[i] != NULL; i++)
        json_array_append_new(fields,
            json_pack("{s:s, s:o, s:s, s:s, s:{s:{s:s}, s:{s:s}}}", "@type", "cr:Field", "@id",
                json_sprintf("%s/%s", stem.data, about->columns[i]), "name", about->columns[i], "dataType",
                "sc:Text", "source", "fileObject", "@id", name, "extract", "column", about->columns[i]));
    json_t *set = json_pack("{s:s, s:s, s:s, s:s, s:o}", "@type", "cr:RecordSet", "@id", stem.data, "name",
        stem.data, "description", about->about, "field", fields);
    buf_release(&stem);
    return set;
}

int card_write_croissant(
    const struct export_run *run, const struct card_facts *facts, struct outfile *file, struct err *err)
{
    char created[CLOCK_TEXT_BYTES];
    clock_format(facts->created_us, created);
    created[strlen("2026-11-20")] = '\0';
    json_t *distribution = json_array(), *sets = json_array();
    for (size_t i = 0; i < run->n_files; i++) {
        const struct export_file *about = &run->files[i];
        const char *name = outfile_name(about->file);
        if (strcmp(name, "README.md") == 0)
            continue;
        json_array_append_new(distribution,
            json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:s}", "@type", "cr:FileObject", "@id", name,
                "name", name, "description", about->about, "contentUrl", name, "contentSize",
                json_sprintf("%llu B", (unsigned long long)outfile_size(about->file)), "encodingFormat",
                encoding_of(name), "sha256", outfile_sha256(about->file)));
        if (about->columns != NULL && !ends_with(name, ".zst"))
            json_array_append_new(sets, record_set(about));
    }
    json_t *json = json_pack(
        "{s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:s, s:{s:s, s:s}, s:s, s:s, s:s, s:s, s:o}", "@context",
        json_loads(croissant_context, 0, NULL), "@type", "sc:Dataset", "conformsTo",
        "http://mlcommons.org/croissant/1.1", "name", run->name, "description",
        json_sprintf("%s%lld judgments of %lld items by %zu raters, each kept apart.",
            run->is_simulated ? "SIMULATED annotators, no people. " : "", (long long)run->counts.judgments,
            (long long)run->counts.items, run->release.n_raters),
        "license", "unknown", "url", facts->project_id, "version", "1.0.0", "creator", "@type",
        "sc:Organization", "name", "not stated", "datePublished", created, "rai:personalSensitiveInformation",
        "Attributes that raters chose to give, by pseudonyms of this release; values held by fewer than ten raters are "
        "suppressed; no free text of raters.",
        "rai:dataLimitations", "Judgments of those who took part; see README.md.",
        "rai:dataAnnotationProtocol", facts->task[0] != '\0' ? facts->task : "not stated", "distribution",
        distribution);
    if (json_array_size(sets) > 0)
        json_object_set(json, "recordSet", sets);
    json_decref(sets);
    char *text = json_dumps(json, JSON_INDENT(2));
    json_decref(json);
    if (text == NULL)
        return err_set(err, ERR_INTERNAL, "croissant.json could not be written");
    outfile_add_text(file, text);
    outfile_add_text(file, "\n");
    free(text);
    return 0;
}
