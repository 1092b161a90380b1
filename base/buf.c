#include "base/buf.h"

#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char empty[1];

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.data = empty, .max = max_bytes};
}

void buf_release(struct buf *buf)
{
    if (buf->capacity > 0)
        free(buf->data);
    *buf = (struct buf){.data = empty, .max = buf->max};
}

void buf_clear(struct buf *buf)
{
    buf->length = 0;
    buf->overflow = false;
    if (buf->capacity > 0)
        buf->data[0] = '\0';
}

char *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->overflow || size > buf->max || buf->length > buf->max - size) {
        buf->overflow = true;
        return NULL;
    }
    size_t need = buf->length + size + 1;
    if (need > buf->capacity) {
        size_t capacity = max_size(need, min_size(max_size(buf->capacity * 2, 128), buf->max + 1));
        char *data = realloc(buf->capacity > 0 ? buf->data : NULL, capacity);
        if (data == NULL)
            abort();
        buf->data = data;
        buf->capacity = capacity;
    }
    return buf->data + buf->length;
}

void buf_advance(struct buf *buf, size_t size)
{
    assert(buf->capacity > buf->length + size);
    buf->length += size;
    buf->data[buf->length] = '\0';
}

void buf_add(struct buf *buf, const void *data, size_t size)
{
    char *at = buf_reserve(buf, size);
    if (at == NULL)
        return;
    if (size > 0)
        memcpy(at, data, size);
    buf_advance(buf, size);
}

void buf_add_text(struct buf *buf, const char *text)
{
    buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
    buf_add(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (length < 0)
        abort();
    char *at = buf_reserve(buf, (size_t)length);
    if (at != NULL) {
        vsnprintf(at, (size_t)length + 1, format, again);
        buf_advance(buf, (size_t)length);
    }
    va_end(again);
}

void buf_consume(struct buf *buf, size_t size)
{
    assert(size <= buf->length);
    if (size == 0)
        return;
    memmove(buf->data, buf->data + size, buf->length - size);
    buf->length -= size;
    buf->data[buf->length] = '\0';
}

char *buf_detach(struct buf *buf)
{
    char *data = buf->data;
    if (buf->capacity == 0) {
        data = calloc(1, 1);
        if (data == NULL)
            abort();
    }
    *buf = (struct buf){.data = empty, .max = buf->max};
    return data;
}

int buf_check(const struct buf *buf)
{
    return buf->overflow ? ERR_LIMIT : 0;
}
