// Anthropic's HH-RLHF: {"chosen", "rejected"}, each a whole transcript "\n\nHuman: ...\n\nAssistant: ...". The turns that
// both share are the prompt, their last turns the responses. Text is kept to the byte: some turns end in a space, and
// an empty answer is an answer.
#include "coordinator/dataset/formats.h"
#include "coordinator/dataset/pair.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TURNS_MAX = 4096 };

struct turn {
    bool is_human;
    const char *text;
    size_t length;
};

struct transcript {
    size_t n_turns;
    struct turn turns[TURNS_MAX];
};

struct hh {
    struct pair_pool pool;
    struct transcript chosen, rejected;
};

static int hh_open(struct import *import, void **ret_state, struct err *err)
{
    struct hh *hh = calloc(1, sizeof(*hh));
    if (hh == NULL)
        abort();
    *ret_state = hh;
    return pair_pool_open(&hh->pool, import, "hh", err);
}

// The length of a turn's mark at `text` ("Human:" or "Assistant:" and one space), or 0.
static size_t mark_length(const char *text, bool *ret_is_human)
{
    static const char *const marks[] = {"Human:", "Assistant:"};
    for (size_t i = 0; i < 2; i++) {
        size_t length = strlen(marks[i]);
        if (strncmp(text, marks[i], length) == 0) {
            *ret_is_human = i == 0;
            return length + (text[length] == ' ');
        }
    }
    return 0;
}

// The next "\n\nHuman:" or "\n\nAssistant:", or the end.
static const char *turn_end(const char *text)
{
    bool is_human;
    for (const char *at = strstr(text, "\n\n"); at != NULL; at = strstr(at + 1, "\n\n")) {
        if (mark_length(at + 2, &is_human) > 0)
            return at;
    }
    return text + strlen(text);
}

// False with the reason when it is no transcript.
static bool transcript_parse(struct transcript *transcript, const char *text, const char **ret_reason)
{
    transcript->n_turns = 0;
    if (strncmp(text, "\n\n", 2) == 0)
        text += 2;
    while (*text != '\0') {
        struct turn turn = {0};
        size_t mark = mark_length(text, &turn.is_human);
        *ret_reason = mark == 0 ? "must begin with a turn of Human: or Assistant:" : "has over 4096 turns";
        if (mark == 0 || transcript->n_turns == TURNS_MAX)
            return false;
        turn.text = text + mark;
        text = turn_end(turn.text);
        turn.length = (size_t)(text - turn.text);
        transcript->turns[transcript->n_turns++] = turn;
        if (*text != '\0')
            text += 2;
    }
    *ret_reason = "must end with a turn of the assistant behind at least one other";
    return transcript->n_turns > 1 && !transcript->turns[transcript->n_turns - 1].is_human;
}

static bool turn_equal(const struct turn *a, const struct turn *b)
{
    return a->is_human == b->is_human && a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

static json_t *prompt_of(const struct transcript *transcript)
{
    json_t *prompt = json_array();
    for (size_t i = 0; i + 1 < transcript->n_turns; i++) {
        const struct turn *turn = &transcript->turns[i];
        json_array_append_new(prompt, json_pack("{s:s, s:s%}", "role", turn->is_human ? "user" : "assistant",
                                          "content", turn->text, turn->length));
    }
    return prompt;
}

static bool read_member(
    struct hh *hh, const json_t *object, const char *name, int64_t line, struct transcript *transcript)
{
    const char *text = json_string_value(json_object_get(object, name)),
               *reason = "must be a transcript, as text";
    if (text != NULL && transcript_parse(transcript, text, &reason))
        return true;
    char pointer[16];
    snprintf(pointer, sizeof(pointer), "/%s", name);
    import_reject(hh->pool.import, line, pointer, "%s %s", name, reason);
    return false;
}

static void hh_line(void *state, struct import *import, int64_t line, const char *text, size_t length)
{
    struct hh *hh = state;
    json_t *object = import_line_json(import, line, text, length);
    if (object == NULL)
        return;
    if (read_member(hh, object, "chosen", line, &hh->chosen) &&
        read_member(hh, object, "rejected", line, &hh->rejected)) {
        size_t shared = 0, least = min_size(hh->chosen.n_turns, hh->rejected.n_turns);
        while (shared < least && turn_equal(&hh->chosen.turns[shared], &hh->rejected.turns[shared]))
            shared++;
        if (hh->chosen.n_turns != hh->rejected.n_turns || shared + 1 < hh->chosen.n_turns) {
            import_reject(import, line, "",
                "chosen and rejected part at turn %zu, before their last ones: they do "
                "not answer the same prompt",
                shared + 1);
        } else {
            json_t *prompt = prompt_of(&hh->chosen);
            pair_add(&hh->pool, line,
                &(struct pair){.prompt = prompt,
                    .chosen = hh->chosen.turns[hh->chosen.n_turns - 1].text,
                    .rejected = hh->rejected.turns[hh->rejected.n_turns - 1].text});
            json_decref(prompt);
        }
    }
    json_decref(object);
}

const struct import_format format_hh = {.name = "hh", .open = hh_open, .line = hh_line, .close = free};
