#include "coordinator/collect/import_batch.h"

#include "base/buf.h"
#include "base/rng.h"
#include "coordinator/api.h"
#include "coordinator/db/db.h"
#include "coordinator/identity/keys.h"
#include "coordinator/loop.h"
#include "coordinator/work.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMN_MAX_BYTES = 64 * 1024 * 1024, ATTEMPTS_MAX = 6, COLUMNS_MAX = 20 };

struct own_item {
    const char *source_id, *prompt, *language, *tags, *gold, *expected, *gold_role, *warning, *later;
    const struct import_response *responses;
    size_t n_responses;
    unsigned char hash[HASH_BYTES];
    struct uuid id; // a new one, then the one it has
    enum import_fate fate;
};

struct own_annotator {
    const char *source_id, *attributes;
    struct uuid person, participant;
    bool known;
    struct buf sealed;
};

struct own_record {
    int64_t line, judged_us;
    size_t item, annotator;
    bool has_judgment, is_new;
    const char *outcome, *answer, *shown;
    int strength;
    unsigned char hash[HASH_BYTES];
};

struct import_batch {
    struct import_owner owner;
    struct arena *arena;
    struct own_item items[BATCH_RECORDS];
    struct own_annotator annotators[BATCH_RECORDS];
    struct own_record records[BATCH_RECORDS];
    size_t n_items, n_annotators, n_records, bytes;
    size_t asked[BATCH_RECORDS], n_asked; // places of what the statement in flight was given
    int attempts, sealing_rc;
    struct buf columns[COLUMNS_MAX];
};

struct import_batch *import_batch_new(const struct import_owner *owner)
{
    struct import_batch *batch = calloc(1, sizeof(*batch));
    if (batch == NULL)
        abort();
    batch->owner = *owner;
    batch->arena = arena_new(BATCH_ARENA_BYTES);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        buf_init(&batch->columns[i], COLUMN_MAX_BYTES);
    return batch;
}

void import_batch_free(struct import_batch *batch)
{
    if (batch == NULL)
        return;
    for (size_t i = 0; i < batch->n_annotators; i++)
        buf_release(&batch->annotators[i].sealed);
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        buf_release(&batch->columns[i]);
    arena_free(batch->arena);
    free(batch);
}

bool import_batch_is_full(const struct import_batch *batch)
{
    return batch->n_records == BATCH_RECORDS || batch->bytes >= BATCH_BYTES;
}

bool import_batch_is_empty(const struct import_batch *batch)
{
    return batch->n_records == 0;
}

// --- gathering ------------------------------------------------------------------------------------------------------------
static char *keep(struct import_batch *batch, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t length = strlen(text);
    batch->bytes += length;
    return arena_strndup(batch->arena, text, length);
}

// An element of an array as PostgreSQL reads it; NULL is null.
static void add_element(struct buf *array, const char *text)
{
    buf_add_char(array, array->length == 0 ? '{' : ',');
    if (text == NULL) {
        buf_add_text(array, "NULL");
        return;
    }
    buf_add_char(array, '"');
    for (const char *at = text; *at != '\0';) {
        size_t plain = strcspn(at, "\"\\");
        buf_add(array, at, plain);
        at += plain;
        if (*at != '\0') {
            buf_add_char(array, '\\');
            buf_add_char(array, *at++);
        }
    }
    buf_add_char(array, '"');
}

static const char *end_array(struct buf *array)
{
    if (array->length == 0)
        buf_add_char(array, '{');
    buf_add_char(array, '}');
    return array->data;
}

static char *tags_literal(struct import_batch *batch, const struct import_item *item)
{
    struct buf text;
    buf_init(&text, 1024 * 1024);
    for (size_t i = 0; i < item->n_tags; i++)
        add_element(&text, item->tags[i]);
    char *literal = arena_strdup(batch->arena, end_array(&text));
    buf_release(&text);
    return literal;
}

// The prompt and the responses' words, each with its length before it, so that no two contents run together alike.
static void hash_content(const struct import_item *item, unsigned char hash[HASH_BYTES])
{
    struct hash_stream *stream = hash_stream_new();
    char length[24];
    snprintf(length, sizeof(length), "%zu:", strlen(item->prompt));
    hash_stream_add(stream, length, strlen(length));
    hash_stream_add(stream, item->prompt, strlen(item->prompt));
    for (size_t i = 0; i < item->n_responses; i++) {
        snprintf(length, sizeof(length), "%zu:", strlen(item->responses[i].content));
        hash_stream_add(stream, length, strlen(length));
        hash_stream_add(stream, item->responses[i].content, strlen(item->responses[i].content));
    }
    hash_stream_finish(stream, hash);
}

static bool same_text(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

// The item's place in the batch, or SIZE_MAX when another one here has its id.
static size_t add_item(struct import_batch *batch, const struct import_item *item)
{
    unsigned char hash[HASH_BYTES];
    hash_content(item, hash);
    for (size_t i = 0; i < batch->n_items; i++) {
        const struct own_item *known = &batch->items[i];
        bool same_content = memcmp(known->hash, hash, HASH_BYTES) == 0;
        if (same_content)
            return i;
        if (same_text(known->source_id, item->source_id))
            return SIZE_MAX;
    }
    struct own_item *own = &batch->items[batch->n_items];
    *own = (struct own_item){.source_id = keep(batch, item->source_id),
        .prompt = keep(batch, item->prompt),
        .language = keep(batch, item->language),
        .gold = keep(batch, item->gold),
        .expected = keep(batch, item->expected),
        .gold_role = keep(batch, item->gold_role),
        .warning = keep(batch, item->warning),
        .later = keep(batch, item->later),
        .tags = tags_literal(batch, item),
        .n_responses = item->n_responses,
        .id = uuid_new(),
        .fate = FATE_AGAIN};
    memcpy(own->hash, hash, HASH_BYTES);
    struct import_response *responses = arena_calloc(batch->arena, item->n_responses, sizeof(*responses));
    for (size_t i = 0; i < item->n_responses; i++) {
        const struct import_response *from = &item->responses[i];
        responses[i] = (struct import_response){.source_id = keep(batch, from->source_id),
            .content = keep(batch, from->content),
            .model = keep(batch, from->model),
            .meta = keep(batch, from->meta),
            .n_embedding = from->n_embedding};
        if (from->n_embedding > 0) {
            responses[i].embedding =
                arena_memdup(batch->arena, from->embedding, from->n_embedding * sizeof(float));
            batch->bytes += from->n_embedding * sizeof(float);
        }
    }
    own->responses = responses;
    return batch->n_items++;
}

static size_t add_annotator(struct import_batch *batch, const struct import_annotator *annotator)
{
    for (size_t i = 0; i < batch->n_annotators; i++) {
        if (strcmp(batch->annotators[i].source_id, annotator->source_id) == 0)
            return i;
    }
    struct own_annotator *own = &batch->annotators[batch->n_annotators];
    *own = (struct own_annotator){.source_id = keep(batch, annotator->source_id),
        .attributes = keep(batch, annotator->attributes),
        .person = uuid_new(),
        .participant = uuid_new()};
    buf_init(&own->sealed, KEYS_SEALED_MAX_BYTES + KEYS_OVERHEAD_BYTES);
    return batch->n_annotators++;
}

static void hash_judgment(const struct own_record *record, unsigned char hash[HASH_BYTES])
{
    struct hash_stream *stream = hash_stream_new();
    char strength[16];
    snprintf(strength, sizeof(strength), "|%d|", record->strength);
    hash_stream_add(stream, record->outcome, strlen(record->outcome));
    hash_stream_add(stream, strength, strlen(strength));
    if (record->answer != NULL)
        hash_stream_add(stream, record->answer, strlen(record->answer));
    hash_stream_add(stream, record->shown, strlen(record->shown));
    hash_stream_finish(stream, hash);
}

static char *shown_literal(struct import_batch *batch, const struct import_record *record)
{
    const struct import_judgment *judgment = record->judgment;
    size_t n = judgment->shown != NULL ? judgment->n_shown : record->item->n_responses;
    struct buf text;
    buf_init(&text, 4096);
    for (size_t i = 0; i < n; i++)
        buf_printf(
            &text, "%c%u", i == 0 ? '{' : ',', judgment->shown != NULL ? judgment->shown[i] : (unsigned)i);
    char *literal = arena_strdup(batch->arena, end_array(&text));
    buf_release(&text);
    return literal;
}

// The place of an earlier record of the batch by the same person on the same item, or SIZE_MAX.
static size_t earlier(const struct import_batch *batch, const struct own_record *record)
{
    for (size_t i = 0; i < batch->n_records; i++) {
        const struct own_record *other = &batch->records[i];
        if (other->has_judgment && other->item == record->item && other->annotator == record->annotator)
            return i;
    }
    return SIZE_MAX;
}

void import_batch_add(struct import_batch *batch, const struct import_record *record)
{
    const struct import_owner *owner = &batch->owner;
    assert(!import_batch_is_full(batch));
    struct own_record own = {.line = record->line, .item = add_item(batch, record->item)};
    if (own.item == SIZE_MAX) {
        owner->rejected(owner->arg, record->line, "/id", "Another item of this file has this id.");
        return;
    }
    const struct import_judgment *judgment = record->judgment;
    if (judgment != NULL) {
        own.has_judgment = true;
        own.annotator = add_annotator(batch, record->annotator);
        own.outcome = keep(batch, judgment->outcome);
        own.answer = keep(batch, judgment->answer);
        own.strength = judgment->strength;
        own.shown = shown_literal(batch, record);
        if (judgment->judged_at != NULL && time_parse(judgment->judged_at, &own.judged_us) < 0)
            own.judged_us = 0; // checked by import_add
        hash_judgment(&own, own.hash);
        size_t before = earlier(batch, &own);
        if (before != SIZE_MAX) {
            if (memcmp(batch->records[before].hash, own.hash, HASH_BYTES) == 0)
                owner->told(owner->arg, record->line, false);
            else
                owner->rejected(
                    owner->arg, record->line, "", "This annotator has judged this item otherwise.");
            return;
        }
    }
    batch->records[batch->n_records++] = own;
}

// --- sending ----------------------------------------------------------------------------------------------------------------
static void clear_columns(struct import_batch *batch)
{
    for (size_t i = 0; i < COLUMNS_MAX; i++)
        buf_clear(&batch->columns[i]);
}

static void add_number(struct buf *column, int64_t value)
{
    char text[24];
    snprintf(text, sizeof(text), "%lld", (long long)value);
    add_element(column, text);
}

static void add_uuid(struct buf *column, struct uuid uuid)
{
    char text[UUID_TEXT_BYTES];
    uuid_format(uuid, text);
    add_element(column, text);
}

static void add_bytes(struct import_batch *batch, struct buf *column, const void *data, size_t size)
{
    if (data == NULL || size == 0) {
        add_element(column, NULL);
        return;
    }
    char *text = arena_alloc(batch->arena, 2 * size + 3);
    memcpy(text, "\\x", 2);
    hex_encode(data, size, text + 2);
    add_element(column, text);
}

static void query(
    struct import_batch *batch, enum query what, struct db_params *params, db_callback *callback)
{
    const struct import_owner *owner = &batch->owner;
    db_query(owner->loop->db, DB_WRITE, DB_RETRY_SAFE, what, params, callback, batch);
}

static void fail(struct import_batch *batch)
{
    batch->owner.done(batch->owner.arg, batch, ERR_IO);
}

// True when the statement should be sent again. A collision with another import resolves itself; an end is set.
static bool again(struct import_batch *batch, const struct db_result *result, bool unsettled)
{
    return (result->status == DB_CONFLICT || (result->status == DB_OK && unsettled)) &&
           ++batch->attempts < ATTEMPTS_MAX;
}

static void settle(struct import_batch *batch)
{
    const struct import_owner *owner = &batch->owner;
    bool counted[BATCH_RECORDS] = {false};
    for (size_t i = 0; i < batch->n_records; i++) {
        struct own_record *record = &batch->records[i];
        const struct own_item *item = &batch->items[record->item];
        if (item->fate == FATE_OTHER) {
            owner->rejected(
                owner->arg, record->line, "/id", "There is an item of this id with another content.");
            continue;
        }
        // A new item counts for the first line that brings it; a judgment that was refused has been told.
        bool first = item->fate == FATE_NEW && !counted[record->item];
        counted[record->item] = true;
        if (record->outcome != NULL && record->has_judgment && record->judged_us == -1)
            continue;
        owner->told(owner->arg, record->line, record->has_judgment ? record->is_new || first : first);
    }
    owner->done(owner->arg, batch, 0);
}

static void send_judgments(struct import_batch *batch);

static void on_judgments(void *arg, const struct db_result *result)
{
    struct import_batch *batch = arg;
    const struct import_owner *owner = &batch->owner;
    bool unsettled = false;
    for (int i = 0; result->status == DB_OK && i < result->n_rows; i++)
        unsettled = unsettled || strcmp(db_text(result, i, 1), "again") == 0;
    if (again(batch, result, unsettled)) {
        send_judgments(batch);
        return;
    }
    if (result->status != DB_OK || unsettled) {
        fail(batch);
        return;
    }
    for (int i = 0; i < result->n_rows; i++) {
        struct own_record *record = &batch->records[batch->asked[db_number(result, i, 0) - 1]];
        // What an earlier try of this batch wrote comes back as the same: it is new all the same.
        record->is_new = record->is_new || strcmp(db_text(result, i, 1), "new") == 0;
        if (strcmp(db_text(result, i, 1), "other") == 0) {
            owner->rejected(owner->arg, record->line, "", "This annotator has judged this item otherwise.");
            record->judged_us = -1;
        }
    }
    settle(batch);
}

static void send_judgments(struct import_batch *batch)
{
    struct buf *c = batch->columns;
    clear_columns(batch);
    batch->n_asked = 0;
    for (size_t i = 0; i < batch->n_records; i++) {
        const struct own_record *record = &batch->records[i];
        const struct own_item *item = &batch->items[record->item];
        if (!record->has_judgment || item->fate == FATE_OTHER)
            continue;
        const struct own_annotator *annotator = &batch->annotators[record->annotator];
        batch->asked[batch->n_asked++] = i;
        add_uuid(&c[0], item->id);
        add_uuid(&c[1], annotator->participant);
        add_uuid(&c[2], uuid_new());
        add_uuid(&c[3], uuid_new());
        add_element(&c[4], record->outcome);
        if (record->strength > 0)
            add_number(&c[5], record->strength);
        else
            add_element(&c[5], NULL);
        add_element(&c[6], record->answer);
        add_element(&c[7], record->shown);
        if (record->judged_us != 0)
            add_number(&c[8], record->judged_us);
        else
            add_element(&c[8], NULL);
        add_bytes(batch, &c[9], record->hash, HASH_BYTES);
        add_element(&c[10], annotator->attributes != NULL ? "1" : NULL);
    }
    if (batch->n_asked == 0) {
        settle(batch);
        return;
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, batch->owner.shard_key);
    for (size_t i = 0; i < 11; i++)
        db_add_text(&params, end_array(&c[i]));
    db_add_text(&params, batch->owner.source);
    db_add_number(&params, batch->owner.loop->index);
    query(batch, QUERY_COLLECT_IMPORT_JUDGMENTS, &params, on_judgments);
}

// --- people -----------------------------------------------------------------------------------------------------------------
static void send_annotators(struct import_batch *batch);

static void on_annotators(void *arg, const struct db_result *result)
{
    struct import_batch *batch = arg;
    bool unsettled = false;
    for (int i = 0; result->status == DB_OK && i < result->n_rows; i++)
        unsettled = unsettled || db_is_null(result, i, 1);
    if (again(batch, result, unsettled)) {
        send_annotators(batch);
        return;
    }
    if (result->status != DB_OK || unsettled) {
        fail(batch);
        return;
    }
    for (int i = 0; i < result->n_rows; i++)
        batch->annotators[batch->asked[db_number(result, i, 0) - 1]].participant = db_uuid(result, i, 1);
    send_judgments(batch);
}

static void send_annotators(struct import_batch *batch)
{
    struct buf *c = batch->columns;
    clear_columns(batch);
    batch->n_asked = 0;
    for (size_t i = 0; i < batch->n_annotators; i++) {
        const struct own_annotator *annotator = &batch->annotators[i];
        if (annotator->known)
            continue;
        batch->asked[batch->n_asked++] = i;
        add_element(&c[0], annotator->source_id);
        add_uuid(&c[1], annotator->person);
        add_uuid(&c[2], annotator->participant);
        add_bytes(batch, &c[3], annotator->sealed.data, annotator->sealed.length);
    }
    struct db_params params;
    db_params_init(&params);
    db_add_number(&params, batch->owner.shard_key);
    for (size_t i = 0; i < 4; i++)
        db_add_text(&params, end_array(&c[i]));
    db_add_number(&params, batch->owner.loop->index);
    query(batch, QUERY_COLLECT_IMPORT_ANNOTATORS, &params, on_annotators);
}

// On the pool: a key a person, synced to disk, and the answers sealed with it.
static void seal_run(void *arg)
{
    struct import_batch *batch = arg;
    for (size_t i = 0; i < batch->n_annotators && batch->sealing_rc == 0; i++) {
        struct own_annotator *annotator = &batch->annotators[i];
        struct err err;
        if (!annotator->known && annotator->attributes != NULL)
            batch->sealing_rc = keys_seal(batch->owner.loop->app->keys, annotator->person, KEYS_DEMOGRAPHICS,
                annotator->attributes, strlen(annotator->attributes), &annotator->sealed, &err);
    }
}

static void seal_done(void *arg)
{
    struct import_batch *batch = arg;
    if (batch->sealing_rc < 0)
        fail(batch);
    else
        send_annotators(batch);
}

static void on_known(void *arg, const struct db_result *result)
{
    struct import_batch *batch = arg;
    const struct loop *loop = batch->owner.loop;
    if (result->status != DB_OK) {
        fail(batch);
        return;
    }
    size_t n_known = 0;
    for (int i = 0; i < result->n_rows; i++) {
        struct own_annotator *annotator = &batch->annotators[db_number(result, i, 0) - 1];
        n_known += annotator->known ? 0 : 1;
        annotator->known = true;
        annotator->participant = db_uuid(result, i, 1);
    }
    if (n_known == batch->n_annotators)
        send_judgments(batch);
    else if (work_submit(loop->app->pool, loop->base, seal_run, seal_done, batch) < 0)
        fail(batch);
}

static void ask_known(struct import_batch *batch)
{
    struct db_params params;
    clear_columns(batch);
    for (size_t i = 0; i < batch->n_annotators; i++)
        add_element(&batch->columns[0], batch->annotators[i].source_id);
    db_params_init(&params);
    db_add_number(&params, batch->owner.shard_key);
    db_add_text(&params, end_array(&batch->columns[0]));
    db_query(batch->owner.loop->db, DB_READ, 0, QUERY_COLLECT_IMPORT_KNOWN, &params, on_known, batch);
}

// --- items ------------------------------------------------------------------------------------------------------------------
static void send_items(struct import_batch *batch);

static void on_items(void *arg, const struct db_result *result)
{
    struct import_batch *batch = arg;
    bool unsettled = false;
    for (int i = 0; result->status == DB_OK && i < result->n_rows; i++) {
        struct own_item *item = &batch->items[batch->asked[db_number(result, i, 0) - 1]];
        const char *fate = db_text(result, i, 1);
        item->fate = strcmp(fate, "new") == 0     ? FATE_NEW
                     : strcmp(fate, "same") == 0  ? FATE_SAME
                     : strcmp(fate, "other") == 0 ? FATE_OTHER
                                                  : FATE_AGAIN;
        if (item->fate == FATE_AGAIN)
            unsettled = true;
        else
            item->id = db_uuid(result, i, 2);
    }
    if (again(batch, result, unsettled)) {
        send_items(batch);
    } else if (result->status != DB_OK || unsettled) {
        fail(batch);
    } else if (batch->n_annotators > 0) {
        batch->attempts = 0;
        ask_known(batch);
    } else {
        settle(batch);
    }
}

static void add_item_columns(struct import_batch *batch, size_t ord, const struct own_item *item)
{
    struct buf *c = batch->columns;
    add_uuid(&c[0], item->id);
    add_element(&c[1], item->source_id);
    add_element(&c[2], item->prompt);
    add_number(&c[3], (int64_t)item->n_responses);
    add_element(&c[4], item->language);
    add_element(&c[5], item->tags);
    add_element(&c[6], item->gold);
    add_element(&c[7], item->warning);
    add_bytes(batch, &c[8], item->hash, HASH_BYTES);
    add_number(&c[9], (int64_t)rng_secure_u64());
    for (size_t i = 0; i < item->n_responses; i++) {
        const struct import_response *response = &item->responses[i];
        add_number(&c[10], (int64_t)ord);
        add_number(&c[11], (int64_t)i);
        add_element(&c[12], response->source_id);
        add_element(&c[13], response->content);
        add_element(&c[14], response->model);
        add_bytes(batch, &c[15], response->embedding, response->n_embedding * sizeof(float));
        add_element(&c[16], response->meta);
    }
    add_element(&c[17], item->later);
    add_element(&c[18], item->expected);
    add_element(&c[19], item->gold_role);
}

static void send_items(struct import_batch *batch)
{
    struct db_params params;
    clear_columns(batch);
    batch->n_asked = 0;
    for (size_t i = 0; i < batch->n_items; i++) {
        if (batch->items[i].fate != FATE_AGAIN)
            continue;
        batch->asked[batch->n_asked++] = i;
        add_item_columns(batch, batch->n_asked, &batch->items[i]);
    }
    db_params_init(&params);
    db_add_number(&params, batch->owner.shard_key);
    for (size_t i = 0; i < 17; i++)
        db_add_text(&params, end_array(&batch->columns[i]));
    db_add_number(&params, batch->owner.loop->index);
    db_add_number(&params, batch->owner.min_responses);
    for (size_t i = 17; i < 20; i++)
        db_add_text(&params, end_array(&batch->columns[i]));
    query(batch, QUERY_COLLECT_IMPORT_ITEMS, &params, on_items);
}

void import_batch_send(struct import_batch *batch)
{
    assert(!import_batch_is_empty(batch));
    send_items(batch);
}
