// Content codings: a byte chooses gzip or zstd, another how much comes at once; the rest is the compressed body. Each step
// must take or give something, or a body would hold its loop for ever; and a bomb ends at the limit of what it becomes.
#include "base/fuzz_test.h"
#include "coordinator/http/internal.h"

enum { OUT_BYTES = 4096, DECODED_MAX = 256 * 1024 };

// One piece, as `give` does it (body.c). 0, or an error to end with.
static int decode_piece(struct decoder *decoder, const char *data, size_t size, size_t *decoded)
{
    size_t got = 0;
    char *out = malloc(OUT_BYTES);
    struct err err;
    int rc = 0;
    if (out == NULL)
        abort();
    do {
        size_t before = size;
        bool had_more = got == OUT_BYTES;
        rc = decoder_step(decoder, &data, &size, out, OUT_BYTES, &got, &err);
        assert(got <= OUT_BYTES && size <= before);
        assert(rc != 0 || size < before || got > 0 || had_more);
        *decoded += got;
    } while (rc == 0 && *decoded < DECODED_MAX && (size > 0 || got == OUT_BYTES));
    free(out);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    struct decoder *decoder = decoder_new((fuzz_byte(&fuzz) & 1) != 0 ? "gzip" : "zstd");
    size_t pace = 1 + fuzz_byte(&fuzz) * (size_t)16, decoded = 0;
    struct err err;
    int rc = 0;
    while (rc == 0 && fuzz.left > 0 && decoded < DECODED_MAX) {
        size_t piece = min_size(pace, fuzz.left);
        char *copy = fuzz_copy(fuzz.at, piece);
        rc = decode_piece(decoder, copy, piece, &decoded);
        free(copy);
        fuzz.at += piece;
        fuzz.left -= piece;
    }
    (void)!decoder_end(decoder, &err);
    decoder_free(decoder);
    return 0;
}
