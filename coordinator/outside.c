#include "coordinator/outside.h"

#include "base/buf.h"
#include "coordinator/http/http.h"

#include <libpq-fe.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONNINFO_MAX_BYTES = 16 * 1024 };

int outside_load_pages(const char *folder, struct http_static **ret_files, struct err *err)
{
    if (folder != NULL)
        return http_static_load(folder, ret_files, err);
    // build/plenum-coordinator, build/asan/plenum-coordinator, bin/plenum-coordinator
    static const char *const places[] = {
        "../web-static/dist", "../../web-static/dist", "../share/plenum/web"};
    char program[PATH_MAX], path[PATH_MAX + 64];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    if (length < 0)
        return err_set_errno(err, "/proc/self/exe");
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    slash[1] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        snprintf(path, sizeof(path), "%s%s", program, places[i]);
        char index[sizeof(path) + 16];
        snprintf(index, sizeof(index), "%s/index.html", path);
        if (access(index, R_OK) == 0)
            return http_static_load(path, ret_files, err);
    }
    *ret_files = NULL; // an API without pages
    return 0;
}

static void add_quoted(struct buf *out, const char *keyword, const char *value)
{
    buf_printf(out, "%s='", keyword);
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '\'' || *c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *c);
    }
    buf_add_text(out, "' ");
}

int outside_app_conninfo(const char *url, char **ret_conninfo, struct err *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &message);
    if (options == NULL) {
        int rc = err_set(err, ERR_INVALID, "database-url: %s", message != NULL ? message : "not understood");
        PQfreemem(message);
        return rc;
    }
    struct buf out;
    buf_init(&out, CONNINFO_MAX_BYTES);
    const char *own = "";
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val != NULL && strcmp(option->keyword, "options") == 0)
            own = option->val;
        else if (option->val != NULL)
            add_quoted(&out, option->keyword, option->val);
    }
    char *with_role = NULL;
    if (asprintf(&with_role, "%s -c role=plenum_app", own) < 0)
        abort();
    add_quoted(&out, "options", with_role);
    free(with_role);
    PQconninfoFree(options);
    int rc = buf_check(&out);
    if (rc < 0) {
        buf_release(&out);
        return err_set(err, rc, "database-url is too long");
    }
    *ret_conninfo = buf_detach(&out);
    return 0;
}
