// What an embeddings endpoint answers: the first byte says how many texts were asked about, the second of how many dimensions
// (0: any). What is read is finite, not zero, and what was wanted; the same bytes give the same; else there is a reason.
#include "base/fuzz_test.h"
#include "coordinator/embed/embeddings.h"

#include <math.h>

static void check(const float *values, size_t n_texts, uint32_t n_dimensions)
{
    assert(n_dimensions > 0 && n_dimensions <= EMBEDDINGS_DIMENSIONS_MAX);
    for (size_t i = 0; i < n_texts; i++) {
        double squares = 0;
        for (uint32_t d = 0; d < n_dimensions; d++)
            squares += (double)values[i * n_dimensions + d] * values[i * n_dimensions + d];
        assert(isfinite(squares) && squares > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    size_t n_texts = 1 + fuzz_byte(&fuzz) % 8;
    uint32_t wanted = fuzz_byte(&fuzz) % 8, n_dimensions[2];
    size_t length = fuzz.left;
    char *text = fuzz_text(&fuzz, length);
    struct arena *arena = arena_new(64 * 1024 * 1024);
    float *values[2];
    enum embeddings_fault fault[2];
    for (int i = 0; i < 2; i++) {
        struct err err = {0};
        fault[i] = embeddings_read(text, length, n_texts, wanted, arena, &values[i], &n_dimensions[i], &err);
        assert((fault[i] == EMBEDDINGS_GOOD) == (err.message[0] == '\0'));
    }
    assert(fault[0] == fault[1]);
    if (fault[0] == EMBEDDINGS_GOOD) {
        check(values[0], n_texts, n_dimensions[0]);
        assert(wanted == 0 || n_dimensions[0] == wanted);
        assert(n_dimensions[0] == n_dimensions[1] &&
               memcmp(values[0], values[1], n_texts * n_dimensions[0] * sizeof(float)) == 0);
    }
    arena_free(arena);
    free(text);
    return 0;
}
