#include "coordinator/identity/panel.h"

#include "base/hash.h"
#include "base/rng.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NAME_MAX_CHARACTERS = 100,
    PARAMETER_MAX = 64,
    ID_MAX = 128,
    CODE_MAX = 64,
    URL_MAX = 500,
    TASKS_MAX = 100000,
    MINUTES_MAX = 43200, // thirty days
    EXPIRES_DIGITS_MAX = 12
};

#define LETTERS_AND_DIGITS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
static const char *const kinds[] = {"id", "study", "session"};
static const char *const states[] = {"completed", "screened_out", "no_consent", "returned"};

// --- what a study says --------------------------------------------------------------------------------------------------------
// The first a letter or digit, so that no sheet takes it for a formula; the rest of `more` too.
static bool is_plain(const char *text, size_t max, const char *more)
{
    char allowed[128];
    snprintf(allowed, sizeof(allowed), "%s%s", LETTERS_AND_DIGITS, more);
    size_t length = strlen(text);
    return length >= 1 && length <= max && strchr(LETTERS_AND_DIGITS, text[0]) != NULL &&
           strspn(text, allowed) == length;
}

bool panel_id_valid(const char *text)
{
    return is_plain(text, ID_MAX, "._:@+=~-");
}

static bool is_parameter(const char *name)
{
    return is_plain(name, PARAMETER_MAX, "_-") && strcmp(name, "code") != 0 && strcmp(name, "expires") != 0 &&
           strcmp(name, "signature") != 0;
}

static json_t *read_parameters(struct fields *fields, const json_t *body)
{
    const json_t *given = fields_object(fields, body, "", "parameters", FIELD_OPTIONAL);
    json_t *own = json_object(), *seen = json_object();
    if (given == NULL) {
        json_decref(seen);
        json_object_update_new(own,
            json_pack("{s:s, s:s, s:s}", "id", "PROLIFIC_PID", "study", "STUDY_ID", "session", "SESSION_ID"));
        return own;
    }
    fields_only(fields, given, "/parameters", FIELDS("id", "study", "session"));
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const char *name = fields_text(fields, given, "/parameters", kinds[i],
            i == 0 ? FIELD_REQUIRED : FIELD_OPTIONAL, 1, PARAMETER_MAX);
        if (name == NULL)
            continue;
        if (!is_parameter(name))
            fields_fail_at(fields, "/parameters", kinds[i],
                "The name of a parameter is letters, digits, _ and -, and none of code, expires, signature.");
        else if (json_object_get(seen, name) != NULL)
            fields_fail_at(fields, "/parameters", kinds[i], "Each parameter has a name of its own.");
        json_object_set_new(seen, name, json_true());
        json_object_set_new(own, kinds[i], json_string(name));
    }
    json_decref(seen);
    return own;
}

static json_t *read_codes(struct fields *fields, const json_t *body)
{
    json_t *own = json_object();
    const json_t *given = fields_object(fields, body, "", "codes", FIELD_REQUIRED);
    fields_only(fields, given, "/codes", FIELDS("completed", "screened_out", "no_consent", "returned"));
    for (size_t i = 0; given != NULL && i < ARRAY_SIZE(states); i++) {
        const char *code = fields_text(
            fields, given, "/codes", states[i], i == 0 ? FIELD_REQUIRED : FIELD_OPTIONAL, 1, CODE_MAX);
        if (code != NULL && !is_plain(code, CODE_MAX, "_-"))
            fields_fail_at(fields, "/codes", states[i], "A code is letters, digits, _ and -.");
        else if (code != NULL)
            json_object_set_new(own, states[i], json_string(code));
    }
    return own;
}

static json_t *read_url(struct fields *fields, const json_t *body)
{
    const char *url = fields_text(fields, body, "", "completion_url", FIELD_OPTIONAL, 1, URL_MAX);
    if (url == NULL)
        return json_null();
    bool is_web = strncmp(url, "https://", 8) == 0 || strncmp(url, "http://", 7) == 0;
    for (const char *at = url; *at != '\0'; at++)
        is_web = is_web && *at > ' ' && *at < 0x7f;
    if (!is_web || strstr(url, "{code}") == NULL)
        fields_fail(fields, "/completion_url",
            "completion_url must be an address of the web, with {code} where the code goes.");
    return json_string(url);
}

static json_t *read_limit(struct fields *fields, const json_t *body, const char *name, int64_t max)
{
    int64_t n = fields_integer(fields, body, "", name, FIELD_OPTIONAL, 1, max, 0);
    return n > 0 ? json_integer(n) : json_null();
}

static json_t *read_fate(struct fields *fields, const json_t *body, const char *name, int otherwise)
{
    static const char *const fates[] = {"keep", "drop", NULL};
    int fate = fields_choice(fields, body, "", name, FIELD_OPTIONAL, fates);
    return json_string(fates[fate >= 0 ? fate : otherwise]);
}

json_t *panel_read(struct fields *fields, const json_t *body)
{
    json_t *own = json_object();
    fields_only(fields, body, "",
        FIELDS("name", "parameters", "completion_url", "codes", "tasks", "minutes", "on_return",
            "on_time_out", "signed"));
    const char *name = fields_text(fields, body, "", "name", FIELD_REQUIRED, 1, NAME_MAX_CHARACTERS);
    json_object_set_new(own, "name", json_string(name != NULL ? name : ""));
    json_object_set_new(own, "parameters", read_parameters(fields, body));
    json_object_set_new(own, "completion_url", read_url(fields, body));
    json_object_set_new(own, "codes", read_codes(fields, body));
    json_object_set_new(own, "tasks", read_limit(fields, body, "tasks", TASKS_MAX));
    json_object_set_new(own, "minutes", read_limit(fields, body, "minutes", MINUTES_MAX));
    // Who gives a submission back takes part no more; whose time ran out has worked.
    json_object_set_new(own, "on_return", read_fate(fields, body, "on_return", 1));
    json_object_set_new(own, "on_time_out", read_fate(fields, body, "on_time_out", 0));
    json_object_set_new(own, "signed", json_boolean(fields_bool(fields, body, "", "signed", false)));
    return own;
}

json_t *panel_url(const json_t *settings, const char *code)
{
    const char *url = json_string_value(json_object_get(settings, "completion_url"));
    const char *place = url != NULL ? strstr(url, "{code}") : NULL;
    if (place == NULL)
        return json_null();
    return json_sprintf("%.*s%s%s", (int)(place - url), url, code, place + strlen("{code}"));
}

json_t *panel_way_back(const json_t *settings, const char *state)
{
    const char *code = json_string_value(json_object_get(json_object_get(settings, "codes"), state));
    if (code == NULL)
        return json_null();
    return json_pack("{s:s, s:o}", "code", code, "url", panel_url(settings, code));
}

void panel_secret_new(char text[PANEL_SECRET_BYTES])
{
    unsigned char bytes[HASH_BYTES];
    rng_secure(bytes, sizeof(bytes));
    memcpy(text, "pnl_", 4);
    hex_encode(bytes, sizeof(bytes), text + 4);
    explicit_bzero(bytes, sizeof(bytes));
}

// --- what people bring --------------------------------------------------------------------------------------------------------
static const char *value_of(const json_t *settings, const json_t *given, const char *kind)
{
    const char *name = json_string_value(json_object_get(json_object_get(settings, "parameters"), kind));
    return name != NULL ? json_string_value(json_object_get(given, name)) : NULL;
}

const char *panel_external_id(const json_t *settings, const json_t *given)
{
    return value_of(settings, given, "id");
}

json_t *panel_external(const json_t *settings, const json_t *given)
{
    json_t *own = json_object();
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const char *value = value_of(settings, given, kinds[i]);
        if (value != NULL)
            json_object_set_new(own, kinds[i], json_string(value));
    }
    return own;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

char *panel_canonical(const json_t *given)
{
    const char *names[8] = {NULL}, *name;
    json_t *value;
    size_t n = 0, size = 1;
    json_object_foreach((json_t *)given, name, value)
    {
        if (strcmp(name, "signature") == 0 || n == ARRAY_SIZE(names))
            continue;
        size += strlen(name) + json_string_length(value) + 2;
        names[n++] = name;
    }
    qsort(names, n, sizeof(names[0]), by_name);
    char *text = calloc(1, size), *at = text;
    if (text == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        at += snprintf(at, size - (size_t)(at - text), "%s%s=%s", i == 0 ? "" : "&", names[i],
            json_string_value(json_object_get(given, names[i])));
    return text;
}

static bool is_signed(const json_t *given, const char *signature, const char *const *secrets)
{
    unsigned char claimed[HASH_BYTES], own[HASH_BYTES];
    if (signature == NULL || hex_decode(signature, claimed, sizeof(claimed)) < 0)
        return false;
    char *text = panel_canonical(given);
    bool found = false;
    for (; *secrets != NULL; secrets++) {
        hash_hmac_sha256(*secrets, strlen(*secrets), text, strlen(text), own);
        found = bytes_equal(own, claimed, sizeof(own)) || found;
    }
    free(text);
    return found;
}

// Every parameter is one that the study names, and of the form that is taken.
static void check_values(struct fields *fields, const json_t *settings, const json_t *given, const char *at)
{
    const json_t *parameters = json_object_get(settings, "parameters");
    const char *names[ARRAY_SIZE(kinds) + 3] = {"expires", "signature"};
    size_t n = 2;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        const char *name = json_string_value(json_object_get(parameters, kinds[i]));
        if (name == NULL)
            continue;
        names[n++] = name;
        const char *value =
            fields_text(fields, given, at, name, i == 0 ? FIELD_REQUIRED : FIELD_OPTIONAL, 1, ID_MAX);
        if (value != NULL && !panel_id_valid(value))
            fields_fail_at(fields, at, name,
                "%s must be letters, digits and . _ : @ + = ~ -, and begin with a letter or digit.", name);
    }
    names[n] = NULL;
    fields_only(fields, given, at, names);
    const char *expires = fields_text(fields, given, at, "expires", FIELD_OPTIONAL, 1, EXPIRES_DIGITS_MAX);
    if (expires != NULL && strspn(expires, "0123456789") != strlen(expires))
        fields_fail_at(fields, at, "expires", "expires must be seconds since 1970, as digits.");
    fields_text(fields, given, at, "signature", FIELD_OPTIONAL, 1, 2 * HASH_BYTES);
}

enum panel_entry panel_enter(struct fields *fields, const json_t *settings, const json_t *given,
    const char *at, const char *const *secrets, int64_t now_s)
{
    check_values(fields, settings, given, at);
    if (!fields_ok(fields))
        return PANEL_WRONG;
    if (!json_is_true(json_object_get(settings, "signed")))
        return PANEL_WELCOME;
    if (!is_signed(given, json_string_value(json_object_get(given, "signature")), secrets))
        return PANEL_UNSIGNED;
    const char *expires = json_string_value(json_object_get(given, "expires"));
    return expires != NULL && strtoll(expires, NULL, 10) <= now_s ? PANEL_LATE : PANEL_WELCOME;
}
