#include "coordinator/db/cluster.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "coordinator/db/cluster_setup.h"

#include <errno.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNINFO_MAX_BYTES = 2 * PATH_MAX + 256,
    // The server of a coordinator that was killed needs a moment to end; its zombie held the lock for 2 s once.
    TAKE_OVER_MS = 15000,
    // One that does not end by itself is told by signals that it can't overhear: PostgreSQL 15 waits for ever when it is
    // asked to stop while it recovers from the crash of a backend. It recovers once more then.
    HURRY_MS = 3000,
    HURRY_MORE_MS = 7000,
    // Recovery of a large cluster is slow but tells so (PQPING_REJECT); silence is not waited for as long.
    RECOVERY_MS = 600000,
    SILENCE_MS = 60000,
    RESTART_MS = 100,
    STOP_START_MS = 10000, // of a start that failed
    STOP_IMMEDIATE_MS = 400,
    LOG_MAX_BYTES = 8 * 1024 * 1024,
};

struct cluster {
    char folder[PATH_MAX], programs[PATH_MAX], sockets[PATH_MAX], log[PATH_MAX];
    char *owner_conninfo, *app_conninfo, *superuser_conninfo;
    pid_t pid;             // 0: not running
    int64_t down_since_us; // 0 while it runs or has been seen to run
    int64_t spawned_us;
};

// Durable, and light on a machine that does other things: a laptop, a class room's server.
static const char *const settings[] = {
    "listen_addresses=",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=64MB",
    "work_mem=8MB",
    "maintenance_work_mem=32MB",
    "dynamic_shared_memory_type=posix",
    "fsync=on",
    "synchronous_commit=on",
    "full_page_writes=on",
    "wal_level=replica",
    "wal_compression=off",
    "max_wal_senders=2",
    "min_wal_size=48MB",
    "max_wal_size=512MB",
    "checkpoint_completion_target=0.9",
    "max_worker_processes=2",
    "max_logical_replication_workers=0",
    "max_parallel_workers_per_gather=0",
    "max_parallel_maintenance_workers=0",
    "autovacuum_max_workers=2",
    "autovacuum_naptime=15s",
    "random_page_cost=1.1",
    "jit=off", // milliseconds of compiling for statements of microseconds
    "timezone=UTC",
    "log_timezone=UTC",
    "log_line_prefix=%m [%p] ",
    "log_checkpoints=off",
    // Errors of statements come back to us; their text may quote what a person wrote, so it stays out of this log.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    NULL,
};

// --- connection strings --------------------------------------------------------------------------------------------
static void add_quoted(struct buf *out, const char *value)
{
    buf_add_char(out, '\'');
    for (; *value != '\0'; value++) {
        if (*value == '\'' || *value == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *value);
    }
    buf_add_char(out, '\'');
}

static char *conninfo(const struct cluster *cluster, const char *user, const char *database)
{
    struct buf out;
    buf_init(&out, CONNINFO_MAX_BYTES);
    buf_add_text(&out, "host=");
    add_quoted(&out, cluster->sockets);
    buf_printf(&out, " port=%d user=%s dbname=%s", CLUSTER_PORT, user, database);
    int rc = buf_check(&out);
    assert(rc == 0); // a path is shorter than PATH_MAX
    return buf_detach(&out);
}

const char *cluster_owner_conninfo(const struct cluster *cluster)
{
    return cluster->owner_conninfo;
}

const char *cluster_app_conninfo(const struct cluster *cluster)
{
    return cluster->app_conninfo;
}

pid_t cluster_pid(const struct cluster *cluster)
{
    return cluster->pid;
}

// --- the child -----------------------------------------------------------------------------------------------------
static void exec_server(const struct cluster *cluster, pid_t parent)
{
    // A session of its own: Ctrl-C goes to us, and we drain before it stops.
    setsid();
    cluster_clean_child(cluster->log);
    // If we are killed the kernel asks it to stop (SIGINT: fast shutdown). The parent may be gone already.
    if (prctl(PR_SET_PDEATHSIG, SIGINT) != 0 || getppid() != parent)
        _exit(126);
    char program[PATH_MAX + 16], sockets[CLUSTER_SETTING_BYTES];
    snprintf(program, sizeof(program), "%s/postgres", cluster->programs);
    cluster_socket_setting(cluster->sockets, sockets);
    const char *argv[2 * ARRAY_SIZE(settings) + 8] = {program, "-D", cluster->folder, "-c", sockets};
    size_t n = 5;
    for (const char *const *setting = settings; *setting != NULL; setting++) {
        argv[n++] = "-c";
        argv[n++] = *setting;
    }
    execv(program, (char *const *)(uintptr_t)argv);
    _exit(127);
}

static int spawn(struct cluster *cluster, struct err *err)
{
    cluster_drop_stale_locks(cluster->folder, cluster->sockets);
    pid_t parent = getpid(), pid = fork();
    if (pid == 0)
        exec_server(cluster, parent);
    if (pid < 0)
        return err_set_errno(err, "fork");
    cluster->pid = pid;
    cluster->spawned_us = clock_monotonic_us();
    return 0;
}

// True when the child has ended; it is reaped then.
static bool has_ended(struct cluster *cluster, int *ret_status)
{
    if (cluster->pid == 0)
        return true;
    pid_t got = waitpid(cluster->pid, ret_status, WNOHANG);
    if (got == 0 || (got < 0 && errno == EINTR))
        return false;
    cluster->pid = 0;
    return true;
}

static void sleep_ms(int ms)
{
    struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

static void hurry_earlier_server(const struct cluster *cluster, int64_t waited_us, int *hurried)
{
    static const struct {
        int after_ms, signal;
    } steps[] = {{HURRY_MS, SIGQUIT}, {HURRY_MORE_MS, SIGKILL}};
    pid_t pid = cluster_lock_pid(cluster->folder);
    if (*hurried >= (int)ARRAY_SIZE(steps) || waited_us < (int64_t)steps[*hurried].after_ms * 1000 ||
        pid == 0 || !cluster_is_own_server(pid, cluster->folder, cluster->sockets))
        return;
    log_event(LOG_WARNING, "postgres_of_before_ended", LOG_NUMBER("pid", pid),
        LOG_NUMBER("signal", steps[*hurried].signal));
    kill(pid, steps[*hurried].signal);
    ++*hurried;
}

// Waits until this child, and not a server that is still going away, answers.
static int wait_until_ready(struct cluster *cluster, struct err *err)
{
    int64_t begin = clock_monotonic_us(), heard = begin;
    int hurried = 0;
    for (;;) {
        int64_t now = clock_monotonic_us();
        int status = 0;
        if (has_ended(cluster, &status)) {
            hurry_earlier_server(cluster, now - begin, &hurried);
            if (now - begin > (int64_t)TAKE_OVER_MS * 1000)
                return err_set(err, ERR_IO, "PostgreSQL does not start; see %s", cluster->log);
            sleep_ms(250);
            if (spawn(cluster, err) < 0)
                return err->code;
            heard = now;
        }
        if (cluster_lock_pid(cluster->folder) == cluster->pid) {
            PGPing ping = PQping(cluster->superuser_conninfo);
            if (ping == PQPING_OK)
                return 0;
            if (ping == PQPING_REJECT)
                heard = now;
        }
        if (now - heard > (int64_t)SILENCE_MS * 1000 || now - begin > (int64_t)RECOVERY_MS * 1000)
            return err_set(err, ERR_IO, "PostgreSQL started but does not answer; see %s", cluster->log);
        sleep_ms(20);
    }
}

static void trim_log(const struct cluster *cluster)
{
    struct stat stat;
    // The server appends, so it goes on at the new end.
    if (lstat(cluster->log, &stat) == 0 && stat.st_size > LOG_MAX_BYTES && truncate(cluster->log, 0) != 0)
        log_event(LOG_WARNING, "postgres_log_not_trimmed", LOG_TEXT("reason", strerror(errno)));
}

// --- life cycle ----------------------------------------------------------------------------------------------------
static int start(struct cluster *cluster, const char *data_folder, struct err *err)
{
    int major = 0;
    if ((size_t)snprintf(cluster->folder, sizeof(cluster->folder), "%s/postgres", data_folder) >=
            sizeof(cluster->folder) - 32 ||
        (size_t)snprintf(cluster->log, sizeof(cluster->log), "%s/postgres.log", data_folder) >=
            sizeof(cluster->log))
        return err_set(err, ERR_LIMIT, "the data folder's path is too long");
    if (geteuid() == 0)
        return err_set(err, ERR_INVALID, "PostgreSQL refuses to run as root");
    int rc = cluster_find_programs(cluster->programs, &major, err);
    if (rc == 0)
        rc = cluster_socket_folder(data_folder, cluster->sockets, err);
    if (rc != 0)
        return rc;
    cluster->owner_conninfo = conninfo(cluster, "plenum_owner", "plenum");
    cluster->app_conninfo = conninfo(cluster, "plenum_app", "plenum");
    cluster->superuser_conninfo = conninfo(cluster, "postgres", "postgres");
    trim_log(cluster);
    rc = cluster_make(cluster->folder, cluster->programs, major, cluster->log, err);
    if (rc == 0)
        rc = spawn(cluster, err);
    if (rc == 0)
        rc = wait_until_ready(cluster, err);
    if (rc == 0)
        rc = cluster_make_roles(cluster->superuser_conninfo, err);
    return rc;
}

int cluster_start(const char *data_folder, struct cluster **ret_cluster, struct err *err)
{
    struct cluster *cluster = calloc(1, sizeof(*cluster));
    if (cluster == NULL)
        abort();
    int rc = start(cluster, data_folder, err);
    if (rc != 0) {
        cluster_stop(cluster, STOP_START_MS);
        cluster = NULL;
    }
    *ret_cluster = cluster;
    return rc;
}

int cluster_tend(struct cluster *cluster, struct err *err)
{
    int status = 0;
    trim_log(cluster);
    if (!has_ended(cluster, &status)) {
        if (cluster->down_since_us != 0 && PQping(cluster->superuser_conninfo) == PQPING_OK &&
            cluster_lock_pid(cluster->folder) == cluster->pid) {
            log_plain(LOG_INFO, "postgres_up_again");
            cluster->down_since_us = 0;
        }
        return 0;
    }
    int64_t now = clock_monotonic_us();
    if (cluster->down_since_us == 0)
        cluster->down_since_us = now;
    log_event(LOG_WARNING, "postgres_ended", LOG_NUMBER("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0),
        LOG_NUMBER("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0));
    // The last backends of a killed server keep the next one out for a moment; no use to hurry more than this.
    if (now - cluster->spawned_us < (int64_t)RESTART_MS * 1000)
        sleep_ms(RESTART_MS);
    // No wait for it to answer: the connections do that by themselves. One that does not come up is tried each time.
    int rc = spawn(cluster, err);
    if (rc == 0 && now - cluster->down_since_us > (int64_t)TAKE_OVER_MS * 1000)
        return err_set(err, ERR_IO, "PostgreSQL does not stay up; see %s", cluster->log);
    return rc;
}

static bool wait_for_end(struct cluster *cluster, int deadline_ms)
{
    int status = 0;
    for (int waited = 0; waited < deadline_ms; waited += 10) {
        if (has_ended(cluster, &status))
            return true;
        sleep_ms(10);
    }
    return has_ended(cluster, &status);
}

void cluster_stop(struct cluster *cluster, int deadline_ms)
{
    if (cluster == NULL)
        return;
    int status = 0;
    if (!has_ended(cluster, &status)) {
        kill(cluster->pid, SIGINT);
        if (!wait_for_end(cluster, deadline_ms - 2 * STOP_IMMEDIATE_MS)) {
            log_plain(LOG_WARNING, "postgres_stopped_immediately");
            kill(cluster->pid, SIGQUIT);
            if (!wait_for_end(cluster, STOP_IMMEDIATE_MS)) {
                kill(cluster->pid, SIGKILL); // stopped by SIGSTOP, for one, it hears nothing else
                wait_for_end(cluster, STOP_IMMEDIATE_MS);
            }
        }
    }
    free(cluster->owner_conninfo);
    free(cluster->app_conninfo);
    free(cluster->superuser_conninfo);
    free(cluster);
}
