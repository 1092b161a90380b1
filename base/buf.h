// A growable run of bytes with a stated maximum. Past the maximum nothing is added and `overflow` stays set, so that
// a writer may check once, at the end. Always NUL-terminated behind `length`. Not thread-safe.
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/base.h"

struct buf {
    char *data; // never NULL after buf_init
    size_t length, capacity, max;
    bool overflow;
};

void buf_init(struct buf *buf, size_t max_bytes);
void buf_release(struct buf *buf);
void buf_clear(struct buf *buf); // keeps the memory
void buf_add(struct buf *buf, const void *data, size_t size);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
// Makes room for `size` more bytes and returns where they begin, or NULL past the maximum; then buf_advance.
char *buf_reserve(struct buf *buf, size_t size);
void buf_advance(struct buf *buf, size_t size);
// Takes `size` bytes off the front.
void buf_consume(struct buf *buf, size_t size);
// Gives the bytes away (free() them) and leaves the buffer released.
char *buf_detach(struct buf *buf);
// 0, or ERR_LIMIT when anything did not fit.
int buf_check(const struct buf *buf) MUST_CHECK;

#endif
