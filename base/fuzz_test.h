// What libFuzzer calls in the *_fuzz.c beside the code they try, and how its bytes are cut up. `make fuzz` runs them;
// `make test` replays what is kept under tests/fuzz/corpus (tests/fuzz/replay.c).
#ifndef BASE_FUZZ_TEST_H
#define BASE_FUZZ_TEST_H

#include "base/base.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz *fuzz)
{
    if (fuzz->left == 0)
        return 0;
    fuzz->left--;
    return *fuzz->at++;
}

// A copy of exactly so many bytes: what is read behind it is found. free() it.
static inline void *fuzz_copy(const void *data, size_t size)
{
    void *copy = malloc(max_size(size, 1));
    if (copy == NULL)
        abort();
    memcpy(copy, data, size);
    return copy;
}

// The next `size` bytes at most, as text with a NUL behind. free() it.
static inline char *fuzz_text(struct fuzz *fuzz, size_t size)
{
    size = min_size(size, fuzz->left);
    char *text = malloc(size + 1);
    if (text == NULL)
        abort();
    memcpy(text, fuzz->at, size);
    text[size] = '\0';
    fuzz->at += size;
    fuzz->left -= size;
    return text;
}

// Up to the end of the line, which is taken too. free() it.
static inline char *fuzz_line(struct fuzz *fuzz)
{
    const uint8_t *end = fuzz->left > 0 ? memchr(fuzz->at, '\n', fuzz->left) : NULL;
    char *line = fuzz_text(fuzz, end != NULL ? (size_t)(end - fuzz->at) : fuzz->left);
    if (end != NULL)
        fuzz_byte(fuzz);
    return line;
}

#endif
