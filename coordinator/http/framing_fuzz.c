// The bytes of a connection: read at once and in pieces, they must read the same.
#include "base/fuzz_test.h"
#include "coordinator/http/framing_reading_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole, pieces;
    uint32_t pace = 1;
    for (size_t i = 0; i < size; i++)
        pace = pace * 31 + data[i];
    char *bytes = fuzz_copy(data, size);
    buf_init(&whole, 16 * size + 4096 * 64);
    buf_init(&pieces, 16 * size + 4096 * 64);
    reading_run(bytes, size, 0, &whole);
    reading_run(bytes, size, pace | 1, &pieces);
    assert(buf_check(&whole) == 0 && whole.length == pieces.length);
    assert(memcmp(whole.data, pieces.data, whole.length) == 0);
    buf_release(&whole);
    buf_release(&pieces);
    free(bytes);
    return 0;
}
