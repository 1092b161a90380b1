#include "reward/features.h"

#include "reward/style.h"

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
    char *words; // each and a space behind it; NULL: not asked for
    size_t words_length, n_words;
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

enum kind { KIND_OTHER, KIND_SPACE, KIND_WORD };

// What the categories say of ASCII, without looking them up: the digits are kinds.
static const char ascii_kind[129] = "11111111111111111111111111111111"
                                    "10000000000000002222222222000000"
                                    "02222222222222222222222222200002"
                                    "02222222222222222222222222200001";

static enum kind kind_of(utf8proc_int32_t code_point)
{
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

static const utf8proc_option_t FOLD =
    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
enum {
    EXPANSION_MAX = 6, // code points a byte: U+FDFA, three bytes, becomes eighteen of them and 33 bytes
};

static unsigned char lower(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

// NFKC with case folding of a run that is not ASCII; returns the bytes written.
static size_t fold_run(const unsigned char *run, size_t length, unsigned char *out)
{
    utf8proc_int32_t few[1024], *points = few;
    utf8proc_ssize_t capacity = (utf8proc_ssize_t)(EXPANSION_MAX * length + 2);
    if (capacity > (utf8proc_ssize_t)ARRAY_SIZE(few))
        points = allocate((size_t)capacity * sizeof(*points));
    utf8proc_ssize_t n = utf8proc_decompose(run, (utf8proc_ssize_t)length, points, capacity - 1, FOLD);
    assert(n >= 0 && n < capacity);         // the input is valid
    n = utf8proc_reencode(points, n, FOLD); // over itself, as UTF-8
    assert(n >= 0);
    memcpy(out, points, (size_t)n);
    if (points != few)
        free(points);
    return (size_t)n;
}

// NFKC with case folding; the caller frees it. ASCII is lower case, and the library need not be asked, save for the
// last byte before others, to which a mark may be composed: no ASCII character is composed to what stands before it.
static unsigned char *fold(const char *text, size_t length, size_t *ret_length)
{
    const unsigned char *in = (const unsigned char *)text;
    unsigned char *valid = NULL;
    size_t n_ascii = 0, bound = min_size(length, FEATURES_TEXT_MAX_BYTES);
    while (n_ascii < bound && in[n_ascii] < 0x80)
        n_ascii++;
    if (n_ascii < bound) {
        valid = allocate(bound);
        length = copy_valid(in, length, valid);
        in = valid;
        bound = length;
        for (size_t i = n_ascii; i < length; i++)
            bound += in[i] >= 0x80 ? 10 : 0; // 33 bytes of 3 at most
    }
    length = min_size(length, FEATURES_TEXT_MAX_BYTES);
    unsigned char *folded = allocate(bound);
    size_t out = 0;
    for (size_t at = 0; at < length;) {
        for (; at < length && in[at] < 0x80; at++)
            folded[out++] = lower(in[at]);
        if (at == length)
            break;
        size_t start = at > 0 ? at - 1 : 0; // the byte before belongs to the run, if there is one
        out -= at - start;
        while (at < length && in[at] >= 0x80)
            at++;
        out += fold_run(in + start, at - start, folded + out);
        assert(out <= bound);
    }
    free(valid);
    *ret_length = out;
    return folded;
}

// Fills text, in_word and length; false when nothing is left of it.
static bool normalise(struct scratch *scratch, const char *text, size_t length)
{
    size_t n_folded, out = 1;
    unsigned char *folded = fold(text, length, &n_folded);
    unsigned char *to = scratch->text = allocate(n_folded + 2);
    bool *in_word = scratch->in_word = allocate((n_folded + 2) * sizeof(bool));
    in_word[0] = false;
    to[0] = ' ';
    for (size_t at = 0; at < n_folded;) {
        size_t size = 1;
        enum kind kind;
        if (folded[at] < 0x80) {
            kind = (enum kind)(ascii_kind[folded[at]] - '0');
            to[out] = folded[at];
        } else {
            utf8proc_int32_t code_point;
            utf8proc_ssize_t got =
                utf8proc_iterate(folded + at, (utf8proc_ssize_t)(n_folded - at), &code_point);
            assert(got > 0);
            size = (size_t)got;
            kind = kind_of(code_point);
            memcpy(to + out, folded + at, size);
        }
        at += size;
        if (kind == KIND_SPACE) {
            to[out] = ' ';
            size = to[out - 1] != ' ';
        }
        in_word[out] = kind == KIND_WORD;
        out += size;
    }
    free(folded);
    if (to[out - 1] != ' ') {
        in_word[out] = false;
        to[out++] = ' ';
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

// The place and the sign of an n-gram.
static uint32_t code_of(uint64_t hash)
{
    hash ^= hash >> 33;
    hash *= UINT64_C(0xff51afd7ed558ccd);
    hash ^= hash >> 33;
    hash *= UINT64_C(0xc4ceb9fe1a85ec53);
    hash ^= hash >> 33;
    return (uint32_t)(hash & (FEATURES_DIMENSIONS - 1)) << 1 | (uint32_t)(hash >> 63);
}

static void emit(struct scratch *scratch, uint64_t hash)
{
    assert(scratch->n_codes < scratch->capacity);
    scratch->code[scratch->n_codes++] = code_of(hash);
}

static bool begins_code_point(unsigned char byte)
{
    return (byte & 0xc0) != 0x80;
}

static void add_word(struct scratch *scratch, const unsigned char *word, size_t length)
{
    scratch->n_words++;
    if (scratch->words == NULL)
        return;
    memcpy(scratch->words + scratch->words_length, word, length);
    scratch->words_length += length;
    scratch->words[scratch->words_length++] = ' ';
}

static void emit_words(struct scratch *scratch)
{
    const unsigned char *text = scratch->text;
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"w", 1);
    uint64_t previous = 0; // hash of the word before and a space
    for (size_t at = 0; at < scratch->length;) {
        size_t start = at;
        while (!begins_code_point(text[at]) || scratch->in_word[at]) // the last byte is a space
            at++;
        if (at > start) {
            uint64_t hash = hash_more(seed, text + start, at - start);
            emit(scratch, hash);
            if (scratch->n_words > 0)
                emit(scratch, hash_more(previous, text + start, at - start));
            previous = hash_more(hash, (const unsigned char *)" ", 1);
            add_word(scratch, text + start, at - start);
        }
        do // over the code point that ended the word
            at++;
        while (at < scratch->length && !begins_code_point(text[at]));
    }
}

// 3- to 5-grams of the code points of one padded token; `offset` holds its n_points + 1 byte offsets. A longer gram goes
// on where the hash of the shorter one ended.
static void emit_token(struct scratch *scratch, const uint32_t *offset, size_t n_points)
{
    const unsigned char *text = scratch->text;
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"c", 1);
    uint32_t *code = scratch->code + scratch->n_codes;
    assert(scratch->n_codes + 3 * n_points <= scratch->capacity);
    for (size_t i = 0; i + 3 <= n_points; i++) {
        uint64_t hash = hash_more(seed, text + offset[i], offset[i + 3] - offset[i]);
        *code++ = code_of(hash);
        for (size_t n = 4; n <= 5 && i + n <= n_points; n++) {
            hash = hash_more(hash, text + offset[i + n - 1], offset[i + n] - offset[i + n - 1]);
            *code++ = code_of(hash);
        }
    }
    scratch->n_codes = (size_t)(code - scratch->code);
}

// The same of a token in ASCII, whose code points are its bytes.
static void emit_ascii_token(struct scratch *scratch, const unsigned char *token, size_t length)
{
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"c", 1);
    uint32_t *code = scratch->code + scratch->n_codes;
    assert(scratch->n_codes + 3 * length <= scratch->capacity);
    size_t i = 0;
    for (; i + 5 <= length; i++) {
        uint64_t three = hash_more(seed, token + i, 3), four = hash_more(three, token + i + 3, 1);
        code[0] = code_of(three);
        code[1] = code_of(four);
        code[2] = code_of(hash_more(four, token + i + 4, 1));
        code += 3;
    }
    if (i + 4 <= length) {
        uint64_t three = hash_more(seed, token + i, 3);
        *code++ = code_of(three);
        *code++ = code_of(hash_more(three, token + i + 3, 1));
        i++;
    }
    if (i + 3 <= length)
        *code++ = code_of(hash_more(seed, token + i, 3));
    scratch->n_codes = (size_t)(code - scratch->code);
}

static void emit_tokens(struct scratch *scratch)
{
    const unsigned char *text = scratch->text;
    uint32_t *offset = allocate((scratch->length + 1) * sizeof(*offset));
    for (size_t at = 0; at + 1 < scratch->length;) { // at a space
        size_t end = at + 1;
        unsigned char any = 0;
        for (; text[end] != ' '; end++)
            any |= text[end];
        if (any < 0x80) {
            emit_ascii_token(scratch, text + at, end + 1 - at);
        } else {
            size_t n = 0;
            for (size_t byte = at; byte <= end; byte++) {
                if (begins_code_point(text[byte]))
                    offset[n++] = (uint32_t)byte;
            }
            offset[n] = (uint32_t)end + 1;
            emit_token(scratch, offset, n);
        }
        at = end; // the space pads the next token as well
    }
    free(offset);
}

// Two counting passes over 19 bits.
static void sort_codes(struct scratch *scratch)
{
    enum { LOW = 10, HIGH = FEATURES_LOG_DIMENSIONS + 1 - LOW };
    uint32_t low[1 << LOW] = {0}, high[1 << HIGH] = {0}, n = (uint32_t)scratch->n_codes;
    uint32_t *other = allocate(n * sizeof(*other)), *code = scratch->code;
    for (uint32_t i = 0; i < n; i++) {
        low[code[i] & ((1 << LOW) - 1)]++;
        high[code[i] >> LOW]++;
    }
    uint32_t below_low = 0, below_high = 0;
    for (size_t i = 0; i < ARRAY_SIZE(low); i++) {
        uint32_t count = low[i];
        low[i] = below_low;
        below_low += count;
    }
    for (size_t i = 0; i < ARRAY_SIZE(high); i++) {
        uint32_t count = high[i];
        high[i] = below_high;
        below_high += count;
    }
    for (uint32_t i = 0; i < n; i++)
        other[low[code[i] & ((1 << LOW) - 1)]++] = code[i];
    for (uint32_t i = 0; i < n; i++)
        code[high[other[i] >> LOW]++] = other[i];
    free(other);
}

// sign(c) log(1 + |c|), the logarithms of small counts looked up.
static double damped(int count, double *known, int n_known)
{
    int size = abs(count);
    if (size >= n_known)
        return copysign(log1p(size), count);
    if (known[size] == 0)
        known[size] = size == 1 ? M_LN2 : log1p(size);
    return copysign(known[size], count);
}

// Behind the n-grams, those that are not 0.
static void add_style(const struct scratch *scratch, const char *text, size_t length,
    struct features_sparse *features, uint32_t *index, float *value)
{
    float style[FEATURES_STYLES];
    style_of_lines(text, min_size(length, FEATURES_TEXT_MAX_BYTES), style);
    style_of_words(scratch->words, scratch->words_length, scratch->n_words, style);
    for (uint32_t i = 0; i < FEATURES_STYLES; i++) {
        if (style[i] == 0)
            continue;
        index[features->n] = FEATURES_DIMENSIONS + i;
        value[features->n++] = style[i];
    }
}

static void count_codes(
    const struct scratch *scratch, uint32_t *index, float *value, struct features_sparse *features)
{
    double *weight = allocate(scratch->n_codes * sizeof(*weight)), known[64] = {0}, squares = 0;
    const uint32_t *code = scratch->code;
    size_t n_codes = scratch->n_codes;
    uint32_t n = 0;
    for (size_t i = 0; i < n_codes;) {
        uint32_t bucket = code[i] >> 1;
        int count = 0;
        for (; i < n_codes && code[i] >> 1 == bucket; i++)
            count += 1 - 2 * (int)(code[i] & 1);
        if (count == 0)
            continue;
        index[n] = bucket;
        weight[n] = damped(count, known, ARRAY_SIZE(known));
        squares += weight[n] * weight[n];
        n++;
    }
    double scale = n > 0 ? 1 / sqrt(squares) : 0;
    for (uint32_t i = 0; i < n; i++)
        value[i] = (float)(weight[i] * scale);
    free(weight);
    *features = (struct features_sparse){.n = n, .index = index, .value = value};
}

void features_text(const char *text, size_t length, enum features_version version, struct arena *arena,
    struct features_sparse *ret_features)
{
    _Static_assert((int)STYLES == (int)FEATURES_STYLES, "every style feature has an index");
    struct scratch scratch = {0};
    *ret_features = (struct features_sparse){0};
    if (normalise(&scratch, text, length)) {
        // At most two word n-grams and three character n-grams begin at any byte.
        scratch.capacity = 5 * scratch.length + 5;
        scratch.code = allocate(scratch.capacity * sizeof(*scratch.code));
        if (version == FEATURES_NGRAMS_STYLE)
            scratch.words = allocate(2 * scratch.length);
        emit_words(&scratch);
        emit_tokens(&scratch);
        sort_codes(&scratch);
        uint32_t *index = arena_alloc(arena, (scratch.n_codes + FEATURES_STYLES) * sizeof(*index));
        float *value = arena_alloc(arena, (scratch.n_codes + FEATURES_STYLES) * sizeof(*value));
        count_codes(&scratch, index, value, ret_features);
        if (version == FEATURES_NGRAMS_STYLE)
            add_style(&scratch, text, length, ret_features, index, value);
    }
    free(scratch.words);
    free(scratch.code);
    free(scratch.in_word);
    free(scratch.text);
}

// ---------------------------------------------------------------- which n-grams stand at some places
struct looking {
    const uint32_t *index;
    size_t n;
    struct arena *arena;
    struct features_gram *grams;
};

static void look(
    const struct looking *looking, uint64_t hash, const unsigned char *gram, size_t length, bool is_word)
{
    uint32_t place = code_of(hash) >> 1;
    size_t low = 0, high = looking->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (looking->index[middle] < place)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < looking->n && looking->index[low] == place && looking->grams[low].text == NULL)
        looking->grams[low] = (struct features_gram){
            .text = arena_strndup(looking->arena, (const char *)gram, length), .is_word = is_word};
}

// As emit_words.
static void look_at_words(const struct scratch *scratch, const struct looking *looking)
{
    const unsigned char *text = scratch->text;
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"w", 1), previous = 0;
    size_t before = SIZE_MAX; // where the word before began
    for (size_t at = 0; at < scratch->length;) {
        size_t start = at;
        while (!begins_code_point(text[at]) || scratch->in_word[at])
            at++;
        if (at > start) {
            uint64_t hash = hash_more(seed, text + start, at - start);
            look(looking, hash, text + start, at - start, true);
            if (before != SIZE_MAX)
                look(
                    looking, hash_more(previous, text + start, at - start), text + before, at - before, true);
            previous = hash_more(hash, (const unsigned char *)" ", 1);
            before = start;
        }
        do
            at++;
        while (at < scratch->length && !begins_code_point(text[at]));
    }
}

// As emit_tokens: n-grams of 3 to 5 code points that lie within one padded token.
static void look_at_characters(const struct scratch *scratch, const struct looking *looking)
{
    const unsigned char *text = scratch->text;
    uint64_t seed = hash_more(FNV_OFFSET, (const unsigned char *)"c", 1);
    for (size_t start = 0; start < scratch->length; start++) {
        if (!begins_code_point(text[start]))
            continue;
        uint64_t hash = seed;
        size_t at = start;
        for (int n = 1; n <= 5 && at < scratch->length; n++) {
            size_t from = at;
            do
                at++;
            while (at < scratch->length && !begins_code_point(text[at]));
            hash = hash_more(hash, text + from, at - from);
            if (n >= 3)
                look(looking, hash, text + start, at - start, false);
            if (text[from] == ' ' && from > start)
                break; // the token's end
        }
    }
}

void features_grams(const char *text, size_t length, const uint32_t *index, size_t n, struct arena *arena,
    struct features_gram *ret_grams)
{
    struct scratch scratch = {0};
    const struct looking looking = {.index = index, .n = n, .arena = arena, .grams = ret_grams};
    memset(ret_grams, 0, n * sizeof(*ret_grams));
    if (normalise(&scratch, text, length)) {
        look_at_words(&scratch, &looking);
        look_at_characters(&scratch, &looking);
    }
    free(scratch.in_word);
    free(scratch.text);
}

static const char *const version_names[] = {
    [FEATURES_NGRAMS] = "hashed-ngrams-1", [FEATURES_NGRAMS_STYLE] = "hashed-ngrams-2"};

const char *features_version_name(enum features_version version)
{
    assert(version >= FEATURES_NGRAMS && (size_t)version < ARRAY_SIZE(version_names));
    return version_names[version];
}

bool features_version_parse(const char *name, enum features_version *ret_version)
{
    for (int version = FEATURES_NGRAMS; version < (int)ARRAY_SIZE(version_names); version++) {
        if (strcmp(name, version_names[version]) == 0) {
            *ret_version = (enum features_version)version;
            return true;
        }
    }
    return false;
}

uint32_t features_dimensions(enum features_version version)
{
    return version == FEATURES_NGRAMS_STYLE ? FEATURES_DIMENSIONS_MAX : FEATURES_DIMENSIONS;
}

bool features_embedding(const float *in, uint32_t n_dimensions, bool normalise_length, float *out)
{
    // Four sums, so that one addition need not wait for the other; a square of a float is no infinity in double.
    double sums[4] = {0};
    uint32_t i = 0;
    for (; i + 4 <= n_dimensions; i += 4) {
        sums[0] += (double)in[i] * in[i];
        sums[1] += (double)in[i + 1] * in[i + 1];
        sums[2] += (double)in[i + 2] * in[i + 2];
        sums[3] += (double)in[i + 3] * in[i + 3];
    }
    for (; i < n_dimensions; i++)
        sums[0] += (double)in[i] * in[i];
    double squares = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    if (!isfinite(squares))
        return false;
    double scale = normalise_length && squares > 0 ? 1 / sqrt(squares) : 1;
    for (i = 0; i < n_dimensions; i++)
        out[i] = (float)(in[i] * scale);
    return true;
}
