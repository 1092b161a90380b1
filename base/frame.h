// The framing between coordinator and worker: u32 length | u16 type | u16 flags | u32 id, big-endian, then `length` bytes
// of payload. Pure: bytes in, frames out; it knows no message. The length is checked before anything is allocated.
#ifndef BASE_FRAME_H
#define BASE_FRAME_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum { FRAME_HEADER_BYTES = 12, FRAME_PAYLOAD_MAX_BYTES = 4 * 1024 * 1024 };
enum frame_flags { FRAME_ZSTD = 1 }; // the payload is one zstd frame

struct frame {
    uint16_t type, flags;
    uint32_t id;
    const unsigned char *payload; // inside the buffer it was read from
    uint32_t size;
};

void frame_append(
    struct buf *out, uint16_t type, uint16_t flags, uint32_t id, const void *payload, size_t size);
// Looks at the front of `in`. Returns 1 and the frame when one is whole (then buf_consume(in, FRAME_HEADER_BYTES +
// size)), 0 when more bytes are needed, ERR_LIMIT for a length over `payload_max`.
int frame_peek(const struct buf *in, size_t payload_max, struct frame *ret_frame, struct err *err) MUST_CHECK;

#endif
