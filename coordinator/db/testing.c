#include "coordinator/db/testing.h"

#include "coordinator/db/cluster.h"
#include "coordinator/db/migrate.h"

#include <errno.h>
#include <ftw.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void give_up(const char *what, const char *why)
{
    fprintf(stderr, "test set-up: %s: %s\n", what, why);
    abort();
}

static int remove_entry(const char *path, const struct stat *stat, int kind, struct FTW *ftw)
{
    (void)stat;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static void become(const struct passwd *user)
{
    if (setgroups(0, NULL) != 0 || setgid(user->pw_gid) != 0 || setuid(user->pw_uid) != 0)
        give_up("becoming plenum", strerror(errno));
}

int testing_run(int (*run)(const char *data_folder))
{
    char folder[] = "/tmp/plenum-test-XXXXXX";
    if (mkdtemp(folder) == NULL)
        give_up("mkdtemp", strerror(errno));
    int result = 1;
    if (geteuid() != 0) {
        result = run(folder);
    } else {
        char strings[1024];
        struct passwd entry, *user = NULL;
        if (getpwnam_r("plenum", &entry, strings, sizeof(strings), &user) != 0 || user == NULL)
            give_up("user plenum", "absent; tools/install-deps makes it");
        else if (chown(folder, user->pw_uid, user->pw_gid) != 0)
            give_up("chown", strerror(errno));
        fflush(NULL);
        pid_t pid = fork();
        if (pid == 0) {
            become(user);
            exit(run(folder));
        }
        int status = 0;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        if (WIFSIGNALED(status))
            fprintf(stderr, "the test was ended by signal %d\n", WTERMSIG(status));
    }
    nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return result;
}

struct cluster *testing_cluster(const char *data_folder, bool migrated)
{
    struct cluster *cluster = NULL;
    struct err err = {0};
    int n_applied = 0;
    if (cluster_start(data_folder, &cluster, &err) != 0)
        give_up("cluster", err.message);
    if (migrated && migrate_run(cluster_owner_conninfo(cluster), &n_applied, &err) != 0)
        give_up("migrations", err.message);
    return cluster;
}

char *testing_conninfo_superuser(const char *data_folder)
{
    char *text = NULL;
    if (asprintf(&text, "host=%s/run port=5432 user=postgres dbname=plenum", data_folder) < 0)
        abort();
    return text;
}

char *testing_sql(const char *conninfo, const char *sql)
{
    PGconn *connection = PQconnectdb(conninfo);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        give_up(sql, PQerrorMessage(connection));
    char *value = NULL;
    if (PQntuples(result) > 0 && PQnfields(result) > 0 && (value = strdup(PQgetvalue(result, 0, 0))) == NULL)
        abort();
    PQclear(result);
    PQfinish(connection);
    return value;
}
