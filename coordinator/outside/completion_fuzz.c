// What an endpoint streams: the first byte says in what pieces it comes. However it is cut, the same is read.
#include "base/fuzz_test.h"
#include "coordinator/outside/completion.h"

enum { TEXT_MAX = 4096 };

static int feed(struct completion *completion, const uint8_t *data, size_t size, size_t step)
{
    struct err err = {0};
    int rc = 0;
    completion_init(completion, TEXT_MAX);
    for (size_t at = 0; rc == 0 && at < size; at += step) {
        size_t length = min_size(step, size - at);
        char *piece = fuzz_copy(data + at, length);
        rc = completion_feed(completion, piece, length, &err);
        free(piece);
    }
    assert(rc == 0 || err.message[0] != '\0');
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct completion at_once, in_pieces;
    if (size == 0)
        return 0;
    int rc = feed(&at_once, data + 1, size - 1, size),
        other = feed(&in_pieces, data + 1, size - 1, 1U + data[0]);
    assert(rc == other && at_once.is_done == in_pieces.is_done);
    assert(at_once.text.length == in_pieces.text.length &&
           memcmp(at_once.text.data, in_pieces.text.data, at_once.text.length) == 0);
    assert(strcmp(at_once.finish_reason, in_pieces.finish_reason) == 0);
    completion_release(&at_once);
    completion_release(&in_pieces);
    return 0;
}
