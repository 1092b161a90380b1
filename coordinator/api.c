#include "coordinator/api.h"

#include "base/clock.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "coordinator/db/db.h"
#include "coordinator/http/http.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    DETAIL_MAX_BYTES = 512,
    LIMIT_MAX = 200,
    LIMIT_DEFAULT = 50,
    LANGUAGES_MAX = 100,
    LANGUAGE_MAX_BYTES = 35
};

// --- fields ---------------------------------------------------------------------------------------------------------
void fields_init(struct fields *fields)
{
    fields->errors = NULL;
}

void fields_release(struct fields *fields)
{
    json_decref(fields->errors);
    fields->errors = NULL;
}

__attribute__((format(printf, 3, 0))) static void fail_list(
    struct fields *fields, const char *pointer, const char *detail, va_list args)
{
    char text[DETAIL_MAX_BYTES];
    vsnprintf(text, sizeof(text), detail, args);
    if (fields->errors == NULL)
        fields->errors = json_array();
    if (json_array_size(fields->errors) >= FIELDS_ERRORS_MAX)
        return;
    json_t *error = json_object();
    json_object_set_new(error, "pointer", json_string(pointer));
    // A detail that was cut in the middle of a character is not UTF-8 any more.
    json_t *words = json_string(text);
    json_object_set_new(error, "detail", words != NULL ? words : json_string("This value is not allowed."));
    json_array_append_new(fields->errors, error);
}

void fields_fail(struct fields *fields, const char *pointer, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    fail_list(fields, pointer, detail, args);
    va_end(args);
}

void pointer_join(char pointer[POINTER_MAX_BYTES], const char *at, const char *name)
{
    size_t n = min_size(strlen(at), POINTER_MAX_BYTES - 4);
    memcpy(pointer, at, n);
    pointer[n++] = '/';
    for (; *name != '\0' && n < POINTER_MAX_BYTES - 3; name++) {
        if (*name == '~' || *name == '/') {
            pointer[n++] = '~';
            pointer[n++] = *name == '~' ? '0' : '1';
        } else {
            pointer[n++] = *name;
        }
    }
    pointer[n] = '\0';
    while (text_characters(pointer) == SIZE_MAX) // cut within a character
        pointer[--n] = '\0';
}

void fields_fail_at(struct fields *fields, const char *at, const char *name, const char *detail, ...)
{
    char pointer[POINTER_MAX_BYTES];
    pointer_join(pointer, at, name);
    va_list args;
    va_start(args, detail);
    fail_list(fields, pointer, detail, args);
    va_end(args);
}

void fields_only(struct fields *fields, const json_t *object, const char *at, const char *const *names)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        size_t i = 0;
        while (names[i] != NULL && strcmp(names[i], name) != 0)
            i++;
        if (names[i] == NULL)
            fields_fail_at(fields, at, name, "There is no field %.64s here.", name);
    }
}

bool fields_ok(const struct fields *fields)
{
    return fields->errors == NULL;
}

bool fields_finish(struct fields *fields, struct http_request *request)
{
    json_t *errors = fields->errors;
    fields->errors = NULL;
    if (errors == NULL)
        return true;
    if (json_array_size(errors) == 1) {
        json_t *only = json_array_get(errors, 0);
        http_problem_at(request, 422, json_string_value(json_object_get(only, "pointer")), "%s",
            json_string_value(json_object_get(only, "detail")));
        json_decref(errors);
        return false;
    }
    http_problem_list(request, 422, "Some fields are wrong; errors names each.", errors);
    return false;
}

// The member, with null counted as absent. Says so when it is required and missing.
static json_t *member(
    struct fields *fields, const json_t *object, const char *at, const char *name, unsigned flags)
{
    json_t *value = json_object_get(object, name);
    if (value != NULL && !json_is_null(value))
        return value;
    if (flags & FIELD_REQUIRED)
        fields_fail_at(fields, at, name, "%s is required.", name);
    return NULL;
}

const char *fields_text(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, size_t min, size_t max)
{
    const json_t *value = member(fields, object, at, name, flags);
    if (value == NULL)
        return NULL;
    if (!json_is_string(value)) {
        fields_fail_at(fields, at, name, "%s must be text.", name);
        return NULL;
    }
    size_t length = text_characters(json_string_value(value));
    if (length < min || length > max) {
        fields_fail_at(fields, at, name, "%s must have %zu to %zu characters.", name, min, max);
        return NULL;
    }
    return json_string_value(value);
}

json_t *fields_words(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, size_t min, size_t max)
{
    json_t *words = member(fields, object, at, name, flags), *text;
    const char *language;
    if (words == NULL)
        return NULL;
    size_t length = json_is_string(words) ? text_characters(json_string_value(words)) : SIZE_MAX;
    bool ok = length >= min && length <= max;
    if (json_is_object(words)) {
        ok = json_object_size(words) > 0 && json_object_size(words) <= LANGUAGES_MAX;
        json_object_foreach(words, language, text)
        {
            length = json_is_string(text) ? text_characters(json_string_value(text)) : SIZE_MAX;
            ok = ok && strlen(language) <= LANGUAGE_MAX_BYTES && length >= min && length <= max;
        }
    }
    if (ok)
        return words;
    fields_fail_at(fields, at, name,
        "%s must be text, or an object of texts by language, of %zu to %zu characters.", name, min, max);
    return NULL;
}

const char *words_in(const json_t *words, const char *language)
{
    const json_t *text = json_is_string(words) ? words : NULL;
    if (text == NULL && language != NULL)
        text = json_object_get(words, language);
    if (text == NULL)
        text = json_object_get(words, "en");
    if (text == NULL)
        text = json_object_iter_value(json_object_iter((json_t *)words));
    return text != NULL ? json_string_value(text) : "";
}

int fields_choice(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, const char *const *words)
{
    const json_t *value = member(fields, object, at, name, flags);
    if (value == NULL)
        return -1;
    char list[DETAIL_MAX_BYTES / 2] = "";
    size_t used = 0;
    for (int i = 0; words[i] != NULL; i++) {
        if (json_is_string(value) && strcmp(json_string_value(value), words[i]) == 0)
            return i;
        if (used < sizeof(list))
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%s", i > 0 ? ", " : "", words[i]);
    }
    fields_fail_at(fields, at, name, "%s must be one of: %s.", name, list);
    return -1;
}

int64_t fields_integer(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, int64_t min, int64_t max, int64_t otherwise)
{
    const json_t *value = member(fields, object, at, name, flags);
    if (value == NULL)
        return otherwise;
    if (!json_is_integer(value) || json_integer_value(value) < min || json_integer_value(value) > max) {
        fields_fail_at(fields, at, name, "%s must be a whole number from %lld to %lld.", name, (long long)min,
            (long long)max);
        return otherwise;
    }
    return json_integer_value(value);
}

double fields_number(struct fields *fields, const json_t *object, const char *at, const char *name,
    double min, double max, double otherwise)
{
    const json_t *value = member(fields, object, at, name, FIELD_OPTIONAL);
    if (value == NULL)
        return otherwise;
    if (!json_is_number(value) || json_number_value(value) < min || json_number_value(value) > max) {
        fields_fail_at(fields, at, name, "%s must be a number from %g to %g.", name, min, max);
        return otherwise;
    }
    return json_number_value(value);
}

bool fields_bool(
    struct fields *fields, const json_t *object, const char *at, const char *name, bool otherwise)
{
    const json_t *value = member(fields, object, at, name, FIELD_OPTIONAL);
    if (value == NULL)
        return otherwise;
    if (!json_is_boolean(value))
        fields_fail_at(fields, at, name, "%s must be true or false.", name);
    return json_is_true(value);
}

json_t *fields_object(
    struct fields *fields, const json_t *object, const char *at, const char *name, unsigned flags)
{
    json_t *value = member(fields, object, at, name, flags);
    if (value != NULL && !json_is_object(value)) {
        fields_fail_at(fields, at, name, "%s must be an object.", name);
        return NULL;
    }
    return value;
}

json_t *fields_array(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, size_t min, size_t max)
{
    json_t *value = member(fields, object, at, name, flags);
    if (value == NULL)
        return NULL;
    if (!json_is_array(value) || json_array_size(value) < min || json_array_size(value) > max) {
        fields_fail_at(fields, at, name, "%s must be a list of %zu to %zu entries.", name, min, max);
        return NULL;
    }
    return value;
}

int64_t fields_time(
    struct fields *fields, const json_t *object, const char *at, const char *name, unsigned flags)
{
    const json_t *value = member(fields, object, at, name, flags);
    int64_t real_us = 0;
    if (value == NULL)
        return 0;
    if (!json_is_string(value) || time_parse(json_string_value(value), &real_us) < 0) {
        fields_fail_at(fields, at, name, "%s must be a time like 2026-11-20T20:47:00Z.", name);
        return 0;
    }
    return real_us;
}

// Follows Unicode's table of well-formed sequences: no overlong forms, no surrogates, nothing past U+10FFFF.
size_t text_characters(const char *text)
{
    size_t n = 0;
    for (const unsigned char *c = (const unsigned char *)text; *c != '\0'; n++) {
        unsigned char lead = *c++, low = 0x80, high = 0xbf;
        int follow = lead < 0x80   ? 0
                     : lead < 0xc2 ? -1
                     : lead < 0xe0 ? 1
                     : lead < 0xf0 ? 2
                     : lead < 0xf5 ? 3
                                   : -1;
        if (follow < 0)
            return SIZE_MAX;
        if (lead == 0xe0)
            low = 0xa0;
        else if (lead == 0xed)
            high = 0x9f;
        else if (lead == 0xf0)
            low = 0x90;
        else if (lead == 0xf4)
            high = 0x8f;
        for (; follow > 0; follow--, c++) {
            if (*c < low || *c > high)
                return SIZE_MAX;
            low = 0x80;
            high = 0xbf;
        }
    }
    return n;
}

int time_parse(const char *text, int64_t *ret_real_us)
{
    struct tm tm = {0};
    if (strlen(text) > 40)
        return ERR_INVALID;
    const char *at = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (at == NULL || tm.tm_sec > 59)
        return ERR_INVALID;
    int64_t fraction = 0, unit = 100000;
    if (*at == '.') {
        if (at[1] < '0' || at[1] > '9')
            return ERR_INVALID;
        for (at++; *at >= '0' && *at <= '9'; at++, unit /= 10)
            fraction += (*at - '0') * unit;
    }
    int64_t offset = 0;
    if (*at == '+' || *at == '-') {
        int hours = 0, minutes = 0, used = 0;
        if (sscanf(at + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5 || hours > 23 ||
            minutes > 59 || hours < 0 || minutes < 0)
            return ERR_INVALID;
        offset = (hours * 60 + minutes) * 60 * (*at == '-' ? -1 : 1);
        at += 6;
    } else if (*at == 'Z' || *at == 'z') {
        at++;
    } else {
        return ERR_INVALID;
    }
    // strptime takes 31 February; timegm moves it, so what comes back differs.
    struct tm whole = tm;
    time_t seconds = timegm(&whole);
    if (*at != '\0' || whole.tm_mday != tm.tm_mday || whole.tm_mon != tm.tm_mon)
        return ERR_INVALID;
    *ret_real_us = ((int64_t)seconds - offset) * 1000000 + fraction;
    return 0;
}

char *json_canonical(const json_t *json)
{
    return json_text(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
}

// --- answers --------------------------------------------------------------------------------------------------------
bool api_db_failed(struct http_request *request, const struct db_result *result)
{
    switch (result->status) {
    case DB_OK:
        return false;
    case DB_CONFLICT:
    case DB_BUSY:
    case DB_UNKNOWN:
        http_reply_header(request, "Retry-After", "1");
        http_problem(request, 503, "This can't be done just now; try again.");
        return true;
    case DB_REJECTED:
    case DB_FAILED:
        break;
    }
    http_problem(request, 500, "The database refused this; it has been logged.");
    return true;
}

json_t *json_time_us(int64_t real_us)
{
    char text[CLOCK_TEXT_BYTES];
    clock_format(real_us, text);
    return json_string(text);
}

json_t *json_db_json(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? json_null()
                                           : json_loads(db_text(result, row, column), JSON_DECODE_ANY, NULL);
}

json_t *json_db_time(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? json_null() : json_time_us(db_number(result, row, column));
}

json_t *json_db_text(const struct db_result *result, int row, int column)
{
    return db_is_null(result, row, column) ? json_null() : json_string(db_text(result, row, column));
}

json_t *json_id(struct id id)
{
    char text[ID_TEXT_BYTES];
    id_format(id, text);
    return json_string(text);
}

json_t *json_db_id(const struct db_result *result, int row, int column, int64_t shard_key)
{
    if (db_is_null(result, row, column))
        return json_null();
    return json_id((struct id){.shard_key = shard_key, .uuid = db_uuid(result, row, column)});
}

void api_reply_written(struct http_request *request, FILE *file, const char *media_type, const char *name,
    const char *event, int rc, const struct err *err)
{
    long size = rc == 0 && fflush(file) == 0 && !ferror(file) ? ftell(file) : -1;
    int fd = size >= 0 ? dup(fileno(file)) : -1;
    if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
        log_event(LOG_ERROR, event, LOG_TEXT("detail", rc < 0 ? err->message : strerror(errno)));
        if (fd >= 0)
            close(fd);
        http_reply_header(request, "Retry-After", "2");
        http_problem(request, 503, "There is much to do just now; try again in a moment.");
        return;
    }
    http_reply_header(request, "Content-Disposition",
        arena_printf(http_arena(request), "attachment; filename=\"%s\"", name));
    http_reply_file(request, 200, media_type, fd, (uint64_t)size);
}

void api_reply_page(struct http_request *request, json_t *rows, bool more, struct id last)
{
    json_t *page = json_object();
    json_object_set_new(page, "data", rows);
    json_object_set_new(page, "next_cursor", more ? json_id(last) : json_null());
    http_reply_json(request, 200, page);
}

bool api_idempotency_key(struct http_request *request, bool required, struct uuid *ret_key, bool *ret_present)
{
    const char *text = http_header(request, "Idempotency-Key");
    if (ret_present != NULL)
        *ret_present = text != NULL;
    if (text == NULL) {
        if (!required)
            return true;
        http_problem(
            request, 400, "This route needs an Idempotency-Key header: a new UUID for each new write.");
        return false;
    }
    char plain[UUID_TEXT_BYTES];
    size_t length = strlen(text);
    if (length == UUID_TEXT_BYTES + 1 && text[0] == '"' && text[length - 1] == '"') {
        memcpy(plain, text + 1, UUID_TEXT_BYTES - 1);
        plain[UUID_TEXT_BYTES - 1] = '\0';
        text = plain;
    }
    if (uuid_parse(text, ret_key) < 0) {
        http_problem(request, 400, "Idempotency-Key must be a UUID.");
        return false;
    }
    return true;
}

void api_request_hash(struct http_request *request, const json_t *body, unsigned char hash[HASH_BYTES])
{
    char *text = body != NULL ? json_canonical(body) : NULL;
    const char *path = http_path(request);
    const unsigned char method = (unsigned char)http_method(request);
    struct hash_stream *stream = hash_stream_new();
    hash_stream_add(stream, &method, 1);
    hash_stream_add(stream, path, strlen(path) + 1);
    if (text != NULL)
        hash_stream_add(stream, text, strlen(text));
    hash_stream_finish(stream, hash);
    free(text);
}

void api_key_reused(struct http_request *request)
{
    http_problem(request, 422, "This Idempotency-Key was used for another request.");
}

void api_key_running(struct http_request *request)
{
    http_reply_header(request, "Retry-After", "1");
    http_problem(request, 409, "A request with this Idempotency-Key is still being answered.");
}

enum api_key api_key_state(struct http_request *request, const struct db_result *result)
{
    if (db_bool(result, 0, 0))
        return API_KEY_NEW;
    if (!db_is_null(result, 0, 1) && db_bool(result, 0, 1))
        return API_KEY_SAME;
    if (db_is_null(result, 0, 1))
        api_key_running(request);
    else
        api_key_reused(request);
    return API_KEY_ANSWERED;
}

bool api_page(struct http_request *request, int *ret_limit, struct uuid *ret_cursor)
{
    const char *limit = http_query(request, "limit"), *cursor = http_query(request, "cursor");
    *ret_limit = LIMIT_DEFAULT;
    *ret_cursor = (struct uuid){0};
    if (limit != NULL) {
        char *end = NULL;
        long value = strtol(limit, &end, 10);
        if (end == limit || *end != '\0' || value < 1 || value > LIMIT_MAX) {
            http_problem_at(request, 422, "?limit", "limit must be a whole number from 1 to %d.", LIMIT_MAX);
            return false;
        }
        *ret_limit = (int)value;
    }
    if (cursor != NULL) {
        struct id id;
        if (id_parse(cursor, &id) < 0) {
            http_problem_at(request, 422, "?cursor", "cursor must be what next_cursor said.");
            return false;
        }
        *ret_cursor = id.uuid;
    }
    return true;
}

struct uuid api_version_cursor(int64_t version)
{
    struct uuid cursor = {0};
    for (int b = 0; b < 8; b++)
        cursor.bytes[15 - b] = (unsigned char)(version >> (8 * b));
    return cursor;
}

int64_t api_version_before(struct uuid cursor)
{
    uint64_t version = 0;
    for (int b = 0; b < 8; b++)
        version = version << 8 | cursor.bytes[8 + b];
    return version > 0 && version < INT32_MAX ? (int64_t)version : INT32_MAX;
}
