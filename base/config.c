#include "base/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct config {
    const struct config_setting *settings;
    size_t n_settings;
    char **values; // owned; NULL: the default holds
};

struct config *config_new(const struct config_setting *settings)
{
    struct config *config = calloc(1, sizeof(*config));
    if (config == NULL)
        abort();
    config->settings = settings;
    while (settings[config->n_settings].name != NULL)
        config->n_settings++;
    config->values = calloc(config->n_settings + 1, sizeof(char *));
    if (config->values == NULL)
        abort();
    return config;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (size_t i = 0; i < config->n_settings; i++)
        free(config->values[i]);
    free(config->values);
    free(config);
}

// Index of the setting of that name ('-' and '_' alike), or n_settings.
static size_t find(const struct config *config, const char *name, size_t length)
{
    for (size_t i = 0; i < config->n_settings; i++) {
        const char *own = config->settings[i].name;
        if (strlen(own) != length)
            continue;
        size_t at = 0;
        while (at < length && (own[at] == name[at] || (own[at] == '-' && name[at] == '_')))
            at++;
        if (at == length)
            return i;
    }
    return config->n_settings;
}

static void set_at(struct config *config, size_t index, const char *value)
{
    char *copy = strdup(value);
    if (copy == NULL)
        abort();
    free(config->values[index]);
    config->values[index] = copy;
}

void config_set(struct config *config, const char *name, const char *value)
{
    size_t index = find(config, name, strlen(name));
    assert(index < config->n_settings);
    set_at(config, index, value);
}

static char *trim(char *text)
{
    while (isspace((unsigned char)*text))
        text++;
    size_t length = strlen(text);
    while (length > 0 && isspace((unsigned char)text[length - 1]))
        text[--length] = '\0';
    return text;
}

static int load_line(struct config *config, char *line, const char *path, int number, struct err *err)
{
    char *text = trim(line);
    if (*text == '\0' || *text == '#' || *text == ';' || *text == '[')
        return 0;
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return err_set(err, ERR_INVALID, "%s:%d: expected name = value", path, number);
    *equals = '\0';
    const char *name = trim(text);
    size_t index = find(config, name, strlen(name));
    if (index == config->n_settings)
        return err_set(err, ERR_INVALID, "%s:%d: unknown setting %s", path, number, name);
    set_at(config, index, trim(equals + 1));
    return 0;
}

int config_load_file(struct config *config, const char *path, bool required, struct err *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return required || errno != ENOENT ? err_set_errno(err, "%s", path) : 0;
    char line[4096];
    int rc = 0;
    for (int number = 1; rc == 0 && fgets(line, sizeof(line), file) != NULL; number++) {
        if (strlen(line) == sizeof(line) - 1)
            rc = err_set(err, ERR_LIMIT, "%s:%d: line too long", path, number);
        else
            rc = load_line(config, line, path, number, err);
    }
    fclose(file);
    return rc;
}

int config_load_environment(struct config *config, struct err *err)
{
    (void)err;
    for (size_t i = 0; i < config->n_settings; i++) {
        const char *value =
            config->settings[i].environment != NULL ? getenv(config->settings[i].environment) : NULL;
        if (value != NULL && *value != '\0')
            set_at(config, i, value);
    }
    return 0;
}

static bool is_on_or_off(const char *text)
{
    return text != NULL && (strcmp(text, "on") == 0 || strcmp(text, "off") == 0);
}

int config_load_flags(struct config *config, int argc, char **argv, struct err *err)
{
    int n_words = 0;
    bool flags = true;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (flags && strcmp(arg, "--") == 0) {
            flags = false;
            continue;
        }
        if (!flags || strncmp(arg, "--", 2) != 0) {
            argv[++n_words] = argv[i];
            continue;
        }
        const char *equals = strchr(arg, '=');
        size_t length = equals != NULL ? (size_t)(equals - arg) - 2 : strlen(arg) - 2;
        size_t index = find(config, arg + 2, length);
        if (index == config->n_settings)
            return err_set(err, ERR_INVALID, "unknown flag %s", arg);
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (equals != NULL) {
            set_at(config, index, equals + 1);
        } else if (is_on_or_off(config->settings[index].value) && !is_on_or_off(next)) {
            set_at(config, index, "on"); // alone, a switch turns on
        } else if (next == NULL) {
            return err_set(err, ERR_INVALID, "flag %s needs a value", arg);
        } else {
            set_at(config, index, argv[++i]);
        }
    }
    return n_words;
}

const char *config_text(const struct config *config, const char *name)
{
    size_t index = find(config, name, strlen(name));
    assert(index < config->n_settings);
    return config->values[index] != NULL ? config->values[index] : config->settings[index].value;
}

int config_number(const struct config *config, const char *name, int64_t min, int64_t max, int64_t *ret_value,
    struct err *err)
{
    const char *text = config_text(config, name);
    char *end = NULL;
    errno = 0;
    long long value = text != NULL ? strtoll(text, &end, 10) : 0;
    if (text == NULL || end == text || *end != '\0' || errno != 0 || value < min || value > max)
        return err_set(err, ERR_INVALID, "%s is %s, but must be a whole number from %lld to %lld", name,
            text != NULL ? text : "not set", (long long)min, (long long)max);
    *ret_value = value;
    return 0;
}

bool config_switch(const struct config *config, const char *name)
{
    const char *text = config_text(config, name);
    return text != NULL && strcmp(text, "off") != 0 && strcmp(text, "0") != 0 && strcmp(text, "no") != 0 &&
           strcmp(text, "false") != 0;
}

void config_print_help(const struct config *config)
{
    for (size_t i = 0; i < config->n_settings; i++) {
        const struct config_setting *setting = &config->settings[i];
        printf("  --%-18s %s", setting->name, setting->help);
        if (setting->value != NULL)
            printf(" (default %s)", setting->value);
        if (setting->environment != NULL)
            printf(" [%s]", setting->environment);
        printf("\n");
    }
}
