#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *format, ...)
{
    assert(code < 0);
    if (err == NULL)
        return code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    err->code = code;
    return code;
}

int err_set_errno(struct err *err, const char *format, ...)
{
    int saved = errno;
    if (err == NULL)
        return ERR_IO;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof(err->message) - used, ": %s", strerror(saved));
    err->code = ERR_IO;
    return ERR_IO;
}

int err_prefix(struct err *err, const char *format, ...)
{
    if (err == NULL)
        return ERR_INTERNAL;
    char before[sizeof(err->message)];
    memcpy(before, err->message, sizeof(before));
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof(err->message), format, args);
    va_end(args);
    size_t used = strlen(err->message);
    snprintf(err->message + used, sizeof(err->message) - used, ": %s", before);
    return err->code;
}
