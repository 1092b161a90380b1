#include "coordinator/outside/completion.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

void completion_init(struct completion *completion, size_t text_max_bytes)
{
    *completion = (struct completion){0};
    buf_init(&completion->line, COMPLETION_LINE_MAX_BYTES);
    buf_init(&completion->text, text_max_bytes);
}

void completion_release(struct completion *completion)
{
    buf_release(&completion->line);
    buf_release(&completion->text);
}

// One object of the stream. Fields that are not known are passed over: servers send many.
static int take_object(struct completion *completion, const json_t *object, struct err *err)
{
    if (json_object_get(object, "error") != NULL && !json_is_null(json_object_get(object, "error")))
        return err_set(err, ERR_INVALID, "the endpoint tells of an error in the middle");
    const json_t *choices = json_object_get(object, "choices");
    if (choices == NULL || (json_is_array(choices) && json_array_size(choices) == 0))
        return 0; // usage, at the end
    const json_t *choice = json_array_get(choices, 0), *delta = json_object_get(choice, "delta");
    if (!json_is_object(choice) || (delta != NULL && !json_is_object(delta)))
        return err_set(err, ERR_INVALID, "an event without choices[0].delta");
    const json_t *content = json_object_get(delta, "content"),
                 *reason = json_object_get(choice, "finish_reason");
    if (content != NULL && !json_is_null(content)) {
        if (!json_is_string(content))
            return err_set(err, ERR_INVALID, "content that is no text");
        buf_add(&completion->text, json_string_value(content), json_string_length(content));
        if (buf_check(&completion->text) < 0)
            return err_set(err, ERR_LIMIT, "the answer is longer than %zu bytes", completion->text.max);
    }
    if (json_is_string(reason))
        snprintf(
            completion->finish_reason, sizeof(completion->finish_reason), "%s", json_string_value(reason));
    return 0;
}

static int take_data(struct completion *completion, const char *text, size_t length, struct err *err)
{
    json_error_t error;
    if (length == 6 && memcmp(text, "[DONE]", 6) == 0) {
        completion->is_done = true;
        return 0;
    }
    json_t *object = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    int rc = json_is_object(object) ? take_object(completion, object, err)
                                    : err_set(err, ERR_INVALID, "an event that is no JSON object");
    json_decref(object);
    return rc;
}

// A line without its end. Of the fields of server-sent events only data matters.
static int take_line(struct completion *completion, const char *line, size_t length, struct err *err)
{
    static const char *const others[] = {"event:", "id:", "retry:"};
    if (length == 0 || line[0] == ':')
        return 0;
    if (length >= 5 && memcmp(line, "data:", 5) == 0) {
        size_t from = length > 5 && line[5] == ' ' ? 6 : 5;
        return take_data(completion, line + from, length - from, err);
    }
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        size_t size = strlen(others[i]);
        if (length >= size && memcmp(line, others[i], size) == 0)
            return 0;
    }
    return err_set(err, ERR_INVALID, "a line that is no server-sent event");
}

int completion_feed(struct completion *completion, const char *data, size_t size, struct err *err)
{
    while (size > 0 && !completion->is_done) {
        if (completion->after_cr && *data == '\n') {
            completion->after_cr = false;
            data++;
            size--;
            continue;
        }
        completion->after_cr = false;
        size_t length = 0;
        while (length < size && data[length] != '\n' && data[length] != '\r')
            length++;
        buf_add(&completion->line, data, length);
        if (buf_check(&completion->line) < 0)
            return err_set(err, ERR_LIMIT, "a line longer than %d bytes", COMPLETION_LINE_MAX_BYTES);
        if (length == size)
            return 0;
        completion->after_cr = data[length] == '\r';
        int rc = take_line(completion, completion->line.data, completion->line.length, err);
        buf_clear(&completion->line);
        if (rc < 0)
            return rc;
        data += length + 1;
        size -= length + 1;
    }
    return 0;
}

bool completion_is_blank(const struct completion *completion)
{
    return strspn(completion->text.data, " \t\r\n") == completion->text.length;
}

bool completion_is_whole(const struct completion *completion)
{
    return strcmp(completion->finish_reason, "stop") == 0 && !completion_is_blank(completion);
}
