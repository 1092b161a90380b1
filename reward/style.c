#include "reward/style.h"

#include <math.h>
#include <string.h>

static const char *const names[STYLES] = {"length", "lists", "code", "refusals", "hedges"};

const char *style_name(enum style style)
{
    assert(style < STYLES);
    return names[style];
}

// Words as the featuriser makes them: lower case, an apostrophe parts them. Ordered by their first letter, so that few
// are compared at each word.
static const char *const refusals[] = {"against my guidelines ", "as a language model ", "as an ai ",
    "cannot assist ", "cannot help with ", "cannot provide ", "i am not able to ", "i am sorry but i can ",
    "i am unable to ", "i apologize but i ", "i can not ", "i can t assist ", "i can t fulfill ",
    "i can t help with ", "i can t provide ", "i cannot ", "i decline ", "i do not feel comfortable ",
    "i don t feel comfortable ", "i m not able to ", "i m sorry but i can ", "i m unable to ",
    "i must decline ", "i refuse ", "i will not ", "i won t ", "not appropriate for me to "};
static const char *const hedges[] = {"apparently ", "arguably ", "as far as i know ", "could be ",
    "generally ", "i am not sure ", "i believe ", "i guess ", "i m not sure ", "i suppose ", "i think ",
    "in my opinion ", "it depends ", "it is possible ", "it seems ", "likely ", "may ", "maybe ", "might ",
    "often ", "perhaps ", "possibly ", "presumably ", "probably ", "seems to ", "somewhat ", "sometimes ",
    "typically ", "unclear ", "usually "};

// Where the phrases of each first letter begin in a list, and behind 'z' its end.
struct letters {
    unsigned char from[27];
};

static struct letters letters_of(const char *const *phrase, size_t n)
{
    struct letters letters;
    size_t at = 0;
    for (int letter = 0; letter < 27; letter++) {
        while (at < n && phrase[at][0] < 'a' + letter)
            at++;
        letters.from[letter] = (unsigned char)at;
    }
    return letters;
}

// Whether one of the phrases begins at the start of `words`, a letter.
static bool begins(const char *words, size_t left, const char *const *phrase, const struct letters *letters)
{
    int letter = words[0] - 'a';
    for (size_t i = letters->from[letter]; i < letters->from[letter + 1]; i++) {
        size_t length = strlen(phrase[i]);
        if (length <= left && memcmp(words, phrase[i], length) == 0)
            return true;
    }
    return false;
}

void style_of_words(const char *words, size_t length, size_t n_words, float ret_style[STYLES])
{
    struct letters of_refusals = letters_of(refusals, ARRAY_SIZE(refusals)),
                   of_hedges = letters_of(hedges, ARRAY_SIZE(hedges));
    size_t n_refusals = 0, n_hedges = 0;
    for (size_t at = 0; at < length;) {
        if (words[at] >= 'a' && words[at] <= 'z') {
            n_refusals += begins(words + at, length - at, refusals, &of_refusals);
            n_hedges += begins(words + at, length - at, hedges, &of_hedges);
        }
        const char *end = memchr(words + at, ' ', length - at);
        at = end != NULL ? (size_t)(end - words) + 1 : length;
    }
    ret_style[STYLE_LENGTH] = (float)(0.5 * fmin(log1p((double)n_words) / log1p(16384), 1));
    ret_style[STYLE_REFUSALS] = (float)(0.5 * fmin((double)n_refusals / 4, 1));
    ret_style[STYLE_HEDGES] =
        n_words > 0 ? (float)(0.5 * fmin(10.0 * (double)n_hedges / (double)n_words, 1)) : 0;
}

static bool is_list_item(const char *line, size_t length)
{
    static const char bullet[] = "\342\200\242"; // U+2022
    if (length >= 4 && memcmp(line, bullet, 3) == 0)
        return line[3] == ' ';
    if (length >= 2 && (line[0] == '-' || line[0] == '*' || line[0] == '+'))
        return line[1] == ' ';
    size_t digits = 0;
    while (digits < length && digits < 4 && line[digits] >= '0' && line[digits] <= '9')
        digits++;
    return digits > 0 && digits + 1 < length && (line[digits] == '.' || line[digits] == ')') &&
           line[digits + 1] == ' ';
}

void style_of_lines(const char *text, size_t length, float ret_style[STYLES])
{
    size_t n_lines = 0, n_items = 0, n_code = 0;
    bool fenced = false;
    for (size_t at = 0; at < length;) {
        const char *line = text + at, *newline = memchr(line, '\n', length - at);
        size_t n = newline != NULL ? (size_t)(newline - line) : length - at;
        at += n + 1;
        while (n > 0 && (line[0] == ' ' || line[0] == '\t')) {
            line++;
            n--;
        }
        if (n == 0 || (n == 1 && line[0] == '\r'))
            continue;
        n_lines++;
        bool fence = n >= 3 && (memcmp(line, "```", 3) == 0 || memcmp(line, "~~~", 3) == 0);
        n_code += fence || fenced;
        n_items += !fence && !fenced && is_list_item(line, n);
        fenced = fenced != fence;
    }
    ret_style[STYLE_LISTS] = n_lines > 0 ? (float)(0.5 * (double)n_items / (double)n_lines) : 0;
    ret_style[STYLE_CODE] = n_lines > 0 ? (float)(0.5 * (double)n_code / (double)n_lines) : 0;
}
