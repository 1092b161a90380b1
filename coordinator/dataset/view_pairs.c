// The formats of preference pairs: TRL's with the prompt given (trl) and implicit (trl-implicit, with a margin), and
// HH-RLHF's transcripts (hh). None names a rater. A tie, both bad, can't judge, skip or a rating is never a pair; a
// ranking gives each strict one. What was made better stands above what it was made from, and what that is better than.
#include "coordinator/dataset/view.h"

#include <stdlib.h>
#include <string.h>

struct pairs_state {
    struct outfile *file;
    bool counts; // one view counts for all of them
    struct export_pair *pairs;
    size_t capacity;
};

static int open_file(struct export_run *run, const struct export_file *about, const char *name,
    void **ret_state, struct err *err)
{
    struct pairs_state *state = calloc(1, sizeof(*state));
    if (state == NULL)
        abort();
    *ret_state = state;
    state->counts = true;
    for (size_t i = 0; i < run->n_files; i++) {
        const char *format = run->files[i].format;
        if (strncmp(format, "trl", 3) == 0 || strcmp(format, "hh") == 0)
            state->counts = false;
    }
    return export_file_open(run, about, name, &state->file, err);
}

static void close_state(void *arg)
{
    struct pairs_state *state = arg;
    free(state->pairs);
    free(state);
}

static int by_content(const void *a, const void *b)
{
    const struct export_pair *one = a, *other = b;
    if (one->chosen != other->chosen)
        return one->chosen < other->chosen ? -1 : 1;
    if (one->rejected != other->rejected)
        return one->rejected < other->rejected ? -1 : 1;
    if (one->strength != other->strength)
        return one->strength < other->strength ? -1 : 1;
    return strcmp(one->edited != NULL ? one->edited : "", other->edited != NULL ? other->edited : "");
}

// All pairs of the item, in an order that says nothing of who made them.
static size_t gather(struct pairs_state *state, struct export_run *run, const struct export_item *item)
{
    size_t n = 0;
    for (size_t i = 0; i < item->n_judgments; i++) {
        if (item->judgments[i].repeat_of[0] != '\0' || item->judgments[i].rater->excluded != NULL)
            continue; // nobody counts twice, and here nothing could say that somebody is excluded
        if (state->capacity - n < PAIRS_OF_A_JUDGMENT_MAX) {
            state->capacity = n * 2 + PAIRS_OF_A_JUDGMENT_MAX;
            state->pairs = realloc(state->pairs, state->capacity * sizeof(struct export_pair));
            if (state->pairs == NULL)
                abort();
        }
        size_t more =
            judgment_pairs(&item->judgments[i], run->is_worse, state->pairs + n, PAIRS_OF_A_JUDGMENT_MAX);
        if (state->counts) {
            run->counts.pairs += (int64_t)more;
            run->counts.no_pair += more == 0;
        }
        n += more;
    }
    if (n > 0)
        qsort(state->pairs, n, sizeof(struct export_pair), by_content);
    return n;
}

static json_t *answer(const char *content)
{
    return json_pack("[{s:s, s:s}]", "role", "assistant", "content", content);
}

static const char *rejected_content(const struct export_item *item, const struct export_pair *pair)
{
    return response_content(item, pair->rejected);
}

// --- trl -----------------------------------------------------------------------------------------------------------
static int open_trl(struct export_run *run, void **ret_state, struct err *err)
{
    static const char *const columns[] = {"prompt", "chosen", "rejected", NULL};
    static const struct export_file about = {.format = "trl",
        .columns = columns,
        .about = "preference pairs with the prompt given, for TRL's DPOTrainer and its like, and OpenRLHF"};
    return open_file(run, &about, "trl.jsonl", ret_state, err);
}

static void item_trl(void *arg, struct export_run *run, const struct export_item *item)
{
    struct pairs_state *state = arg;
    size_t n = gather(state, run, item);
    for (size_t i = 0; i < n; i++)
        export_line(state->file, json_pack("{s:O, s:o, s:o}", "prompt", item->prompt, "chosen",
                                     answer(chosen_content(item, &state->pairs[i])), "rejected",
                                     answer(rejected_content(item, &state->pairs[i]))));
}

const struct export_view view_trl = {
    .format = "trl", .open = open_trl, .item = item_trl, .close = close_state};

// --- trl-implicit --------------------------------------------------------------------------------------------------
static int open_implicit(struct export_run *run, void **ret_state, struct err *err)
{
    static const char *const columns[] = {"chosen", "rejected", "margin", NULL};
    static const struct export_file about = {.format = "trl-implicit",
        .columns = columns,
        .about =
            "preference pairs as whole conversations, for TRL's RewardTrainer; margin is the strength given, 0 "
            "where none was"};
    return open_file(run, &about, "trl-implicit.jsonl", ret_state, err);
}

static json_t *conversation(const struct export_item *item, const char *content)
{
    json_t *messages = json_copy(item->prompt), *last = answer(content);
    json_array_extend(messages, last);
    json_decref(last);
    return messages;
}

static void item_implicit(void *arg, struct export_run *run, const struct export_item *item)
{
    struct pairs_state *state = arg;
    size_t n = gather(state, run, item);
    for (size_t i = 0; i < n; i++)
        export_line(state->file,
            json_pack("{s:o, s:o, s:f}", "chosen", conversation(item, chosen_content(item, &state->pairs[i])),
                "rejected", conversation(item, rejected_content(item, &state->pairs[i])), "margin",
                (double)state->pairs[i].strength));
}

const struct export_view view_trl_implicit = {
    .format = "trl-implicit", .open = open_implicit, .item = item_implicit, .close = close_state};

// --- hh ------------------------------------------------------------------------------------------------------------
static int open_hh(struct export_run *run, void **ret_state, struct err *err)
{
    static const char *const columns[] = {"chosen", "rejected", NULL};
    static const struct export_file about = {.format = "hh",
        .columns = columns,
        .about = "preference pairs as transcripts of Human and Assistant, as in HH-RLHF"};
    return open_file(run, &about, "hh.jsonl", ret_state, err);
}

// False when a turn is neither the user's nor the assistant's: the format has no word for it.
static bool add_prompt(struct buf *out, const json_t *prompt)
{
    for (size_t i = 0; i < json_array_size(prompt); i++) {
        const json_t *message = json_array_get(prompt, i);
        const char *role = json_string_value(json_object_get(message, "role"));
        if (role == NULL || (strcmp(role, "user") != 0 && strcmp(role, "assistant") != 0))
            return false;
        buf_add_text(out, strcmp(role, "user") == 0 ? "\n\nHuman: " : "\n\nAssistant: ");
        buf_add_text(out, json_string_value(json_object_get(message, "content")));
    }
    return true;
}

static json_t *transcript(const struct buf *prompt, const char *content)
{
    return json_sprintf("%s\n\nAssistant: %s", prompt->data, content);
}

static void item_hh(void *arg, struct export_run *run, const struct export_item *item)
{
    struct pairs_state *state = arg;
    struct buf prompt;
    size_t n = gather(state, run, item);
    buf_init(&prompt, 64 * 1024 * 1024);
    if (!add_prompt(&prompt, item->prompt) || buf_check(&prompt) < 0) {
        run->counts.not_expressible += (int64_t)n;
        n = 0;
    }
    for (size_t i = 0; i < n; i++)
        export_line(state->file,
            json_pack("{s:o, s:o}", "chosen", transcript(&prompt, chosen_content(item, &state->pairs[i])),
                "rejected", transcript(&prompt, rejected_content(item, &state->pairs[i]))));
    buf_release(&prompt);
}

const struct export_view view_hh = {.format = "hh", .open = open_hh, .item = item_hh, .close = close_state};
