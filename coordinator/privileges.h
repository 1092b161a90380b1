// The data folder, and who owns it. Started as root, the coordinator becomes the service user for good: PostgreSQL
// refuses to run as root, and nothing here needs it. Main thread, before any other thread exists.
#ifndef COORDINATOR_PRIVILEGES_H
#define COORDINATOR_PRIVILEGES_H

#include "base/err.h"

// Makes `folder` (0700) and keys, artefacts, exports, run under it; as root gives it all to `user` and becomes that
// user. `ret_absolute` is malloc'ed.
int privileges_settle(const char *folder, const char *user, char **ret_absolute, struct err *err) MUST_CHECK;
// One coordinator a data folder: holds a lock on run/coordinator.pid until the process ends.
int privileges_lock(const char *folder, struct err *err) MUST_CHECK;

#endif
