// The lines of a text file, plain or zstd by its name, one after the other, each at most LINES_MAX_BYTES.
#ifndef CTL_LINES_H
#define CTL_LINES_H

#include "base/err.h"

enum { LINES_MAX_BYTES = 4 * 1024 * 1024 };

struct lines;

struct lines *lines_open(const char *path, struct err *err) MUST_CHECK; // NULL: failed
void lines_close(struct lines *lines);
// 1: a line, without its end, NUL-terminated, valid until the next call; 0: the end; negative: failed.
int lines_next(struct lines *lines, char **ret_line, size_t *ret_length, struct err *err) MUST_CHECK;
uint64_t lines_number(const struct lines *lines); // of the line returned last, from 1

#endif
