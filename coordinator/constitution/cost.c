#include "coordinator/constitution/cost.h"

#include "coordinator/script.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

// --- words ---------------------------------------------------------------------------------------------------------
// Between the words that two texts begin and end with alike; beyond so many the middle counts as changed altogether, so
// that no amendment costs more than some 8 MiB and a few milliseconds to price.
enum { WORDS_MAX = 8192 };

struct word {
    const char *text;
    size_t size;
};

struct words {
    size_t n;
    struct word *list;
};

static void split_words(const char *text, struct arena *arena, struct words *words)
{
    size_t size = strlen(text);
    bool open = false;
    words->n = 0;
    words->list = arena_calloc(arena, size + 1, sizeof(*words->list));
    for (size_t i = 0; i < size;) {
        utf8proc_int32_t c;
        utf8proc_ssize_t step =
            utf8proc_iterate((const utf8proc_uint8_t *)text + i, (utf8proc_ssize_t)(size - i), &c);
        size_t length = step > 0 ? (size_t)step : 1;
        enum script script = step > 0 ? script_of(c) : SCRIPT_ALONE;
        if (script == SCRIPT_WORD && open) {
            words->list[words->n - 1].size += length;
        } else if (script != SCRIPT_SPACE) {
            words->list[words->n].text = text + i;
            words->list[words->n++].size = length;
        }
        open = script == SCRIPT_WORD;
        i += length;
    }
}

// Each distinct word's places in the first text as a row of bits, found by an open hash table.
struct places {
    size_t n_slots, n_limbs, n_rows;
    struct {
        const char *text;
        size_t size, row; // row + 1; 0: the slot is free
    } * slots;
    uint64_t *bits;
};

static size_t slot_of(const struct places *places, const char *text, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    size_t slot = (size_t)(hash >> 20) & (places->n_slots - 1);
    while (places->slots[slot].row != 0 &&
           (places->slots[slot].size != size || memcmp(places->slots[slot].text, text, size) != 0))
        slot = (slot + 1) & (places->n_slots - 1);
    return slot;
}

static void note_places(struct places *places, const struct words *words, struct arena *arena)
{
    places->n_limbs = (words->n + 63) / 64;
    for (places->n_slots = 16; places->n_slots < 2 * words->n; places->n_slots *= 2) {
    }
    places->slots = arena_calloc(arena, places->n_slots, sizeof(*places->slots));
    for (size_t i = 0; i < words->n; i++) {
        size_t slot = slot_of(places, words->list[i].text, words->list[i].size);
        if (places->slots[slot].row == 0) {
            places->slots[slot].text = words->list[i].text;
            places->slots[slot].size = words->list[i].size;
            places->slots[slot].row = ++places->n_rows;
        }
    }
    places->bits = arena_calloc(arena, places->n_rows * places->n_limbs, sizeof(*places->bits));
    for (size_t i = 0; i < words->n; i++) {
        size_t row = places->slots[slot_of(places, words->list[i].text, words->list[i].size)].row - 1;
        places->bits[row * places->n_limbs + i / 64] |= UINT64_C(1) << i % 64;
    }
}

// Length of the longest common subsequence, 64 cells of a column at once (Hyyro 2004): V starts as ones, each word b
// does V = (V + (V & M[b])) | (V & ~M[b]), and the zeros of V at the end are the length.
static size_t common_length(const struct words *a, const struct words *b, struct arena *arena)
{
    struct places places = {0};
    if (a->n == 0 || b->n == 0)
        return 0;
    note_places(&places, a, arena);
    uint64_t *v = arena_alloc(arena, places.n_limbs * sizeof(*v));
    memset(v, 0xff, places.n_limbs * sizeof(*v));
    for (size_t j = 0; j < b->n; j++) {
        size_t row = places.slots[slot_of(&places, b->list[j].text, b->list[j].size)].row;
        if (row == 0)
            continue;
        const uint64_t *m = places.bits + (row - 1) * places.n_limbs;
        unsigned char carry = 0;
        for (size_t i = 0; i < places.n_limbs; i++) {
            uint64_t u = v[i] & m[i], sum;
            unsigned char over = __builtin_add_overflow(v[i], u, &sum);
            over |= __builtin_add_overflow(sum, (uint64_t)carry, &sum);
            carry = over;
            v[i] = sum | (v[i] & ~m[i]);
        }
    }
    size_t length = 0;
    for (size_t i = 0; i < a->n; i++)
        length += (v[i / 64] >> i % 64 & 1) == 0;
    return length;
}

static bool same_word(const struct word *a, const struct word *b)
{
    return a->size == b->size && memcmp(a->text, b->text, a->size) == 0;
}

double cost_share(const char *before, const char *after)
{
    struct arena *arena =
        arena_new(SIZE_MAX); // 32 bytes for each of the texts, which their readers have bounded
    struct words a, b;
    split_words(before, arena, &a);
    split_words(after, arena, &b);
    size_t most = max_size(a.n, b.n), common = 0;
    for (; a.n > 0 && b.n > 0 && same_word(&a.list[a.n - 1], &b.list[b.n - 1]); a.n--, b.n--)
        common++;
    for (; a.n > 0 && b.n > 0 && same_word(a.list, b.list); a.list++, b.list++, a.n--, b.n--)
        common++;
    if (a.n <= WORDS_MAX && b.n <= WORDS_MAX)
        common += common_length(&a, &b, arena);
    arena_free(arena);
    return most == 0 ? 0 : 1 - (double)common / (double)most;
}

// --- cost ----------------------------------------------------------------------------------------------------------
static size_t localized_bytes(const json_t *value)
{
    const char *language;
    json_t *text;
    size_t size = 2;
    if (json_is_string(value))
        return json_string_length(value) + 2;
    json_object_foreach((json_t *)value, language, text)
    {
        size += json_string_length(text) + 1;
    }
    return size;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

// All languages, in order of their tags.
static char *append_localized(char *out, const json_t *value)
{
    const char *names[LANGUAGES_MAX] = {NULL}, *name;
    json_t *text;
    size_t n = 0;
    if (json_is_string(value)) {
        memcpy(out, json_string_value(value), json_string_length(value));
        out += json_string_length(value);
        *out++ = '\n';
    } else if (json_is_object(value)) {
        json_object_foreach((json_t *)value, name, text)
        {
            if (n < LANGUAGES_MAX)
                names[n++] = name;
        }
        qsort(names, n, sizeof(names[0]), compare_names);
        for (size_t i = 0; i < n; i++)
            out = append_localized(out, json_object_get(value, names[i]));
    }
    *out = '\0';
    return out;
}

static const char *words_of(const json_t *title, const json_t *text, struct arena *arena)
{
    char *result = arena_alloc(arena, localized_bytes(title) + localized_bytes(text) + 1);
    append_localized(append_localized(result, title), text);
    return result;
}

static double part_cost(const struct cost_settings *settings, enum level level, int n, double share)
{
    double repeats = 1 + (double)n;
    return settings->base[level] * repeats * repeats * (1 + 2 * share);
}

int64_t cost_of(const struct document *base, const struct operations *operations,
    const struct cost_settings *settings, int (*n_changes)(void *arg, const char *article), void *arg,
    struct arena *arena)
{
    double cost = 0;
    for (int i = 0; i < operations->n; i++) {
        const struct operation *operation = &operations->list[i];
        if (operation->kind == OPERATION_ADD) {
            int n = n_changes(arg, operation->parent != NULL ? operation->parent : "");
            cost += part_cost(settings, operation->level, n, 1);
            continue;
        }
        int place = document_find(base, operation->article);
        assert(place >= 0);
        if (operation->kind == OPERATION_REMOVE) {
            for (int j = place; j < document_subtree_end(base, place); j++)
                cost += part_cost(settings, base->articles[j].level, n_changes(arg, base->articles[j].id), 1);
            continue;
        }
        const json_t *title = json_object_get(base->articles[place].json, "title");
        const json_t *text = json_object_get(base->articles[place].json, "text");
        const char *before = words_of(title, text, arena);
        const char *after = words_of(operation->title != NULL ? operation->title : title,
            operation->text != NULL ? operation->text : text, arena);
        cost += part_cost(settings, base->articles[place].level, n_changes(arg, operation->article),
            cost_share(before, after));
    }
    // What is whole but for rounding in the last place stays whole.
    return (int64_t)ceil(cost - 1e-9);
}

// --- the budget ----------------------------------------------------------------------------------------------------
static int64_t spent_us(int64_t until_us, int64_t now_us)
{
    return until_us > now_us ? until_us - now_us : 0;
}

// What `cost` takes to flow back, rounded up.
static int64_t cost_us(const struct budget *budget, int64_t cost)
{
    return (int64_t)ceil((double)cost * (double)budget->period_us / (double)budget->refill);
}

int64_t budget_balance(const struct budget *budget, int64_t until_us, int64_t now_us)
{
    int64_t left = cost_us(budget, budget->amount) - spent_us(until_us, now_us);
    if (left <= 0)
        return 0;
    return (int64_t)floor((double)left * (double)budget->refill / (double)budget->period_us + 1e-9);
}

bool budget_spend(const struct budget *budget, int64_t until_us, int64_t now_us, int64_t cost,
    int64_t *ret_until_us, int64_t *ret_wait_us)
{
    int64_t most = cost_us(budget, budget->amount),
            after = spent_us(until_us, now_us) + cost_us(budget, cost);
    if (cost > budget->amount) {
        *ret_wait_us = -1;
        return false;
    }
    if (after > most) {
        *ret_wait_us = after - most;
        return false;
    }
    *ret_until_us = now_us + after;
    return true;
}
