// The `plenum` command: one file a subcommand, each with one entry in the table of main.c. A command prints results on
// stdout (JSON where a script would read it) and complaints on stderr, and returns the exit status: 0 done, 1 failed,
// 2 wrong usage.
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "base/config.h"
#include "base/err.h"

#include <jansson.h>

struct command {
    const char *name, *help;
    int (*run)(int argc, char **argv); // argv[0] is the command's own name
};

int command_constitution(int argc, char **argv);
int command_demo(int argc, char **argv);
int command_embeddings(int argc, char **argv);
int command_erase(int argc, char **argv);
int command_export(int argc, char **argv);
int command_fit(int argc, char **argv);
int command_import(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_model(int argc, char **argv);
int command_opinion(int argc, char **argv);
int command_project(int argc, char **argv);
int command_rank(int argc, char **argv);
int command_run(int argc, char **argv);
int command_score(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_token(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_worker(int argc, char **argv);

// Parses the flags of one command: `settings` as for base/config.h. Handles --help (prints `usage` and the table, exits
// 0) and wrong flags (exits 2). On return argv[1] .. argv[*ret_n_words] are the words.
struct config *command_parse(
    int argc, char **argv, const char *usage, const struct config_setting *settings, int *ret_n_words);
// Prints an answer on stdout, indented; takes the reference, NULL prints nothing.
void command_print(json_t *answer);
// Prints "plenum NAME: message" and returns 1.
int command_fail(const char *name, const struct err *err) MUST_CHECK;

#endif
