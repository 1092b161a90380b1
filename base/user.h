// The service user that a daemon becomes when it is started as root: nothing here needs root, and PostgreSQL refuses
// it. Not root: all of this does nothing, and the process stays who it is. Main thread, before any other is started.
#ifndef BASE_USER_H
#define BASE_USER_H

#include "base/base.h"
#include "base/err.h"

#include <sys/types.h>

struct user {
    const char *name; // NULL: nobody to become
    uid_t uid;
    gid_t gid;
};

// ERR_NOT_FOUND when the process is root's and there is no user of that name. `name` outlives the struct.
int user_service(const char *name, struct user *ret_user, struct err *err) MUST_CHECK;
// Makes the folder (0700, with what is missing above it), and gives it to the user, with the files in it when it was
// root's. What others own is refused, and no link is followed.
int user_give_folder(const struct user *user, const char *path, struct err *err) MUST_CHECK;
// For good. The signal that the parent's death sends, which a change of user clears, is kept.
int user_become(const struct user *user, struct err *err) MUST_CHECK;

#endif
