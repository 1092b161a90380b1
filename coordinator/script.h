// Where words begin and end, in any script. Pure.
#ifndef COORDINATOR_SCRIPT_H
#define COORDINATOR_SCRIPT_H

#include "base/base.h"

// Between words; in one; or a word by itself: a sign, or a character of a script that writes no spaces.
enum script { SCRIPT_SPACE, SCRIPT_WORD, SCRIPT_ALONE };

enum script script_of(int32_t code_point);

#endif
