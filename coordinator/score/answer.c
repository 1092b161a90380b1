#include "coordinator/score/answer.h"

#include "base/hash.h"
#include "coordinator/score/explain.h"
#include "coordinator/score/scoring_objectives.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// --- pieces -------------------------------------------------------------------------------------------------------------
void answer_number(struct buf *out, double value)
{
    enum { DECIMALS = 12 };
    double size = fabs(value);
    if (!(size < 1e6)) {
        char text[32];
        snprintf(text, sizeof(text), "%.17g", value);
        buf_add_text(out, text);
        return;
    }
    uint64_t parts = (uint64_t)(size * 1e12 + 0.5), whole = parts / UINT64_C(1000000000000),
             behind = parts % UINT64_C(1000000000000);
    char digits[40], *from = digits + sizeof(digits);
    if (behind > 0) {
        int n = DECIMALS;
        for (; behind % 10 == 0; n--)
            behind /= 10;
        for (; n > 0; n--, behind /= 10)
            *--from = (char)('0' + behind % 10);
        *--from = '.';
    }
    do
        *--from = (char)('0' + whole % 10);
    while ((whole /= 10) > 0);
    if (value < 0 && parts > 0)
        *--from = '-';
    buf_add(out, from, (size_t)(digits + sizeof(digits) - from));
}

static void add_index(struct buf *out, size_t index)
{
    char digits[20], *from = digits + sizeof(digits);
    do
        *--from = (char)('0' + index % 10);
    while ((index /= 10) > 0);
    buf_add(out, from, (size_t)(digits + sizeof(digits) - from));
}

#define LITERAL(out, text) buf_add((out), (text), sizeof(text) - 1)

// A tree that is small beside the rest; takes the reference.
static void add_json(struct buf *out, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    assert(text != NULL);
    buf_add_text(out, text);
    free(text);
    json_decref(json);
}

static void add_text(struct buf *out, const char *text)
{
    if (text == NULL)
        LITERAL(out, "null");
    else
        add_json(out, json_string(text));
}

// Its members behind others; takes the reference.
static void add_members(struct buf *out, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_REAL_PRECISION(15));
    assert(text != NULL);
    if (json_object_size(json) > 0) {
        buf_add_char(out, ',');
        buf_add(out, text + 1, strlen(text) - 2);
    }
    free(text);
    json_decref(json);
}

// `{"attribute":...,"value":...` of each group, written once.
struct names {
    char **text;
    size_t *length;
};

static struct names names_of(const struct scoring *scoring, struct arena *arena)
{
    struct names names = {.text = arena_alloc(arena, scoring->n_groups * sizeof(*names.text)),
        .length = arena_alloc(arena, scoring->n_groups * sizeof(*names.length))};
    struct buf out;
    buf_init(&out, 64 * 1024);
    for (size_t g = 0; g < scoring->n_groups; g++) {
        const struct artefact_head *head = scoring_group(scoring, g);
        buf_clear(&out);
        LITERAL(&out, "{\"attribute\":");
        add_text(&out, head->attribute);
        LITERAL(&out, ",\"value\":");
        add_text(&out, head->value);
        names.text[g] = arena_strndup(arena, out.data, out.length);
        names.length[g] = out.length;
    }
    buf_release(&out);
    return names;
}

static void add_group_score(struct buf *out, const struct names *names, size_t g, double score)
{
    buf_add(out, names->text[g], names->length[g]);
    LITERAL(out, ",\"score\":");
    answer_number(out, score);
    buf_add_char(out, '}');
}

// --- a candidate --------------------------------------------------------------------------------------------------------
static void add_groups_of(struct buf *out, const struct scoring *scoring, const struct names *names, size_t i)
{
    const struct aggregate_result *result = &scoring->result;
    LITERAL(out, ",\"by_group\":[");
    for (size_t g = 0; g < scoring->n_groups; g++) {
        if (g > 0)
            buf_add_char(out, ',');
        add_group_score(out, names, g, scoring->utilities[i * scoring->n_groups + g]);
    }
    LITERAL(out, "],\"worst\":");
    add_group_score(out, names, result->worst_group[i], result->worst_utility[i]);
    if (scoring->beside == NULL)
        LITERAL(out, ",\"violations\":[]");
}

static void add_candidate(const struct answer *answer, const struct scoring *scoring,
    const struct names *names, size_t i, size_t rank, struct buf *out)
{
    const struct aggregate_result *result = &scoring->result;
    LITERAL(out, "{\"index\":");
    add_index(out, i);
    LITERAL(out, ",\"id\":");
    add_text(out, scoring->ids[i]);
    LITERAL(out, ",\"score\":");
    answer_number(out, result->scores[i]);
    LITERAL(out, ",\"rank\":");
    add_index(out, rank);
    if (answer->detail == ANSWER_FULL)
        add_groups_of(out, scoring, names, i);
    if (scoring->beside != NULL)
        add_members(out, scoring_beside_candidate(scoring->beside, scoring, i));
    if (result->lottery != NULL) {
        LITERAL(out, ",\"probability\":");
        answer_number(out, result->lottery[i]);
    }
    if (scoring->seats != NULL && answer->detail == ANSWER_FULL) {
        LITERAL(out, ",\"jury\":");
        add_json(out, scoring_jury_of_candidate(scoring, i));
    }
    if (scoring->why != NULL) {
        LITERAL(out, ",\"explanation\":");
        add_json(out, explanation_json(scoring, i));
    }
    buf_add_char(out, '}');
}

// --- the choice -----------------------------------------------------------------------------------------------------------
// Whom the choice serves least, in numbers: a reader must not have to look for it.
static void add_why(const struct scoring *scoring, const struct names *names, struct buf *out)
{
    const struct aggregate_result *result = &scoring->result;
    size_t g_all = scoring->n_groups, n_objectors = 0;
    LITERAL(out, ",\"why\":{\"aggregate\":");
    add_text(out, scoring->seats != NULL ? "jury" : aggregate_rule_name(scoring->rule));
    LITERAL(out, ",\"supported\":");
    buf_add_text(out, scoring->artefact->supported ? "true" : "false");
    LITERAL(out, ",\"scale\":");
    add_text(out, scoring->n_candidates > 1 ? "log-odds, centred on these candidates"
                                            : "log-odds against the training mean");
    LITERAL(out, ",\"worst_off\":");
    add_group_score(out, names, result->worst_group[result->choice], result->worst_utility[result->choice]);
    LITERAL(out, ",\"objectors\":[");
    for (size_t g = 0; g < g_all; g++) {
        size_t best = 0;
        for (size_t i = 1; i < scoring->n_candidates; i++) {
            if (scoring->utilities[i * g_all + g] > scoring->utilities[best * g_all + g])
                best = i;
        }
        double loss = scoring->utilities[best * g_all + g] - scoring->utilities[result->choice * g_all + g];
        if (best == result->choice || !(loss > 0))
            continue;
        if (n_objectors++ > 0)
            buf_add_char(out, ',');
        buf_add(out, names->text[g], names->length[g]);
        LITERAL(out, ",\"prefers\":");
        add_index(out, best);
        LITERAL(out, ",\"loss\":");
        answer_number(out, loss);
        buf_add_char(out, '}');
    }
    LITERAL(out, "]}");
}

// `"candidates": ..., "choice": ..., ...` of one prompt, without the braces.
static void add_decision(const struct answer *answer, const struct scoring *scoring,
    const struct names *names, struct arena *arena, struct buf *out)
{
    const struct aggregate_result *result = &scoring->result;
    size_t *rank_of = arena_alloc(arena, scoring->n_candidates * sizeof(*rank_of));
    for (size_t rank = 0; rank < scoring->n_candidates; rank++)
        rank_of[result->order[rank]] = rank;
    LITERAL(out, "\"candidates\":[");
    for (size_t i = 0; i < scoring->n_candidates; i++) {
        if (i > 0)
            buf_add_char(out, ',');
        add_candidate(answer, scoring, names, i, rank_of[i], out);
    }
    if (scoring->beside != NULL && scoring->beside->n_out == scoring->n_candidates) {
        LITERAL(out, "],\"choice\":null");
    } else {
        LITERAL(out, "],\"choice\":{\"index\":");
        add_index(out, result->choice);
        LITERAL(out, ",\"id\":");
        add_text(out, scoring->ids[result->choice]);
        buf_add_char(out, '}');
    }
    if (scoring->beside != NULL)
        add_members(out, scoring_beside_answer(scoring->beside, scoring));
    if (answer->detail == ANSWER_FULL)
        add_why(scoring, names, out);
    if (result->lottery != NULL) {
        LITERAL(out, ",\"lottery\":{\"value\":");
        answer_number(out, result->lottery_value);
        LITERAL(out, ",\"gap\":");
        buf_printf(out, "%.3g}", result->lottery_gap);
    }
    if (scoring->seats != NULL) {
        LITERAL(out, ",\"verdict\":");
        add_json(out, scoring_verdict_json(scoring));
    }
}

static void add_group(const struct scoring *scoring, const struct names *names, size_t g, struct buf *out)
{
    const struct artefact_head *head = scoring_group(scoring, g);
    buf_add(out, names->text[g], names->length[g]);
    LITERAL(out, ",\"share\":");
    answer_number(out, head->share);
    buf_printf(out, ",\"n_annotators\":%u,\"n_judgments\":%u}", head->n_annotators, head->n_judgments);
}

void answer_write(const struct answer *answer, struct arena *arena, struct buf *out)
{
    const struct scoring *first = &answer->scorings[0];
    const struct names names = names_of(first, arena);
    char hash[HASH_HEX_BYTES];
    hex_encode(artefact_hash(first->artefact), HASH_BYTES, hash);
    LITERAL(out, "{\"model\":");
    add_text(out, answer->model_text);
    buf_printf(out, ",\"artefact\":\"%s\",\"constitution_version\":", hash);
    if (answer->constitution_version > 0)
        add_index(out, (size_t)answer->constitution_version);
    else
        LITERAL(out, "null");
    LITERAL(out, ",\"method\":");
    add_text(out, first->artefact->method);
    LITERAL(out, ",\"groups\":[");
    for (size_t g = 0; g < first->n_groups; g++) {
        if (g > 0)
            buf_add_char(out, ',');
        add_group(first, &names, g, out);
    }
    LITERAL(out, "],");
    if (!answer->is_batch) {
        add_decision(answer, first, &names, arena, out);
    } else {
        LITERAL(out, "\"results\":[");
        for (size_t p = 0; p < answer->n; p++) {
            if (p > 0)
                buf_add_char(out, ',');
            LITERAL(out, "{\"id\":");
            add_text(out, answer->scorings[p].id);
            buf_add_char(out, ',');
            add_decision(answer, &answer->scorings[p], &names, arena, out);
            buf_add_char(out, '}');
        }
        buf_add_char(out, ']');
    }
    buf_add_char(out, '}');
}
