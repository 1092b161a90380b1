#include "coordinator/naming.h"

#include "base/base.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

// What models call themselves. Families that are words of every day (command, phi, yi) are told by the whole name only.
static const char *const families[] = {"chatgpt", "gpt", "claude", "gemini", "bard", "palm", "gemma", "llama",
    "mistral", "mixtral", "qwen", "deepseek", "grok", "vicuna", "alpaca", "openassistant"};

static bool is_letter(char c)
{
    return isalpha((unsigned char)c) ||
           (unsigned char)c >= 0x80; // a letter of another script, as far as words go
}

// As a word: no letter before it, none behind it; behind a whole name no digit either, which would be another name.
static bool has_word(const char *text, const char *word, bool is_name)
{
    size_t size = strlen(word);
    for (const char *at = text; (at = strcasestr(at, word)) != NULL; at++) {
        char next = at[size];
        if ((at == text || !is_letter(at[-1])) && !is_letter(next) &&
            !(is_name && isdigit((unsigned char)next)))
            return true;
    }
    return false;
}

bool naming_tells(const char *content, const char *model)
{
    enum { NAME_MIN = 3 };
    if (content == NULL || model == NULL)
        return false;
    const char *slash = strrchr(model, '/'), *name = slash != NULL ? slash + 1 : model;
    if (strlen(name) >= NAME_MIN && has_word(content, name, true))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
        if (strcasestr(name, families[i]) != NULL && has_word(content, families[i], false))
            return true;
    }
    return strcasestr(name, "gpt") != NULL && has_word(content, "chatgpt", false);
}
