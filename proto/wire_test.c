#include "proto/columns.h"
#include "proto/wire.h"

#include "base/rng.h"
#include "base/zstream.h"

#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { OUT_MAX = 8 * 1024 * 1024 };

static struct frame front(const struct buf *out)
{
    struct frame frame;
    struct err err;
    assert_int_equal(frame_peek(out, FRAME_PAYLOAD_MAX_BYTES, &frame, &err), 1);
    return frame;
}

static int unpack(const struct frame *frame, enum wire_side from)
{
    struct arena *arena = wire_arena_new();
    struct err err = {0};
    const void *message;
    int rc = wire_unpack(frame, from, arena, &message, &err);
    if (rc < 0)
        assert_true(strlen(err.message) > 0);
    arena_free(arena);
    return rc;
}

// Packs, then reads it back as the other side would.
static int there(enum wire_type type, const void *message, enum wire_side from)
{
    struct buf out;
    buf_init(&out, OUT_MAX);
    wire_append(&out, type, 7, message);
    struct frame frame = front(&out);
    assert_int_equal(frame.type, type);
    assert_int_equal(frame.id, 7);
    int rc = unpack(&frame, from);
    buf_release(&out);
    return rc;
}

static void test_hello(void **state UNUSED)
{
    Plenum__Hello hello = PLENUM__HELLO__INIT;
    char name[] = "worker", bad[] = "\xc3(", over[] = "\xf4\x90\x80\x80", surrogate[] = "\xed\xa0\x80",
         long_name[200];
    hello.version_min = hello.version_max = 1;
    hello.program = name;
    hello.name = name;
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), 0);
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_COORDINATOR), ERR_INVALID);
    hello.version_min = 2;
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), ERR_INVALID);
    hello.version_min = 1;
    char *names[] = {bad, over, surrogate};
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        hello.name = names[i];
        assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), ERR_INVALID);
    }
    memset(long_name, 'a', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    hello.name = long_name;
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), ERR_LIMIT);
    hello.name = name;
    struct uuid uuid = uuid_new();
    hello.held_job_id = wire_uuid(&uuid);
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), ERR_INVALID); // a job without its fence
    hello.held_fence = 3;
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), 0);
    hello.held_job_id.len = 15;
    assert_int_equal(there(WIRE_HELLO, &hello, WIRE_WORKER), ERR_INVALID);
}

static void test_versions(void **state UNUSED)
{
    assert_int_equal(wire_choose_version(1, WIRE_VERSION_MIN), WIRE_VERSION_MIN);
    assert_int_equal(wire_choose_version(1, 99), WIRE_VERSION_MAX);
    assert_int_equal(wire_choose_version(WIRE_VERSION_MAX + 1, 99), 0);
}

static void test_chunk(void **state UNUSED)
{
    unsigned char *data = calloc(1, WIRE_CHUNK_MAX_BYTES + 4);
    assert_non_null(data);
    Plenum__DatasetChunk chunk = PLENUM__DATASET_CHUNK__INIT;
    chunk.column = COLUMN_RATING_VALUE;
    chunk.data = (ProtobufCBinaryData){.len = WIRE_CHUNK_MAX_BYTES, .data = data};
    struct buf out;
    buf_init(&out, OUT_MAX);
    wire_append(&out, WIRE_DATASET_CHUNK, 1, &chunk);
    assert_true(out.length < 1024); // zeros shrink
    struct frame frame = front(&out);
    assert_int_equal(frame.flags, FRAME_ZSTD);
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), 0);
    assert_int_equal(unpack(&frame, WIRE_WORKER), ERR_INVALID);
    buf_clear(&out);
    rng_secure(data, WIRE_CHUNK_MAX_BYTES);
    wire_append(&out, WIRE_DATASET_CHUNK, 1, &chunk);
    frame = front(&out);
    assert_int_equal(frame.flags, 0); // noise does not
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), 0);
    buf_release(&out);
    chunk.data.len = WIRE_CHUNK_MAX_BYTES - 1;
    assert_int_equal(there(WIRE_DATASET_CHUNK, &chunk, WIRE_COORDINATOR), ERR_INVALID); // within a value
    chunk.data.len = WIRE_CHUNK_MAX_BYTES + 4;
    assert_int_equal(there(WIRE_DATASET_CHUNK, &chunk, WIRE_COORDINATOR), ERR_LIMIT);
    chunk.data.len = 0;
    assert_int_equal(there(WIRE_DATASET_CHUNK, &chunk, WIRE_COORDINATOR), ERR_LIMIT);
    chunk.data.len = 8;
    chunk.column = N_COLUMNS;
    assert_int_equal(there(WIRE_DATASET_CHUNK, &chunk, WIRE_COORDINATOR), ERR_INVALID);
    free(data);
}

// A small frame that becomes a large one.
static void test_bomb(void **state UNUSED)
{
    size_t size = 64 * 1024 * 1024;
    char *zeros = calloc(1, size);
    assert_non_null(zeros);
    struct buf bomb;
    struct err err;
    buf_init(&bomb, OUT_MAX);
    assert_int_equal(zstream_compress(zeros, size, ZSTREAM_LEVEL, &bomb, &err), 0);
    free(zeros);
    struct frame frame = {.type = WIRE_DATASET_CHUNK,
        .flags = FRAME_ZSTD,
        .payload = (const unsigned char *)bomb.data,
        .size = (uint32_t)bomb.length};
    assert_true(bomb.length < 16 * 1024);
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), ERR_LIMIT);
    frame.type = WIRE_CREDIT; // compressed where nothing is
    assert_int_equal(unpack(&frame, WIRE_WORKER), ERR_INVALID);
    frame.type = WIRE_DATASET_CHUNK;
    frame.flags = 2;
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), ERR_INVALID);
    buf_release(&bomb);
}

// Many empty values: two bytes of wire each, far more of heap.
static void test_heap_is_bounded(void **state UNUSED)
{
    enum { SIZE = WIRE_PAYLOAD_MAX_BYTES };
    unsigned char *wire = calloc(1, SIZE);
    assert_non_null(wire);
    for (size_t i = 0; i + 1 < SIZE; i += 2)
        wire[i] = 5 << 3 | 2; // attributes {}
    struct frame frame = {.type = WIRE_DATASET_HEADER, .payload = wire, .size = SIZE & ~1};
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), ERR_INVALID);
    frame.size = (WIRE_ATTRIBUTES_MAX + 1) * 2;
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), ERR_LIMIT);
    frame.size = WIRE_ATTRIBUTES_MAX * 2;
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), 0);
    frame.size = SIZE;
    frame.type = WIRE_HEARTBEAT;
    assert_int_equal(unpack(&frame, WIRE_WORKER), ERR_LIMIT); // over its own cap
    free(wire);
}

static void test_result(void **state UNUSED)
{
    Plenum__Result result = PLENUM__RESULT__INIT;
    struct uuid uuid = uuid_new();
    unsigned char hash[HASH_BYTES] = {0};
    char card[] = "{}";
    result.job_id = wire_uuid(&uuid);
    result.fence = 1;
    result.size = 10;
    result.sha256 = result.snapshot = (ProtobufCBinaryData){.len = HASH_BYTES, .data = hash};
    result.card = card;
    assert_int_equal(there(WIRE_RESULT, &result, WIRE_WORKER), 0);
    result.size = WIRE_ARTEFACT_MAX_BYTES + 1;
    assert_int_equal(there(WIRE_RESULT, &result, WIRE_WORKER), ERR_LIMIT);
    result.size = 10;
    result.sha256.len = 31;
    assert_int_equal(there(WIRE_RESULT, &result, WIRE_WORKER), ERR_INVALID);
    result.sha256.len = 32;
    result.fence = 0;
    assert_int_equal(there(WIRE_RESULT, &result, WIRE_WORKER), ERR_INVALID);
}

static void test_heartbeat_and_credit(void **state UNUSED)
{
    Plenum__Heartbeat heartbeat = PLENUM__HEARTBEAT__INIT;
    assert_int_equal(there(WIRE_HEARTBEAT, &heartbeat, WIRE_WORKER), 0);
    const float bad[] = {-0.1F, 1.1F, 0.0F / 0.0F, 1.0F / 0.0F};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        heartbeat.fraction = bad[i];
        assert_int_equal(there(WIRE_HEARTBEAT, &heartbeat, WIRE_WORKER), ERR_INVALID);
    }
    heartbeat.fraction = 0.5F;
    heartbeat.loss = 0.65F;
    heartbeat.left_s = WIRE_LEFT_MAX_S;
    assert_int_equal(there(WIRE_HEARTBEAT, &heartbeat, WIRE_WORKER), 0);
    heartbeat.left_s++;
    assert_int_equal(there(WIRE_HEARTBEAT, &heartbeat, WIRE_WORKER), ERR_INVALID);
    heartbeat.left_s = 0;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        heartbeat.loss = i == 1 ? -1 : bad[i];
        assert_int_equal(there(WIRE_HEARTBEAT, &heartbeat, WIRE_WORKER), ERR_INVALID);
    }
    Plenum__Credit credit = PLENUM__CREDIT__INIT;
    assert_int_equal(there(WIRE_CREDIT, &credit, WIRE_WORKER), ERR_LIMIT);
    credit.chunks = WIRE_CREDITS_MAX + 1;
    assert_int_equal(there(WIRE_CREDIT, &credit, WIRE_WORKER), ERR_LIMIT);
    credit.chunks = 1;
    assert_int_equal(there(WIRE_CREDIT, &credit, WIRE_WORKER), 0);
}

// Every prefix of a good message, and noise of every type: an error or a message, never more.
static void test_truncated_and_garbage(void **state UNUSED)
{
    Plenum__Offer offer = PLENUM__OFFER__INIT;
    struct uuid uuid = uuid_new();
    char kind[] = "fit", options[] = "{\"seed\":1}";
    offer.job_id = wire_uuid(&uuid);
    offer.fence = 9;
    offer.kind = kind;
    offer.method = kind;
    offer.options = options;
    struct buf out;
    buf_init(&out, OUT_MAX);
    wire_append(&out, WIRE_OFFER, 1, &offer);
    struct frame frame = front(&out);
    assert_int_equal(unpack(&frame, WIRE_COORDINATOR), 0);
    for (uint32_t size = 0; size < frame.size; size++) {
        unsigned char *copy = malloc(size + 1); // of that size, so that reading past it is seen
        assert_non_null(copy);
        memcpy(copy, frame.payload, size);
        struct frame cut = frame;
        cut.payload = copy;
        cut.size = size;
        (void)!unpack(&cut, WIRE_COORDINATOR);
        free(copy);
    }
    buf_release(&out);
    struct rng rng;
    rng_seed(&rng, 20261120);
    unsigned char noise[512];
    for (int round = 0; round < 20000; round++) {
        size_t size = rng_below(&rng, sizeof(noise));
        for (size_t i = 0; i < size; i++)
            noise[i] = (unsigned char)rng_u64(&rng);
        struct frame wild = {.type = (uint16_t)rng_below(&rng, N_WIRE_TYPES + 2),
            .flags = (uint16_t)rng_below(&rng, 3),
            .payload = noise,
            .size = (uint32_t)size};
        (void)!unpack(&wild, rng_below(&rng, 2) == 0 ? WIRE_WORKER : WIRE_COORDINATOR);
    }
}

static void test_frames(void **state UNUSED)
{
    struct buf in;
    struct frame frame;
    struct err err;
    buf_init(&in, OUT_MAX);
    frame_append(&in, 3, 1, 0x01020304, "abc", 3);
    frame_append(&in, 4, 0, 5, "", 0);
    struct buf part;
    buf_init(&part, 64);
    for (size_t i = 0; i < FRAME_HEADER_BYTES + 3; i++) {
        assert_int_equal(frame_peek(&part, 16, &frame, &err), 0);
        buf_add(&part, in.data + i, 1);
    }
    assert_int_equal(frame_peek(&part, 16, &frame, &err), 1);
    assert_int_equal(frame.type, 3);
    assert_int_equal(frame.flags, 1);
    assert_int_equal(frame.id, 0x01020304);
    assert_memory_equal(frame.payload, "abc", 3);
    assert_int_equal(frame_peek(&part, 2, &frame, &err), ERR_LIMIT);
    buf_consume(&in, FRAME_HEADER_BYTES + 3);
    assert_int_equal(frame_peek(&in, 2, &frame, &err), 1);
    assert_int_equal(frame.size, 0);
    buf_release(&part);
    buf_release(&in);
}

// However the columns are cut, the name is the same; whatever changes in them, it is another.
static void name_of(size_t step, uint32_t value, const char *attribute, unsigned char snapshot[HASH_BYTES])
{
    uint32_t data[64];
    for (uint32_t i = 0; i < 64; i++)
        data[i] = i;
    data[40] = value;
    const char *values[] = {"a", "b"};
    struct columns_total totals[N_COLUMNS];
    struct columns_hash *hash = columns_hash_new();
    columns_hash_dimensions(hash, 0);
    columns_hash_attribute(hash, attribute, values, 2);
    for (size_t i = 0; i < 64; i += step)
        columns_hash_add(hash, COLUMN_JUDGMENT_LEFT, data + i, step * sizeof(data[0]));
    assert_int_equal(columns_hash_count(hash, COLUMN_JUDGMENT_LEFT), 64);
    columns_hash_finish(hash, totals, snapshot);
    assert_int_equal(totals[COLUMN_JUDGMENT_LEFT].count, 64);
    assert_int_equal(totals[COLUMN_JUDGMENT_RIGHT].count, 0);
    columns_hash_free(hash);
}

static void test_snapshot(void **state UNUSED)
{
    unsigned char a[HASH_BYTES], b[HASH_BYTES], c[HASH_BYTES], d[HASH_BYTES];
    name_of(64, 1, "region", a);
    name_of(4, 1, "region", b);
    name_of(4, 2, "region", c);
    name_of(4, 1, "age", d);
    assert_memory_equal(a, b, HASH_BYTES);
    assert_memory_not_equal(a, c, HASH_BYTES);
    assert_memory_not_equal(a, d, HASH_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_versions),
        cmocka_unit_test(test_chunk),
        cmocka_unit_test(test_bomb),
        cmocka_unit_test(test_heap_is_bounded),
        cmocka_unit_test(test_result),
        cmocka_unit_test(test_heartbeat_and_credit),
        cmocka_unit_test(test_truncated_and_garbage),
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
