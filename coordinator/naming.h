// Does a response tell which model wrote it? People are to judge without knowing; such a response is flagged, not dropped.
#ifndef COORDINATOR_NAMING_H
#define COORDINATOR_NAMING_H

#include <stdbool.h>

// `model`: its name in the data ("meta-llama/Llama-3-8B"; NULL: not known). True when `content` (UTF-8, NUL at its end) has, as a word of its own and in
// whatever case, the name without the part before the last slash, or the family (claude, llama ...) that the name has in it.
bool naming_tells(const char *content, const char *model);

#endif
