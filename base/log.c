#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 8192 };

static _Atomic(int) threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    atomic_store(&threshold, (int)level);
}

static void add_escaped(struct buf *buf, const char *text)
{
    buf_add_char(buf, '"');
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            buf_printf(buf, "\\%c", *c);
        else if (*c < 0x20 || *c == 0x7f)
            buf_printf(buf, "\\u%04x", *c);
        else
            buf_add_char(buf, (char)*c);
    }
    buf_add_char(buf, '"');
}

void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t n_fields)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    if ((int)level < atomic_load(&threshold))
        return;
    char time[CLOCK_TEXT_BYTES];
    clock_format(clock_real_us(), time);
    struct buf line;
    buf_init(&line, LINE_MAX_BYTES);
    buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":", time, names[level]);
    add_escaped(&line, event);
    for (size_t i = 0; i < n_fields; i++) {
        buf_printf(&line, ",\"%s\":", fields[i].key);
        if (fields[i].text != NULL)
            add_escaped(&line, fields[i].text);
        else
            buf_printf(&line, "%lld", (long long)fields[i].number);
    }
    buf_add_text(&line, "}\n");
    if (buf_check(&line) == 0) {
        // Nobody is left to tell when stderr is gone.
        ssize_t written UNUSED = write(STDERR_FILENO, line.data, line.length);
    }
    buf_release(&line);
}

void log_plain(enum log_level level, const char *event)
{
    log_fields(level, event, NULL, 0);
}
