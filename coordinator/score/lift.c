#include "coordinator/score/lift.h"

#include "base/buf.h"
#include "base/hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WORTH_BYTES = 16, // of an embedding's text; shorter ones are left alone
    TEXT_MAX_BYTES = 24 * 1024 * 1024,
};

struct lifting {
    const char *at, *end; // what is still to be read
    struct buf out;       // what is left of the text
    struct lifted *lifted;
    size_t capacity;
    float *values; // of all lifted; it moves when it grows, so that their places are found at the end
    size_t n_values, values_capacity;
    bool is_foreign; // a number stood where an embedding belongs: it would be taken for one of ours
};

// --- numbers ------------------------------------------------------------------------------------------------------------
static const double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14,
    1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Digits behind those that are in `*digits`, which wraps where they are more than 19; moves `*at` behind them.
static void take_digits(const char **at, uint64_t *digits)
{
    const char *next = *at;
    uint64_t sum = *digits;
    for (; is_digit(*next); next++)
        sum = sum * 10 + (uint64_t)(*next - '0');
    *digits = sum;
    *at = next;
}

// How many digits count, from the first that is not 0; the text has only digits and one point.
static int count_digits(const char *from, const char *to)
{
    int n = 0;
    for (; from < to; from++)
        n += is_digit(*from) && (n > 0 || *from != '0');
    return n;
}

// False where the short way (Clinger 1990: both sides exact, one rounding) does not do, or might round a float wrongly.
static bool by_powers(uint64_t digits, int n_kept, int exponent, double *ret_value)
{
    if (n_kept > 19 || exponent < -22 || exponent > 22)
        return false;
    double value = (double)digits;
    value = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
    if (digits >> 53 != 0) {
        // Two roundings: within 2 units of the last place. A float made of it is right unless it is near the middle of two.
        uint64_t bits;
        memcpy(&bits, &value, sizeof(bits));
        uint64_t below = bits & UINT64_C(0x1fffffff);
        if (below > UINT64_C(0x0ffffffc) && below < UINT64_C(0x10000004))
            return false;
    }
    *ret_value = value;
    return true;
}

bool lift_number(const char **at, double *ret_value)
{
    const char *begin = *at;
    bool is_negative = **at == '-';
    uint64_t digits = 0;
    int exponent = 0;
    *at += is_negative;
    const char *first = *at;
    take_digits(at, &digits);
    if (*at == first || (*first == '0' && *at > first + 1))
        return false;
    if (**at == '.') {
        const char *behind = ++*at;
        take_digits(at, &digits);
        if (*at == behind)
            return false;
        exponent = (int)(behind - *at);
    }
    ptrdiff_t most = *at - first - (exponent < 0) - (*first == '0'); // digits that may count
    int n_kept = most <= 19 ? 19 : count_digits(first, *at);
    if (**at == 'e' || **at == 'E') {
        (*at)++;
        bool is_less = **at == '-';
        *at += **at == '-' || **at == '+';
        int power = 0;
        if (!is_digit(**at))
            return false;
        for (; is_digit(**at); (*at)++)
            power = power < 10000 ? power * 10 + (**at - '0') : power;
        exponent += is_less ? -power : power;
    }
    double value;
    if (!by_powers(digits, n_kept, exponent, &value)) {
        *ret_value = strtod(begin, NULL); // it reads what was looked through here, and no more
        return true;
    }
    *ret_value = is_negative ? -value : value;
    return true;
}

// --- one embedding ------------------------------------------------------------------------------------------------------
static const char *after_space(const char *at)
{
    while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
        at++;
    return at;
}

// Room for so many more behind those that are there.
static float *reserve(struct lifting *lifting, size_t n_more)
{
    if (lifting->values_capacity - lifting->n_values < n_more) {
        lifting->values_capacity = 2 * lifting->values_capacity + n_more + 1024;
        lifting->values = realloc(lifting->values, lifting->values_capacity * sizeof(float));
        if (lifting->values == NULL)
            abort();
    }
    return lifting->values + lifting->n_values;
}

static uint32_t read_list(struct lifting *lifting, const char **at)
{
    uint32_t n = 0;
    const char *next = after_space(*at + 1);
    for (;; n++) {
        double number;
        if (!lift_number(&next, &number) || !isfinite((float)number))
            return 0;
        if (lifting->values_capacity - lifting->n_values <= n)
            reserve(lifting, n + 1);
        lifting->values[lifting->n_values + n] = (float)number;
        next = after_space(next);
        if (*next == ']')
            break;
        if (*next != ',')
            return 0;
        next = after_space(next + 1);
    }
    *at = next + 1;
    return n + 1;
}

static uint32_t read_base64(struct lifting *lifting, const char **at)
{
    const char *from = *at + 1, *quote = memchr(from, '"', (size_t)(lifting->end - from));
    if (quote == NULL)
        return 0;
    size_t length = (size_t)(quote - from);
    int size = base64_decode(from, length, reserve(lifting, length / 4 + 1)); // no escape is in its alphabet
    if (size <= 0 || size % (int)sizeof(float) != 0)
        return 0;
    *at = quote + 1;
    return (uint32_t)size / sizeof(float);
}

// At a value where an embedding belongs: takes it out, or leaves it where it is.
static bool lift(struct lifting *lifting)
{
    struct lifted *lifted = lifting->lifted;
    const char *at = lifting->at;
    lifting->is_foreign = lifting->is_foreign || *at == '-' || is_digit(*at);
    uint32_t n = *at == '[' ? read_list(lifting, &at) : *at == '"' ? read_base64(lifting, &at) : 0;
    if (n == 0 || at - lifting->at < WORTH_BYTES)
        return false;
    if (lifted->n == lifting->capacity) {
        lifting->capacity = 2 * lifting->capacity + 64;
        lifted->list = realloc(lifted->list, lifting->capacity * sizeof(*lifted->list));
        if (lifted->list == NULL)
            abort();
    }
    buf_printf(&lifting->out, "%zu", lifted->n);
    lifted->list[lifted->n++] = (struct embedding){.n_dimensions = n};
    lifting->n_values += n;
    lifting->at = at;
    return true;
}

// --- the text around them -----------------------------------------------------------------------------------------------
static void copy_to(struct lifting *lifting, const char *to)
{
    buf_add(&lifting->out, lifting->at, (size_t)(to - lifting->at));
    lifting->at = to;
}

// Behind the string that begins here; NULL: it does not end.
static const char *after_string(const char *at, const char *end)
{
    const char *from = at + 1;
    for (;;) {
        const char *quote = memchr(from, '"', (size_t)(end - from));
        if (quote == NULL)
            return NULL;
        size_t n_escapes = 0;
        while (quote - n_escapes > at + 1 && quote[-1 - (ptrdiff_t)n_escapes] == '\\')
            n_escapes++;
        if (n_escapes % 2 == 0)
            return quote + 1;
        from = quote + 1;
    }
}

static bool is_key(const char *from, const char *to, const char *name)
{
    size_t length = strlen(name);
    return (size_t)(to - from) == length + 2 && memcmp(from + 1, name, length) == 0;
}

// Behind a string that was copied: the value of a key of ours.
static void look_behind(struct lifting *lifting, const char *key)
{
    bool is_one = is_key(key, lifting->at, "embedding"), is_list = is_key(key, lifting->at, "embeddings");
    const char *next = after_space(lifting->at);
    if ((!is_one && !is_list) || *next != ':')
        return;
    copy_to(lifting, after_space(next + 1));
    if (is_one) {
        lift(lifting);
        return;
    }
    if (*lifting->at != '[')
        return;
    do { // at '[' or ','
        copy_to(lifting, after_space(lifting->at + 1));
        if (!lift(lifting))
            return;
        copy_to(lifting, after_space(lifting->at));
    } while (*lifting->at == ',');
}

static bool go_through(struct lifting *lifting)
{
    while (lifting->at < lifting->end && !lifting->is_foreign) {
        const char *key = memchr(lifting->at, '"', (size_t)(lifting->end - lifting->at));
        if (key == NULL)
            break;
        const char *behind = after_string(key, lifting->end);
        if (behind == NULL)
            return false;
        copy_to(lifting, behind);
        look_behind(lifting, key);
    }
    copy_to(lifting, lifting->end);
    return !lifting->is_foreign;
}

const char *lift_embeddings(
    const char *text, size_t size, struct arena *arena, struct lifted *ret_lifted, size_t *ret_size)
{
    *ret_lifted = (struct lifted){0};
    if (size < WORTH_BYTES || size > TEXT_MAX_BYTES)
        return NULL;
    struct lifting lifting = {.at = text, .end = text + size, .lifted = ret_lifted};
    buf_init(&lifting.out, size + 1);
    bool is_whole = go_through(&lifting) && ret_lifted->n > 0;
    struct embedding *list = ret_lifted->list;
    const char *rest = NULL;
    if (is_whole) {
        const float *values = lifting.values;
        for (size_t i = 0; i < ret_lifted->n; values += list[i++].n_dimensions)
            list[i].values = values;
        ret_lifted->list = arena_memdup(arena, list, ret_lifted->n * sizeof(*list));
        arena_on_free(arena, free, lifting.values);
        rest = arena_strndup(arena, lifting.out.data, lifting.out.length);
        *ret_size = lifting.out.length;
    } else {
        *ret_lifted = (struct lifted){0};
        free(lifting.values);
    }
    free(list);
    buf_release(&lifting.out);
    return rest;
}
