#include "coordinator/db/lookup.h"

#include "base/buf.h"

#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIST_MAX_BYTES = 4096 };

struct lookup {
    _Atomic(int) n_owners; // the loop and the thread: whoever lets go last frees
    char *hosts, *ports;
    struct buf found_hosts, found_addresses, found_ports; // the thread's, then the loop's
    int fd;
    struct event *event;
    void (*done)(void *arg, const struct lookup_answer *answer);
    void *arg;
};

static void let_go(struct lookup *lookup)
{
    if (atomic_fetch_sub(&lookup->n_owners, 1) != 1)
        return;
    buf_release(&lookup->found_hosts);
    buf_release(&lookup->found_addresses);
    buf_release(&lookup->found_ports);
    close(lookup->fd);
    free(lookup->hosts);
    free(lookup->ports);
    free(lookup);
}

// The part before the next comma; a list that has ended goes on with its last part, as libpq reads `port`.
static void next_part(const char **list, char *part, size_t size)
{
    size_t length = strcspn(*list, ",");
    size_t kept = min_size(length, size - 1);
    memcpy(part, *list, kept);
    part[kept] = '\0';
    if ((*list)[length] == ',')
        *list += length + 1;
}

static void add_part(struct buf *list, const char *part, bool first)
{
    if (!first)
        buf_add_char(list, ',');
    buf_add_text(list, part);
}

static void add_host(struct lookup *lookup, const char *host, const char *port)
{
    char address[NI_MAXHOST] = "";
    if (host[0] != '/' && host[0] != '@' && host[0] != '\0') {
        struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
        if (getaddrinfo(host, NULL, &hints, &found) != 0)
            return;
        int rc =
            getnameinfo(found->ai_addr, found->ai_addrlen, address, sizeof(address), NULL, 0, NI_NUMERICHOST);
        freeaddrinfo(found);
        if (rc != 0)
            return;
    }
    bool first = lookup->found_ports.length == 0;
    add_part(&lookup->found_hosts, host, first);
    add_part(&lookup->found_addresses, address, first);
    add_part(&lookup->found_ports, port, first);
}

static void *find(void *arg)
{
    struct lookup *lookup = arg;
    const char *hosts = lookup->hosts, *ports = lookup->ports, *before;
    char host[NI_MAXHOST], port[16];
    do {
        before = hosts;
        next_part(&hosts, host, sizeof(host));
        next_part(&ports, port, sizeof(port));
        add_host(lookup, host, port[0] != '\0' ? port : "5432");
    } while (hosts != before);
    const uint64_t one = 1;
    ssize_t put UNUSED = write(lookup->fd, &one, sizeof(one));
    let_go(lookup);
    return NULL;
}

static void on_found(evutil_socket_t fd, short what UNUSED, void *arg)
{
    struct lookup *lookup = arg;
    uint64_t count;
    ssize_t got UNUSED = read(fd, &count, sizeof(count)); // what the thread wrote before is ours from here
    const struct lookup_answer answer = {
        lookup->found_hosts.data, lookup->found_addresses.data, lookup->found_ports.data};
    lookup->done(lookup->arg, &answer);
    event_free(lookup->event);
    let_go(lookup);
}

static char *copy(const char *text)
{
    char *result = strdup(text);
    if (result == NULL)
        abort();
    return result;
}

struct lookup *lookup_start(struct event_base *base, const char *hosts, const char *ports,
    void (*done)(void *arg, const struct lookup_answer *answer), void *arg)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));
    if (lookup == NULL)
        abort();
    *lookup = (struct lookup){.n_owners = 2,
        .hosts = copy(hosts),
        .ports = copy(ports != NULL ? ports : "5432"),
        .fd = eventfd(0, EFD_CLOEXEC),
        .done = done,
        .arg = arg};
    buf_init(&lookup->found_hosts, LIST_MAX_BYTES);
    buf_init(&lookup->found_addresses, LIST_MAX_BYTES);
    buf_init(&lookup->found_ports, LIST_MAX_BYTES);
    lookup->event = event_new(base, lookup->fd, EV_READ, on_found, lookup);
    if (lookup->fd < 0 || lookup->event == NULL || event_add(lookup->event, NULL) != 0)
        abort();
    sigset_t all, before;
    pthread_t thread;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, find, lookup) != 0)
        abort();
    pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return lookup;
}

void lookup_drop(struct lookup *lookup)
{
    if (lookup == NULL)
        return;
    event_free(lookup->event);
    let_go(lookup);
}
