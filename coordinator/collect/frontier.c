#include "coordinator/collect/frontier.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "coordinator/collect/task.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"
#include "coordinator/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
    PLACES = 64,
    WINDOW_US = 1000000, // what was read is used so long, and demand is counted by it
    DEMAND_MIN = 8,      // with fewer asking in a window, reading ahead gains nothing
    BLOCK_MIN = 16,
    BLOCK_MAX = 128,
    BLOCK_BYTES = 4 * 1024 * 1024, // about; items longer than a BLOCK_MINth of it are searched one by one
    BLOCK_ARENA_MAX = 256 * 1024 * 1024,
};

// Columns of collect_frontier.sql.
enum {
    ITEM,
    N,
    ORDER_KEY,
    RESPONSE,
    N_RESPONSES,
    PROMPT,
    LANGUAGE,
    WARNING,
    CONTENT,
    MODEL,
    TASK,
    LATER,
    GUIDELINE
};

struct waiting {
    struct waiting *next;
    struct http_request *request;
    void (*then)(void *arg, const struct candidate *candidate);
    void *arg;
};

struct place {
    struct frontier *frontier;
    int64_t shard_key, window_us; // 0: an empty place; when the window began
    int n_asked, n_asked_before;  // in this window, in the one before
    bool reading;
    int64_t poor_until_us, read_us;
    int64_t from; // the order key to go on behind; loops begin at different ones, so that they seldom meet
    struct arena *block;
    struct candidate *candidates;
    int n_candidates, next, average_bytes;
    struct waiting *first, **last;
};

struct frontier {
    struct place places[PLACES];
};

struct frontier *frontier_new(void)
{
    struct frontier *frontier = calloc(1, sizeof(*frontier));
    if (frontier == NULL)
        abort();
    for (size_t i = 0; i < PLACES; i++)
        frontier->places[i] = (struct place){.frontier = frontier, .last = &frontier->places[i].first};
    return frontier;
}

void frontier_free(struct frontier *frontier)
{
    if (frontier == NULL)
        return;
    for (size_t i = 0; i < PLACES; i++)
        arena_free(frontier->places[i].block);
    free(frontier);
}

// --- what was read ---------------------------------------------------------------------------------------------------
static void drop_block(struct place *place)
{
    arena_free(place->block);
    place->block = NULL;
    place->candidates = NULL;
    place->n_candidates = place->next = 0;
}

static const char *kept(struct place *place, const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? NULL : arena_strdup(place->block, db_text(result, row, column));
}

static const char *response_text(struct place *place, const struct db_result *result, int row)
{
    if (db_is_null(result, row, MODEL))
        return arena_printf(place->block, "\"content\":%s", db_text(result, row, CONTENT));
    return arena_printf(place->block, "\"content\":%s,\"model\":%s", db_text(result, row, CONTENT),
        db_text(result, row, MODEL));
}

// A row a response, those of an item together and in order.
static void keep_rows(struct place *place, const struct db_result *result)
{
    const char *task = result->n_rows > 0 ? kept(place, result, 0, TASK) : NULL;
    for (int row = 0; row < result->n_rows;) {
        struct candidate *candidate = &place->candidates[place->n_candidates];
        *candidate = (struct candidate){.item = db_uuid(result, row, ITEM),
            .n = (int)db_number(result, row, N),
            .n_responses = (int)db_number(result, row, N_RESPONSES),
            .task = task,
            .guideline_version = db_number(result, row, GUIDELINE),
            .prompt = kept(place, result, row, PROMPT),
            .language = kept(place, result, row, LANGUAGE),
            .warning = kept(place, result, row, WARNING),
            .later = kept(place, result, row, LATER)};
        candidate->responses =
            arena_calloc(place->block, (size_t)candidate->n_responses, sizeof(*candidate->responses));
        place->from = db_number(result, row, ORDER_KEY);
        int n = 0;
        for (; row < result->n_rows && n < candidate->n_responses && db_number(result, row, RESPONSE) == n;
             row++)
            candidate->responses[n++] = response_text(place, result, row);
        assert(n == candidate->n_responses); // an item has its responses, numbered from 0
        place->n_candidates++;
    }
}

static void serve(struct place *place);

static void on_read(void *arg, const struct db_result *result)
{
    struct place *place = arg;
    place->reading = false;
    place->read_us = clock_monotonic_us();
    drop_block(place);
    if (result->status == DB_OK) {
        place->block = arena_new(BLOCK_ARENA_MAX);
        place->candidates = arena_calloc(place->block, BLOCK_MAX, sizeof(*place->candidates));
        keep_rows(place, result);
    }
    if (place->n_candidates > 0)
        place->average_bytes = (int)(arena_used(place->block) / (size_t)place->n_candidates);
    if (place->n_candidates < BLOCK_MIN)
        place->poor_until_us = place->read_us + WINDOW_US;
    serve(place);
}

static int block_size(const struct place *place)
{
    int wanted = place->n_asked > place->n_asked_before ? place->n_asked : place->n_asked_before;
    int most = place->average_bytes > 0 ? BLOCK_BYTES / place->average_bytes : BLOCK_MIN;
    most = most > BLOCK_MAX ? BLOCK_MAX : most;
    return wanted > most ? most : wanted < BLOCK_MIN ? BLOCK_MIN : wanted;
}

static void read_ahead(struct place *place, const struct loop *loop)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, place->shard_key);
    db_add_number(&params, place->from);
    db_add_number(&params, block_size(place));
    place->reading = true;
    db_query(loop->db, DB_READ, 0, QUERY_COLLECT_FRONTIER, &params, on_read, place);
}

// --- what is given out -------------------------------------------------------------------------------------------------
// The block may go while the request still works on its slot.
static const struct candidate *copy_for(struct http_request *request, const struct candidate *candidate)
{
    struct arena *arena = http_arena(request);
    struct candidate *copy = arena_memdup(arena, candidate, sizeof(*candidate));
    copy->task = arena_strdup(arena, copy->task);
    copy->prompt = arena_strdup(arena, copy->prompt);
    copy->language = copy->language != NULL ? arena_strdup(arena, copy->language) : NULL;
    copy->warning = copy->warning != NULL ? arena_strdup(arena, copy->warning) : NULL;
    copy->later = copy->later != NULL ? arena_strdup(arena, copy->later) : NULL;
    copy->responses = arena_calloc(arena, (size_t)copy->n_responses, sizeof(*copy->responses));
    for (int i = 0; i < copy->n_responses; i++)
        copy->responses[i] = arena_strdup(arena, candidate->responses[i]);
    return copy;
}

static bool is_fresh(const struct place *place, int64_t now_us)
{
    return place->next < place->n_candidates && now_us - place->read_us < WINDOW_US;
}

static void serve(struct place *place)
{
    int64_t now_us = clock_monotonic_us();
    while (place->first != NULL && !place->reading) {
        struct waiting *waiting = place->first;
        if (!is_fresh(place, now_us) && now_us >= place->poor_until_us) {
            read_ahead(place, http_context(waiting->request));
            return;
        }
        place->first = waiting->next;
        if (place->first == NULL)
            place->last = &place->first;
        waiting->then(waiting->arg,
            is_fresh(place, now_us) ? copy_for(waiting->request, &place->candidates[place->next++]) : NULL);
    }
}

static void count_demand(struct place *place, int64_t now_us)
{
    if (now_us - place->window_us >= WINDOW_US) {
        place->n_asked_before = now_us - place->window_us < 2 * WINDOW_US ? place->n_asked : 0;
        place->n_asked = 0;
        place->window_us = now_us;
    }
    place->n_asked++;
}

void frontier_next(struct http_request *request, int64_t shard_key,
    void (*then)(void *arg, const struct candidate *candidate), void *arg)
{
    const struct loop *loop = http_context(request);
    struct place *place = &loop->collect->frontier->places[(uint64_t)shard_key % PLACES];
    int64_t now_us = clock_monotonic_us();
    if (place->shard_key != shard_key && !place->reading) {
        drop_block(place);
        place->shard_key = shard_key;
        place->n_asked = place->n_asked_before = place->average_bytes = 0;
        place->poor_until_us = 0;
        place->from = (int64_t)rng_secure_u64();
    }
    if (place->shard_key == shard_key)
        count_demand(place, now_us);
    if (place->shard_key != shard_key || place->n_asked + place->n_asked_before < DEMAND_MIN ||
        now_us < place->poor_until_us || place->average_bytes > BLOCK_BYTES / BLOCK_MIN) {
        then(arg, NULL);
        return;
    }
    struct waiting *waiting = arena_calloc(http_arena(request), 1, sizeof(*waiting));
    *waiting = (struct waiting){.request = request, .then = then, .arg = arg};
    *place->last = waiting;
    place->last = &waiting->next;
    serve(place);
}
