#include "base/user.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int user_service(const char *name, struct user *ret_user, struct err *err)
{
    *ret_user = (struct user){0};
    if (geteuid() != 0)
        return 0;
    const struct passwd *found =
        getpwnam(name); // cppcheck-suppress getpwnamCalled ; no other thread exists yet
    if (found == NULL)
        return err_set(err, ERR_NOT_FOUND,
            "started as root, and there is no user %s to become: useradd --system %s", name, name);
    *ret_user = (struct user){.name = name, .uid = found->pw_uid, .gid = found->pw_gid};
    return 0;
}

// The files of a folder that was root's until now: nobody else could have put one there.
static int give_files(const struct user *user, int folder_fd, struct err *err)
{
    int fd = dup(folder_fd), rc = 0;
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (folder == NULL)
        return err_set_errno(err, "can't read the folder");
    for (const struct dirent *entry; rc == 0 && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            fchownat(folder_fd, entry->d_name, user->uid, user->gid, AT_SYMLINK_NOFOLLOW) < 0)
            rc = err_set_errno(err, "can't give %s to %s", entry->d_name, user->name);
    }
    closedir(folder);
    return rc;
}

static int give(const struct user *user, int fd, struct err *err)
{
    struct stat about;
    if (fstat(fd, &about) < 0)
        return err_set_errno(err, "can't look at the folder");
    if (about.st_uid == user->uid)
        return 0;
    if (about.st_uid != 0)
        return err_set(err, ERR_INVALID, "it is neither root's nor %s's", user->name);
    int rc = give_files(user, fd, err);
    if (rc == 0 && fchown(fd, user->uid, user->gid) < 0)
        rc = err_set_errno(err, "can't give it to %s", user->name);
    return rc;
}

int user_give_folder(const struct user *user, const char *path, struct err *err)
{
    if (user->name == NULL)
        return 0;
    int rc = file_make_parents(path, err);
    if (rc == 0)
        rc = file_make_folder(path, 0700, err);
    if (rc < 0)
        return rc;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "%s", path);
    rc = give(user, fd, err);
    close(fd);
    return rc < 0 ? err_prefix(err, "%s", path) : 0;
}

int user_become(const struct user *user, struct err *err)
{
    int death_signal = 0;
    pid_t parent = getppid();
    if (user->name == NULL)
        return 0;
    if (prctl(PR_GET_PDEATHSIG, &death_signal) < 0 || initgroups(user->name, user->gid) < 0 ||
        setgid(user->gid) < 0 || setuid(user->uid) < 0 || prctl(PR_SET_PDEATHSIG, death_signal) < 0)
        return err_set_errno(err, "becoming user %s", user->name);
    if (setuid(0) == 0)
        return err_set(err, ERR_INTERNAL, "still root after becoming user %s", user->name);
    if (death_signal != 0 && getppid() != parent) // it died in between
        raise(death_signal);
    return 0;
}
