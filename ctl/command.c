#include "ctl/command.h"

#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct config *command_parse(
    int argc, char **argv, const char *usage, const struct config_setting *settings, int *ret_n_words)
{
    struct config *config = config_new(settings);
    struct err err = {0};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            break;
        if (strcmp(argv[i], "--help") == 0) {
            printf("usage: plenum %s\n\n", usage);
            config_print_help(config);
            exit(0);
        }
    }
    int n_words = -1;
    if (config_load_environment(config, &err) == 0)
        n_words = config_load_flags(config, argc, argv, &err);
    if (n_words < 0) {
        fprintf(stderr, "plenum %s: %s\nusage: plenum %s\n", argv[0], err.message, usage);
        exit(2);
    }
    *ret_n_words = n_words;
    return config;
}

void command_print(json_t *answer)
{
    if (answer == NULL)
        return;
    char *text = json_text(answer, JSON_INDENT(2));
    printf("%s\n", text);
    free(text);
    json_decref(answer);
}

int command_fail(const char *name, const struct err *err)
{
    fprintf(stderr, "plenum %s: %s\n", name, err->message);
    return 1;
}
