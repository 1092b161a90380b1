#include "coordinator/collect/words.h"

#include "base/arena.h"
#include "base/buf.h"
#include "coordinator/script.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { COUNT_MAX = 1000000, ARRAY_MAX_BYTES = WORDS_SHINGLES_MAX * 12 + 8 };

void typing_read(struct fields *fields, const json_t *home, const char *at, struct typing *ret_typing)
{
    const json_t *typing = fields_object(fields, home, at, "typing", FIELD_OPTIONAL);
    char within[64];
    *ret_typing = (struct typing){-1, -1};
    if (typing == NULL)
        return;
    snprintf(within, sizeof(within), "%s/typing", at);
    fields_only(fields, typing, within, FIELDS("keys", "pasted", "left"));
    ret_typing->keys = fields_integer(fields, typing, within, "keys", FIELD_REQUIRED, 0, COUNT_MAX, -1);
    ret_typing->pasted = fields_integer(fields, typing, within, "pasted", FIELD_REQUIRED, 0, COUNT_MAX, -1);
    fields_integer(fields, typing, within, "left", FIELD_OPTIONAL, 0, COUNT_MAX, 0);
}

// --- typed or not -------------------------------------------------------------------------------------------------------
// Of what was not pasted, more than so many keys, or so much time, can bring forth.
static bool is_untyped(int64_t n_typed, const struct typing *typing, int64_t active_ms)
{
    return n_typed > typing->keys * WORDS_A_KEY_MAX ||
           (active_ms >= 0 && n_typed * 1000 > active_ms * WORDS_A_SECOND_MAX);
}

static void read_signs(struct words *words, const char *text, const struct typing *typing, int64_t active_ms)
{
    int64_t n = (int64_t)text_characters(text);
    words->is_told = typing->keys >= 0 && n >= WORDS_TYPED_MIN;
    if (!words->is_told)
        return;
    words->is_pasted = typing->pasted * 2 >= n;
    words->is_untyped = !words->is_pasted && is_untyped(n - typing->pasted, typing, active_ms);
}

// --- shingles -----------------------------------------------------------------------------------------------------------
// The last words of a text as they come, each as its hash.
struct reading {
    const unsigned char *key;
    uint64_t last[WORDS_A_SHINGLE];
    size_t n_words, n_found;
    uint64_t found[WORDS_SHINGLES_MAX];
};

static uint64_t hash(const unsigned char key[WORDS_KEY_BYTES], const void *data, size_t size)
{
    unsigned char bytes[crypto_shorthash_BYTES];
    uint64_t value;
    crypto_shorthash(bytes, data, size, key);
    memcpy(&value, bytes, sizeof(value));
    return value;
}

static void add_word(struct reading *reading, const utf8proc_uint8_t *word, size_t size)
{
    memmove(reading->last, reading->last + 1, sizeof(reading->last) - sizeof(reading->last[0]));
    reading->last[WORDS_A_SHINGLE - 1] = hash(reading->key, word, size);
    if (++reading->n_words >= WORDS_A_SHINGLE && reading->n_found < WORDS_SHINGLES_MAX)
        reading->found[reading->n_found++] = hash(reading->key, reading->last, sizeof(reading->last));
}

// Words in small letters, without the marks between them.
static void read_text(struct reading *reading, const char *text)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t size = utf8proc_map((const utf8proc_uint8_t *)text, 0, &folded,
        UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
            UTF8PROC_IGNORE);
    size_t begin = 0, n = size > 0 ? (size_t)size : 0;
    for (size_t at = 0; at < n;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t step = utf8proc_iterate(folded + at, (utf8proc_ssize_t)(n - at), &c);
        assert(step > 0); // the library made it
        enum script script = script_of(c);
        bool is_letter = script == SCRIPT_ALONE && utf8proc_category(c) == UTF8PROC_CATEGORY_LO;
        if (script != SCRIPT_WORD) {
            if (at > begin)
                add_word(reading, folded + begin, at - begin);
            if (is_letter)
                add_word(reading, folded + at, (size_t)step);
            begin = at + (size_t)step;
        }
        at += (size_t)step;
    }
    if (n > begin)
        add_word(reading, folded + begin, n - begin);
    free(folded);
}

// One of a family of functions that put numbers in an order each (the finaliser of SplitMix64, Steele et al. 2014).
static uint64_t mixed(uint64_t x, uint64_t which)
{
    x += (which + 1) * 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t band(const struct reading *reading, uint64_t b)
{
    uint64_t minima[WORDS_ROWS + 1] = {0};
    minima[WORDS_ROWS] = b;
    for (uint64_t r = 0; r < WORDS_ROWS; r++) {
        minima[r] = UINT64_MAX;
        for (size_t i = 0; i < reading->n_found; i++) {
            uint64_t value = mixed(reading->found[i], b * WORDS_ROWS + r);
            minima[r] = value < minima[r] ? value : minima[r];
        }
    }
    return hash(reading->key, minima, sizeof(minima));
}

static int by_value(const void *a, const void *b)
{
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    return (one > other) - (one < other);
}

void words_read(struct words *words, const char *text, const unsigned char key[WORDS_KEY_BYTES],
    const struct typing *typing, int64_t active_ms)
{
    struct reading reading = {.key = key};
    words->n_shingles = 0;
    words->is_told = words->is_pasted = words->is_untyped = false;
    read_signs(words, text, typing, active_ms);
    read_text(&reading, text);
    if (reading.n_found < WORDS_SHINGLES_MIN)
        return;
    for (uint64_t b = 0; b < WORDS_BANDS; b++)
        words->bands[b] = band(&reading, b);
    for (size_t i = 0; i < reading.n_found; i++)
        words->shingles[i] = (uint32_t)reading.found[i];
    qsort(words->shingles, reading.n_found, sizeof(words->shingles[0]), by_value);
    for (size_t i = 0; i < reading.n_found; i++) {
        if (words->n_shingles == 0 || words->shingles[words->n_shingles - 1] != words->shingles[i])
            words->shingles[words->n_shingles++] = words->shingles[i];
    }
}

void words_columns(const struct words *words, struct arena *arena, const char *columns[WORDS_COLUMNS])
{
    struct buf text;
    memset(columns, 0, WORDS_COLUMNS * sizeof(*columns));
    if (!words->is_told && words->n_shingles == 0)
        return;
    if (words->is_told) {
        columns[0] = words->is_pasted ? "true" : "false";
        columns[1] = words->is_untyped ? "true" : "false";
    }
    buf_init(&text, ARRAY_MAX_BYTES);
    buf_add_char(&text, '{');
    for (size_t i = 0; i < words->n_shingles; i++)
        buf_printf(&text, "%s%" PRId32, i > 0 ? "," : "", (int32_t)words->shingles[i]);
    buf_add_char(&text, '}');
    columns[2] = arena_strdup(arena, text.data);
    buf_clear(&text);
    buf_add_char(&text, '{');
    for (size_t i = 0; i < WORDS_BANDS && words->n_shingles > 0; i++)
        buf_printf(&text, "%s%" PRId64, i > 0 ? "," : "", (int64_t)words->bands[i]);
    buf_add_char(&text, '}');
    columns[3] = arena_strdup(arena, text.data);
    buf_release(&text);
}
