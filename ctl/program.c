#include "ctl/program.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void own_folder(char folder[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", folder, PATH_MAX - 1);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash != NULL)
        slash[1] = '\0';
}

void program_path(const char *name, char path[PROGRAM_PATH_BYTES])
{
    char folder[PATH_MAX];
    own_folder(folder);
    snprintf(path, PROGRAM_PATH_BYTES, "%s%s", folder, name);
}

bool program_demo_folder(char path[PROGRAM_PATH_BYTES])
{
    // build/plenum, build/asan/plenum, bin/plenum
    static const char *const places[] = {"../demo", "../../demo", "../share/plenum/demo"};
    char folder[PATH_MAX], probe[PROGRAM_PATH_BYTES + 16];
    own_folder(folder);
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        snprintf(path, PROGRAM_PATH_BYTES, "%s%s", folder, places[i]);
        snprintf(probe, sizeof(probe), "%s/study.json", path);
        if (access(probe, R_OK) == 0)
            return true;
    }
    return false;
}
