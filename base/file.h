// Whole small files (keys, certificates, addresses): read with a bound, written so that a reader sees the old file or
// the new one and never a part, and a crash leaves one of them. Any thread.
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"

// Appends to `out`, whose max is the bound. ERR_NOT_FOUND when there is no such file.
int file_read(const char *path, struct buf *out, struct err *err) MUST_CHECK;
// Beside it, fsync, rename, fsync of the folder. `mode` holds from the first byte on.
int file_write(const char *path, unsigned mode, const void *data, size_t size, struct err *err) MUST_CHECK;
// Makes the folder (not its parents) unless it is there.
int file_make_folder(const char *path, unsigned mode, struct err *err) MUST_CHECK;
// Makes the folders above it (0755) that are missing.
int file_make_parents(const char *path, struct err *err) MUST_CHECK;

#endif
