#include "coordinator/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const folders[] = {"", "/keys", "/keys/persons", "/artefacts", "/exports", "/run"};

static int make_folder(const char *path, mode_t mode, struct err *err)
{
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return err_set_errno(err, "making %s", path);
    return 0;
}

// The folders on the way to `path` (0755), as mkdir -p.
static int make_parents(const char *path, struct err *err)
{
    char part[PATH_MAX];
    if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
        return err_set(err, ERR_LIMIT, "the data folder's path is too long");
    for (char *slash = strchr(part + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int rc = make_folder(part, 0755, err);
        *slash = '/';
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int become(const struct passwd *user, struct err *err)
{
    if (initgroups(user->pw_name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
        setuid(user->pw_uid) != 0)
        return err_set_errno(err, "becoming user %s", user->pw_name);
    if (setuid(0) == 0)
        return err_set(err, ERR_INTERNAL, "still root after becoming user %s", user->pw_name);
    return 0;
}

int privileges_settle(const char *folder, const char *user_name, char **ret_absolute, struct err *err)
{
    const struct passwd *user = NULL;
    if (geteuid() == 0) {
        user = getpwnam(user_name); // cppcheck-suppress getpwnamCalled ; no other thread exists yet
        if (user == NULL)
            return err_set(err, ERR_NOT_FOUND,
                "started as root, and there is no user %s to become: useradd --system %s", user_name,
                user_name);
    }
    int rc = make_parents(folder, err);
    if (rc < 0)
        return rc;
    umask(077);
    for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
        char path[PATH_MAX];
        if (snprintf(path, sizeof(path), "%s%s", folder, folders[i]) >= (int)sizeof(path))
            return err_set(err, ERR_LIMIT, "the data folder's path is too long");
        if ((rc = make_folder(path, 0700, err)) < 0)
            return rc;
        if (user != NULL && lchown(path, user->pw_uid, user->pw_gid) != 0)
            return err_set_errno(err, "giving %s to %s", path, user_name);
    }
    char *absolute = realpath(folder, NULL);
    if (absolute == NULL)
        return err_set_errno(err, "%s", folder);
    if (user != NULL && (rc = become(user, err)) < 0) {
        free(absolute);
        return rc;
    }
    if (access(absolute, R_OK | W_OK | X_OK) != 0) {
        rc = err_set_errno(err, "%s can not be used by user %s", absolute, user != NULL ? user_name : "this");
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
