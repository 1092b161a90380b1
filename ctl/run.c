// plenum run: everything of one machine in the foreground. Starts the coordinator (which starts its private
// PostgreSQL), enrols and starts workers, loads the demonstration study once, and ends them in the reverse order.
#include "ctl/client.h"
#include "ctl/command.h"
#include "ctl/demo.h"
#include "ctl/program.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS_MAX = 64, STOP_MS = 12000, RESTART_US = 999999 };

static const struct config_setting settings[] = {
    {"workers", "PLENUM_WORKERS", "1", "how many workers to start"},
    {"demo", "PLENUM_DEMO", "on", "off: no demonstration study"},
    {"data", "PLENUM_DATA", NULL, "data folder (default ./var, as root /var/lib/plenum)"},
    {"listen", "PLENUM_LISTEN", "127.0.0.1:8080",
        "address:port of the coordinator; its other settings come by the environment"},
    {0},
};

struct supervisor {
    const struct config *config;
    const char *data;
    char url[512];
    pid_t coordinator;
    int n_workers;
    pid_t workers[WORKERS_MAX];
    int64_t started_us, step_us;
};

// --- steps with their time -------------------------------------------------------------------------------------------
static void step(struct supervisor *supervisor, const char *format, ...) PRINTF_LIKE(2, 3);
static void step(struct supervisor *supervisor, const char *format, ...)
{
    int64_t now = clock_monotonic_us();
    va_list args;
    va_start(args, format);
    printf("%7.2f s  ", (double)(now - supervisor->step_us) / 1e6);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    fflush(stdout);
    supervisor->step_us = now;
}

static void demo_step(void *arg, const char *what)
{
    step(arg, "%s", what);
}

// --- children --------------------------------------------------------------------------------------------------------
// Its own process group: Ctrl-C reaches this process alone, which ends the others in order. `out` >= 0 becomes stdout.
static pid_t start_child(char *const argv[], int out)
{
    pid_t parent = getpid(), pid = fork();
    if (pid != 0)
        return pid;
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(1);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (out >= 0)
        dup2(out, STDOUT_FILENO);
    execv(argv[0], argv);
    perror(argv[0]);
    _exit(127);
}

// Reads the coordinator's stdout until it says that it is ready.
static int read_ready(int fd, char *url, size_t size, struct err *err)
{
    static const char mark[] = "plenum ready: ";
    FILE *in = fdopen(fd, "re");
    char line[1024];
    bool ready = false;
    while (!ready && in != NULL && fgets(line, sizeof(line), in) != NULL) {
        if (strncmp(line, mark, sizeof(mark) - 1) == 0) {
            line[strcspn(line, "\r\n")] = '\0';
            ready = snprintf(url, size, "%s", line + sizeof(mark) - 1) < (int)size;
        }
    }
    if (in != NULL)
        fclose(in);
    return ready ? 0 : err_set(err, ERR_CLOSED, "the coordinator ended before it was ready");
}

static int start_coordinator(struct supervisor *supervisor, struct err *err)
{
    char path[PROGRAM_PATH_BYTES];
    int ends[2];
    program_path("plenum-coordinator", path);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return err_set_errno(err, "pipe");
    char *argv[] = {path, NULL};
    supervisor->coordinator = start_child(argv, ends[1]);
    close(ends[1]);
    if (supervisor->coordinator < 0)
        return err_set_errno(err, "fork");
    return read_ready(ends[0], supervisor->url, sizeof(supervisor->url), err);
}

static int run_to_end(char *const argv[], struct err *err)
{
    int status = 0;
    pid_t pid = start_child(argv, -1);
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return err_set_errno(err, "%s", argv[0]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return err_set(err, ERR_INTERNAL, "%s %s failed", argv[0], argv[1]);
    return 0;
}

static void worker_folder(const struct supervisor *supervisor, int index, char folder[PATH_MAX])
{
    snprintf(folder, PATH_MAX, "%s/workers/%d", supervisor->data, index + 1);
}

// By the file: a coordinator that is started again may listen on another port.
static void worker_address(const struct supervisor *supervisor, char address[PATH_MAX])
{
    snprintf(address, PATH_MAX, "@%s/run/worker.address", supervisor->data);
}

// A certificate of its own for each worker, kept in its folder: enrolled once.
static int enrol_worker(struct client *client, int index, char *folder, char *address, struct err *err)
{
    char path[PROGRAM_PATH_BYTES], probe[PATH_MAX + 16];
    snprintf(probe, sizeof(probe), "%s/worker.pem", folder);
    if (access(probe, R_OK) == 0)
        return 0;
    json_t *answer = NULL;
    if (client_call(client, "POST", "/api/v1/workers/enrolments", NULL, NULL, NULL, &answer, err) < 0)
        return err_prefix(err, "enrolling a worker");
    const char *token = json_string_value(json_object_get(answer, "token"));
    char *copy = strdup(token != NULL ? token : "");
    json_decref(answer);
    char name[32];
    snprintf(name, sizeof(name), "local-%d", index + 1);
    program_path("plenum-worker", path);
    char *argv[] = {path, "enrol", "--coordinator", address, "--keys", folder, "--name", name,
        "--enrolment-token", copy, NULL};
    int rc = copy != NULL ? run_to_end(argv, err) : err_set(err, ERR_INTERNAL, "no enrolment token");
    free(copy);
    return rc;
}

static int start_worker(struct supervisor *supervisor, struct client *client, int index, struct err *err)
{
    char folder[PATH_MAX], address[PATH_MAX], path[PROGRAM_PATH_BYTES];
    worker_folder(supervisor, index, folder);
    worker_address(supervisor, address);
    int rc = enrol_worker(client, index, folder, address, err);
    if (rc < 0)
        return rc;
    program_path("plenum-worker", path);
    char *argv[] = {path, "--coordinator", address, "--keys", folder, NULL};
    supervisor->workers[index] = start_child(argv, -1);
    return supervisor->workers[index] > 0 ? 0 : err_set_errno(err, "fork");
}

// --- the life of it --------------------------------------------------------------------------------------------------
static int load_demo(struct supervisor *supervisor, struct client *client, struct err *err)
{
    char folder[PROGRAM_PATH_BYTES], mark[PATH_MAX];
    snprintf(mark, sizeof(mark), "%s/demo.json", supervisor->data);
    if (!config_switch(supervisor->config, "demo") || access(mark, F_OK) == 0)
        return 0;
    if (!program_demo_folder(folder)) {
        step(supervisor, "no demonstration study found beside the program");
        return 0;
    }
    struct demo_options options = {.url = supervisor->url,
        .client = client,
        .folder = folder,
        .mark = mark,
        .with_fits = supervisor->n_workers > 0,
        .step = demo_step,
        .arg = supervisor};
    return demo_load(&options, err);
}

static int start_all(struct supervisor *supervisor, struct err *err)
{
    int64_t n_workers = 0;
    if (config_number(supervisor->config, "workers", 0, WORKERS_MAX, &n_workers, err) < 0)
        return err->code;
    int rc = start_coordinator(supervisor, err);
    if (rc < 0)
        return rc;
    step(supervisor, "coordinator and PostgreSQL");
    struct config *own = config_new((const struct config_setting[]){CLIENT_SETTINGS, {0}});
    config_set(own, "url", supervisor->url);
    config_set(own, "data", supervisor->data);
    struct client *client = NULL;
    rc = client_from_config(own, &client, err);
    config_free(own);
    for (; rc == 0 && supervisor->n_workers < n_workers; supervisor->n_workers++)
        rc = start_worker(supervisor, client, supervisor->n_workers, err);
    if (rc == 0 && n_workers > 0)
        step(supervisor, "%d worker%s", (int)n_workers, n_workers == 1 ? "" : "s");
    if (rc == 0)
        rc = load_demo(supervisor, client, err);
    client_free(client);
    return rc;
}

static void stop_child(pid_t *pid)
{
    if (*pid <= 0)
        return;
    kill(*pid, SIGTERM);
    for (int waited_ms = 0; waited_ms < STOP_MS; waited_ms += 20) {
        if (waitpid(*pid, NULL, WNOHANG) != 0) {
            *pid = 0;
            return;
        }
        usleep(20000);
    }
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

static void stop_all(struct supervisor *supervisor)
{
    for (int i = supervisor->n_workers - 1; i >= 0; i--)
        stop_child(&supervisor->workers[i]);
    stop_child(&supervisor->coordinator);
}

// Returns the exit status. A worker that dies is started again; without the coordinator there is nothing to supervise.
static int watch(struct supervisor *supervisor, const sigset_t *signals)
{
    for (;;) {
        int got = sigwaitinfo(signals, NULL), status = 0;
        if (got == SIGINT || got == SIGTERM)
            return 0;
        for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
            if (pid == supervisor->coordinator) {
                fprintf(stderr, "plenum run: the coordinator ended\n");
                supervisor->coordinator = 0;
                return 1;
            }
            for (int i = 0; i < supervisor->n_workers; i++) {
                struct err err = {0};
                if (supervisor->workers[i] != pid)
                    continue;
                usleep(RESTART_US);
                if (start_worker(supervisor, NULL, i, &err) < 0)
                    fprintf(stderr, "plenum run: worker %d: %s\n", i + 1, err.message);
            }
        }
    }
}

int command_run(int argc, char **argv)
{
    int n_words = 0, status = 1;
    struct err err = {0};
    struct config *config = command_parse(argc, argv, "run", settings, &n_words);
    struct supervisor supervisor = {.config = config, .started_us = clock_monotonic_us()};
    supervisor.step_us = supervisor.started_us;
    supervisor.data = config_text(config, "data");
    if (supervisor.data == NULL)
        supervisor.data = geteuid() == 0 ? "/var/lib/plenum" : "./var";
    setenv("PLENUM_DATA", supervisor.data, 1);
    setenv("PLENUM_LISTEN", config_text(config, "listen"), 1);
    setenv("PLENUM_LOG_LEVEL", "warning", 0); // the steps are what a person at the terminal reads
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGCHLD);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    if (start_all(&supervisor, &err) < 0) {
        status = command_fail("run", &err);
    } else {
        printf("plenum ready: %s\n", supervisor.url);
        fflush(stdout);
        status = watch(&supervisor, &signals);
    }
    stop_all(&supervisor);
    config_free(config);
    return status;
}
