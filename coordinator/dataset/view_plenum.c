// The format of our own (docs/plenum-format.md): items, raters and judgments each in a file, and all of them in one that
// `plenum fit --file` reads. In the one file raters come first, then each item with the judgments of it.
#include "coordinator/dataset/view.h"
#include "coordinator/naming.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct plenum_state {
    struct outfile *whole, *items, *raters, *judgments, *gold;
};

// What the study excluded is in the one file not at all: whoever fits by it need not know.
static void line_to_both(struct plenum_state *state, const char *excluded, struct outfile *own, json_t *line)
{
    if (excluded == NULL)
        export_line(state->whole, json_incref(line));
    export_line(own, line);
}

static void write_raters(struct plenum_state *state, const struct export_run *run)
{
    for (size_t i = 0; i < run->release.n_raters; i++) {
        const struct rater *rater = run->release.sorted[i];
        json_t *line = json_pack("{s:s, s:s}", "type", "rater", "id", rater->pseudonym);
        if (rater->is_simulated)
            json_object_set_new(line, "simulated", json_true());
        if (rater->is_imported)
            json_object_set_new(line, "imported", json_true());
        if (rater->guideline_read > 0)
            json_object_set_new(line, "guideline_read", json_integer(rater->guideline_read));
        if (rater->excluded != NULL)
            json_object_set_new(line, "excluded", json_string(rater->excluded));
        if (rater->answers != NULL)
            json_object_set_new(line, "attributes", release_attributes(&run->release, rater));
        line_to_both(state, rater->excluded, state->raters, line);
    }
}

static int open_plenum(struct export_run *run, void **ret_state, struct err *err)
{
    struct plenum_state *state = calloc(1, sizeof(*state));
    if (state == NULL)
        abort();
    *ret_state = state;
    static const char *const judgment_columns[] = {"type", "id", "item", "rater", "repeat_of", "excluded",
        "responses", "choice", "strength", "ranking", "ratings", "labels", "reasons", "confidence",
        "later_shown", "edit", "active_ms", "wall_ms", "strategy", "probability", "guideline_version",
        "guideline_acknowledged", "constitution_version", "judged_at", NULL};
    static const char *const item_columns[] = {
        "type", "id", "prompt", "responses", "language", "tags", "gold", "warning", "later", NULL};
    static const char *const rater_columns[] = {
        "type", "id", "simulated", "imported", "guideline_read", "excluded", "attributes", NULL};
    static const char *const gold_columns[] = {"type", "id", "item", "rater", "role", "try", "as_expected",
        "excluded", "responses", "choice", "strength", "ranking", "ratings", "labels", "reasons",
        "confidence", "later_shown", "active_ms", "wall_ms", "guideline_version", "constitution_version",
        "judged_at", NULL};
    static const struct {
        const char *name;
        struct export_file about;
    } files[] = {
        {"judgments.jsonl.zst",
            {.about = "every judgment that counts, one a line, raters apart", .columns = judgment_columns}},
        {"items.jsonl.zst", {.about = "prompts with their responses", .columns = item_columns}},
        {"raters.jsonl.zst",
            {.about = "who judged, by pseudonyms of this release alone", .columns = rater_columns}},
        {"plenum.jsonl.zst", {.about = "all of these in one file, for `plenum fit --file`"}},
    };
    struct outfile **places[] = {&state->judgments, &state->items, &state->raters, &state->whole};
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        struct export_file about = files[i].about;
        about.format = "plenum";
        if (export_file_open(run, &about, files[i].name, places[i], err) < 0)
            return err->code;
    }
    static const struct export_file gold = {.format = "plenum",
        .about =
            "what was answered to practise, to qualify, and where attention was checked; none of it is in the other files",
        .columns = gold_columns};
    if (run->has_gold && export_file_open(run, &gold, "known_answers.jsonl.zst", &state->gold, err) < 0)
        return err->code;
    // The task says how a choice is to be read.
    json_t *header = json_pack("{s:s, s:s, s:i, s:s, s:b, s:O}", "type", "header", "format", "plenum",
        "version", 1, "name", run->name, "simulated", run->is_simulated, "task", run->task);
    if (run->embedder != NULL)
        json_object_set_new(header, "embeddings",
            json_pack("{s:s, s:I}", "model", run->embedder, "dimensions", (json_int_t)run->n_dimensions));
    export_line(state->whole, header);
    write_raters(state, run);
    return 0;
}

// float32 in little-endian hexadecimal to numbers of nine digits, which is all that a float32 has.
static json_t *embedding_json(const char *hex)
{
    size_t n = strlen(hex) / 8;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        char digits[9], text[32];
        unsigned char bytes[4];
        float value;
        memcpy(digits, hex + 8 * i, 8);
        digits[8] = '\0';
        if (hex_decode(digits, bytes, 4) < 0)
            abort(); // encode() made it
        uint32_t bits = (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                        (uint32_t)bytes[3] << 24;
        memcpy(&value, &bits, sizeof(value));
        snprintf(text, sizeof(text), "%.9g", (double)value);
        json_array_append_new(list, json_real(strtod(text, NULL)));
    }
    return list;
}

static void copy_member(json_t *to, const char *name, const json_t *from, const char *from_name)
{
    json_t *value = json_object_get(from, from_name);
    if (value != NULL && !json_is_null(value))
        json_object_set(to, name, value);
}

static json_t *response_json(const json_t *response)
{
    json_t *line = json_object();
    const char *embedding = json_string_value(json_object_get(response, "embedding"));
    copy_member(line, "id", response, "source_id");
    copy_member(line, "content", response, "content");
    copy_member(line, "model", response, "model");
    if (naming_tells(json_string_value(json_object_get(response, "content")),
            json_string_value(json_object_get(response, "model"))))
        json_object_set_new(line, "names_model", json_true());
    if (embedding != NULL)
        json_object_set_new(line, "embedding", embedding_json(embedding));
    copy_member(line, "meta", response, "meta");
    return line;
}

static json_t *item_json(const struct export_item *item)
{
    json_t *responses = json_array();
    for (size_t i = 0; i < json_array_size(item->responses); i++)
        json_array_append_new(responses, response_json(json_array_get(item->responses, i)));
    json_t *line = json_pack("{s:s, s:s, s:O, s:o}", "type", "item", "id", item->id, "prompt", item->prompt,
        "responses", responses);
    if (item->language != NULL)
        json_object_set_new(line, "language", json_string(item->language));
    if (json_array_size(item->tags) > 0)
        json_object_set(line, "tags", item->tags);
    if (item->gold != NULL)
        json_object_set(line, "gold", item->gold);
    if (item->warning != NULL)
        json_object_set_new(line, "warning", json_string(item->warning));
    if (item->later != NULL)
        json_object_set(line, "later", item->later);
    return line;
}

static json_t *judgment_json(const char *item, const struct export_judgment *judgment)
{
    const json_t *json = judgment->json, *answer = json_object_get(json, "answer");
    const char *day = json_string_value(json_object_get(json, "judged_on"));
    json_t *line = json_pack("{s:s, s:s, s:s, s:s}", "type", "judgment", "id", judgment->id, "item", item,
        "rater", judgment->rater->pseudonym);
    if (judgment->repeat_of[0] != '\0')
        json_object_set_new(line, "repeat_of", json_string(judgment->repeat_of));
    if (judgment->rater->excluded != NULL)
        json_object_set_new(line, "excluded", json_string(judgment->rater->excluded));
    copy_member(line, "responses", json, "shown");
    if (strcmp(judgment->outcome, "ranking") != 0 && strcmp(judgment->outcome, "rating") != 0)
        json_object_set_new(line, "choice", json_string(judgment->outcome));
    copy_member(line, "strength", json, "strength");
    copy_member(line, "ranking", answer, "ranking");
    copy_member(line, "ratings", answer, "ratings");
    copy_member(line, "labels", answer, "labels");
    // A rating of boxes none of which were ticked.
    if (strcmp(judgment->outcome, "rating") == 0 && json_object_get(answer, "ratings") == NULL &&
        json_object_get(answer, "labels") == NULL)
        json_object_set_new(line, "labels", json_object());
    copy_member(line, "reasons", answer, "reasons");
    copy_member(line, "confidence", answer, "confidence");
    copy_member(line, "later_shown", answer, "later_shown");
    if (judgment->content != NULL)
        json_object_set_new(line, "edit",
            json_pack("{s:i, s:s}", "response", judgment->edited, "content", judgment->content));
    copy_member(line, "active_ms", json, "active_ms");
    copy_member(line, "wall_ms", json, "wall_ms");
    copy_member(line, "strategy", json, "strategy");
    copy_member(line, "probability", json, "probability");
    copy_member(line, "guideline_version", json, "guideline_version");
    copy_member(line, "guideline_acknowledged", json, "guideline_acknowledged");
    copy_member(line, "constitution_version", json, "constitution_version");
    // The day and no closer: two releases must not be joined by the second.
    if (day != NULL)
        json_object_set_new(line, "judged_at", json_sprintf("%sT00:00:00Z", day));
    return line;
}

static void item_plenum(void *arg, struct export_run *run UNUSED, const struct export_item *item)
{
    struct plenum_state *state = arg;
    line_to_both(state, NULL, state->items, item_json(item));
    for (size_t i = 0; i < item->n_judgments; i++)
        line_to_both(state, item->judgments[i].rater->excluded, state->judgments,
            judgment_json(item->id, &item->judgments[i]));
}

static void gold_plenum(void *arg, const char *item, const struct export_judgment *judgment)
{
    const struct plenum_state *state = arg;
    json_t *line = judgment_json(item, judgment);
    json_object_set_new(line, "type", json_string("known_answer"));
    copy_member(line, "role", judgment->json, "role");
    copy_member(line, "try", judgment->json, "try");
    copy_member(line, "as_expected", judgment->json, "as_expected");
    export_line(state->gold, line);
}

const struct export_view view_plenum = {
    .format = "plenum", .open = open_plenum, .item = item_plenum, .gold = gold_plenum, .close = free};
