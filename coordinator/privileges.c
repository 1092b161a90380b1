#include "coordinator/privileges.h"

#include "base/file.h"
#include "base/user.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"", "/keys", "/keys/persons", "/artefacts", "/exports", "/run"};

int privileges_settle(const char *folder, const char *user_name, char **ret_absolute, struct err *err)
{
    struct user user;
    int rc = user_service(user_name, &user, err);
    if (rc == 0)
        rc = file_make_parents(folder, err);
    if (rc < 0)
        return rc;
    umask(077);
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof(path), "%s%s", folder, folders[i]) >= (int)sizeof(path))
            return err_set(err, ERR_LIMIT, "the data folder's path is too long");
        if ((rc = file_make_folder(path, 0700, err)) < 0)
            return rc;
        if (user.name != NULL && lchown(path, user.uid, user.gid) != 0)
            return err_set_errno(err, "giving %s to %s", path, user_name);
    }
    char *absolute = realpath(folder, NULL);
    if (absolute == NULL)
        return err_set_errno(err, "%s", folder);
    if ((rc = user_become(&user, err)) < 0) {
        free(absolute);
        return rc;
    }
    if (access(absolute, R_OK | W_OK | X_OK) != 0) {
        rc = err_set_errno(
            err, "%s can not be used by user %s", absolute, user.name != NULL ? user_name : "this");
        free(absolute);
        return rc;
    }
    *ret_absolute = absolute;
    return 0;
}

int privileges_lock(const char *folder, struct err *err)
{
    char path[PATH_MAX], text[32];
    snprintf(path, sizeof(path), "%s/run/coordinator.pid", folder);
    static int fd = -1; // stays open: the lock lasts as long as the process
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return err_set(err, ERR_CONFLICT, "another coordinator runs on %s", folder);
    }
    int length = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) != 0 || write(fd, text, (size_t)length) != length)
        return err_set_errno(err, "%s", path);
    return 0;
}
