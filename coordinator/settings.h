// The coordinator's settings: one table for file, environment, flags and --help (base/config.h).
#ifndef COORDINATOR_SETTINGS_H
#define COORDINATOR_SETTINGS_H

#include "base/config.h"

extern const struct config_setting coordinator_settings[];

#endif
