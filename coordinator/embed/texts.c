// Embeddings of texts that are to be scored: from this loop's memory, from what is kept of the study's responses, else from the
// study's endpoint, if it is still the one that made the model's features. What it answers stays in memory only: candidates are
// no part of a study.
#include "coordinator/embed/embed.h"

#include "base/buf.h"
#include "coordinator/db/db.h"
#include "coordinator/embed/internal.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WHOLE_MS = 10000, // of a call: a serving stack waits
    CALLS_MAX = 8,    // at once, of a request
    GETTING_MAX = 64, // requests of a loop that wait for an endpoint
    SLOTS = 256,      // of memory: with the longest embeddings 8 MiB a loop
};

struct slot {
    unsigned char key[HASH_BYTES]; // of space and text
    float *values;                 // NULL: empty
    uint32_t n_dimensions;
};

struct embed_loop {
    struct outside *outside;
    int n_getting; // requests that wait for an endpoint
    struct slot slots[SLOTS];
};

struct getting;
struct part {
    struct getting *getting;
    struct asking *asking; // NULL: not begun, or over
    size_t n;
    size_t *index; // of the wanted texts
};
// One request's. In its arena, and so until the answer.
struct getting {
    struct http_request *request;
    struct loop *loop;
    struct embed_wanted *wanted;
    void (*then)(void *arg);
    void *arg;
    unsigned char space[HASH_BYTES];
    unsigned char (*hashes)[HASH_BYTES];
    float *values;
    bool *is_there;
    const char *url, *key, *model;
    uint32_t ask_dimensions;
    size_t n_parts, next_part, n_calls;
    bool is_waiting;
    struct part *parts;
};

struct embed_loop *texts_start(struct loop *loop, int connect_ms)
{
    struct embed_loop *embed = calloc(1, sizeof(*embed));
    if (embed == NULL)
        abort();
    embed->outside = outside_new(loop->base,
        &(struct outside_settings){
            .guard = loop->app->guard, .connect_ms = connect_ms, .first_ms = WHOLE_MS, .whole_ms = WHOLE_MS});
    return embed;
}

void texts_stop(struct embed_loop *embed)
{
    outside_free(embed->outside);
    for (size_t i = 0; i < SLOTS; i++)
        free(embed->slots[i].values);
    free(embed);
}

// --- memory -----------------------------------------------------------------------------------------------------------------
// A text has one place; who comes later takes it.
static struct slot *slot_of(const struct getting *getting, size_t i, unsigned char key[HASH_BYTES])
{
    unsigned char both[2 * HASH_BYTES];
    memcpy(both, getting->space, HASH_BYTES);
    memcpy(both + HASH_BYTES, getting->hashes[i], HASH_BYTES);
    hash_sha256(both, sizeof(both), key);
    return &getting->loop->embed->slots[(key[0] << 8 | key[1]) % SLOTS];
}

static void take(const struct getting *getting, size_t i, const float *values)
{
    uint32_t n = getting->wanted->n_dimensions;
    memcpy(getting->values + i * n, values, n * sizeof(float));
    getting->is_there[i] = true;
}

static bool recall(const struct getting *getting, size_t i)
{
    unsigned char key[HASH_BYTES];
    const struct slot *slot = slot_of(getting, i, key);
    if (slot->values == NULL || slot->n_dimensions != getting->wanted->n_dimensions ||
        memcmp(slot->key, key, HASH_BYTES) != 0)
        return false;
    take(getting, i, slot->values);
    return true;
}

static void remember(const struct getting *getting, size_t i, const float *values)
{
    unsigned char key[HASH_BYTES];
    struct slot *slot = slot_of(getting, i, key);
    uint32_t n = getting->wanted->n_dimensions;
    slot->values = realloc(slot->values, n * sizeof(float));
    if (slot->values == NULL)
        abort();
    memcpy(slot->values, values, n * sizeof(float));
    memcpy(slot->key, key, HASH_BYTES);
    slot->n_dimensions = n;
}

// --- the end ------------------------------------------------------------------------------------------------------------------
static void finish(struct getting *getting, int status, const char *detail)
{
    struct embed_wanted *wanted = getting->wanted;
    for (size_t p = 0; p < getting->n_parts; p++) {
        if (getting->parts[p].asking != NULL)
            asking_cancel(getting->parts[p].asking);
        getting->parts[p].asking = NULL;
    }
    getting->loop->embed->n_getting -= getting->is_waiting;
    wanted->values = status == 200 ? getting->values : NULL;
    wanted->status = status;
    wanted->detail = detail;
    getting->then(getting->arg);
}

// --- the endpoint is asked --------------------------------------------------------------------------------------------------
static void ask_parts(struct getting *getting);

static void on_asked(void *arg, const struct asked *asked)
{
    struct part *part = arg;
    struct getting *getting = part->getting;
    uint32_t n = getting->wanted->n_dimensions;
    part->asking = NULL;
    getting->n_calls--;
    if (asked->fate != ASKED_WELL) {
        // Kept before the parts go: `asked` is the asking's.
        finish(getting, 503,
            arena_printf(http_arena(getting->request), "The candidates have no embeddings, and none came. %s",
                asked->detail));
        return;
    }
    for (size_t i = 0; i < part->n; i++) {
        take(getting, part->index[i], asked->values + i * n);
        remember(getting, part->index[i], asked->values + i * n);
    }
    ask_parts(getting);
}

static void ask_parts(struct getting *getting)
{
    const struct embed_wanted *wanted = getting->wanted;
    for (; getting->n_calls < CALLS_MAX && getting->next_part < getting->n_parts; getting->n_calls++) {
        struct part *part = &getting->parts[getting->next_part++];
        struct embeddings_text texts[EMBED_BATCH_TEXTS];
        for (size_t i = 0; i < part->n; i++)
            texts[i] = wanted->texts[part->index[i]];
        part->asking = asking_new(getting->loop, getting->loop->embed->outside,
            &(struct asking_request){.url = getting->url,
                .key = getting->key,
                .model = getting->model,
                .ask_dimensions = getting->ask_dimensions,
                .n_dimensions = wanted->n_dimensions,
                .texts = texts,
                .n_texts = part->n},
            on_asked, part);
    }
    if (getting->n_calls == 0)
        finish(getting, 200, NULL);
}

// What is not there yet, in batches.
static void make_parts(struct getting *getting)
{
    const struct embed_wanted *wanted = getting->wanted;
    struct arena *arena = http_arena(getting->request);
    size_t *index = arena_alloc(arena, wanted->n * sizeof(*index)), n = 0;
    struct embeddings_text *texts = arena_alloc(arena, wanted->n * sizeof(*texts));
    for (size_t i = 0; i < wanted->n; i++) {
        if (getting->is_there[i])
            continue;
        index[n] = i;
        texts[n++] = wanted->texts[i];
    }
    getting->parts = arena_calloc(arena, n + 1, sizeof(*getting->parts));
    for (size_t at = 0; at < n; at += getting->parts[getting->n_parts++].n)
        getting->parts[getting->n_parts] =
            (struct part){.getting = getting, .n = asking_batch(texts + at, n - at), .index = index + at};
}

static void on_known(void *arg, const struct db_result *result)
{
    struct getting *getting = arg;
    struct arena *arena = http_arena(getting->request);
    const struct embed_wanted *wanted = getting->wanted;
    if (result->status != DB_OK) {
        finish(getting, 503, "The database can't be asked for embeddings just now.");
        return;
    }
    for (int row = 0; row < result->n_rows; row++) {
        size_t size = 0, i = (size_t)db_number(result, row, 0) - 1;
        if (db_is_null(result, row, 1))
            continue;
        const unsigned char *bytes = db_bytes(result, row, 1, arena, &size);
        if (size == wanted->n_dimensions * sizeof(float))
            take(getting, i, (const float *)(const void *)bytes);
    }
    make_parts(getting);
    if (getting->n_parts > 0 && db_is_null(result, 0, 2)) {
        finish(getting, 422, NULL);
        return;
    }
    getting->url = arena_strdup(arena, db_text(result, 0, 3));
    getting->model = arena_strdup(arena, db_text(result, 0, 4));
    getting->ask_dimensions = (uint32_t)db_number(result, 0, 5);
    if (!db_is_null(result, 0, 6))
        getting->key =
            keys_open_answer(getting->loop->app->keys, arena, db_uuid(result, 0, 2), db_text(result, 0, 6));
    if (getting->n_parts > 0 && getting->loop->embed->n_getting == GETTING_MAX) {
        finish(getting, 503, "Many candidates wait for embeddings just now.");
        return;
    }
    if (getting->n_parts > 0) {
        http_wait_elsewhere(getting->request);
        getting->is_waiting = true;
        getting->loop->embed->n_getting++;
    }
    ask_parts(getting);
}

// --- what is kept ---------------------------------------------------------------------------------------------------------------
void embed_texts(
    struct http_request *request, struct embed_wanted *wanted, void (*then)(void *arg), void *arg)
{
    struct arena *arena = http_arena(request);
    struct getting *getting = arena_calloc(arena, 1, sizeof(*getting));
    struct buf hashes;
    struct db_params params;
    assert(wanted->n > 0 && wanted->n <= EMBEDDINGS_TEXTS_MAX);
    *getting = (struct getting){.request = request,
        .loop = http_context(request),
        .wanted = wanted,
        .then = then,
        .arg = arg,
        .hashes = arena_alloc(arena, wanted->n * HASH_BYTES),
        .values = arena_calloc(arena, wanted->n * wanted->n_dimensions, sizeof(float)),
        .is_there = arena_calloc(arena, wanted->n, sizeof(bool))};
    int rc = hex_decode(wanted->space, getting->space, HASH_BYTES);
    assert(rc == 0); // the database made it
    buf_init(&hashes, wanted->n * (2 * HASH_BYTES + 8) + 8);
    for (size_t i = 0; i < wanted->n; i++) {
        char hex[HASH_HEX_BYTES];
        hash_sha256(wanted->texts[i].text, wanted->texts[i].length, getting->hashes[i]);
        if (recall(getting, i) || wanted->texts[i].length == 0) {
            getting->is_there[i] = true; // no text at all is no vector at all, as in fits
            memset(hex, '0', sizeof(hex) - 1);
            hex[sizeof(hex) - 1] = '\0';
        } else {
            hex_encode(getting->hashes[i], HASH_BYTES, hex);
        }
        buf_printf(&hashes, "%s\"\\\\x%s\"", i == 0 ? "{" : ",", hex);
    }
    buf_add_char(&hashes, '}');
    db_params_init(&params);
    db_add_number(&params, wanted->shard_key);
    db_add_bytes(&params, getting->space, HASH_BYTES);
    db_add_text(&params, hashes.data);
    db_query(getting->loop->db, DB_READ, 0, QUERY_EMBED_KNOWN, &params, on_known, getting);
    buf_release(&hashes);
}
