// One file per command, one line per command in the table of ctl/main.c. `run` gets argv with its own name first and
// returns the exit status: 0, 1 when the work failed, 2 for wrong usage (said on stderr).
#ifndef CTL_COMMAND_H
#define CTL_COMMAND_H

#include "base/base.h"

struct command {
    const char *name, *help;
    int (*run)(int argc, char **argv);
};

int command_fit(int argc, char **argv);
int command_rank(int argc, char **argv);

#endif
