// plenum-worker: takes fits from a coordinator, computes them, brings the models back. Reaches nothing but the coordinator.

#include "base/config.h"
#include "base/log.h"
#include "base/user.h"
#include "worker/identity.h"
#include "worker/session.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { NAME_BYTES = 65, MEGABYTE = 1024 * 1024 };

static const struct config_setting settings[] = {
    {"coordinator", "PLENUM_COORDINATOR", "127.0.0.1:8081",
        "address:port of its worker listener, or @FILE that holds it"},
    {"keys", "PLENUM_WORKER_KEYS", "./var/worker", "folder of this worker's key and certificates"},
    {"name", "PLENUM_WORKER_NAME", NULL, "what operators call it (default: this machine's name)"},
    {"enrolment-token", "PLENUM_ENROLMENT_TOKEN", NULL, "spent once, when there is no certificate yet"},
    {"memory-mb", "PLENUM_WORKER_MEMORY_MB", "4096", "memory for the large arrays of a fit, in MiB"},
    {"cache-mb", "PLENUM_WORKER_CACHE_MB", "16384",
        "what of them lies in files beyond that, in MiB; 0: what is larger is refused"},
    {"cache", "PLENUM_WORKER_CACHE", NULL,
        "folder of these files, which have no name (default: that of the keys)"},
    {"user", "PLENUM_USER", "plenum", "service user to become when started as root"},
    {"log-level", "PLENUM_LOG_LEVEL", "info", "debug, info, warning or error"},
    {"ini", "PLENUM_WORKER_INI", NULL, "settings file"},
    {0},
};

static volatile sig_atomic_t stopping;
static int wake_fd = -1;

static void on_signal(int number UNUSED)
{
    int saved = errno;
    uint64_t one = 1;
    stopping = 1;
    ssize_t put UNUSED = write(wake_fd, &one, sizeof(one));
    errno = saved;
}

static void print_help(const struct config *config)
{
    printf(
        "usage: plenum-worker [enrol] [--SETTING VALUE]...\n\n"
        "Takes fits from a coordinator, one at a time, until SIGINT or SIGTERM. `enrol` spends a token printed by\n"
        "`plenum worker enrol`, stores the certificate and ends. Settings, later wins: file, environment, flags.\n\n");
    config_print_help(config);
    printf("  --%-18s %s\n  --%-18s %s\n", "help", "this text", "version", "the version");
}

// A fit is one thread's work; the library would start a thread a core as it is loaded, before main.
static void keep_blas_single(char **argv)
{
    char path[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    if (getenv("OPENBLAS_NUM_THREADS") != NULL || length <= 0)
        return;
    path[length] = '\0';
    setenv("OPENBLAS_NUM_THREADS", "1", 1);
    execv(path, argv); // when that fails it runs on, with idle threads
}

// Flags are taken off a copy first, to know where the file is; the file is weakest, so the others come once more.
static int load(struct config *config, int argc, char **argv, struct err *err)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    char **copy = calloc((size_t)argc + 1, sizeof(*copy));
    if (copy == NULL)
        abort();
    memcpy(copy, argv, (size_t)argc * sizeof(*copy));
    int rc = config_load_environment(config, err);
    if (rc == 0)
        rc = config_load_flags(config, argc, copy, err);
    free(copy);
    const char *ini = config_text(config, "ini");
    if (rc >= 0 && ini != NULL)
        rc = config_load_file(config, ini, true, err);
    if (rc >= 0)
        rc = config_load_environment(config, err);
    int n_words = rc < 0 ? rc : config_load_flags(config, argc, argv, err);
    if (n_words < 0)
        return n_words;
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        if (strcmp(config_text(config, "log-level"), levels[i]) == 0) {
            log_set_level((enum log_level)i);
            return n_words;
        }
    }
    return err_set(err, ERR_INVALID, "log-level must be debug, info, warning or error");
}

// What a fit reads came from far away: not as root.
static int leave_root(const struct config *config, struct err *err)
{
    struct user user;
    int rc = user_service(config_text(config, "user"), &user, err);
    if (rc == 0)
        rc = user_give_folder(&user, config_text(config, "keys"), err);
    return rc == 0 ? user_become(&user, err) : rc;
}

static void name_of(const struct config *config, char name[NAME_BYTES])
{
    const char *given = config_text(config, "name");
    name[0] = '\0';
    if (given != NULL)
        snprintf(name, NAME_BYTES, "%s", given);
    else if (gethostname(name, NAME_BYTES - 1) != 0)
        snprintf(name, NAME_BYTES, "worker");
    name[NAME_BYTES - 1] = '\0';
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int enrol(const struct config *config, const char *name, struct err *err)
{
    const char *token = config_text(config, "enrolment-token"), *keys = config_text(config, "keys");
    if (token == NULL)
        return err_set(err, ERR_NOT_FOUND,
            "%s holds no certificate: get a token by `plenum worker enrol` and run `plenum-worker enrol --enrolment-token TOKEN`",
            keys);
    int rc = identity_enrol(config_text(config, "coordinator"), token, name, keys, wake_fd, err);
    if (rc == 0)
        log_event(LOG_INFO, "enrolled", LOG_TEXT("name", name));
    return rc;
}

static int run(const struct config *config, const char *name, struct err *err)
{
    struct identity identity;
    int64_t memory_mb, cache_mb;
    int rc = config_number(config, "memory-mb", 1, 1024 * 1024, &memory_mb, err);
    if (rc == 0)
        rc = config_number(config, "cache-mb", 0, 64 * 1024 * 1024, &cache_mb, err);
    if (rc < 0)
        return rc;
    rc = identity_load(config_text(config, "keys"), &identity, err);
    if (rc == 0)
        identity_release(&identity);
    else if (rc == ERR_NOT_FOUND)
        rc = enrol(config, name, err);
    if (rc < 0)
        return rc;
    struct session_settings session = {
        .coordinator = config_text(config, "coordinator"),
        .keys = config_text(config, "keys"),
        .name = name,
        .memory_bytes = (uint64_t)memory_mb * MEGABYTE,
        .cache_bytes = (uint64_t)cache_mb * MEGABYTE,
        .cache = config_text(config, config_text(config, "cache") != NULL ? "cache" : "keys"),
        .wake_fd = wake_fd,
        .stopping = &stopping,
    };
    log_event(LOG_INFO, "up", LOG_TEXT("version", PLENUM_VERSION), LOG_TEXT("name", name));
    return session_run(&session, err);
}

int main(int argc, char **argv)
{
    keep_blas_single(argv);
    struct config *config = config_new(settings);
    struct err err = {0};
    char name[NAME_BYTES];
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return print_help(config), 0;
        if (strcmp(argv[i], "--version") == 0)
            return printf("plenum-worker %s\n", PLENUM_VERSION), 0;
    }
    int rc = load(config, argc, argv, &err);
    bool only_enrol = rc == 1 && strcmp(argv[1], "enrol") == 0;
    if (rc > 0 && !only_enrol)
        rc = err_set(&err, ERR_INVALID, "unknown word %s; see --help", argv[1]);
    if (rc >= 0)
        rc = leave_root(config, &err);
    wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (rc >= 0 && wake_fd < 0)
        rc = err_set_errno(&err, "eventfd");
    catch_signals();
    name_of(config, name);
    if (rc >= 0)
        rc = only_enrol ? enrol(config, name, &err) : run(config, name, &err);
    if (rc < 0)
        fprintf(stderr, "plenum-worker: %s\n", err.message);
    else
        log_plain(LOG_INFO, "stopped");
    close(wake_fd);
    config_free(config);
    return rc < 0 ? 1 : 0;
}
