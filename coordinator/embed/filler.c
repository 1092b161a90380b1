// The filler: what a study's responses lack is asked for page by page, a few batches at once, and each batch is stored as it
// comes. How far it has come, what went wrong and when it is tried again stand in the database, under a lease that is renewed
// while it works: so any number of coordinators may fill, and be killed at any time; what was stored is not asked for again.
// One lease a study, so that no text is asked for twice at once.
#include "coordinator/embed/internal.h"

#include "base/buf.h"
#include "base/log.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

enum {
    TICK_MS = 500,
    RENEW_TICKS = 10,
    LEASE_MS = 15000,
    FILLING_MAX = 4, // studies at once
    CALLS_MAX = 4,   // to one endpoint
    PAGE_ROWS = 256,
    PAGE_BYTES = 1024 * 1024,
    BACKOFF_MS = 1000,
    BACKOFF_MAX_MS = 600 * 1000,
    BAD_ANSWERS_MAX = 5, // in a row
    VECTORS_MAX_BYTES = EMBED_BATCH_TEXTS * (EMBEDDINGS_DIMENSIONS_MAX * 8 + 8),
};

struct filling;

// One batch that is asked for, or being stored.
struct batch {
    struct filling *filling; // NULL: the slot is free
    struct asking *asking;   // NULL: it is being stored
    size_t first, n;         // of the page's texts
};

// One study. Freed when nothing is under way for it any more.
struct filling {
    struct filling *next, **link;
    int64_t shard_key;
    struct uuid endpoint, lease;
    char *url, *key, *model;
    uint32_t ask_dimensions, n_dimensions;
    unsigned char space[HASH_BYTES];
    int n_failures;
    struct uuid after_item;
    int64_t after_n;
    // The page: texts that are wanted, each once.
    size_t n_texts, next_text;
    struct embeddings_text *texts;
    unsigned char (*hashes)[HASH_BYTES];
    struct uuid last_item;
    int64_t last_n, n_embedded, n_sealed;
    bool is_last;
    struct batch batches[CALLS_MAX];
    int n_queries; // whose answers are awaited, batches' among them
    bool is_over;  // the lease is another's, or the process ends
    bool has_failed;
    struct asked failure;
};

static struct {
    struct loop *loop;
    struct event *timer;
    struct outside *outside;
    struct filling *first;
    int n_filling, n_ticks;
    bool is_looking;
} filler;

static void go_on(struct filling *filling);

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (result == NULL)
        abort();
    return result;
}

// --- life -------------------------------------------------------------------------------------------------------------------
static void forget_page(struct filling *filling)
{
    for (size_t i = 0; i < filling->n_texts; i++)
        free((char *)(uintptr_t)filling->texts[i].text);
    free(filling->texts);
    free(filling->hashes);
    filling->texts = NULL;
    filling->hashes = NULL;
    filling->n_texts = filling->next_text = 0;
}

static void cancel_calls(struct filling *filling)
{
    for (int i = 0; i < CALLS_MAX; i++) {
        struct batch *batch = &filling->batches[i];
        if (batch->filling == NULL || batch->asking == NULL)
            continue;
        asking_cancel(batch->asking);
        *batch = (struct batch){0};
    }
}

static void filling_free(struct filling *filling)
{
    *filling->link = filling->next;
    if (filling->next != NULL)
        filling->next->link = filling->link;
    filler.n_filling--;
    cancel_calls(filling);
    forget_page(filling);
    if (filling->key != NULL)
        explicit_bzero(filling->key, strlen(filling->key));
    free(filling->url);
    free(filling->key);
    free(filling->model);
    free(filling);
}

static void params_of(const struct filling *filling, struct db_params *params)
{
    db_params_init(params);
    db_add_number(params, filling->shard_key);
    db_add_uuid(params, filling->endpoint);
}

static void ask(struct filling *filling, enum db_kind kind, enum query query, const struct db_params *params,
    db_callback *callback)
{
    filling->n_queries++;
    db_query(filler.loop->db, kind, kind == DB_WRITE ? DB_RETRY_SAFE : 0, query, params, callback, filling);
}

// Whose answer to it decides whether the lease is still ours. False: it is not, or the database is away, and then it runs out.
static bool holds(struct filling *filling, const struct db_result *result)
{
    filling->n_queries--;
    if (result->status != DB_OK || result->n_rows == 0)
        filling->is_over = true;
    return !filling->is_over;
}

// --- a batch ------------------------------------------------------------------------------------------------------------------
static void on_stored(void *arg, const struct db_result *result)
{
    struct batch *batch = arg;
    struct filling *filling = batch->filling;
    *batch = (struct batch){0};
    if (holds(filling, result))
        filling->n_failures = 0;
    go_on(filling);
}

static void add_hex(struct buf *out, const void *data, size_t size, bool is_first)
{
    buf_add_text(out, is_first ? "{\"\\\\x" : ",\"\\\\x");
    char *hex = malloc(2 * size + 1);
    if (hex == NULL)
        abort();
    hex_encode(data, size, hex);
    buf_add(out, hex, 2 * size);
    buf_add_char(out, '"');
    free(hex);
}

static void store(struct batch *batch, const struct asked *asked)
{
    struct filling *filling = batch->filling;
    struct buf hashes, vectors;
    struct db_params params;
    size_t n = asked->n_dimensions;
    buf_init(&hashes, EMBED_BATCH_TEXTS * (2 * HASH_BYTES + 8) + 8);
    buf_init(&vectors, VECTORS_MAX_BYTES + 8);
    for (size_t i = 0; i < batch->n; i++) {
        add_hex(&hashes, filling->hashes[batch->first + i], HASH_BYTES, i == 0);
        add_hex(&vectors, asked->values + i * n, n * sizeof(float), i == 0);
    }
    buf_add_char(&hashes, '}');
    buf_add_char(&vectors, '}');
    assert(!hashes.overflow && !vectors.overflow);
    filling->n_dimensions = asked->n_dimensions;
    params_of(filling, &params);
    db_add_bytes(&params, filling->space, HASH_BYTES);
    db_add_number(&params, asked->n_dimensions);
    db_add_text(&params, hashes.data);
    db_add_text(&params, vectors.data);
    filling->n_queries++;
    db_query(filler.loop->db, DB_WRITE, DB_RETRY_SAFE, QUERY_EMBED_STORE, &params, on_stored, batch);
    buf_release(&vectors);
    buf_release(&hashes);
}

static void on_asked(void *arg, const struct asked *asked)
{
    struct batch *batch = arg;
    struct filling *filling = batch->filling;
    batch->asking = NULL;
    if (asked->fate == ASKED_WELL) {
        store(batch, asked);
        return;
    }
    *batch = (struct batch){0};
    if (!filling->has_failed || asked->fate > filling->failure.fate)
        filling->failure = *asked;
    filling->has_failed = true;
    go_on(filling);
}

// Until it is known how many numbers there are, one call alone: two first answers could differ.
static void ask_batches(struct filling *filling)
{
    int most = filling->n_dimensions > 0 && filling->n_failures == 0 ? CALLS_MAX : 1;
    for (int i = 0; i < most && !filling->has_failed && filling->next_text < filling->n_texts; i++) {
        struct batch *batch = &filling->batches[i];
        if (batch->filling != NULL)
            continue;
        const struct embeddings_text *texts = filling->texts + filling->next_text;
        size_t n = asking_batch(texts, filling->n_texts - filling->next_text);
        *batch = (struct batch){.filling = filling, .first = filling->next_text, .n = n};
        filling->next_text += n;
        batch->asking = asking_new(filler.loop, filler.outside,
            &(struct asking_request){.url = filling->url,
                .key = filling->key,
                .model = filling->model,
                .ask_dimensions = filling->ask_dimensions,
                .n_dimensions = filling->n_dimensions,
                .texts = texts,
                .n_texts = n},
            on_asked, batch);
    }
}

// --- a page -------------------------------------------------------------------------------------------------------------------
static bool is_wanted_already(const struct filling *filling, const unsigned char hash[HASH_BYTES])
{
    for (size_t i = 0; i < filling->n_texts; i++) {
        if (memcmp(filling->hashes[i], hash, HASH_BYTES) == 0)
            return true;
    }
    return false;
}

static void take_text(struct filling *filling, const struct db_result *result, int row)
{
    unsigned char hash[HASH_BYTES];
    if (hex_decode(db_text(result, row, 4), hash, HASH_BYTES) < 0 || is_wanted_already(filling, hash))
        return;
    struct embeddings_text *text = &filling->texts[filling->n_texts];
    text->length = db_length(result, row, 3);
    text->text = copy(db_text(result, row, 3)); // PostgreSQL's texts hold no NUL
    memcpy(filling->hashes[filling->n_texts++], hash, HASH_BYTES);
}

static void on_page(void *arg, const struct db_result *result)
{
    struct filling *filling = arg;
    filling->n_queries--;
    if (result->status != DB_OK)
        filling->is_over = true;
    int n_rows = filling->is_over ? 0 : result->n_rows;
    filling->is_last = n_rows == 0;
    filling->last_item = filling->after_item;
    filling->last_n = filling->after_n;
    filling->n_embedded = filling->n_sealed = 0;
    filling->texts = calloc((size_t)n_rows + 1, sizeof(*filling->texts));
    filling->hashes = calloc((size_t)n_rows + 1, sizeof(*filling->hashes));
    if (filling->texts == NULL || filling->hashes == NULL)
        abort();
    for (int row = 0; row < n_rows; row++) {
        bool is_sealed = db_bool(result, row, 2);
        filling->n_sealed += is_sealed;
        filling->n_embedded += !is_sealed;
        if (!db_is_null(result, row, 3))
            take_text(filling, result, row);
        filling->last_item = db_uuid(result, row, 0);
        filling->last_n = db_number(result, row, 1);
    }
    go_on(filling);
}

static void read_page(struct filling *filling)
{
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, filling->shard_key);
    db_add_bytes(&params, filling->space, HASH_BYTES);
    db_add_uuid(&params, filling->after_item);
    db_add_number(&params, filling->after_n);
    db_add_number(&params, PAGE_ROWS);
    db_add_number(&params, PAGE_BYTES);
    ask(filling, DB_READ, QUERY_EMBED_PAGE, &params, on_page);
}

static void on_advanced(void *arg, const struct db_result *result)
{
    struct filling *filling = arg;
    bool is_ours = holds(filling, result);
    filling->after_item = filling->last_item;
    filling->after_n = filling->last_n;
    if (is_ours && !filling->is_last)
        read_page(filling);
    else
        filling_free(filling);
}

static void advance(struct filling *filling)
{
    struct db_params params;
    params_of(filling, &params);
    db_add_uuid(&params, filling->lease);
    db_add_uuid(&params, filling->last_item);
    db_add_number(&params, filling->last_n);
    db_add_number(&params, filling->n_embedded);
    db_add_number(&params, filling->n_sealed);
    db_add_bool(&params, filling->is_last);
    forget_page(filling);
    ask(filling, DB_WRITE, QUERY_EMBED_ADVANCE, &params, on_advanced);
}

// --- what went wrong ------------------------------------------------------------------------------------------------------------
static void on_failed(void *arg, const struct db_result *result UNUSED)
{
    filling_free(arg); // if it was not written down, the lease runs out
}

// Doubled each time, of which between half and all is waited; longer where the endpoint asks for it. -1: not before somebody says so.
static int64_t wait_ms(const struct filling *filling)
{
    const struct asked *failure = &filling->failure;
    if (failure->fate == ASKED_NEVER ||
        (failure->fate == ASKED_BADLY && filling->n_failures + 1 >= BAD_ANSWERS_MAX))
        return -1;
    int doublings = filling->n_failures < 10 ? filling->n_failures : 10;
    int64_t most = (int64_t)BACKOFF_MS << doublings, asked = (int64_t)failure->retry_after_s * 1000;
    most = most < BACKOFF_MAX_MS ? most : BACKOFF_MAX_MS;
    int64_t wait = most / 2 + (int64_t)(rng_secure_u64() % (uint64_t)(most / 2));
    return asked > 0 ? asked + wait / 2 : wait;
}

static void write_down_failure(struct filling *filling)
{
    const struct asked *failure = &filling->failure;
    struct db_params params;
    int64_t wait = wait_ms(filling);
    json_t *error = json_pack("{s:s, s:o, s:s}", "kind", failure->kind, "status",
        failure->status != 0 ? json_integer(failure->status) : json_null(), "detail", failure->detail);
    char *text = json_dumps(error, JSON_COMPACT);
    log_event(LOG_WARNING, "embeddings", LOG_TEXT("kind", failure->kind));
    params_of(filling, &params);
    db_add_uuid(&params, filling->lease);
    db_add_text(&params, text);
    if (wait >= 0)
        db_add_number(&params, wait);
    else
        db_add_null(&params);
    ask(filling, DB_WRITE, QUERY_EMBED_FAIL, &params, on_failed);
    free(text);
    json_decref(error);
}

// --- the way of a study -----------------------------------------------------------------------------------------------------------
static bool is_asking(const struct filling *filling)
{
    for (int i = 0; i < CALLS_MAX; i++) {
        if (filling->batches[i].filling != NULL)
            return true;
    }
    return false;
}

// After anything has ended: the next batches, or the next page, or the end.
static void go_on(struct filling *filling)
{
    if (filling->is_over)
        cancel_calls(filling);
    else
        ask_batches(filling);
    if (is_asking(filling) || filling->n_queries > 0)
        return;
    if (filling->is_over)
        filling_free(filling);
    else if (filling->has_failed)
        write_down_failure(filling);
    else
        advance(filling);
}

static void on_claimed(void *arg, const struct db_result *result)
{
    struct filling *filling = arg;
    struct arena *arena = arena_new(256 * 1024);
    const unsigned char *space;
    size_t size = 0;
    if (!holds(filling, result)) {
        filling_free(filling);
        arena_free(arena);
        return;
    }
    filling->url = copy(db_text(result, 0, 0));
    filling->model = copy(db_text(result, 0, 1));
    filling->ask_dimensions = (uint32_t)db_number(result, 0, 2);
    space = db_bytes(result, 0, 3, arena, &size);
    assert(size == HASH_BYTES);
    memcpy(filling->space, space, HASH_BYTES);
    const char *key = db_is_null(result, 0, 4) ? NULL
                                               : keys_open_answer(filler.loop->app->keys, arena,
                                                     filling->endpoint, db_text(result, 0, 4));
    filling->key = key != NULL ? copy(key) : NULL;
    filling->n_dimensions = (uint32_t)db_number(result, 0, 5);
    filling->after_item = db_uuid(result, 0, 6);
    filling->after_n = db_number(result, 0, 7);
    filling->n_failures = (int)db_number(result, 0, 8);
    arena_free(arena);
    read_page(filling);
}

static bool is_filled_here(int64_t shard_key)
{
    for (const struct filling *filling = filler.first; filling != NULL; filling = filling->next) {
        if (filling->shard_key == shard_key)
            return true;
    }
    return false;
}

static void on_due(void *arg UNUSED, const struct db_result *result)
{
    filler.is_looking = false;
    for (int i = 0; result->status == DB_OK && i < result->n_rows && filler.n_filling < FILLING_MAX; i++) {
        if (is_filled_here(db_number(result, i, 0)))
            continue;
        struct filling *filling = calloc(1, sizeof(*filling));
        if (filling == NULL)
            abort();
        *filling = (struct filling){.next = filler.first,
            .link = &filler.first,
            .shard_key = db_number(result, i, 0),
            .endpoint = db_uuid(result, i, 1),
            .lease = uuid_new()};
        if (filling->next != NULL)
            filling->next->link = &filling->next;
        filler.first = filling;
        filler.n_filling++;
        struct db_params params;
        params_of(filling, &params);
        db_add_uuid(&params, filling->lease);
        db_add_number(&params, LEASE_MS);
        ask(filling, DB_WRITE, QUERY_EMBED_CLAIM, &params, on_claimed);
    }
}

static void on_renewed(void *arg, const struct db_result *result)
{
    struct filling *filling = arg;
    holds(filling, result);
    go_on(filling);
}

// Of those that ask; between pages a statement is on its way that touches the row, or ends the filling.
static void renew_leases(void)
{
    for (struct filling *filling = filler.first; filling != NULL; filling = filling->next) {
        struct db_params params;
        if (!is_asking(filling))
            continue;
        params_of(filling, &params);
        db_add_uuid(&params, filling->lease);
        db_add_number(&params, LEASE_MS);
        ask(filling, DB_WRITE, QUERY_EMBED_RENEW, &params, on_renewed);
    }
}

static void on_tick(evutil_socket_t fd UNUSED, short what UNUSED, void *arg UNUSED)
{
    if (++filler.n_ticks % RENEW_TICKS == 0)
        renew_leases();
    if (filler.is_looking || filler.n_filling == FILLING_MAX)
        return;
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, FILLING_MAX);
    filler.is_looking = true;
    db_query(filler.loop->db, DB_READ, 0, QUERY_EMBED_DUE, &params, on_due, NULL);
}

int filler_start(struct loop *loop, int connect_ms, int whole_ms, struct err *err)
{
    filler.loop = loop;
    filler.outside = outside_new(loop->base,
        &(struct outside_settings){
            .guard = loop->app->guard, .connect_ms = connect_ms, .first_ms = whole_ms, .whole_ms = whole_ms});
    filler.timer = event_new(loop->base, -1, EV_PERSIST, on_tick, NULL);
    if (filler.timer == NULL)
        return err_set(err, ERR_INTERNAL, "no timer for embeddings");
    event_add(filler.timer, &(struct timeval){.tv_usec = TICK_MS * 1000});
    return 0;
}

void filler_stop(void)
{
    while (filler.first != NULL)
        filling_free(filler.first);
    outside_free(filler.outside);
    event_free(filler.timer);
}
