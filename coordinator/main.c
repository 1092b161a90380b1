// plenum-coordinator: serves annotators, researchers and serving stacks over HTTP, keeps everything in PostgreSQL, and
// gives fits to workers.

#include "base/clock.h"
#include "base/log.h"
#include "coordinator/audit/audit.h"
#include "coordinator/certificate.h"
#include "coordinator/chat/chat.h"
#include "coordinator/collect/collect.h"
#include "coordinator/constitution/constitution.h"
#include "coordinator/dataset/dataset.h"
#include "coordinator/db/cluster.h"
#include "coordinator/db/db.h"
#include "coordinator/db/migrate.h"
#include "coordinator/deliberate/deliberate.h"
#include "coordinator/embed/embed.h"
#include "coordinator/forget.h"
#include "coordinator/health.h"
#include "coordinator/http/http.h"
#include "coordinator/identity/identity.h"
#include "coordinator/learn/learn.h"
#include "coordinator/limits.h"
#include "coordinator/listen.h"
#include "coordinator/notify/notify.h"
#include "coordinator/outside.h"
#include "coordinator/privileges.h"
#include "coordinator/reach.h"
#include "coordinator/reports/reports.h"
#include "coordinator/room.h"
#include "coordinator/score/models.h"
#include "coordinator/score/score.h"
#include "coordinator/settings.h"
#include "coordinator/site.h"
#include "coordinator/threads.h"
#include "coordinator/work.h"

#include <errno.h>
#include <event2/thread.h>
#include <limits.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Log-ins wait here while others are hashed; argon2id takes 61 ms of a core.
enum {
    POOL_THREADS = 2,
    POOL_QUEUE_MAX = 64,
    THREADS_MAX = 64,
    DESCRIPTORS_KEPT = 200,
    DRAIN_PERCENT = 70, // of the time to stop is for requests; PostgreSQL has what is left
    AFTER_CLUSTER_MS = 300,
    STOP_FAILED_MS = 10000, // of a start that failed
};

// In the order of starting. Each room exports `extern const struct room NAME_room` (coordinator/room.h) in NAME/NAME.h.
static const struct room *const rooms[] = {
    &health_room,
    &site_room,
    &identity_room,
    &collect_room,
    &reach_room,
    &chat_room,
    &embed_room,
    &constitution_room,
    &deliberate_room,
    &audit_room,
    &dataset_room,
    &learn_room,
    &score_room,
    &reports_room,
    &notify_room,
    &forget_room,
    NULL,
};

struct process {
    struct config *config;
    struct app app;
    char *data_folder;
    struct cluster *cluster; // NULL: an outside database
    char *owner_conninfo, *app_conninfo, *public_url;
    const struct http_route *tables[ARRAY_SIZE(rooms)];
    struct http_static *files;
    struct certificate *certificate; // NULL: plain HTTP
    struct http_rates *rates;
    int listen_fd, port, stop_ms;
    int redirect_fd; // -1: none
    bool loopback;
    struct threads *threads;
};

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (result == NULL)
        abort();
    return result;
}

static void print_help(const struct config *config)
{
    printf(
        "usage: plenum-coordinator [migrate] [--SETTING VALUE]...\n\n"
        "Serves annotation, communities, fits and scores. Without words it runs until SIGINT or SIGTERM;\n"
        "`migrate` brings the database up to date and ends. Settings, later wins: plenum.ini, environment, flags.\n\n");
    config_print_help(config);
    printf("  --%-18s %s\n  --%-18s %s\n  --%-18s %s\n", "help", "this text", "version", "the version",
        "routes", "the routes it answers, a line each");
}

static void print_routes(void)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    for (const struct room *const *room = rooms; *room != NULL; room++) {
        for (const struct http_route *route = (*room)->routes; route != NULL && route->pattern != NULL;
             route++)
            printf("%s %s\n", methods[route->method], route->pattern);
    }
}

// --- settings ------------------------------------------------------------------------------------------------------
static const char *data_setting(const struct config *config)
{
    const char *folder = config_text(config, "data");
    if (folder != NULL)
        return folder;
    return geteuid() == 0 ? "/var/lib/plenum" : "./var";
}

// The data folder is the service user's: what root reads of it must be root's, or whoever breaks into the service names the
// next files that root opens for it.
static int check_ini_owner(const char *path, struct err *err)
{
    struct stat about;
    if (geteuid() != 0 || stat(path, &about) != 0 || about.st_uid == 0)
        return 0;
    return err_set(err, ERR_INVALID, "%s must belong to root when root starts this", path);
}

static int load_settings(struct process *process, int argc, char **argv, struct err *err)
{
    struct config *config = process->config;
    // Environment and flags first, to know where the file is; then once more, because they win over it.
    if (config_load_environment(config, err) < 0)
        return err->code;
    char **words = calloc((size_t)argc + 1, sizeof(char *));
    if (words == NULL)
        abort();
    memcpy(words, argv, (size_t)argc * sizeof(char *));
    int n_words = config_load_flags(config, argc, words, err);
    free(words);
    if (n_words < 0)
        return n_words;
    char path[PATH_MAX];
    const char *ini = config_text(config, "ini");
    snprintf(path, sizeof(path), "%s/plenum.ini", data_setting(config));
    if (check_ini_owner(ini != NULL ? ini : path, err) < 0 ||
        config_load_file(config, ini != NULL ? ini : path, ini != NULL, err) < 0 ||
        config_load_environment(config, err) < 0)
        return err->code;
    return config_load_flags(config, argc, argv, err);
}

static int apply_log_level(const struct config *config, struct err *err)
{
    static const char *const levels[] = {"debug", "info", "warning", "error"};
    const char *text = config_text(config, "log-level");
    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        if (strcmp(text, levels[i]) == 0) {
            log_set_level((enum log_level)i);
            return 0;
        }
    }
    return err_set(err, ERR_INVALID, "log-level is %s, but must be debug, info, warning or error", text);
}

// Settings that the HTTP servers take as they are.
static int load_http_numbers(const struct config *config, struct http_settings *http, struct err *err)
{
    const struct {
        const char *name;
        int64_t min, max;
        int *number;
    } numbers[] = {
        {"header-timeout-ms", 100, 600000, &http->header_timeout_ms},
        {"idle-timeout-ms", 100, 3600000, &http->idle_timeout_ms},
        {"body-rate", 1, 1000000, &http->body_min_bytes_per_s},
        {"body-grace-ms", 100, 600000, &http->body_grace_ms},
        {"overload-wait-ms", 50, 10000, &http->wait_max_ms},
        {"max-connections-per-address", 1, 1000000, &http->max_connections_per_address},
        {"max-line-bytes", 256, 8192, &http->max_line_bytes},
        {"max-headers", 8, 64, &http->max_headers},
        {"max-headers-bytes", 1024, 16384, &http->max_headers_bytes},
        {"max-body-bytes", 1024, 16 << 20, &http->max_body_bytes},
        {"max-score-body-bytes", 1024, 32 << 20, &http->max_score_body_bytes},
        {"max-import-body-bytes", 1024, 1 << 30, &http->max_stream_body_bytes},
    };
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        int64_t value = 0;
        int rc = config_number(config, numbers[i].name, numbers[i].min, numbers[i].max, &value, err);
        if (rc < 0)
            return rc;
        *numbers[i].number = (int)value;
    }
    return 0;
}

// --- start, in order -------------------------------------------------------------------------------------------------
static void settle_public_url(struct process *process)
{
    const char *url = config_text(process->config, "public-url");
    char text[64];
    snprintf(
        text, sizeof(text), "http%s://127.0.0.1:%d", process->certificate != NULL ? "s" : "", process->port);
    process->public_url = copy(url != NULL ? url : text);
    size_t length = strlen(process->public_url);
    while (length > 0 && process->public_url[length - 1] == '/')
        process->public_url[--length] = '\0';
}

static int open_redirect(struct process *process, struct err *err)
{
    const char *address = config_text(process->config, "redirect-listen");
    int port;
    bool loopback;
    if (address == NULL)
        return 0;
    if (strncmp(process->public_url, "https://", 8) != 0)
        return err_set(err, ERR_INVALID, "redirect-listen wants a public-url that begins with https://");
    int rc = listen_open(address, &process->redirect_fd, &port, &loopback, err);
    if (rc < 0)
        return err_prefix(err, "redirect-listen");
    log_event(LOG_INFO, "redirect_listen", LOG_NUMBER("port", port));
    return 0;
}

// What needs the rights or the files of whoever started us: pages, certificates, the ports.
static int open_outside(struct process *process, struct err *err)
{
    const struct config *config = process->config;
    int rc = outside_load_pages(config_text(config, "web"), &process->files, err);
    if (rc < 0)
        return rc;
    rc = certificate_open(
        config_text(config, "tls-cert"), config_text(config, "tls-key"), &process->certificate, err);
    if (rc < 0)
        return rc;
    rc = listen_open(
        config_text(config, "listen"), &process->listen_fd, &process->port, &process->loopback, err);
    if (rc < 0)
        return rc;
    if (!config_switch(config, "rate-limits") && !process->loopback)
        return err_set(err, ERR_INVALID, "rate-limits off is for loopback listeners only");
    struct http_settings checked; // what is wrong is said now and not when the database is up
    if (load_http_numbers(config, &checked, err) < 0 || limits_load(config, &process->rates, err) < 0)
        return err->code;
    settle_public_url(process);
    return open_redirect(process, err);
}

static int open_database(struct process *process, struct err *err)
{
    const char *url = config_text(process->config, "database-url");
    if (url != NULL) {
        process->owner_conninfo = copy(url);
        int rc = outside_app_conninfo(url, &process->app_conninfo, err);
        if (rc < 0)
            return rc;
    } else {
        int rc = cluster_start(process->data_folder, &process->cluster, err);
        if (rc < 0)
            return err_prefix(err, "private PostgreSQL");
        process->owner_conninfo = copy(cluster_owner_conninfo(process->cluster));
        process->app_conninfo = copy(cluster_app_conninfo(process->cluster));
    }
    int n_applied = 0;
    int rc = migrate_run(process->owner_conninfo, &n_applied, err);
    if (rc == 0 && n_applied > 0)
        log_event(LOG_INFO, "migrated", LOG_NUMBER("applied", n_applied));
    return rc;
}

static int start_rooms(struct process *process, struct err *err)
{
    struct app *app = &process->app;
    *app = (struct app){
        .config = process->config,
        .data_folder = process->data_folder,
        .public_url = process->public_url,
        .conninfo = process->app_conninfo,
        .pool = work_pool_new(POOL_THREADS, POOL_QUEUE_MAX),
        .secure_cookies = strncmp(process->public_url, "https:", 6) == 0,
    };
    size_t n_tables = 0;
    for (const struct room *const *room = rooms; *room != NULL; room++) {
        int rc = (*room)->start != NULL ? (*room)->start(app, err) : 0;
        if (rc < 0)
            return err_prefix(err, "%s", (*room)->name);
        if ((*room)->routes != NULL)
            process->tables[n_tables++] = (*room)->routes;
    }
    return 0;
}

static int max_connections(const struct config *config, struct err *err)
{
    int64_t wanted = 0;
    struct rlimit limit;
    if (config_number(config, "max-connections", 0, 1000000, &wanted, err) < 0)
        return err->code;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set_errno(err, "getrlimit");
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return err_set_errno(err, "setrlimit");
    int64_t most = limit.rlim_cur > 1000000 ? 1000000 : (int64_t)limit.rlim_cur - DESCRIPTORS_KEPT;
    if (most < 16)
        return err_set(err, ERR_LIMIT, "the descriptor limit is too small");
    return (int)(wanted > 0 && wanted < most ? wanted : most);
}

static int start_threads(struct process *process, struct err *err)
{
    const struct config *config = process->config;
    int64_t n = 0, stop_s = 0, hsts_s = 0;
    if (config_number(config, "threads", 0, THREADS_MAX, &n, err) < 0 ||
        config_number(config, "stop-seconds", 3, 600, &stop_s, err) < 0 ||
        config_number(config, "hsts", 0, INT32_MAX, &hsts_s, err) < 0)
        return err->code;
    const char *proxies = config_text(config, "trusted-proxies"),
               *fields = config_text(config, "proxy-fields");
    bool send_forwarded = strcmp(fields, "forwarded") == 0;
    if (http_check_proxies(proxies, err) < 0)
        return err_prefix(err, "trusted-proxies");
    if (!send_forwarded && strcmp(fields, "x-forwarded") != 0)
        return err_set(err, ERR_INVALID, "proxy-fields is %s, but must be x-forwarded or forwarded", fields);
    process->stop_ms = (int)stop_s * 1000;
    if (n == 0) {
        long cores = sysconf(_SC_NPROCESSORS_ONLN);
        n = cores > THREADS_MAX ? THREADS_MAX : cores < 1 ? 1 : cores;
    }
    int most = max_connections(config, err);
    if (most < 0)
        return most;
    if (http_rates_check(process->rates, process->tables, err) < 0)
        return err->code;
    struct http_settings http = {
        .tables = process->tables,
        .listen_fd = process->listen_fd,
        .tls = certificate_slot(process->certificate),
        .hsts_s = (int)hsts_s,
        .redirect_fd = process->redirect_fd,
        .redirect_to = process->redirect_fd >= 0 ? process->public_url : NULL,
        .own_error = compatible_error,
        .public_origin = config_text(config, "public-url") != NULL ? process->public_url : NULL,
        .files = process->files,
        .trusted_proxies = proxies,
        .proxies_send_forwarded = send_forwarded,
        .limits_by_address = config_switch(config, "rate-limits"),
        .rates = config_switch(config, "rate-limits") ? process->rates : NULL,
        .max_connections = most / (int)n,
    };
    if (load_http_numbers(config, &http, err) < 0)
        return err->code;
    return threads_start(&process->app, (int)n, &http, rooms, &process->threads, err);
}

// --- run and stop ----------------------------------------------------------------------------------------------------
static void wait_until_ready(const struct process *process)
{
    for (int i = 0; i < 200 && !threads_ready(process->threads); i++)
        usleep(20000);
}

// What is freed goes back to the system. glibc's own thresholds grow with the largest buffer that was ever freed, and each
// thread keeps what it left over: 33 MB were resident, idle, after five imports, seven fits and six exports, and 24 so. But while
// models score, each request would fetch the same megabyte again, page by page: nearly half of its time. (What lies at the end of a
// thread's own arena malloc_trim does not give back, so that is kept small at all times.)
static void settle_memory(bool is_scoring)
{
    mallopt(M_MMAP_THRESHOLD, is_scoring ? 8 * 1024 * 1024 : 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, is_scoring ? 3 * 1024 * 1024 : 128 * 1024);
    if (!is_scoring)
        malloc_trim(0);
}

static void run_until_signal(struct process *process, const sigset_t *signals)
{
    const struct timespec second = {.tv_sec = 1};
    bool was_scoring = false;
    for (;;) {
        int got = sigtimedwait(signals, NULL, &second);
        if (got == SIGINT || got == SIGTERM) {
            log_event(LOG_INFO, "stopping", LOG_TEXT("signal", got == SIGINT ? "SIGINT" : "SIGTERM"));
            return;
        }
        if (got == SIGHUP)
            certificate_reload(process->certificate);
        certificate_tend(process->certificate);
        struct err err;
        bool is_scoring = model_cache_rest(process->app.models);
        if (is_scoring != was_scoring)
            settle_memory(is_scoring);
        was_scoring = is_scoring;
        if (process->cluster != NULL && cluster_tend(process->cluster, &err) < 0)
            log_event(LOG_ERROR, "cluster", LOG_TEXT("detail", err.message));
    }
}

static void stop(struct process *process)
{
    int64_t began_us = clock_monotonic_us();
    // Should anything hang, the kernel ends us, and PostgreSQL with us.
    alarm((unsigned)process->stop_ms / 1000);
    listen_refuse_new(process->listen_fd);
    if (process->redirect_fd >= 0)
        listen_refuse_new(process->redirect_fd);
    threads_drain(process->threads, process->stop_ms / 100 * DRAIN_PERCENT);
    close(process->listen_fd);
    if (process->redirect_fd >= 0)
        close(process->redirect_fd);
    threads_join(process->threads);
    for (size_t i = ARRAY_SIZE(rooms) - 1; i-- > 0;) {
        if (rooms[i]->stop != NULL)
            rooms[i]->stop(&process->app);
    }
    db_sessions_abort(); // an export that is not done is made by the next start
    db_sessions_close_idle();
    work_pool_free(process->app.pool);
    int spent_ms = (int)((clock_monotonic_us() - began_us) / 1000);
    if (process->cluster != NULL)
        cluster_stop(process->cluster, process->stop_ms - AFTER_CLUSTER_MS - spent_ms);
    certificate_free(process->certificate);
    http_static_free(process->files);
    http_rates_free(process->rates);
    free(process->data_folder);
    free(process->owner_conninfo);
    free(process->app_conninfo);
    free(process->public_url);
    config_free(process->config);
    log_plain(LOG_INFO, "stopped");
}

static int fail(struct process *process, const struct err *err)
{
    fprintf(stderr, "plenum-coordinator: %s\n", err->message);
    if (process->cluster != NULL)
        cluster_stop(process->cluster, STOP_FAILED_MS);
    return 1;
}

static void block_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGCHLD); // PostgreSQL has ended: wakes the main thread at once
    pthread_sigmask(SIG_BLOCK, signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    static struct process process; // static: what lives to the end stays reachable, and is no leak
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    mallopt(M_ARENA_MAX, cores > 1 ? (int)cores : 1);
    settle_memory(false);
    process.listen_fd = process.redirect_fd = -1;
    process.config = config_new(coordinator_settings);
    struct err err = {0};
    sigset_t signals;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0)
            return print_help(process.config), 0;
        if (strcmp(argv[i], "--version") == 0)
            return printf("plenum-coordinator %s\n", PLENUM_VERSION), 0;
        if (strcmp(argv[i], "--routes") == 0)
            return print_routes(), 0;
    }
    int n_words = load_settings(&process, argc, argv, &err);
    if (n_words < 0 || apply_log_level(process.config, &err) < 0)
        return fail(&process, &err);
    bool only_migrate = n_words == 1 && strcmp(argv[1], "migrate") == 0;
    if (n_words > 0 && !only_migrate) {
        err_set(&err, ERR_INVALID, "unknown word %s; see --help", argv[1]);
        return fail(&process, &err);
    }
    block_signals(&signals);
    evthread_use_pthreads();
    if ((!only_migrate && open_outside(&process, &err) < 0) ||
        privileges_settle(data_setting(process.config), config_text(process.config, "user"),
            &process.data_folder, &err) < 0 ||
        privileges_lock(process.data_folder, &err) < 0 || open_database(&process, &err) < 0)
        return fail(&process, &err);
    if (only_migrate) {
        if (process.cluster != NULL)
            cluster_stop(process.cluster, STOP_FAILED_MS);
        return 0;
    }
    if (start_rooms(&process, &err) < 0 || start_threads(&process, &err) < 0)
        return fail(&process, &err);
    wait_until_ready(&process);
    log_event(LOG_INFO, "up", LOG_TEXT("version", PLENUM_VERSION), LOG_NUMBER("port", process.port));
    printf("plenum ready: %s\n", process.public_url);
    fflush(stdout);
    run_until_signal(&process, &signals);
    stop(&process);
    return 0;
}
