#include "coordinator/db/conninfo.h"

#include <libpq-fe.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { OWN_MAX = 16 };

// What we set unless the string says otherwise.
static const char *const defaults[][2] = {
    {"application_name", "plenum"},
    {"client_encoding", "UTF8"},
    {"target_session_attrs", "read-write"},
    {"connect_timeout", "5"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "15000"},
};

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword != NULL; options++) {
        if (strcmp(options->keyword, keyword) == 0)
            return options->val;
    }
    return NULL;
}

// True when one of the comma-separated hosts is neither a socket folder nor a numeric address.
static bool has_name(const char *hosts)
{
    char host[256];
    while (*hosts != '\0') {
        size_t length = strcspn(hosts, ",");
        if (length >= sizeof(host))
            return true;
        memcpy(host, hosts, length);
        host[length] = '\0';
        hosts += length + (hosts[length] == ',');
        if (length == 0 || host[0] == '/' || host[0] == '@')
            continue;
        struct addrinfo hints = {.ai_flags = AI_NUMERICHOST}, *found = NULL;
        if (getaddrinfo(host, NULL, &hints, &found) != 0)
            return true;
        freeaddrinfo(found);
    }
    return false;
}

int conninfo_parse(const char *text, const struct conninfo_timeouts *timeouts, struct conninfo *ret_conninfo,
    struct err *err)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(text, &message);
    if (options == NULL) {
        int rc =
            err_set(err, ERR_INVALID, "connection string: %s", message != NULL ? message : "not understood");
        PQfreemem(message);
        return rc;
    }
    struct conninfo *conninfo = ret_conninfo;
    *conninfo = (struct conninfo){.options = options};
    size_t n = 0;
    while (options[n].keyword != NULL)
        n++;
    conninfo->keywords = calloc(n + OWN_MAX, sizeof(char *));
    conninfo->values = calloc(n + OWN_MAX, sizeof(char *));
    const char *own = option_value(options, "options");
    if (conninfo->keywords == NULL || conninfo->values == NULL ||
        asprintf(&conninfo->session_options,
            "%s -c statement_timeout=%d -c lock_timeout=%d -c idle_in_transaction_session_timeout=%d%s",
            own != NULL ? own : "", timeouts->statement_ms, timeouts->lock_ms,
            timeouts->idle_in_transaction_ms,
            timeouts->short_statements ? " -c enable_seqscan=off -c plan_cache_mode=force_generic_plan"
                                       : "") < 0)
        abort();
    size_t at = 0;
    for (const PQconninfoOption *option = options; option->keyword != NULL; option++) {
        if (option->val == NULL || strcmp(option->keyword, "options") == 0)
            continue;
        conninfo->keywords[at] = option->keyword;
        conninfo->values[at++] = option->val;
    }
    conninfo->keywords[at] = "options";
    conninfo->values[at++] = conninfo->session_options;
    for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
        if (option_value(options, defaults[i][0]) != NULL)
            continue;
        conninfo->keywords[at] = defaults[i][0];
        conninfo->values[at++] = defaults[i][1];
    }
    const char *hosts = option_value(options, "host");
    if (option_value(options, "hostaddr") == NULL && hosts != NULL && has_name(hosts)) {
        conninfo->hosts = hosts;
        conninfo->ports = option_value(options, "port");
    }
    return 0;
}

void conninfo_release(struct conninfo *conninfo)
{
    free(conninfo->keywords);
    free(conninfo->values);
    free(conninfo->session_options);
    PQconninfoFree(conninfo->options);
    *conninfo = (struct conninfo){0};
}
