#include "reward/artefact.h"

#include "base/arena.h"
#include "reward/artefact_objectives.h"
#include "reward/features.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "artefacts are read in place, little-endian");

enum { PREAMBLE_BYTES = 64, ALIGNMENT = 64 };
static const char magic[8] = "PLNMART";

// The 64 bytes a file begins with. Everything but the counts follows from the layout and is checked against it.
struct preamble {
    char magic[8];
    uint32_t format, header_length;
    uint64_t file_size, row_index_offset, weights_offset; // row_index_offset 0: all rows are there
    uint32_t n_rows, n_heads;
    uint64_t reserved[2];
};
_Static_assert(sizeof(struct preamble) == PREAMBLE_BYTES, "no padding");

struct opened {
    struct artefact artefact; // first: what is given out
    struct arena *arena;
    void *map; // NULL when the bytes are the caller's
    size_t map_size;
    unsigned char hash[HASH_BYTES];
};

static size_t align(size_t offset)
{
    return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void lay_out(struct preamble *preamble)
{
    size_t at = align(PREAMBLE_BYTES + preamble->header_length);
    if (preamble->row_index_offset != 0) {
        preamble->row_index_offset = at;
        at = align(at + (size_t)preamble->n_rows * sizeof(uint32_t));
    }
    preamble->weights_offset = at;
    preamble->file_size = at + (size_t)preamble->n_rows * preamble->n_heads * sizeof(float) + HASH_BYTES;
}

enum features_version artefact_text_version(const struct artefact *artefact)
{
    return artefact->text_version == 0 ? FEATURES_NGRAMS : artefact->text_version;
}

// ---------------------------------------------------------------- writing
static json_t *head_to_json(const struct artefact_head *head)
{
    json_t *json = json_pack("{s:s, s:s, s:b, s:f, s:f, s:f, s:f, s:I, s:I}", "attribute", head->attribute,
        "value", head->value, "served", (int)head->served, "tau", head->tau, "centre", head->centre, "share",
        head->share, "shrinkage", head->shrinkage, "n_annotators", (json_int_t)head->n_annotators,
        "n_judgments", (json_int_t)head->n_judgments);
    assert(json != NULL);
    return json;
}

static json_t *numbers_to_json(const double *numbers, size_t n)
{
    json_t *json = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(json, json_real(numbers[i]));
    return json;
}

static json_t *jury_to_json(const struct jury *jury)
{
    json_t *pools = json_array();
    for (uint32_t p = 0; p < jury->n_pools; p++) {
        const struct jury_pool *pool = &jury->pools[p];
        json_array_append_new(
            pools, json_pack("{s:s, s:s, s:I, s:o, s:o}", "attribute", pool->attribute, "value", pool->value,
                       "n_annotators", (json_int_t)pool->n_annotators, "mean",
                       numbers_to_json(pool->mean, jury->n_basis), "covariance",
                       numbers_to_json(pool->covariance, (size_t)jury->n_basis * jury->n_basis)));
    }
    return json_pack("{s:I, s:o}", "n_basis", (json_int_t)jury->n_basis, "pools", pools);
}

// Whole numbers of 64 bits are texts: JSON has doubles.
static json_t *held_out_to_json(const struct artefact *artefact)
{
    char split[32], from[32];
    snprintf(split, sizeof(split), "%llu", (unsigned long long)artefact->split);
    snprintf(from, sizeof(from), "%llu", (unsigned long long)artefact->held_out_from);
    return json_pack("{s:s, s:s}", "split", split, "from", from);
}

static json_t *training_to_json(const struct artefact *artefact)
{
    const struct artefact_training *training = artefact->training;
    char predecessor[HASH_HEX_BYTES] = "";
    if (training->has_predecessor)
        hex_encode(training->predecessor, HASH_BYTES, predecessor);
    return json_pack("{s:f, s:f, s:o, s:I, s:I, s:I, s:s}", "lambda", training->lambda, "mixture_lambda",
        training->mixture_lambda, "offset_scales", numbers_to_json(training->offset_scale, artefact->n_heads),
        "n_judgments", (json_int_t)training->n_judgments, "n_cold", (json_int_t)training->n_cold, "n_refits",
        (json_int_t)training->n_refits, "predecessor", predecessor);
}

static char *header_text(const struct artefact *artefact)
{
    char snapshot[HASH_HEX_BYTES], seed[32];
    hex_encode(artefact->snapshot, HASH_BYTES, snapshot);
    snprintf(seed, sizeof(seed), "%llu", (unsigned long long)artefact->seed);
    json_t *heads = json_array();
    for (uint32_t h = 0; h < artefact->n_heads; h++)
        json_array_append_new(heads, head_to_json(&artefact->heads[h]));
    json_t *json = json_pack("{s:s, s:s, s:I, s:b, s:b, s:s, s:s, s:o}", "method", artefact->method,
        "features",
        artefact->features == ARTEFACT_HASHED_TEXT ? features_version_name(artefact_text_version(artefact))
                                                   : "embedding",
        "n_dimensions", (json_int_t)artefact->n_dimensions, "normalise", (int)artefact->normalise,
        "supported", (int)artefact->supported, "seed", seed, "snapshot", snapshot, "heads", heads);
    assert(json != NULL);
    if (artefact->jury != NULL)
        json_object_set_new(json, "jury", jury_to_json(artefact->jury));
    if (artefact->n_objectives > 0)
        json_object_set_new(json, "objectives", artefact_objectives_to_json(artefact));
    if (artefact->has_held_out)
        json_object_set_new(json, "held_out", held_out_to_json(artefact));
    if (artefact->training != NULL)
        json_object_set_new(json, "training", training_to_json(artefact));
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(17));
    assert(text != NULL);
    json_decref(json);
    return text;
}

static void pad_to(struct buf *out, size_t start, size_t offset)
{
    static const char zeros[ALIGNMENT] = {0};
    if (!out->overflow)
        buf_add(out, zeros, offset - (out->length - start));
}

int artefact_write(
    const struct artefact *artefact, struct buf *out, unsigned char ret_hash[HASH_BYTES], struct err *err)
{
    assert(artefact->n_heads >= 1 && artefact->n_heads <= ARTEFACT_HEADS_MAX &&
           artefact_n_served(artefact) >= 1);
    assert(artefact->row_index != NULL || artefact->n_rows == artefact->n_dimensions);
    size_t start = out->length;
    char *header = header_text(artefact);
    size_t header_length = strlen(header);
    if (header_length > ARTEFACT_HEADER_MAX) {
        free(header);
        return err_set(err, ERR_LIMIT, "the artefact's header is over %d bytes", ARTEFACT_HEADER_MAX);
    }
    struct preamble preamble = {.format = ARTEFACT_FORMAT,
        .header_length = (uint32_t)header_length,
        .row_index_offset = artefact->row_index != NULL,
        .n_rows = artefact->n_rows,
        .n_heads = artefact->n_heads};
    memcpy(preamble.magic, magic, sizeof(magic));
    lay_out(&preamble);
    buf_add(out, &preamble, sizeof(preamble));
    buf_add(out, header, header_length);
    free(header);
    if (artefact->row_index != NULL) {
        pad_to(out, start, preamble.row_index_offset);
        buf_add(out, artefact->row_index, (size_t)artefact->n_rows * sizeof(uint32_t));
    }
    pad_to(out, start, preamble.weights_offset);
    buf_add(out, artefact->weights, (size_t)artefact->n_rows * artefact->n_heads * sizeof(float));
    unsigned char hash[HASH_BYTES] = {0};
    if (!out->overflow)
        hash_sha256(out->data + start, out->length - start, hash);
    buf_add(out, hash, HASH_BYTES);
    if (preamble.file_size > ARTEFACT_MAX_BYTES || buf_check(out) != 0)
        return err_set(err, ERR_LIMIT, "the artefact has %llu bytes, over the limit",
            (unsigned long long)preamble.file_size);
    assert(out->length - start == preamble.file_size);
    hash_sha256(out->data + start, out->length - start, ret_hash);
    return 0;
}

// ---------------------------------------------------------------- reading
static bool is_zero(const unsigned char *bytes, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        if (bytes[i] != 0)
            return false;
    }
    return true;
}

// Sizes, offsets, padding and the trailer; afterwards every array lies inside the bytes.
static int check_frame(
    const unsigned char *bytes, size_t size, struct preamble *ret_preamble, struct err *err)
{
    if (size < PREAMBLE_BYTES + HASH_BYTES || size > ARTEFACT_MAX_BYTES)
        return err_set(err, ERR_INVALID, "an artefact can't have %zu bytes", size);
    struct preamble have, want;
    memcpy(&have, bytes, sizeof(have));
    if (memcmp(have.magic, magic, sizeof(magic)) != 0)
        return err_set(err, ERR_INVALID, "not an artefact: the magic number is not there");
    if (have.format != ARTEFACT_FORMAT)
        return err_set(
            err, ERR_INVALID, "artefact format %u is not known, only %d", have.format, ARTEFACT_FORMAT);
    if (have.n_heads < 1 || have.n_heads > ARTEFACT_HEADS_MAX || have.n_rows > FEATURES_DIMENSIONS_MAX ||
        have.header_length > ARTEFACT_HEADER_MAX)
        return err_set(err, ERR_INVALID, "artefact counts are out of bounds");
    want = have;
    want.reserved[0] = want.reserved[1] = 0;
    lay_out(&want);
    if (memcmp(&have, &want, sizeof(have)) != 0 || have.file_size != size)
        return err_set(err, ERR_INVALID, "artefact offsets do not fit its counts and size");
    size_t header_end = PREAMBLE_BYTES + have.header_length;
    size_t index_end = have.row_index_offset + (size_t)have.n_rows * sizeof(uint32_t);
    if (!is_zero(
            bytes, header_end, have.row_index_offset != 0 ? have.row_index_offset : have.weights_offset) ||
        (have.row_index_offset != 0 && !is_zero(bytes, index_end, have.weights_offset)))
        return err_set(err, ERR_INVALID, "artefact padding is not zero");
    unsigned char hash[HASH_BYTES];
    hash_sha256(bytes, size - HASH_BYTES, hash);
    if (memcmp(hash, bytes + size - HASH_BYTES, HASH_BYTES) != 0)
        return err_set(err, ERR_INVALID, "artefact bytes do not match their SHA-256");
    *ret_preamble = have;
    return 0;
}

static bool read_real(const json_t *object, const char *key, double low, double high, double *ret_value)
{
    json_t *value = json_object_get(object, key);
    *ret_value = json_number_value(value);
    return json_is_number(value) && isfinite(*ret_value) && *ret_value >= low && *ret_value <= high;
}

static bool read_count(const json_t *object, const char *key, json_int_t high, uint32_t *ret_value)
{
    json_t *value = json_object_get(object, key);
    json_int_t count = json_integer_value(value);
    *ret_value = count >= 0 && count <= high ? (uint32_t)count : 0;
    return json_is_integer(value) && count >= 0 && count <= high;
}

static bool read_name(const json_t *object, const char *key, struct arena *arena, const char **ret_name)
{
    json_t *value = json_object_get(object, key);
    *ret_name = "";
    if (!json_is_string(value) || json_string_length(value) > ARTEFACT_NAME_MAX)
        return false;
    *ret_name = arena_strndup(arena, json_string_value(value), json_string_length(value));
    return true;
}

static bool read_bool(const json_t *object, const char *key, bool *ret_value)
{
    json_t *value = json_object_get(object, key);
    *ret_value = json_is_true(value);
    return json_is_boolean(value);
}

static bool read_head(const json_t *json, struct arena *arena, struct artefact_head *head)
{
    return json_is_object(json) && json_object_size(json) == 9 &&
           read_name(json, "attribute", arena, &head->attribute) &&
           read_name(json, "value", arena, &head->value) && read_bool(json, "served", &head->served) &&
           read_real(json, "tau", 1e-6, 1e6, &head->tau) &&
           read_real(json, "centre", -1e6, 1e6, &head->centre) &&
           read_real(json, "share", 0, 1, &head->share) &&
           read_real(json, "shrinkage", 0, 1, &head->shrinkage) &&
           read_count(json, "n_annotators", UINT32_MAX, &head->n_annotators) &&
           read_count(json, "n_judgments", UINT32_MAX, &head->n_judgments);
}

static bool read_u64(const json_t *json, const char *key, uint64_t *ret_number)
{
    const char *text = json_string_value(json_object_get(json, key));
    if (text == NULL || text[0] < '0' || text[0] > '9')
        return false;
    char *end;
    errno = 0;
    *ret_number = strtoull(text, &end, 10);
    return errno == 0 && *end == '\0';
}

// Not told where there is no such member; false when it is wrong.
static bool read_held_out(const json_t *json, struct artefact *artefact)
{
    const json_t *member = json_object_get(json, "held_out");
    artefact->has_held_out = member != NULL;
    return member == NULL || (json_is_object(member) && json_object_size(member) == 2 &&
                                 read_u64(member, "split", &artefact->split) &&
                                 read_u64(member, "from", &artefact->held_out_from));
}

static bool read_numbers(const json_t *list, size_t n, double *ret_numbers)
{
    if (!json_is_array(list) || json_array_size(list) != n)
        return false;
    for (size_t i = 0; i < n; i++) {
        json_t *number = json_array_get(list, i);
        ret_numbers[i] = json_number_value(number);
        if (!json_is_number(number) || !(fabs(ret_numbers[i]) <= 1e9))
            return false;
    }
    return true;
}

static bool read_pool(const json_t *json, uint32_t k, struct arena *arena, struct jury_pool *pool)
{
    if (!json_is_object(json) || json_object_size(json) != 5 ||
        !read_name(json, "attribute", arena, &pool->attribute) ||
        !read_name(json, "value", arena, &pool->value) ||
        !read_count(json, "n_annotators", UINT32_MAX, &pool->n_annotators) ||
        !read_numbers(json_object_get(json, "mean"), k, pool->mean) ||
        !read_numbers(json_object_get(json, "covariance"), (size_t)k * k, pool->covariance))
        return false;
    for (uint32_t i = 0; i < k; i++) {
        for (uint32_t j = 0; j < i; j++) {
            if (pool->covariance[i * k + j] != pool->covariance[j * k + i])
                return false;
        }
        if (pool->covariance[i * k + i] < 0)
            return false;
    }
    return true;
}

// NULL in the artefact where there is no such member; false when it is wrong.
static bool read_jury(const json_t *json, struct arena *arena, struct artefact *artefact)
{
    const json_t *member = json_object_get(json, "jury"), *list = json_object_get(member, "pools");
    if (member == NULL)
        return true;
    struct jury *jury = arena_calloc(arena, 1, sizeof(*jury));
    size_t n = json_array_size(list);
    if (json_object_size(member) != 2 || !read_count(member, "n_basis", JURY_BASIS_MAX, &jury->n_basis) ||
        jury->n_basis < 1 || jury->n_basis > artefact->n_heads || n < 1 || n > JURY_POOLS_MAX)
        return false;
    struct jury_pool *pools = arena_calloc(arena, n, sizeof(*pools));
    for (size_t p = 0; p < n; p++) {
        if (!read_pool(json_array_get(list, p), jury->n_basis, arena, &pools[p]))
            return false;
    }
    jury->n_pools = (uint32_t)n;
    jury->pools = pools;
    artefact->jury = jury;
    return true;
}

// NULL in the artefact where there is no such member; false when it is wrong.
static bool read_training(const json_t *json, struct arena *arena, struct artefact *artefact)
{
    const json_t *member = json_object_get(json, "training");
    if (member == NULL)
        return true;
    struct artefact_training *training = arena_calloc(arena, 1, sizeof(*training));
    double *scales = arena_calloc(arena, artefact->n_heads, sizeof(*scales));
    const char *predecessor;
    if (!json_is_object(member) || json_object_size(member) != 7 ||
        !read_real(member, "lambda", 0, 1e6, &training->lambda) ||
        !read_real(member, "mixture_lambda", 0, 1e6, &training->mixture_lambda) ||
        !read_numbers(json_object_get(member, "offset_scales"), artefact->n_heads, scales) ||
        !read_count(member, "n_judgments", UINT32_MAX, &training->n_judgments) ||
        !read_count(member, "n_cold", UINT32_MAX, &training->n_cold) ||
        !read_count(member, "n_refits", UINT32_MAX, &training->n_refits) ||
        !read_name(member, "predecessor", arena, &predecessor))
        return false;
    for (uint32_t h = 0; h < artefact->n_heads; h++) {
        if (scales[h] < 0)
            return false;
    }
    training->has_predecessor = predecessor[0] != '\0';
    if (training->has_predecessor && hex_decode(predecessor, training->predecessor, HASH_BYTES) != 0)
        return false;
    training->offset_scale = scales;
    artefact->training = training;
    return true;
}

// The header's members, into `artefact`. The names are copied into the arena.
static bool read_members(const json_t *json, struct arena *arena, struct artefact *artefact)
{
    const char *features, *snapshot;
    const json_t *objectives = json_object_get(json, "objectives");
    size_t n_members = 8U + (json_object_get(json, "jury") != NULL) + (objectives != NULL) +
                       (json_object_get(json, "held_out") != NULL) +
                       (json_object_get(json, "training") != NULL);
    if (!json_is_object(json) || json_object_size(json) != n_members ||
        !read_name(json, "method", arena, &artefact->method) ||
        !read_name(json, "features", arena, &features) || !read_name(json, "snapshot", arena, &snapshot) ||
        !read_count(json, "n_dimensions", FEATURES_DIMENSIONS_MAX, &artefact->n_dimensions) ||
        !read_bool(json, "normalise", &artefact->normalise) ||
        !read_bool(json, "supported", &artefact->supported) || !read_u64(json, "seed", &artefact->seed) ||
        hex_decode(snapshot, artefact->snapshot, HASH_BYTES) != 0)
        return false;
    if (features_version_parse(features, &artefact->text_version) &&
        artefact->n_dimensions == features_dimensions(artefact->text_version))
        artefact->features = ARTEFACT_HASHED_TEXT;
    else if (strcmp(features, "embedding") == 0 && artefact->n_dimensions >= 1 &&
             artefact->n_dimensions <= FEATURES_EMBEDDING_MAX_DIMENSIONS)
        artefact->features = ARTEFACT_EMBEDDING;
    else
        return false;
    json_t *heads = json_object_get(json, "heads");
    if (!json_is_array(heads) || json_array_size(heads) != artefact->n_heads)
        return false;
    struct artefact_head *out = arena_calloc(arena, artefact->n_heads, sizeof(*out));
    artefact->heads = out;
    for (uint32_t h = 0; h < artefact->n_heads; h++) {
        if (!read_head(json_array_get(heads, h), arena, &out[h]))
            return false;
    }
    return artefact_n_served(artefact) >= 1 && read_jury(json, arena, artefact) &&
           read_held_out(json, artefact) && read_training(json, arena, artefact) &&
           (objectives == NULL || artefact_objectives_read(objectives, arena, artefact));
}

static int check_arrays(const struct artefact *artefact, struct err *err)
{
    if (artefact->row_index == NULL && artefact->n_rows != artefact->n_dimensions)
        return err_set(err, ERR_INVALID, "artefact has %u rows of weights for %u features", artefact->n_rows,
            artefact->n_dimensions);
    for (uint32_t i = 0; artefact->row_index != NULL && i < artefact->n_rows; i++) {
        if (artefact->row_index[i] >= artefact->n_dimensions ||
            (i > 0 && artefact->row_index[i] <= artefact->row_index[i - 1]))
            return err_set(err, ERR_INVALID, "artefact row %u is out of order or range", i);
    }
    for (size_t i = 0; i < (size_t)artefact->n_rows * artefact->n_heads; i++) {
        if (!isfinite(artefact->weights[i]))
            return err_set(err, ERR_INVALID, "artefact weight %zu is not finite", i);
    }
    return 0;
}

static int read_all(struct opened *opened, const unsigned char *bytes, size_t size, struct err *err)
{
    struct preamble preamble = {0};
    int failed = check_frame(bytes, size, &preamble, err);
    if (failed)
        return failed;
    struct artefact *artefact = &opened->artefact;
    artefact->n_heads = preamble.n_heads;
    artefact->n_rows = preamble.n_rows;
    artefact->row_index =
        preamble.row_index_offset != 0 ? (const void *)(bytes + preamble.row_index_offset) : NULL;
    artefact->weights = (const void *)(bytes + preamble.weights_offset);
    json_error_t json_error;
    json_t *json = json_loadb(
        (const char *)bytes + PREAMBLE_BYTES, preamble.header_length, JSON_REJECT_DUPLICATES, &json_error);
    if (json == NULL)
        return err_set(err, ERR_INVALID, "artefact header: %s", json_error.text);
    bool valid = read_members(json, opened->arena, artefact);
    json_decref(json);
    if (!valid)
        return err_set(
            err, ERR_INVALID, "artefact header has a member that is missing, unknown or out of bounds");
    failed = check_arrays(artefact, err);
    if (failed)
        return failed;
    hash_sha256(bytes, size, opened->hash);
    return 0;
}

static struct opened *opened_new(void)
{
    struct opened *opened = calloc(1, sizeof(*opened));
    if (opened == NULL)
        abort();
    opened->arena = arena_new(4 * 1024 * 1024); // 64 heads and a jury's pools, and the JSON is not kept
    return opened;
}

struct artefact *artefact_open_bytes(const void *bytes, size_t size, struct err *err)
{
    if ((uintptr_t)bytes % sizeof(uint32_t) != 0) {
        err_set(err, ERR_INVALID, "artefact bytes are not aligned");
        return NULL;
    }
    struct opened *opened = opened_new();
    if (read_all(opened, bytes, size, err) != 0) {
        artefact_close(&opened->artefact);
        return NULL;
    }
    return &opened->artefact;
}

void artefact_rest(const struct artefact *artefact)
{
    const struct opened *opened = (const struct opened *)(const void *)artefact;
    if (opened->map != NULL)
        madvise(opened->map, opened->map_size, MADV_DONTNEED);
}

struct artefact *artefact_open(const char *path, struct err *err)
{
    struct opened *opened = opened_new();
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0) {
        err_set_errno(err, "artefact %s", path);
        goto fail;
    }
    if (!S_ISREG(status.st_mode) || status.st_size <= 0 || (uint64_t)status.st_size > ARTEFACT_MAX_BYTES) {
        err_set(err, ERR_INVALID, "artefact %s is not a file of a possible size", path);
        goto fail;
    }
    opened->map_size = (size_t)status.st_size;
    void *map = mmap(NULL, opened->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) {
        err_set_errno(err, "artefact %s", path);
        goto fail;
    }
    opened->map = map;
    if (read_all(opened, map, opened->map_size, err) != 0) {
        err_prefix(err, "%s", path);
        goto fail;
    }
    close(fd);
    artefact_rest(&opened->artefact); // checking touched every page, predictions use few
    return &opened->artefact;
fail:
    if (fd >= 0)
        close(fd);
    artefact_close(&opened->artefact);
    return NULL;
}

const unsigned char *artefact_hash(const struct artefact *artefact)
{
    return ((const struct opened *)(const void *)artefact)->hash;
}

void artefact_close(struct artefact *artefact)
{
    if (artefact == NULL)
        return;
    struct opened *opened = (struct opened *)(void *)artefact;
    if (opened->map != NULL)
        munmap(opened->map, opened->map_size);
    arena_free(opened->arena);
    free(opened);
}

uint32_t artefact_n_served(const struct artefact *artefact)
{
    uint32_t n = 0;
    for (uint32_t h = 0; h < artefact->n_heads; h++)
        n += artefact->heads[h].served;
    return n;
}
