// A jury that the request seats: whose opinion counts is said, and the verdict is theirs (reward/jury.h).
#include "coordinator/score/scoring.h"

#include <math.h>
#include <string.h>

enum {
    DRAWS_DEFAULT = 100,
    SEATS_KINDS_MAX = 64,
    DRAWN_SEATS_MAX = 1000000, // some tenths of a second
};

// --- who sits -----------------------------------------------------------------------------------------------------------
static const char *text_of(const json_t *seat, const char *name)
{
    const char *text = json_string_value(json_object_get(seat, name));
    return text != NULL ? text : "";
}

static int read_seat(
    const struct jury *jury, json_t *seat, size_t i, struct jury_seats *seats, struct err *err)
{
    const char *attribute = text_of(seat, "attribute"), *value = text_of(seat, "value");
    const json_t *count = json_object_get(seat, "count");
    uint32_t pool = 0;
    if (!json_is_object(seat))
        return err_set(err, ERR_INVALID, "/jury/seats/%zu must be {attribute, value, count}", i);
    if (!json_is_integer(count) || json_integer_value(count) < 1 ||
        json_integer_value(count) > JURY_SEATS_MAX)
        return err_set(
            err, ERR_INVALID, "/jury/seats/%zu/count must be a whole number from 1 to %d", i, JURY_SEATS_MAX);
    while (pool < jury->n_pools && (strcmp(jury->pools[pool].attribute, attribute) != 0 ||
                                       strcmp(jury->pools[pool].value, value) != 0))
        pool++;
    if (pool == jury->n_pools)
        return err_set(err, ERR_INVALID,
            "/jury/seats/%zu/value nobody fills this seat: the model knows of no ten people with \"%.64s\" = \"%.64s\"",
            i, attribute, value);
    seats[i] = (struct jury_seats){.pool = pool, .count = (uint32_t)json_integer_value(count)};
    for (size_t j = 0; j < i; j++) {
        if (seats[j].pool == pool)
            return err_set(err, ERR_INVALID, "/jury/seats/%zu/value stands here twice", i);
    }
    return 0;
}

int scoring_read_jury(struct scoring *scoring, json_t *jury, struct arena *arena, struct err *err)
{
    if (jury == NULL || json_is_null(jury))
        return 0;
    const json_t *list = json_object_get(jury, "seats"), *draws = json_object_get(jury, "draws");
    size_t n = json_array_size(list), total = 0;
    const char *name;
    json_t *member;
    if (!json_is_object(jury))
        return err_set(err, ERR_INVALID, "/jury must be {seats: [{attribute, value, count}], draws?}");
    json_object_foreach(jury, name, member)
    {
        if (strcmp(name, "seats") != 0 && strcmp(name, "draws") != 0)
            return err_set(err, ERR_INVALID, "/jury/%.64s there is no such field", name);
    }
    if (scoring->artefact->jury == NULL)
        return err_set(err, ERR_INVALID, "/jury needs a model that was fitted by the method jury");
    if (!json_is_array(list) || n < 1 || n > SEATS_KINDS_MAX)
        return err_set(
            err, ERR_INVALID, "/jury/seats must be a list of 1 to %d kinds of seats", SEATS_KINDS_MAX);
    if (draws != NULL && (!json_is_integer(draws) || json_integer_value(draws) < 0 ||
                             json_integer_value(draws) > JURY_DRAWS_MAX))
        return err_set(err, ERR_INVALID, "/jury/draws must be a whole number from 0 to %d", JURY_DRAWS_MAX);
    struct jury_seats *seats = arena_calloc(arena, n, sizeof(*seats));
    for (size_t i = 0; i < n; i++) {
        int rc = read_seat(scoring->artefact->jury, json_array_get(list, i), i, seats, err);
        if (rc < 0)
            return rc;
        total += seats[i].count;
    }
    uint64_t n_drawn = draws != NULL ? (uint64_t)json_integer_value(draws) : DRAWS_DEFAULT;
    if (n_drawn * total > DRAWN_SEATS_MAX)
        return err_set(err, ERR_INVALID, "/jury/draws times seats must be at most %d", DRAWN_SEATS_MAX);
    if (total > JURY_SEATS_MAX)
        return err_set(err, ERR_INVALID, "/jury/seats are at most %d", JURY_SEATS_MAX);
    scoring->seats = seats;
    scoring->n_seats = n;
    scoring->draws = draws != NULL ? (uint32_t)json_integer_value(draws) : DRAWS_DEFAULT;
    return 0;
}

// --- what they say ------------------------------------------------------------------------------------------------------
// Centred on the candidates of the prompt; one alone on the training means.
static double *basis_of(const struct scoring *scoring, const double *rewards, struct arena *arena)
{
    const struct artefact *artefact = scoring->artefact;
    uint32_t k = artefact->jury->n_basis;
    size_t n = scoring->n_candidates;
    double *basis = arena_alloc(arena, n * k * sizeof(*basis));
    for (uint32_t b = 0; b < k; b++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += rewards[i * artefact->n_heads + b] / (double)n;
        for (size_t i = 0; i < n; i++)
            basis[i * k + b] = rewards[i * artefact->n_heads + b] -
                               (n > 1 && !scoring->alone ? mean : artefact->heads[b].centre);
    }
    return basis;
}

// The kinds that may sit: all answers to the questions by which seats were given.
static size_t kinds_of(const struct scoring *scoring, uint32_t *ret_kinds)
{
    const struct jury *jury = scoring->artefact->jury;
    size_t n = 0;
    for (uint32_t p = 0; p < jury->n_pools; p++) {
        bool is_asked = false;
        for (size_t s = 0; s < scoring->n_seats; s++)
            is_asked = is_asked ||
                       strcmp(jury->pools[scoring->seats[s].pool].attribute, jury->pools[p].attribute) == 0;
        if (is_asked)
            ret_kinds[n++] = p;
    }
    return n;
}

int scoring_try_jury(struct scoring *scoring, const double *rewards, struct arena *arena, struct err *err)
{
    const struct artefact *artefact = scoring->artefact;
    double *basis = basis_of(scoring, rewards, arena);
    uint32_t kinds[JURY_POOLS_MAX];
    int rc = jury_verdict(artefact->jury, basis, scoring->n_candidates, scoring->seats, scoring->n_seats,
        scoring->draws, artefact->seed, arena, &scoring->verdict, err);
    if (rc < 0)
        return rc;
    size_t n_kinds = kinds_of(scoring, kinds);
    scoring->turns =
        scoring->n_candidates > 1 && jury_turn(artefact->jury, basis, scoring->n_candidates, scoring->seats,
                                         scoring->n_seats, kinds, n_kinds, arena, &scoring->turn);
    scoring->result.scores = scoring->verdict.score;
    scoring->result.order = scoring->verdict.order;
    scoring->result.choice = scoring->verdict.order[0];
    return 0;
}

// --- as it is told ------------------------------------------------------------------------------------------------------
static json_t *kind_json(const struct scoring *scoring, uint32_t pool)
{
    const struct jury_pool *own = &scoring->artefact->jury->pools[pool];
    return json_pack("{s:s, s:s}", "attribute", own->attribute, "value", own->value);
}

json_t *scoring_jury_of_candidate(const struct scoring *scoring, size_t i)
{
    const struct jury_verdict *verdict = &scoring->verdict;
    json_t *by_seat = json_array();
    for (size_t s = 0; s < scoring->n_seats; s++) {
        json_t *one = kind_json(scoring, scoring->seats[s].pool);
        json_object_set_new(one, "count", json_integer(scoring->seats[s].count));
        json_object_set_new(one, "score", json_real(verdict->by_seat[i * scoring->n_seats + s]));
        json_array_append_new(by_seat, one);
    }
    json_t *json = json_pack("{s:f, s:f, s:o}", "spread", verdict->spread[i], "majority",
        verdict->majority[i], "by_seat", by_seat);
    if (verdict->median != NULL) {
        json_object_set_new(json, "median", json_real(verdict->median[i]));
        json_object_set_new(json, "chosen_by", json_real(fmin(verdict->chosen[i], 1)));
    }
    return json;
}

json_t *scoring_verdict_json(const struct scoring *scoring)
{
    const struct jury_turn *turn = &scoring->turn;
    json_t *moves = json_array();
    for (uint32_t m = 0; scoring->turns && m < turn->n_moves; m++)
        json_array_append_new(
            moves, json_pack("{s:o, s:o, s:I}", "from", kind_json(scoring, turn->moves[m].from), "to",
                       kind_json(scoring, turn->moves[m].to), "count", (json_int_t)turn->moves[m].count));
    json_t *turned = json_null();
    if (scoring->turns)
        turned = json_pack("{s:{s:I, s:s?}, s:I, s:O}", "choice", "index", (json_int_t)turn->candidate, "id",
            scoring->ids[turn->candidate], "seats", (json_int_t)turn->n_seats, "moves", moves);
    json_decref(moves);
    return json_pack("{s:I, s:I, s:o}", "seats", (json_int_t)scoring->verdict.n_jurors, "draws",
        (json_int_t)scoring->draws, "turned_by", turned);
}
