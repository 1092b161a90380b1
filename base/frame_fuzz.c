// A stream of frames that arrives in pieces: what comes out lies in what came in, and no length over the bound is waited for.
#include "base/fuzz_test.h"

#include "base/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz fuzz = {data, size};
    size_t payload_max = (size_t)fuzz_byte(&fuzz) * 64, pace = 1 + fuzz_byte(&fuzz);
    struct buf in, out;
    buf_init(&in, FRAME_HEADER_BYTES + payload_max + 256);
    buf_init(&out, size + 1);
    const uint8_t *begin = fuzz.at;
    int rc = 0;
    while (rc >= 0 && fuzz.left > 0) {
        size_t piece = min_size(pace, fuzz.left);
        buf_add(&in, fuzz.at, piece);
        fuzz.at += piece;
        fuzz.left -= piece;
        assert(buf_check(&in) == 0); // never more than a frame and a piece waits
        struct frame frame;
        struct err err;
        while ((rc = frame_peek(&in, payload_max, &frame, &err)) > 0) {
            assert(frame.size <= payload_max && FRAME_HEADER_BYTES + (size_t)frame.size <= in.length);
            frame_append(&out, frame.type, frame.flags, frame.id, frame.payload, frame.size);
            buf_consume(&in, FRAME_HEADER_BYTES + (size_t)frame.size);
        }
    }
    assert(out.length <= size && memcmp(out.data, begin, out.length) == 0); // written again they are the same
    buf_release(&in);
    buf_release(&out);
    return 0;
}
