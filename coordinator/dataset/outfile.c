#include "coordinator/dataset/outfile.h"

#include "base/zstream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 256 * 1024 };

struct outfile {
    char name[64], sha256[HASH_HEX_BYTES];
    int fd;
    uint64_t size;
    struct hash_stream *hash; // NULL once finished
    struct zstream *zstd;     // NULL: as it comes
    struct buf piece, packed;
    struct err err; // the first
};

int outfile_open(const char *folder, const char *name, struct outfile **ret_file, struct err *err)
{
    char path[PATH_MAX];
    struct outfile *file = calloc(1, sizeof(*file));
    if (file == NULL)
        abort();
    *ret_file = NULL;
    snprintf(file->name, sizeof(file->name), "%s", name);
    int length = snprintf(path, sizeof(path), "%s/%s", folder, name);
    file->fd = length < (int)sizeof(path) ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600) : -1;
    if (file->fd < 0) {
        free(file);
        return err_set_errno(err, "%s", name);
    }
    size_t n = strlen(name);
    if (n > 4 && strcmp(name + n - 4, ".zst") == 0)
        file->zstd = zstream_compressor(ZSTREAM_LEVEL);
    file->hash = hash_stream_new();
    buf_init(&file->piece, PIECE_BYTES);
    buf_init(&file->packed, 4 * PIECE_BYTES);
    *ret_file = file;
    return 0;
}

static void put(struct outfile *file, const char *data, size_t size)
{
    hash_stream_add(file->hash, data, size);
    file->size += size;
    while (size > 0 && file->err.code == 0) {
        ssize_t n = write(file->fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            err_set_errno(&file->err, "%s", file->name);
            return;
        }
        data += n;
        size -= (size_t)n;
    }
}

static void flush(struct outfile *file, bool end)
{
    if (file->zstd == NULL) {
        put(file, file->piece.data, file->piece.length);
    } else if (file->err.code == 0 && zstream_feed(file->zstd, file->piece.data, file->piece.length, end,
                                          &file->packed, &file->err) == 0) {
        put(file, file->packed.data, file->packed.length);
        buf_clear(&file->packed);
    }
    buf_clear(&file->piece);
}

void outfile_add(struct outfile *file, const void *data, size_t size)
{
    const char *at = data;
    while (size > 0) {
        size_t n = min_size(size, PIECE_BYTES - file->piece.length);
        buf_add(&file->piece, at, n);
        at += n;
        size -= n;
        if (file->piece.length == PIECE_BYTES)
            flush(file, false);
    }
}

void outfile_add_text(struct outfile *file, const char *text)
{
    outfile_add(file, text, strlen(text));
}

int outfile_finish(struct outfile *file, struct err *err)
{
    unsigned char hash[HASH_BYTES];
    flush(file, true);
    hash_stream_finish(file->hash, hash);
    file->hash = NULL;
    hex_encode(hash, HASH_BYTES, file->sha256);
    if (file->err.code == 0 && fsync(file->fd) != 0)
        err_set_errno(&file->err, "%s", file->name);
    if (close(file->fd) != 0 && file->err.code == 0)
        err_set_errno(&file->err, "%s", file->name);
    file->fd = -1;
    if (err != NULL && file->err.code != 0)
        *err = file->err;
    return file->err.code;
}

void outfile_free(struct outfile *file)
{
    if (file == NULL)
        return;
    if (file->fd >= 0)
        close(file->fd);
    hash_stream_free(file->hash);
    zstream_free(file->zstd);
    buf_release(&file->piece);
    buf_release(&file->packed);
    free(file);
}

const char *outfile_name(const struct outfile *file)
{
    return file->name;
}

uint64_t outfile_size(const struct outfile *file)
{
    return file->size;
}

const char *outfile_sha256(const struct outfile *file)
{
    return file->sha256;
}
