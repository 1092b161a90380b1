#include "reward/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

// Scratch of one call: the normalised text with every run of space or control characters as one space, one more at
// each end, so that a padded token is one slice of it.
struct scratch {
    unsigned char *text;
    bool *in_word; // of each byte that begins a code point
    size_t length;
    uint32_t *code; // index << 1 | sign of every n-gram
    size_t n_codes, capacity;
};

static void *allocate(size_t size)
{
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL)
        abort();
    return memory;
}

// Copies at most FEATURES_TEXT_MAX_BYTES of whole code points; a byte that is no UTF-8 becomes a space.
static size_t copy_valid(const unsigned char *text, size_t length, unsigned char *out)
{
    size_t n = 0;
    for (size_t at = 0; at < length;) {
        utf8proc_int32_t code_point;
        size_t left = min_size(length - at, 4);
        utf8proc_ssize_t size = utf8proc_iterate(text + at, (utf8proc_ssize_t)left, &code_point);
        bool valid = size > 0;
        size_t step = valid ? (size_t)size : 1;
        if (n + step > FEATURES_TEXT_MAX_BYTES)
            break;
        if (valid)
            memcpy(out + n, text + at, step);
        else
            out[n] = ' ';
        n += step;
        at += step;
    }
    return n;
}

enum kind { KIND_SPACE, KIND_WORD, KIND_OTHER };

static enum kind kind_of(utf8proc_int32_t code_point)
{
    if (code_point < 0x80) { // what the categories say, without looking them up
        if (code_point <= ' ' || code_point == 0x7f)
            return KIND_SPACE;
        bool letter = (code_point | 0x20) >= 'a' && (code_point | 0x20) <= 'z';
        bool digit = code_point >= '0' && code_point <= '9';
        return letter || digit || code_point == '_' ? KIND_WORD : KIND_OTHER;
    }
    switch (utf8proc_category(code_point)) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return KIND_SPACE;
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
    case UTF8PROC_CATEGORY_PC:
        return KIND_WORD;
    default:
        return KIND_OTHER;
    }
}

// NFKC with case folding; the caller frees it. For ASCII that is lower case, and the library need not be asked.
static unsigned char *fold(const char *text, size_t length, size_t *ret_length)
{
    unsigned char *valid = allocate(min_size(length, FEATURES_TEXT_MAX_BYTES));
    size_t n = 0;
    while (n < length && n < FEATURES_TEXT_MAX_BYTES && (unsigned char)text[n] < 0x80) {
        bool upper = text[n] >= 'A' && text[n] <= 'Z';
        valid[n] = (unsigned char)(upper ? text[n] | 0x20 : text[n]);
        n++;
    }
    if (n == length || n == FEATURES_TEXT_MAX_BYTES) {
        *ret_length = n;
        return valid;
    }
    n = copy_valid((const unsigned char *)text, length, valid);
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n_folded = utf8proc_map(valid, (utf8proc_ssize_t)n, &folded,
        UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
    free(valid);
    assert(n_folded >= 0); // the input is valid and small: only memory could fail
    *ret_length = (size_t)n_folded;
    return folded;
}

// Fills text, in_word and length; false when nothing is left of it.
static bool normalise(struct scratch *scratch, const char *text, size_t length)
{
    size_t n_folded, out = 0;
    unsigned char *folded = fold(text, length, &n_folded);
    scratch->text = allocate(n_folded + 2);
    scratch->in_word = allocate((n_folded + 2) * sizeof(bool));
    scratch->in_word[out] = false;
    scratch->text[out++] = ' ';
    for (size_t at = 0; at < n_folded;) {
        utf8proc_int32_t code_point = folded[at];
        size_t size = 1;
        if (code_point >= 0x80) {
            utf8proc_ssize_t got =
                utf8proc_iterate(folded + at, (utf8proc_ssize_t)(n_folded - at), &code_point);
            assert(got > 0);
            size = (size_t)got;
        }
        enum kind kind = kind_of(code_point);
        if (kind != KIND_SPACE) {
            scratch->in_word[out] = kind == KIND_WORD;
            memcpy(scratch->text + out, folded + at, size);
            out += size;
        } else if (scratch->text[out - 1] != ' ') {
            scratch->in_word[out] = false;
            scratch->text[out++] = ' ';
        }
        at += size;
    }
    free(folded);
    if (scratch->text[out - 1] != ' ') {
        scratch->in_word[out] = false;
        scratch->text[out++] = ' ';
    }
    scratch->length = out;
    return out > 1;
}

// FNV-1a over 64 bits, finished by the mixer of MurmurHash3 because FNV's low bits are weak.
#define FNV_OFFSET UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t hash_more(uint64_t hash, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * FNV_PRIME;
    return hash;
}

static void emit(struct scratch *scratch, uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    assert(scratch->n_codes < scratch->capacity);
    uint32_t index = (uint32_t)(hash & (FEATURES_DIMENSIONS - 1));
    scratch->code[scratch->n_codes++] = index << 1 | (uint32_t)(hash >> 63);
}

static bool begins_code_point(unsigned char byte)
{
    return (byte & 0xc0) != 0x80;
}

static void emit_words(struct scratch *scratch)
{
    const unsigned char *text = scratch->text;
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"w", 1);
    size_t previous = 0, previous_length = 0;
    for (size_t at = 0; at < scratch->length;) {
        size_t start = at;
        while (!begins_code_point(text[at]) || scratch->in_word[at]) // the last byte is a space
            at++;
        if (at > start) {
            emit(scratch, hash_more(seed, text + start, at - start));
            if (previous_length > 0) {
                uint64_t hash = hash_more(seed, text + previous, previous_length);
                hash = hash_more(hash, (const unsigned char *)" ", 1);
                emit(scratch, hash_more(hash, text + start, at - start));
            }
            previous = start;
            previous_length = at - start;
        }
        do // over the code point that ended the word
            at++;
        while (at < scratch->length && !begins_code_point(text[at]));
    }
}

// 3- to 5-grams of the code points of one padded token; `offset` holds its n_points + 1 byte offsets. A longer gram goes
// on where the hash of the shorter one ended.
static void emit_token(struct scratch *scratch, const size_t *offset, size_t n_points)
{
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"c", 1);
    for (size_t i = 0; i + 3 <= n_points; i++) {
        uint64_t hash = hash_more(seed, scratch->text + offset[i], offset[i + 3] - offset[i]);
        emit(scratch, hash);
        for (size_t n = 4; n <= 5 && i + n <= n_points; n++) {
            hash = hash_more(hash, scratch->text + offset[i + n - 1], offset[i + n] - offset[i + n - 1]);
            emit(scratch, hash);
        }
    }
}

static void emit_tokens(struct scratch *scratch)
{
    size_t *offset = allocate((scratch->length + 1) * sizeof(*offset));
    size_t n = 0;
    for (size_t at = 0; at < scratch->length; at++) {
        if (!begins_code_point(scratch->text[at]))
            continue;
        offset[n++] = at;
        if (scratch->text[at] == ' ' && n > 1) {
            offset[n] = at + 1;
            emit_token(scratch, offset, n);
            offset[0] = at; // the space pads the next token as well
            n = 1;
        }
    }
    free(offset);
}

// Two counting passes over 19 bits.
static void sort_codes(struct scratch *scratch)
{
    uint32_t *other = allocate(scratch->n_codes * sizeof(*other));
    uint32_t *from = scratch->code, *to = other;
    for (unsigned shift = 0; shift <= 10; shift += 10) {
        uint32_t start[1024] = {0};
        for (size_t i = 0; i < scratch->n_codes; i++)
            start[from[i] >> shift & 1023]++;
        uint32_t sum = 0;
        for (size_t i = 0; i < ARRAY_SIZE(start); i++) {
            uint32_t count = start[i];
            start[i] = sum;
            sum += count;
        }
        for (size_t i = 0; i < scratch->n_codes; i++)
            to[start[from[i] >> shift & 1023]++] = from[i];
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    free(other); // after two passes the codes are back in scratch->code
}

static void count_codes(
    const struct scratch *scratch, struct arena *arena, struct features_sparse *ret_features)
{
    uint32_t *index = arena_alloc(arena, scratch->n_codes * sizeof(*index));
    float *value = arena_alloc(arena, scratch->n_codes * sizeof(*value));
    double *weight = allocate(scratch->n_codes * sizeof(*weight));
    uint32_t n = 0;
    double squares = 0;
    for (size_t i = 0; i < scratch->n_codes;) {
        uint32_t bucket = scratch->code[i] >> 1;
        int count = 0;
        for (; i < scratch->n_codes && scratch->code[i] >> 1 == bucket; i++)
            count += (scratch->code[i] & 1) != 0 ? -1 : 1;
        if (count == 0)
            continue;
        index[n] = bucket;
        weight[n] = copysign(abs(count) == 1 ? M_LN2 : log1p(abs(count)), count);
        squares += weight[n] * weight[n];
        n++;
    }
    double scale = n > 0 ? 1 / sqrt(squares) : 0;
    for (uint32_t i = 0; i < n; i++)
        value[i] = (float)(weight[i] * scale);
    free(weight);
    *ret_features = (struct features_sparse){.n = n, .index = index, .value = value};
}

void features_text(const char *text, size_t length, struct arena *arena, struct features_sparse *ret_features)
{
    struct scratch scratch = {0};
    *ret_features = (struct features_sparse){0};
    if (normalise(&scratch, text, length)) {
        // At most two word n-grams and three character n-grams begin at any byte.
        scratch.capacity = 5 * scratch.length + 5;
        scratch.code = allocate(scratch.capacity * sizeof(*scratch.code));
        emit_words(&scratch);
        emit_tokens(&scratch);
        sort_codes(&scratch);
        count_codes(&scratch, arena, ret_features);
    }
    free(scratch.code);
    free(scratch.in_word);
    free(scratch.text);
}

bool features_embedding(const float *in, uint32_t n_dimensions, bool normalise_length, float *out)
{
    double squares = 0;
    for (uint32_t i = 0; i < n_dimensions; i++) {
        if (!isfinite(in[i]))
            return false;
        squares += (double)in[i] * in[i];
    }
    double scale = normalise_length && squares > 0 ? 1 / sqrt(squares) : 1;
    for (uint32_t i = 0; i < n_dimensions; i++)
        out[i] = (float)(in[i] * scale);
    return true;
}
