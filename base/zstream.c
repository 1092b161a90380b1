#include "base/zstream.h"

#include <stdlib.h>
#include <zstd.h>

struct zstream {
    ZSTD_CStream *compressor;
    ZSTD_DStream *decompressor;
    uint64_t output_bytes, max_output_bytes;
    bool in_frame;
};

enum { STEP_BYTES = 64 * 1024 };

struct zstream *zstream_compressor(int level)
{
    struct zstream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL || (stream->compressor = ZSTD_createCStream()) == NULL)
        abort();
    ZSTD_CCtx_setParameter(stream->compressor, ZSTD_c_compressionLevel, level);
    ZSTD_CCtx_setParameter(stream->compressor, ZSTD_c_checksumFlag, 1);
    return stream;
}

struct zstream *zstream_decompressor(uint64_t max_output_bytes)
{
    struct zstream *stream = calloc(1, sizeof(*stream));
    if (stream == NULL || (stream->decompressor = ZSTD_createDStream()) == NULL)
        abort();
    ZSTD_DCtx_setParameter(stream->decompressor, ZSTD_d_windowLogMax, ZSTREAM_WINDOW_LOG_MAX);
    stream->max_output_bytes = max_output_bytes;
    return stream;
}

void zstream_free(struct zstream *stream)
{
    if (stream == NULL)
        return;
    ZSTD_freeCStream(stream->compressor);
    ZSTD_freeDStream(stream->decompressor);
    free(stream);
}

static int feed_compressor(
    struct zstream *stream, ZSTD_inBuffer *in, bool end, struct buf *out, struct err *err)
{
    for (;;) {
        size_t room = min_size(STEP_BYTES, out->max - out->length);
        char *at = room > 0 ? buf_reserve(out, room) : NULL;
        if (at == NULL)
            return err_set(err, ERR_LIMIT, "compressed data pass %zu bytes", out->max);
        ZSTD_outBuffer step = {.dst = at, .size = room};
        size_t left = ZSTD_compressStream2(stream->compressor, &step, in, end ? ZSTD_e_end : ZSTD_e_continue);
        if (ZSTD_isError(left))
            return err_set(err, ERR_INTERNAL, "zstd: %s", ZSTD_getErrorName(left));
        buf_advance(out, step.pos);
        if (end ? left == 0 : in->pos == in->size)
            return 0;
    }
}

static int feed_decompressor(
    struct zstream *stream, ZSTD_inBuffer *in, bool end, struct buf *out, struct err *err)
{
    for (;;) {
        size_t room = min_size(STEP_BYTES, out->max - out->length);
        char *at = room > 0 ? buf_reserve(out, room) : NULL;
        if (at == NULL)
            return err_set(err, ERR_LIMIT, "decompressed data pass %zu bytes", out->max);
        ZSTD_outBuffer step = {.dst = at, .size = room};
        size_t before = in->pos;
        size_t hint = ZSTD_decompressStream(stream->decompressor, &step, in);
        if (ZSTD_isError(hint))
            return err_set(err, ERR_INVALID, "not valid zstd: %s", ZSTD_getErrorName(hint));
        buf_advance(out, step.pos);
        stream->output_bytes += step.pos;
        if (stream->output_bytes > stream->max_output_bytes)
            return err_set(err, ERR_LIMIT, "decompressed data pass %llu bytes",
                (unsigned long long)stream->max_output_bytes);
        if (in->pos != before || step.pos > 0)
            stream->in_frame = hint != 0;
        if (in->pos == in->size && (step.pos < step.size || hint == 0))
            break;
    }
    if (end && stream->in_frame)
        return err_set(err, ERR_INVALID, "zstd data end in the middle of a frame");
    return 0;
}

int zstream_feed(
    struct zstream *stream, const void *data, size_t size, bool end, struct buf *out, struct err *err)
{
    ZSTD_inBuffer in = {.src = data, .size = size};
    if (stream->compressor != NULL)
        return feed_compressor(stream, &in, end, out, err);
    return feed_decompressor(stream, &in, end, out, err);
}

static int whole(struct zstream *stream, const void *data, size_t size, struct buf *out, struct err *err)
{
    int rc = zstream_feed(stream, data, size, true, out, err);
    zstream_free(stream);
    return rc;
}

int zstream_compress(const void *data, size_t size, int level, struct buf *out, struct err *err)
{
    return whole(zstream_compressor(level), data, size, out, err);
}

int zstream_decompress(const void *data, size_t size, struct buf *out, struct err *err)
{
    return whole(zstream_decompressor(out->max), data, size, out, err);
}
