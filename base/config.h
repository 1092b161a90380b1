// Settings: one table per program drives the file (`plenum.ini`: `name = value`, `#` comments), the environment
// (PLENUM_NAME or the name stated), the flags (--name value, --name=value) and `--help`. Later wins: file, then
// environment, then flags. What is on or off by default is a switch: --name alone turns it on. Values live as long as the `struct config`; read-only after loading, so any thread may.
#ifndef BASE_CONFIG_H
#define BASE_CONFIG_H

#include "base/base.h"
#include "base/err.h"

struct config_setting {
    const char *name;        // "rate-limits": the flag, and with _ for - the key in the file
    const char *environment; // "PLENUM_RATE_LIMITS"
    const char *value;       // the default; NULL: unset
    const char *help;
};

struct config;

// `settings` ends with a NULL name and outlives the config.
struct config *config_new(const struct config_setting *settings);
void config_free(struct config *config);
// The file may be absent unless it was asked for by name (`required`). Unknown keys are errors with their line.
int config_load_file(struct config *config, const char *path, bool required, struct err *err) MUST_CHECK;
int config_load_environment(struct config *config, struct err *err) MUST_CHECK;
// Takes flags off argv; what is left (from argv[1]) are words. `--` ends flags. Returns the number of words.
int config_load_flags(struct config *config, int argc, char **argv, struct err *err) MUST_CHECK;
void config_set(struct config *config, const char *name, const char *value);

const char *config_text(
    const struct config *config, const char *name); // NULL when unset; unknown name: a bug
int config_number(const struct config *config, const char *name, int64_t min, int64_t max, int64_t *ret_value,
    struct err *err) MUST_CHECK;
bool config_switch(const struct config *config, const char *name); // true unless off, 0, no, false or unset
// Prints the table for --help on stdout.
void config_print_help(const struct config *config);

#endif
