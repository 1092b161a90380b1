// What every JSON route needs: reading a body field by field with a pointer for each that is wrong, answering for a
// database that said no, idempotency keys, pages of lists. Pure but for the replies; belongs to the request's thread.
#ifndef COORDINATOR_API_H
#define COORDINATOR_API_H

#include "base/base.h"
#include "base/hash.h"
#include "base/id.h"

#include <jansson.h>
#include <stdio.h>

struct err;
struct http_request;
struct db_result;

// --- fields ---------------------------------------------------------------------------------------------------------
// Errors gather; each reader returns a harmless value when the field is absent or wrong, so that one answer names them
// all. `at` is the pointer of the object, "" at the top.
enum { FIELDS_ERRORS_MAX = 50 };
enum fields_flags { FIELD_OPTIONAL = 0, FIELD_REQUIRED = 1 };

struct fields {
    json_t *errors; // [{pointer, detail}]
};

void fields_init(struct fields *fields);
void fields_release(struct fields *fields);
void fields_fail(struct fields *fields, const char *pointer, const char *detail, ...) PRINTF_LIKE(3, 4);
// The same for member `name` of the object at `at`.
void fields_fail_at(struct fields *fields, const char *at, const char *name, const char *detail, ...)
    PRINTF_LIKE(4, 5);
// Every member of the object that is not among FIELDS("a", "b") is an error: a field that is passed over in silence was a
// typing error, or asks for what we don't do. `object` may be NULL.
void fields_only(struct fields *fields, const json_t *object, const char *at, const char *const *names);
#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})
bool fields_ok(const struct fields *fields);
// True when all was well; else answers 422 with the errors and returns false. Releases in both cases.
bool fields_finish(struct fields *fields, struct http_request *request) MUST_CHECK;

// Text of `min` to `max` characters (code points). NULL when absent (or null) or wrong.
const char *fields_text(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, size_t min, size_t max);
// Such text, or an object of such texts by language. Borrowed; NULL when absent or wrong.
json_t *fields_words(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, size_t min, size_t max);
// One of a list ended by NULL; its index, or -1.
int fields_choice(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, const char *const *words);
int64_t fields_integer(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, int64_t min, int64_t max, int64_t otherwise);
double fields_number(struct fields *fields, const json_t *object, const char *at, const char *name,
    double min, double max, double otherwise);
bool fields_bool(
    struct fields *fields, const json_t *object, const char *at, const char *name, bool otherwise);
// Borrowed; NULL when absent or wrong.
json_t *fields_object(
    struct fields *fields, const json_t *object, const char *at, const char *name, unsigned flags);
json_t *fields_array(struct fields *fields, const json_t *object, const char *at, const char *name,
    unsigned flags, size_t min, size_t max);
// A time in the future or past, RFC 3339 with an offset or Z; microseconds since 1970, or 0.
int64_t fields_time(
    struct fields *fields, const json_t *object, const char *at, const char *name, unsigned flags);

// The pointer of member `name` of what is at `at`, cut when it is long. RFC 6901: ~ and / of the name are written ~0, ~1.
enum { POINTER_MAX_BYTES = 256 };
void pointer_join(char pointer[POINTER_MAX_BYTES], const char *at, const char *name);
// Number of code points, or SIZE_MAX when the bytes are not UTF-8.
size_t text_characters(const char *text);
// RFC 3339 to microseconds since 1970; ERR_INVALID.
int time_parse(const char *text, int64_t *ret_real_us) MUST_CHECK;
// One text of what fields_words() took: in `language` (may be NULL), else in English, else the first. "" without any.
const char *words_in(const json_t *words, const char *language);
// The text of `json` that is the same for the same content: sorted keys, no spaces. free() it.
char *json_canonical(const json_t *json) MUST_CHECK;

// --- answers --------------------------------------------------------------------------------------------------------
// When the statement did not succeed: answers (409, 500 or 503) and returns true.
bool api_db_failed(struct http_request *request, const struct db_result *result) MUST_CHECK;
// A column of microseconds since 1970 as RFC 3339, or null; an id of a shard and a uuid column, or null.
json_t *json_db_time(const struct db_result *result, int row, int column);
json_t *json_db_id(const struct db_result *result, int row, int column, int64_t shard_key);
json_t *json_id(struct id id);
// A column of text, or null.
json_t *json_db_text(const struct db_result *result, int row, int column);
// A column that holds JSON of any kind, or null.
json_t *json_db_json(const struct db_result *result, int row, int column);
json_t *json_time_us(int64_t real_us);
// What was written to `file` (of tmpfile(); it stays the caller's), as a download called `name`. When it can't be read again, or `rc` and `err` say that
// it was not written whole: 503, and a line of the log that calls it `event`.
void api_reply_written(struct http_request *request, FILE *file, const char *media_type, const char *name,
    const char *event, int rc, const struct err *err);
// {"data": rows, "next_cursor": ...}: of `n_rows` that were asked for one more than `limit` is the sign of a next page.
// Takes the reference; `last` is the id of the last row that is in.
void api_reply_page(struct http_request *request, json_t *rows, bool more, struct id last);
// Reads Idempotency-Key (a UUID, with or without quotes). Answers 400 itself and returns false when it is malformed, or
// missing and required; `ret_present` may be NULL when required.
bool api_idempotency_key(
    struct http_request *request, bool required, struct uuid *ret_key, bool *ret_present) MUST_CHECK;
// What a key was used for: SHA-256 over the method, the path and the body's canonical text (NULL: none).
void api_request_hash(struct http_request *request, const json_t *body, unsigned char hash[HASH_BYTES]);
// What a statement made of a key; columns 0 and 1 of its row: is it new, and was the stored request the same (null: it
// is not committed yet). When it is neither new nor the same, answers 422 or 409 itself.
enum api_key { API_KEY_NEW, API_KEY_SAME, API_KEY_ANSWERED };
enum api_key api_key_state(struct http_request *request, const struct db_result *result) MUST_CHECK;
// What was done with the key before was something else: 422. The first is still being answered: 409, and when to come again.
void api_key_reused(struct http_request *request);
void api_key_running(struct http_request *request);
// ?limit= from 1 to 200 (default 50) and ?cursor= (an id's uuid; zero: from the start). Answers 422 itself.
bool api_page(struct http_request *request, int *ret_limit, struct uuid *ret_cursor) MUST_CHECK;
// Of a list of versions, the newest first, the cursor is a version in an id's place, so that pages of every list look alike.
struct uuid api_version_cursor(int64_t version);
// Those of the page are before this one; INT32_MAX: from the newest on.
int64_t api_version_before(struct uuid cursor);

#endif
