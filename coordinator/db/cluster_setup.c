#include "coordinator/db/cluster_setup.h"

#include "base/hash.h"
#include "base/log.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const char debian_programs[] = "/usr/lib/postgresql/15/bin";

// --- programs ------------------------------------------------------------------------------------------------------
void cluster_clean_child(const char *log)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL); // SIGKILL and the library's own refuse, as they should
    int in = open("/dev/null", O_RDWR);
    int out = log != NULL ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
    if (in >= 0)
        dup2(in, STDIN_FILENO);
    if (log != NULL)
        dup2(out >= 0 ? out : in, STDOUT_FILENO);
    dup2(out >= 0 ? out : in, STDERR_FILENO);
    close_range(STDERR_FILENO + 1, ~0U, 0);
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
    }
    return status;
}

static size_t read_all(int fd, char *out, size_t size)
{
    size_t length = 0;
    while (length + 1 < size) {
        ssize_t got = read(fd, out + length, size - 1 - length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        length += (size_t)got;
    }
    out[length] = '\0';
    return length;
}

int cluster_run_program(
    const char *const *argv, const char *log, char *ret_output, size_t output_size, struct err *err)
{
    int ends[2] = {-1, -1};
    if (ret_output != NULL && pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, "pipe");
    pid_t pid = fork();
    if (pid == 0) {
        if (ret_output != NULL)
            dup2(ends[1], STDOUT_FILENO);
        cluster_clean_child(ret_output != NULL ? NULL : log);
        execvp(argv[0], (char *const *)(uintptr_t)argv);
        _exit(127);
    }
    if (pid < 0) {
        int rc = err_set_errno(err, "fork");
        if (ret_output != NULL)
            close(ends[0]), close(ends[1]);
        return rc;
    }
    if (ret_output != NULL) {
        close(ends[1]);
        read_all(ends[0], ret_output, output_size);
        close(ends[0]);
    }
    int status = wait_for(pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    return err_set(
        err, ERR_IO, "%s failed%s%s", argv[0], log != NULL ? "; see " : "", log != NULL ? log : "");
}

int cluster_find_programs(char folder[PATH_MAX], int *ret_major, struct err *err)
{
    char program[PATH_MAX], output[PATH_MAX];
    snprintf(folder, PATH_MAX, "%s", debian_programs);
    snprintf(program, sizeof(program), "%s/initdb", folder);
    if (access(program, X_OK) != 0) {
        const char *const ask[] = {"pg_config", "--bindir", NULL};
        if (cluster_run_program(ask, NULL, output, sizeof(output), NULL) != 0)
            return err_set(err, ERR_NOT_FOUND,
                "PostgreSQL's programs are not in %s, and there is no pg_config", debian_programs);
        output[strcspn(output, "\n")] = '\0';
        snprintf(folder, PATH_MAX, "%s", output);
    }
    if (strlen(folder) > PATH_MAX - 32)
        return err_set(err, ERR_LIMIT, "the path of PostgreSQL's programs is too long");
    memcpy(program, folder, strlen(folder));
    memcpy(program + strlen(folder), "/postgres", sizeof("/postgres"));
    const char *const ask[] = {program, "--version", NULL};
    if (cluster_run_program(ask, NULL, output, sizeof(output), err) != 0)
        return err->code;
    const char *number = strpbrk(output, "0123456789"); // "postgres (PostgreSQL) 15.18 (Debian ...)"
    *ret_major = number != NULL ? (int)strtol(number, NULL, 10) : 0;
    if (*ret_major < 15)
        return err_set(err, ERR_INVALID, "PostgreSQL 15 or later is needed; %s is: %s", program, output);
    return 0;
}

// --- folders -------------------------------------------------------------------------------------------------------
static int own_private_folder(const char *folder, struct err *err)
{
    struct stat stat;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return err_set_errno(err, "making %s", folder);
    if (lstat(folder, &stat) != 0)
        return err_set_errno(err, "%s", folder);
    // The socket trusts whoever reaches it: the folder is the lock on the door.
    if (!S_ISDIR(stat.st_mode) || stat.st_uid != geteuid())
        return err_set(err, ERR_INVALID, "%s is not a folder of this user", folder);
    if ((stat.st_mode & 077) != 0 && chmod(folder, 0700) != 0)
        return err_set_errno(err, "making %s private", folder);
    return 0;
}

int cluster_socket_folder(const char *data_folder, char folder[PATH_MAX], struct err *err)
{
    static const char file[] = "/.s.PGSQL.5432.lock";
    struct sockaddr_un address;
    if ((size_t)snprintf(folder, PATH_MAX, "%s/run", data_folder) >= PATH_MAX)
        return err_set(err, ERR_LIMIT, "the data folder's path is too long");
    // A comma would part the path in two: libpq takes a list of hosts.
    if (strlen(folder) + sizeof(file) > sizeof(address.sun_path) || strchr(folder, ',') != NULL) {
        unsigned char hash[HASH_BYTES];
        char hex[HASH_HEX_BYTES];
        hash_sha256(data_folder, strlen(data_folder), hash);
        hex_encode(hash, sizeof(hash), hex);
        snprintf(folder, PATH_MAX, "/tmp/plenum-%ld-%.16s", (long)geteuid(), hex);
    }
    return own_private_folder(folder, err);
}

static int remove_entry(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static bool is_absent_or_empty(const char *folder)
{
    DIR *entries = opendir(folder);
    if (entries == NULL)
        return errno == ENOENT;
    bool empty = true;
    for (const struct dirent *entry; empty && (entry = readdir(entries)) != NULL;)
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(entries);
    return empty;
}

static int check_version(const char *folder, int major, struct err *err)
{
    char path[PATH_MAX + 16], text[16];
    snprintf(path, sizeof(path), "%s/PG_VERSION", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_set(
            err, ERR_CONFLICT, "%s holds files but no PostgreSQL cluster; it is left as it is", folder);
    read_all(fd, text, sizeof(text));
    close(fd);
    text[strcspn(text, "\n")] = '\0';
    if (strtol(text, NULL, 10) != major)
        return err_set(err, ERR_CONFLICT,
            "%s was made by PostgreSQL %s and this machine has %d: install that version, or move the data with "
            "pg_upgrade; it is left as it is",
            folder, text, major);
    return 0;
}

int cluster_make(const char *folder, const char *programs, int major, const char *log, struct err *err)
{
    if (!is_absent_or_empty(folder))
        return check_version(folder, major, err);
    // Made beside its place and moved when whole: an initdb that was cut off leaves nothing that looks like a cluster.
    char fresh[PATH_MAX], program[PATH_MAX + 16];
    if ((size_t)snprintf(fresh, sizeof(fresh), "%s.new", folder) >= sizeof(fresh))
        return err_set(err, ERR_LIMIT, "the data folder's path is too long");
    snprintf(program, sizeof(program), "%s/initdb", programs);
    if (nftw(fresh, remove_entry, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT)
        return err_set_errno(err, "removing the rest of an earlier initdb in %s", fresh);
    const char *const argv[] = {program, "--pgdata", fresh, "--username=postgres", "--auth=trust",
        "--encoding=UTF8", "--locale=C", "--data-checksums", "--no-instructions", NULL};
    int rc = cluster_run_program(argv, log, NULL, 0, err);
    if (rc != 0)
        return rc;
    if (rename(fresh, folder) != 0)
        return err_set_errno(err, "moving %s to %s", fresh, folder);
    return 0;
}

// --- the lock file -------------------------------------------------------------------------------------------------
static pid_t pid_in(const char *path)
{
    char text[32];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    read_all(fd, text, sizeof(text));
    close(fd);
    long pid = strtol(text, NULL, 10);
    return pid > 0 && pid <= INT_MAX ? (pid_t)pid : 0;
}

pid_t cluster_lock_pid(const char *folder)
{
    char path[PATH_MAX + 32];
    snprintf(path, sizeof(path), "%s/postmaster.pid", folder);
    return pid_in(path);
}

// A zombie is not: where nobody reaps orphans it keeps its id for ever.
static bool is_living_postgres(pid_t pid)
{
    char path[64], text[64] = "";
    snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    read_all(fd, text, sizeof(text)); // "123 (postgres) S ..."
    close(fd);
    const char *name = strchr(text, '('), *state = strstr(text, ") ");
    if (name == NULL || state == NULL)
        return true; // when in doubt it is one
    bool is_server = strncmp(name, "(postgres", 9) == 0 || strncmp(name, "(postmaster", 11) == 0;
    return is_server && state[2] != 'Z' && state[2] != 'X';
}

// Backends outlive their postmaster for a moment; each has the cluster's folder as its own.
static bool has_process_inside(const char *folder)
{
    char real[PATH_MAX], path[64 + NAME_MAX], target[PATH_MAX];
    DIR *processes = opendir("/proc");
    if (processes == NULL || realpath(folder, real) == NULL) {
        if (processes != NULL)
            closedir(processes);
        return true;
    }
    bool found = false;
    for (const struct dirent *entry; !found && (entry = readdir(processes)) != NULL;) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof(path), "/proc/%s/cwd", entry->d_name);
        ssize_t length = readlink(path, target, sizeof(target) - 1);
        if (length > 0) {
            target[length] = '\0';
            found = strcmp(target, real) == 0;
        }
    }
    closedir(processes);
    return found;
}

void cluster_drop_stale_locks(const char *folder, const char *sockets)
{
    char paths[2][PATH_MAX + 32];
    snprintf(paths[0], sizeof(paths[0]), "%s/postmaster.pid", folder);
    snprintf(paths[1], sizeof(paths[1]), "%s/.s.PGSQL.%d.lock", sockets, CLUSTER_PORT);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        pid_t pid = pid_in(paths[i]);
        bool is_gone = pid == 0 || (kill(pid, 0) != 0 && errno == ESRCH); // PostgreSQL sees that by itself
        if (is_gone || is_living_postgres(pid) || has_process_inside(folder))
            continue;
        log_event(LOG_WARNING, "postgres_stale_lock_removed", LOG_NUMBER("pid", pid));
        unlink(paths[i]);
    }
}

// --- the server of an earlier coordinator ----------------------------------------------------------------------------
void cluster_socket_setting(const char *sockets, char setting[CLUSTER_SETTING_BYTES])
{
    // The setting is a list: in double quotes a path may hold commas and blanks.
    size_t at = (size_t)snprintf(setting, CLUSTER_SETTING_BYTES, "unix_socket_directories=\"");
    for (const char *c = sockets; *c != '\0'; c++) {
        if (*c == '"')
            setting[at++] = '"';
        setting[at++] = *c;
    }
    memcpy(setting + at, "\"", 2);
}

bool cluster_is_own_server(pid_t pid, const char *folder, const char *sockets)
{
    char path[64], setting[CLUSTER_SETTING_BYTES], line[2 * CLUSTER_SETTING_BYTES];
    snprintf(path, sizeof(path), "/proc/%ld/cmdline", (long)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    size_t length = read_all(fd, line, sizeof(line));
    close(fd);
    cluster_socket_setting(sockets, setting);
    bool has_folder = false, has_setting = false;
    for (const char *word = line; word < line + length; word += strlen(word) + 1) {
        has_folder = has_folder || strcmp(word, folder) == 0;
        has_setting = has_setting || strcmp(word, setting) == 0;
    }
    return has_folder && has_setting;
}

// --- roles ---------------------------------------------------------------------------------------------------------
int cluster_make_roles(const char *superuser_conninfo, struct err *err)
{
    // The owner may hand out the application's role (the first migration does) and nothing else.
    static const char *const steps[][2] = {
        {"select 1 from pg_roles where rolname = 'plenum_owner'", "create role plenum_owner login"},
        {"select 1 from pg_roles where rolname = 'plenum_app'", "create role plenum_app login"},
        {"select 1 from pg_auth_members m join pg_roles r on r.oid = m.roleid join pg_roles w on w.oid = m.member"
         " where r.rolname = 'plenum_app' and w.rolname = 'plenum_owner' and m.admin_option",
            "grant plenum_app to plenum_owner with admin option"},
        {"select 1 from pg_database where datname = 'plenum'",
            "create database plenum owner plenum_owner template template0 encoding 'UTF8' lc_collate 'C' lc_ctype 'C'"},
    };
    PGconn *connection = PQconnectdb(superuser_conninfo);
    int rc = 0;
    if (PQstatus(connection) != CONNECTION_OK)
        rc = err_set(err, ERR_IO, "connecting as superuser: %s", PQerrorMessage(connection));
    for (size_t i = 0; rc == 0 && i < ARRAY_SIZE(steps); i++) {
        PGresult *there = PQexec(connection, steps[i][0]);
        bool missing = PQresultStatus(there) == PGRES_TUPLES_OK && PQntuples(there) == 0;
        bool failed = PQresultStatus(there) != PGRES_TUPLES_OK;
        PQclear(there);
        if (missing) {
            PGresult *made = PQexec(connection, steps[i][1]);
            failed = PQresultStatus(made) != PGRES_COMMAND_OK;
            PQclear(made);
        }
        if (failed)
            rc = err_set(err, ERR_IO, "making roles and database: %s", PQerrorMessage(connection));
    }
    PQfinish(connection);
    return rc;
}
