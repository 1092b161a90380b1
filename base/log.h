// One JSON line an event on stderr. Thread-safe: a line is one write(2). Values are escaped; never give it a body,
// an address, a token or an answer. The rooms under this one do not log: they return errors.
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/base.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

void log_set_level(enum log_level level);
// A key and its value; `event` below is a fixed snake_case word.
struct log_field {
    const char *key;
    const char *text; // NULL: the number is the value
    int64_t number;
};

#define LOG_TEXT(key_, text_) ((struct log_field){.key = (key_), .text = (text_) != NULL ? (text_) : ""})
#define LOG_NUMBER(key_, number_) ((struct log_field){.key = (key_), .number = (int64_t)(number_)})
#define log_event(level, event, ...)                                                                         \
    log_fields((level), (event), (struct log_field[]){__VA_ARGS__},                                          \
        sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))

void log_plain(enum log_level level, const char *event);
void log_fields(enum log_level level, const char *event, const struct log_field *fields, size_t n_fields);

#endif
