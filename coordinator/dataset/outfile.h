// One file of an export while it is written: bytes go through zstd when the name ends in ".zst", and are counted and
// hashed as they will lie on disk. Blocking; belongs to one pool thread. Memory: one piece.
#ifndef COORDINATOR_DATASET_OUTFILE_H
#define COORDINATOR_DATASET_OUTFILE_H

#include "base/base.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

struct outfile;

int outfile_open(const char *folder, const char *name, struct outfile **ret_file, struct err *err) MUST_CHECK;
// Errors are kept until outfile_finish, so that writers need not look at each line.
void outfile_add(struct outfile *file, const void *data, size_t size);
void outfile_add_text(struct outfile *file, const char *text);
// What is left, fsync, close. Then name, size and hash are what they are.
int outfile_finish(struct outfile *file, struct err *err) MUST_CHECK;
void outfile_free(struct outfile *file); // finished or given up; NULL is allowed

const char *outfile_name(const struct outfile *file);
uint64_t outfile_size(const struct outfile *file);
const char *outfile_sha256(const struct outfile *file); // hexadecimal

#endif
