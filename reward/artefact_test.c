#include "reward/artefact.h"

#include "base/rng.h"
#include "reward/features.h"
#include "reward/predict.h"

#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const uint32_t rows[] = {3, 70, 71, 100000, FEATURES_DIMENSIONS - 1};
static const float weights[] = {0.5F, -1, 0, 2, 1e-3F, 4, -7, 0.25F, 1, 1};
static const struct artefact_head heads[] = {
    {.attribute = "", .value = "all", .tau = 1, .share = 1, .n_annotators = 40, .n_judgments = 900},
    {.attribute = "region",
        .value = "\331\205\330\265\330\261",
        .served = true,
        .tau = 0.75,
        .centre = -0.125,
        .share = 1,
        .shrinkage = 0.3,
        .n_annotators = 12,
        .n_judgments = 300},
};

static struct artefact sparse_model(void)
{
    return (struct artefact){.method = "group",
        .features = ARTEFACT_HASHED_TEXT,
        .n_dimensions = FEATURES_DIMENSIONS,
        .supported = true,
        .seed = UINT64_MAX,
        .snapshot = {1, 2, 3},
        .n_heads = 2,
        .heads = heads,
        .n_rows = ARRAY_SIZE(rows),
        .row_index = rows,
        .weights = weights};
}

static struct artefact dense_model(void)
{
    return (struct artefact){.method = "pooled",
        .features = ARTEFACT_EMBEDDING,
        .n_dimensions = 5,
        .normalise = true,
        .n_heads = 2,
        .heads = heads,
        .n_rows = 5,
        .weights = weights};
}

static void write_model(const struct artefact *model, struct buf *buf, unsigned char hash[HASH_BYTES])
{
    struct err err;
    buf_init(buf, ARTEFACT_MAX_BYTES);
    assert_int_equal(artefact_write(model, buf, hash, &err), 0);
}

static void what_is_written_is_read(void **state UNUSED)
{
    struct artefact models[] = {sparse_model(), dense_model()};
    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        struct buf buf, again;
        unsigned char hash[HASH_BYTES], hash_again[HASH_BYTES], direct[HASH_BYTES];
        struct err err;
        write_model(&models[i], &buf, hash);
        write_model(&models[i], &again, hash_again);
        assert_memory_equal(hash, hash_again, HASH_BYTES);
        hash_sha256(buf.data, buf.length, direct);
        assert_memory_equal(hash, direct, HASH_BYTES);
        struct artefact *read = artefact_open_bytes(buf.data, buf.length, &err);
        assert_non_null(read);
        assert_string_equal(read->method, models[i].method);
        assert_int_equal(read->features, models[i].features);
        assert_int_equal(read->n_dimensions, models[i].n_dimensions);
        assert_int_equal(read->normalise, models[i].normalise);
        assert_int_equal(read->supported, models[i].supported);
        assert_true(read->seed == models[i].seed);
        assert_int_equal(read->n_heads, 2);
        assert_string_equal(read->heads[1].value, heads[1].value);
        assert_true(
            read->heads[1].tau == 0.75 && read->heads[1].centre == -0.125 && read->heads[1].shrinkage == 0.3);
        assert_int_equal(read->heads[1].n_annotators, 12);
        assert_memory_equal(read->weights, weights, sizeof(weights));
        assert_memory_equal(artefact_hash(read), hash, HASH_BYTES);
        assert_int_equal((uintptr_t)((const char *)(const void *)read->weights - buf.data) % 64, 0);
        artefact_close(read);
        buf_release(&buf);
        buf_release(&again);
    }
}

static const double steps[] = {1, 2, 5}, thresholds[] = {-1.25, 0.5}, answers[] = {0, 1},
                    threshold[] = {-0.75};
static const struct objective_group people[] = {{.attribute = "",
                                                    .value = "all",
                                                    .covariance = {0.01, -0.002, 0.04},
                                                    .n_annotators = 40,
                                                    .n_ratings = 800},
    {.attribute = "region",
        .value = "north",
        .head = 1,
        .height = -0.5,
        .n_annotators = 12,
        .n_ratings = 90}};
static const struct objective objectives[] = {{.name = "quality",
                                                  .supported = true,
                                                  .n_levels = 3,
                                                  .value = steps,
                                                  .threshold = thresholds,
                                                  .spread = 0.5,
                                                  .n_groups = 1,
                                                  .groups = people},
    {.name = "calm",
        .is_article = true,
        .n_levels = 2,
        .value = answers,
        .threshold = threshold,
        .spread = 0.25,
        .residual = 0.3,
        .n_groups = 2,
        .groups = people}};

static void objectives_and_what_was_held_out_are_read(void **state UNUSED)
{
    struct artefact model = dense_model();
    struct artefact_head both[2] = {heads[0], heads[1]};
    struct buf buf;
    struct err err;
    unsigned char hash[HASH_BYTES];
    both[0].served = true;
    model.heads = both;
    model.objectives = objectives;
    model.n_objectives = 2;
    model.has_held_out = true;
    model.split = 3;
    model.held_out_from = UINT64_MAX - 5;
    write_model(&model, &buf, hash);
    struct artefact *read = artefact_open_bytes(buf.data, buf.length, &err);
    assert_non_null(read);
    assert_true(read->has_held_out && read->split == 3 && read->held_out_from == UINT64_MAX - 5);
    assert_int_equal(read->n_objectives, 2);
    const struct objective *quality = &read->objectives[0], *calm = &read->objectives[1];
    assert_true(
        !quality->is_article && quality->supported && quality->n_levels == 3 && quality->value[2] == 5);
    assert_memory_equal(quality->threshold, thresholds, sizeof(thresholds));
    assert_true(calm->is_article && !calm->supported && calm->residual == 0.3 && calm->n_groups == 2);
    assert_string_equal(calm->groups[1].value, "north");
    assert_true(calm->groups[1].head == 1 && calm->groups[1].height == -0.5 &&
                calm->groups[0].covariance[1] == -0.002);
    // A head that is not there, levels out of order, a number that is none.
    struct objective_group far = people[0];
    struct objective bad = objectives[1];
    bad.groups = &far;
    bad.n_groups = 1;
    model.objectives = &bad;
    model.n_objectives = 1;
    artefact_close(read);
    buf_release(&buf);
    static const double falling[] = {1, 0};
    for (int fault = 0; fault < 3; fault++) {
        far.head = fault == 0 ? 2 : 0;
        bad.value = fault == 1 ? falling : answers;
        bad.residual = fault == 2 ? -1 : 0;
        write_model(&model, &buf, hash);
        assert_null(artefact_open_bytes(buf.data, buf.length, &err));
        buf_release(&buf);
    }
}

// By hand: with no spread P(<= 1) = sigmoid(-1.25 - s), P(<= 2) = sigmoid(0.5 - s).
static void ratings_and_shares_are_foretold(void **state UNUSED)
{
    struct objective one = objectives[0], article = objectives[1];
    double chance[3];
    one.spread = 0;
    objective_chances(&one, 0.5, chance);
    assert_true(fabs(chance[0] - 1 / (1 + exp(1.75))) < 1e-12 && fabs(chance[0] + chance[1] - 0.5) < 1e-12);
    double mean = chance[0] + 2 * chance[1] + 5 * chance[2];
    assert_true(fabs(objective_mean(&one, 0.5) - mean) < 1e-12);
    double variance =
        chance[0] * pow(1 - mean, 2) + chance[1] * pow(2 - mean, 2) + chance[2] * pow(5 - mean, 2);
    assert_true(fabs(objective_deviation(&one, 0.5) - sqrt(variance)) < 1e-12);
    struct objective_share share, sure;
    objective_compliance(&article, &people[0], 1, &share);
    double width = 1.6448536269514722 * sqrt(0.3 + 0.01 - 0.004 + 0.04),
           flat = 1 / sqrt(1 + 3.14159265358979323846 / 8 * 0.25);
    assert_true(fabs(share.low - 1 / (1 + exp(-flat * (1.75 - width)))) < 1e-12);
    assert_true(share.low < share.share && share.share < share.high);
    article.residual = article.spread = 0;
    objective_compliance(&article, &people[1], 1, &sure); // nothing is unknown of that group
    assert_true(
        fabs(sure.share - 1 / (1 + exp(-1.75))) < 1e-12 && sure.low == sure.share && sure.high == sure.share);
}

// Of the mapping that holds the address, as the kernel says.
static long resident_kb(const void *address)
{
    char line[512];
    unsigned long begin = 0, end = 0, at = (unsigned long)(uintptr_t)address;
    long kb = -1, value;
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (kb < 0 && fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &begin, &end) != 2 && at >= begin && at < end &&
            sscanf(line, "Rss: %ld kB", &value) == 1)
            kb = value;
    }
    fclose(maps);
    return kb;
}

static void a_file_is_mapped(void **state UNUSED)
{
    char path[] = "/tmp/artefact_test_XXXXXX";
    int fd = mkstemp(path);
    struct artefact model = sparse_model();
    struct buf buf;
    unsigned char hash[HASH_BYTES];
    struct err err;
    write_model(&model, &buf, hash);
    assert_true(write(fd, buf.data, buf.length) == (ssize_t)buf.length);
    struct artefact *read = artefact_open(path, &err);
    assert_non_null(read);
    assert_memory_equal(artefact_hash(read), hash, HASH_BYTES);
    assert_memory_equal(read->weights, weights, sizeof(weights));
    assert_true(resident_kb(read->weights) > 0);
    artefact_rest(read);
    assert_int_equal(resident_kb(read->weights), 0);
    assert_memory_equal(read->weights, weights, sizeof(weights));
    artefact_close(read);
    assert_int_equal(ftruncate(fd, (off_t)buf.length - 1), 0);
    assert_null(artefact_open(path, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_null(artefact_open(path, &err));
    close(fd);
    unlink(path);
    assert_null(artefact_open(path, &err));
    assert_int_equal(err.code, ERR_IO);
    assert_null(artefact_open("/tmp", &err));
    buf_release(&buf);
}

static void every_flipped_bit_and_cut_is_found(void **state UNUSED)
{
    struct artefact model = sparse_model();
    struct buf buf;
    unsigned char hash[HASH_BYTES];
    struct err err;
    write_model(&model, &buf, hash);
    for (size_t i = 0; i < buf.length; i++) {
        buf.data[i] = (char)(buf.data[i] ^ (1 << i % 8));
        assert_null(artefact_open_bytes(buf.data, buf.length, &err));
        assert_int_equal(err.code, ERR_INVALID);
        buf.data[i] = (char)(buf.data[i] ^ (1 << i % 8));
    }
    for (size_t length = 0; length < buf.length; length++)
        assert_null(artefact_open_bytes(buf.data, length, &err));
    assert_null(artefact_open_bytes(buf.data + 1, buf.length - 1, &err));
    buf_release(&buf);
}

// Puts the right hash behind changed bytes: what somebody hostile would do.
static void seal(char *data, size_t length)
{
    unsigned char hash[HASH_BYTES];
    hash_sha256(data, length - HASH_BYTES, hash);
    memcpy(data + length - HASH_BYTES, hash, HASH_BYTES);
}

static void use(const struct artefact *artefact)
{
    struct arena *arena = arena_new(1 << 24);
    double *rewards = arena_calloc(arena, artefact->n_heads, sizeof(*rewards));
    double *utilities = arena_calloc(arena, artefact->n_heads, sizeof(*utilities));
    float *embedding = arena_calloc(arena, artefact->n_dimensions, sizeof(*embedding));
    struct predict_candidate candidate = {.text = "some words",
        .text_length = 10,
        .embedding = embedding,
        .n_dimensions = artefact->n_dimensions};
    struct err err;
    assert_int_equal(predict_rewards(artefact, &candidate, 1, arena, rewards, &err), 0);
    predict_served_utilities(artefact, rewards, 1, utilities);
    predict_served_single(artefact, rewards, 1, utilities);
    for (uint32_t i = 0; i < artefact_n_served(artefact); i++)
        assert_true(isfinite(utilities[i]));
    arena_free(arena);
}

static void hostile_bytes_are_an_error_or_a_model(void **state UNUSED)
{
    struct artefact models[] = {sparse_model(), dense_model()};
    struct rng rng;
    rng_seed(&rng, 3);
    size_t n_opened = 0;
    for (size_t round = 0; round < 40000; round++) {
        struct buf buf;
        unsigned char hash[HASH_BYTES];
        struct err err;
        write_model(&models[round % 2], &buf, hash);
        for (uint64_t n = 1 + rng_below(&rng, 3); n > 0; n--) {
            // Mostly the preamble and the header: what is interpreted.
            size_t at =
                (size_t)rng_below(&rng, rng_below(&rng, 4) == 0 ? buf.length : min_size(buf.length, 900));
            buf.data[at] =
                rng_below(&rng, 2) == 0 ? (char)rng_u64(&rng) : "0129-.e\"{},\0\377"[rng_below(&rng, 13)];
        }
        seal(buf.data, buf.length);
        struct artefact *read = artefact_open_bytes(buf.data, buf.length, &err);
        if (read != NULL) {
            use(read);
            n_opened++;
        }
        artefact_close(read);
        buf_release(&buf);
    }
    assert_true(n_opened > 0);
}

// A whole artefact with the given header text in place of its own.
static struct artefact *open_with_header(const char *header, struct buf *buf)
{
    struct artefact model = dense_model();
    unsigned char hash[HASH_BYTES];
    struct err err;
    struct buf own;
    write_model(&model, &own, hash);
    uint32_t length = (uint32_t)strlen(header), weights_at = (64 + length + 63) / 64 * 64;
    uint64_t offset = weights_at, size = weights_at + sizeof(weights) + HASH_BYTES;
    buf_init(buf, 1 << 20);
    buf_add(buf, own.data, 64);
    memcpy(buf->data + 12, &length, 4);
    memcpy(buf->data + 16, &size, 8);
    memcpy(buf->data + 32, &offset, 8);
    buf_add(buf, header, length);
    while (buf->length < weights_at)
        buf_add_char(buf, '\0');
    buf_add(buf, weights, sizeof(weights));
    buf_add(buf, hash, HASH_BYTES);
    seal(buf->data, buf->length);
    buf_release(&own);
    return artefact_open_bytes(buf->data, buf->length, &err);
}

#define HEAD_START                                                                                           \
    "{\"attribute\":\"\",\"value\":\"all\",\"served\":true,\"centre\":0,\"share\":1,\"shrinkage\":0,"
#define HEAD_COUNTS "\"n_annotators\":1,\"n_judgments\":1"
#define HEAD HEAD_START HEAD_COUNTS ",\"tau\":1}"
#define SNAPSHOT "\"snapshot\":\"0000000000000000000000000000000000000000000000000000000000000000\""
#define REST "\"method\":\"pooled\",\"normalise\":false,\"seed\":\"1\",\"supported\":true," SNAPSHOT

static void headers_are_checked_member_by_member(void **state UNUSED)
{
    static const struct {
        bool valid;
        const char *header;
    } cases[] = {
        {true, "{\"features\":\"embedding\",\"n_dimensions\":5," REST ",\"heads\":[" HEAD "," HEAD "]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":4," REST ",\"heads\":[" HEAD "," HEAD "]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":-5," REST ",\"heads\":[" HEAD "," HEAD "]}"},
        {false, "{\"features\":\"hashed-ngrams-9\",\"n_dimensions\":262144," REST ",\"heads\":[" HEAD "," HEAD
                "]}"},
        {false, "{\"features\":\"hashed-ngrams-2\",\"n_dimensions\":262144," REST ",\"heads\":[" HEAD "," HEAD
                "]}"},
        {false, "{\"features\":\"hashed-ngrams-1\",\"n_dimensions\":262144," REST ",\"heads\":[" HEAD "," HEAD
                "]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":5," REST ",\"heads\":[" HEAD "]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":5," REST ",\"heads\":[" HEAD ",7]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":5,\"extra\":1," REST ",\"heads\":[" HEAD
                "," HEAD "]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":5," REST ",\"heads\":[" HEAD
                "," HEAD_START HEAD_COUNTS ",\"tau\":0}]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":5," REST ",\"heads\":[" HEAD
                "," HEAD_START HEAD_COUNTS ",\"tau\":1e999}]}"},
        {false, "{\"features\":\"embedding\",\"n_dimensions\":5," REST ",\"heads\":[" HEAD
                "," HEAD_START HEAD_COUNTS ",\"tau\":\"1\"}]}"},
        {false, "{\"features\":\"embedding\",\"features\":\"embedding\",\"n_dimensions\":5," REST
                ",\"heads\":[" HEAD "," HEAD "]}"},
        {false, "[]"},
        {false, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buf buf;
        struct artefact *read = open_with_header(cases[i].header, &buf);
        assert_int_equal(read != NULL, cases[i].valid);
        artefact_close(read);
        buf_release(&buf);
    }
}

static void limits_are_errors(void **state UNUSED)
{
    struct artefact model = sparse_model();
    unsigned char hash[HASH_BYTES];
    struct err err;
    struct buf buf;
    buf_init(&buf, 100);
    assert_int_equal(artefact_write(&model, &buf, hash, &err), ERR_LIMIT);
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(objectives_and_what_was_held_out_are_read),
        cmocka_unit_test(ratings_and_shares_are_foretold),
        cmocka_unit_test(a_file_is_mapped),
        cmocka_unit_test(every_flipped_bit_and_cut_is_found),
        cmocka_unit_test(hostile_bytes_are_an_error_or_a_model),
        cmocka_unit_test(headers_are_checked_member_by_member),
        cmocka_unit_test(limits_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
