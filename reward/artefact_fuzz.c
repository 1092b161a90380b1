// Model files. A byte chooses: bytes as they come, with the hash at their end made right, so that more than the hash is
// tried; or a file put together from a header's text and arrays, with the layout right as well. What opens must predict
// finite numbers.
#include "base/fuzz_test.h"

// The layout is this file's own business, and the one thing a hostile file must get right.
#include "reward/artefact.c" // NOLINT(bugprone-suspicious-include)

#include "reward/predict.h"

enum { FILE_MAX_BYTES = 1 << 20, CANDIDATES = 3 };

static void predict(const struct artefact *artefact)
{
    static const char *const texts[CANDIDATES] = {"", "two words", "\xc3\xa9t\xc3\xa9, and more of it"};
    struct predict_candidate candidates[CANDIDATES];
    struct arena *arena = arena_new(64 * 1024 * 1024);
    struct err err;
    float *embedding = arena_calloc(arena, max_size(artefact->n_dimensions, 1), sizeof(*embedding));
    for (uint32_t i = 0; artefact->features == ARTEFACT_EMBEDDING && i < artefact->n_dimensions; i++)
        embedding[i] = (float)(i % 7) - 3;
    for (size_t i = 0; i < CANDIDATES; i++)
        candidates[i] = (struct predict_candidate){.text = texts[i],
            .text_length = strlen(texts[i]),
            .embedding = embedding,
            .n_dimensions = artefact->n_dimensions};
    double *rewards = arena_calloc(arena, (size_t)CANDIDATES * artefact->n_heads, sizeof(double));
    double *utilities = arena_calloc(arena, (size_t)CANDIDATES * artefact->n_heads, sizeof(double));
    if (predict_rewards(artefact, candidates, CANDIDATES, arena, rewards, &err) == 0) {
        for (size_t i = 0; i < (size_t)CANDIDATES * artefact->n_heads; i++)
            assert(isfinite(rewards[i]));
        predict_served_utilities(artefact, rewards, CANDIDATES, utilities);
        predict_served_single(artefact, rewards, CANDIDATES, utilities);
    }
    arena_free(arena);
}

static void open_and_use(const char *bytes, size_t size)
{
    struct err err;
    struct artefact *artefact = artefact_open_bytes(bytes, size, &err);
    if (artefact == NULL)
        return;
    assert(artefact_n_served(artefact) >= 1 && artefact_n_served(artefact) <= artefact->n_heads);
    predict(artefact);
    artefact_close(artefact);
}

static void put_hash(char *bytes, size_t size)
{
    unsigned char hash[HASH_BYTES];
    if (size < HASH_BYTES)
        return;
    hash_sha256(bytes, size - HASH_BYTES, hash);
    memcpy(bytes + size - HASH_BYTES, hash, HASH_BYTES);
}

static void take(struct fuzz *fuzz, char *to, size_t size)
{
    size = min_size(size, fuzz->left);
    memcpy(to, fuzz->at, size);
    fuzz->at += size;
    fuzz->left -= size;
}

static void put_together(struct fuzz *fuzz)
{
    struct preamble preamble = {.format = ARTEFACT_FORMAT};
    preamble.row_index_offset = fuzz_byte(fuzz) & 1;
    preamble.n_heads = fuzz_byte(fuzz);
    preamble.n_rows = fuzz_byte(fuzz);
    char *header = fuzz_line(fuzz);
    memcpy(preamble.magic, magic, sizeof(magic));
    preamble.header_length = (uint32_t)strlen(header);
    lay_out(&preamble);
    if (preamble.file_size <= FILE_MAX_BYTES) {
        char *bytes = calloc(1, preamble.file_size);
        if (bytes == NULL)
            abort();
        memcpy(bytes, &preamble, sizeof(preamble));
        memcpy(bytes + sizeof(preamble), header, preamble.header_length);
        if (preamble.row_index_offset != 0)
            take(fuzz, bytes + preamble.row_index_offset, (size_t)preamble.n_rows * sizeof(uint32_t));
        take(fuzz, bytes + preamble.weights_offset,
            (size_t)preamble.n_rows * preamble.n_heads * sizeof(float));
        put_hash(bytes, preamble.file_size);
        open_and_use(bytes, preamble.file_size);
        free(bytes);
    }
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    if ((fuzz_byte(&fuzz) & 1) != 0) {
        put_together(&fuzz);
        return 0;
    }
    char *bytes = fuzz_copy(fuzz.at, fuzz.left);
    put_hash(bytes, fuzz.left);
    open_and_use(bytes, fuzz.left);
    free(bytes);
    return 0;
}
