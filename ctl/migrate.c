#include "ctl/command.h"
#include "ctl/program.h"

#include <stdio.h>
#include <unistd.h>

// The database belongs to the coordinator's program, which holds the migrations: hand over to it.
int command_migrate(int argc, char **argv)
{
    char path[PROGRAM_PATH_BYTES];
    (void)argc;
    program_path("plenum-coordinator", path);
    // plenum migrate --flags -> plenum-coordinator migrate --flags; argv[0] is "migrate" and becomes the program's name.
    char *own[64] = {path, argv[0]};
    size_t n = 2;
    for (char **arg = argv + 1; *arg != NULL && n + 1 < ARRAY_SIZE(own); arg++)
        own[n++] = *arg;
    execv(path, own);
    perror(path);
    return 1;
}
