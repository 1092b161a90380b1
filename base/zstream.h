// zstd with bounds. Whole-buffer calls for columns and artefacts, a stream for bodies and files. A frame that wants a
// window over 8 MiB (2^23) is refused, and output never passes the stated maximum: 33 kB of zstd can become 1 GiB.
#ifndef BASE_ZSTREAM_H
#define BASE_ZSTREAM_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

enum { ZSTREAM_WINDOW_LOG_MAX = 23, ZSTREAM_LEVEL = 3 };

// Appends to `out`, whose max is the bound.
int zstream_compress(const void *data, size_t size, int level, struct buf *out, struct err *err) MUST_CHECK;
int zstream_decompress(const void *data, size_t size, struct buf *out, struct err *err) MUST_CHECK;

// Streaming, one direction an object. Feed input as it comes; output is appended to `out`, at most `out->max` at a
// time: the caller empties it between calls.
struct zstream;
struct zstream *zstream_compressor(int level);
struct zstream *zstream_decompressor(uint64_t max_output_bytes);
void zstream_free(struct zstream *stream);
// Compressor: `end` finishes the frame. Decompressor: `end` checks that the last frame was whole.
int zstream_feed(struct zstream *stream, const void *data, size_t size, bool end, struct buf *out,
    struct err *err) MUST_CHECK;

#endif
