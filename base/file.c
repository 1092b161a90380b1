#include "base/file.h"

#include "base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STEP_BYTES = 16 * 1024 };

int file_read(const char *path, struct buf *out, struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return err_set(err, ERR_NOT_FOUND, "%s is not there", path);
    if (fd < 0)
        return err_set_errno(err, "can't open %s", path);
    for (;;) {
        char step[STEP_BYTES];
        ssize_t n = read(fd, step, sizeof(step));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            int rc = err_set_errno(err, "can't read %s", path);
            close(fd);
            return rc;
        }
        if (n == 0)
            break;
        buf_add(out, step, (size_t)n);
    }
    close(fd);
    if (out->overflow)
        return err_set(err, ERR_LIMIT, "%s is larger than %zu bytes", path, out->max);
    return 0;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

// The name is in place only once the folder is on disk too.
static int sync_folder_of(const char *path, struct err *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        snprintf(folder, sizeof(folder), ".");
    else
        snprintf(folder, sizeof(folder), "%.*s", (int)(slash == path ? 1 : slash - path), path);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_set_errno(err, "can't open %s", folder);
    int rc = fsync(fd) < 0 ? err_set_errno(err, "can't sync %s", folder) : 0;
    close(fd);
    return rc;
}

int file_write(const char *path, unsigned mode, const void *data, size_t size, struct err *err)
{
    char beside[PATH_MAX];
    int length =
        snprintf(beside, sizeof(beside), "%s.new-%016llx", path, (unsigned long long)rng_secure_u64());
    if (length < 0 || (size_t)length >= sizeof(beside))
        return err_set(err, ERR_INVALID, "the path %.100s... is too long", path);
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return err_set_errno(err, "can't make %s", beside);
    bool written = write_all(fd, data, size) == 0 && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    if (!written || rename(beside, path) < 0) {
        if (!written)
            errno = saved;
        int rc = err_set_errno(err, "can't write %s", path);
        unlink(beside);
        return rc;
    }
    return sync_folder_of(path, err);
}

int file_make_folder(const char *path, unsigned mode, struct err *err)
{
    if (mkdir(path, (mode_t)mode) < 0 && errno != EEXIST)
        return err_set_errno(err, "can't make the folder %s", path);
    return 0;
}

int file_make_parents(const char *path, struct err *err)
{
    char part[PATH_MAX];
    if (path[0] == '\0' || strlen(path) >= sizeof(part))
        return err_set(err, ERR_INVALID, "the path is empty or too long");
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
        int rc = file_make_folder(part, 0755, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}
