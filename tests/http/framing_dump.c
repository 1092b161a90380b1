// Reads frames (u32 length, little-endian, then so many bytes of a connection) from stdin and answers each with a line:
// what coordinator/http/framing.c reads in them. Bytes that come all at once and in pieces must read the same.
#include "coordinator/http/framing_reading_test.h"

#include <stdio.h>

enum { INPUT_MAX_BYTES = 4 * 1024 * 1024, OUTPUT_MAX_BYTES = 64 * 1024 * 1024 };

int main(void)
{
    unsigned char prefix[4];
    struct buf whole, pieces;
    buf_init(&whole, OUTPUT_MAX_BYTES);
    buf_init(&pieces, OUTPUT_MAX_BYTES);
    while (fread(prefix, 1, sizeof(prefix), stdin) == sizeof(prefix)) {
        size_t size = prefix[0] | (size_t)prefix[1] << 8 | (size_t)prefix[2] << 16 | (size_t)prefix[3] << 24;
        assert(size <= INPUT_MAX_BYTES);
        char *data = malloc(max_size(size, 1));
        if (data == NULL || fread(data, 1, size, stdin) != size)
            abort();
        buf_clear(&whole);
        buf_clear(&pieces);
        reading_run(data, size, 0, &whole);
        reading_run(data, size, (uint32_t)size + 1, &pieces);
        assert(whole.length == pieces.length && memcmp(whole.data, pieces.data, whole.length) == 0);
        free(data);
        puts(whole.data);
        fflush(stdout);
    }
    buf_release(&whole);
    buf_release(&pieces);
    return 0;
}
