// Where the sibling programs and data of this installation are.
#ifndef CTL_PROGRAM_H
#define CTL_PROGRAM_H

#include "base/base.h"

enum { PROGRAM_PATH_BYTES = 4096 + 64 };

// The program of that name in the folder of this one.
void program_path(const char *name, char path[PROGRAM_PATH_BYTES]);
// The demonstration study's folder: a checkout's demo/ or share/plenum/demo; false when there is none.
bool program_demo_folder(char path[PROGRAM_PATH_BYTES]);

#endif
