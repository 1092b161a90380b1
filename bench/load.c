// An open-loop load for overload.bench.mjs: requests leave at their own times (Poisson), however long the answers take,
// and the time of an answer counts from when its request should have left. One thread, one request a connection at a
// time; a request that finds every connection of its kind busy is not sent, and counted as such.
//
// Usage: load PORT SECONDS WARM_SECONDS SEED KIND=RATE... < CONNECTIONS
// A line of CONNECTIONS is one connection: `judge TOKEN PROJECT`, or `KIND TOKEN METHOD PATH [BODY]` for any other kind.
// A judging connection is one annotator: it asks for a task, judges it, asks for the next; what was refused is asked again
// when its turn comes again. Prints one JSON object for each kind.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    KINDS_MAX = 8,
    REPLY_MAX = 64 * 1024,
    REQUEST_MAX = 16 * 1024,
    EVENTS = 256,
    DRAIN_US = 10000000,
    BUCKETS = 64 * 16
};

struct histogram { // of microseconds: 16 steps for each power of two
    uint64_t counts[BUCKETS], total, max_us;
};

struct connection {
    struct connection *next; // idle
    struct kind *kind;
    int fd; // -1: to be opened
    bool busy, counts;
    int64_t due_us;
    char *token, *method, *path, *body;
    char lease[64], key[40]; // of the task in hand; empty: none
    char *reply;             // as much of it as is looked at
    size_t have, missing;    // of the body, once its length is known and it does not fit
    int status;
};

struct kind {
    const char *name;
    double rate;
    int64_t next_us;
    struct connection *first, **last; // idle, the longest idle first
    uint64_t offered, unsent, done, refused, limited, other, lost, cycles;
    struct histogram done_us, refused_us;
};

static struct kind kinds[KINDS_MAX];
static int n_kinds, n_busy, poll_fd, port;
static int64_t latest_us; // how late the load itself was, at worst: the machine, not the server
static uint64_t random_state, key_count;
static unsigned run_number; // keys of one run are not those of another

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static double random_gap_us(double rate)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return -log(((double)(random_state >> 11) + 1) / 9007199254740993.0) * 1e6 / rate;
}

static void record(struct histogram *histogram, int64_t us)
{
    uint64_t value = us > 0 ? (uint64_t)us : 0, scaled = value < 16 ? 16 : value;
    int shift = 59 - __builtin_clzll(scaled);
    size_t bucket = (size_t)shift * 16 + (size_t)((scaled >> shift) & 15);
    histogram->counts[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
    histogram->total++;
    if (value > histogram->max_us)
        histogram->max_us = value;
}

static double percentile_ms(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total), seen = 0;
    for (size_t i = 0; i < BUCKETS; i++) {
        seen += histogram->counts[i];
        if (seen >= wanted && seen > 0)
            return (double)((UINT64_C(17) + i % 16) << (i / 16)) / 1000; // the upper end
    }
    return 0;
}

static void set_idle(struct connection *connection)
{
    n_busy -= connection->busy;
    connection->busy = false;
    connection->next = NULL;
    *connection->kind->last = connection;
    connection->kind->last = &connection->next;
}

static void open_connection(struct connection *connection)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0 || connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        perror("load: connect");
        exit(1);
    }
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(connection->fd, F_SETFL, O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, connection->fd, &event);
}

static void close_connection(struct connection *connection)
{
    close(connection->fd);
    connection->fd = -1;
    connection->have = connection->missing = 0;
    if (!connection->busy)
        return; // idle for too long: opened again when its turn comes
    connection->kind->lost += connection->counts;
    set_idle(connection);
}

static void send_request(struct connection *connection)
{
    char text[REQUEST_MAX], body[REQUEST_MAX / 2] = "", more[96] = "";
    const char *method = connection->method, *path = connection->path;
    char own_path[256];
    if (method == NULL) { // an annotator
        bool judges = connection->lease[0] != '\0';
        method = judges ? "PUT" : "POST";
        snprintf(own_path, sizeof(own_path),
            judges ? "/api/v1/assignments/%s/judgment" : "/api/v1/projects/%s/assignments",
            judges ? connection->lease : path);
        path = own_path;
        if (judges) {
            snprintf(body, sizeof(body), "{\"choice\":\"left\",\"active_ms\":1000,\"client\":{}}");
            snprintf(more, sizeof(more), "Idempotency-Key: %s\r\n", connection->key);
        }
    } else if (connection->body != NULL) {
        snprintf(body, sizeof(body), "%s", connection->body);
    }
    int size = snprintf(text, sizeof(text),
        "%s %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n%s",
        method, path, connection->token, more);
    if (strcmp(method, "GET") == 0)
        size += snprintf(text + size, sizeof(text) - (size_t)size, "\r\n");
    else
        size += snprintf(
            text + size, sizeof(text) - (size_t)size, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
    if (connection->fd < 0)
        open_connection(connection);
    if (send(connection->fd, text, (size_t)size, MSG_NOSIGNAL) != size)
        close_connection(connection);
}

static void start(struct kind *kind, int64_t due_us, bool counts)
{
    struct connection *connection = kind->first;
    kind->offered += counts;
    if (connection == NULL) {
        kind->unsent += counts;
        return;
    }
    kind->first = connection->next;
    if (kind->first == NULL)
        kind->last = &kind->first;
    connection->busy = true;
    n_busy++;
    connection->counts = counts;
    connection->due_us = due_us;
    int64_t late_us = now_us() - due_us;
    latest_us = counts && late_us > latest_us ? late_us : latest_us;
    send_request(connection);
}

static void finish(struct connection *connection, int status, const char *body)
{
    struct kind *kind = connection->kind;
    int64_t us = now_us() - connection->due_us;
    bool good = status >= 200 && status < 300,
         judged = connection->method == NULL && connection->lease[0] != '\0';
    if (connection->counts) {
        kind->done += good;
        kind->refused += status == 503;
        kind->limited += status == 429;
        kind->other += !good && status != 503 && status != 429;
        kind->cycles += good && judged;
        if (good)
            record(&kind->done_us, us);
        else if (status == 503)
            record(&kind->refused_us, us);
    }
    if (judged && (good || status == 409)) {
        connection->lease[0] = '\0';
    } else if (connection->method == NULL && !judged && status == 201 &&
               sscanf(body, "{\"id\":\"%50[a-z2-7]\"", connection->lease) == 1) {
        snprintf(connection->key, sizeof(connection->key), "%08x-0000-4000-8000-%012llx", run_number,
            (unsigned long long)++key_count);
    }
    connection->have = 0;
    set_idle(connection);
}

static void reply_done(struct connection *connection, int status, const char *body)
{
    const char *closes = strcasestr(connection->reply, "\r\nConnection: close");
    bool last = closes != NULL && closes < body;
    finish(connection, status, body);
    if (last) {
        close(connection->fd);
        connection->fd = -1;
    }
}

static void on_readable(struct connection *connection)
{
    static char waste[256 * 1024];
    bool skips = connection->missing > 0;
    ssize_t got = skips ? recv(connection->fd, waste, sizeof(waste), 0)
                        : recv(connection->fd, connection->reply + connection->have,
                              REPLY_MAX - connection->have - 1, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0 || !connection->busy) {
        close_connection(connection);
        return;
    }
    if (skips) {
        connection->missing -= (size_t)got;
        if (connection->missing == 0)
            reply_done(connection, connection->status, connection->reply);
        return;
    }
    connection->have += (size_t)got;
    connection->reply[connection->have] = '\0';
    char *end = strstr(connection->reply, "\r\n\r\n");
    if (end == NULL)
        return;
    const char *length = strcasestr(connection->reply, "\r\nContent-Length:");
    size_t size = length != NULL && length < end ? strtoul(length + 17, NULL, 10) : 0,
           whole = (size_t)(end + 4 - connection->reply) + size;
    connection->status = (int)strtol(connection->reply + 9, NULL, 10);
    if (connection->have == whole)
        reply_done(connection, connection->status, end + 4);
    else if (whole > REPLY_MAX / 2)
        connection->missing = whole - connection->have;
}

static void read_connections(void)
{
    char *line = NULL;
    size_t space = 0;
    while (getline(&line, &space, stdin) > 0) {
        char *at = NULL, *name = strtok_r(line, " \n", &at);
        struct connection *connection = calloc(1, sizeof(*connection));
        for (int i = 0; i < n_kinds && name != NULL; i++)
            if (strcmp(kinds[i].name, name) == 0)
                connection->kind = &kinds[i];
        if (connection->kind == NULL) {
            free(connection);
            continue; // not asked for this time
        }
        const char *token = strtok_r(NULL, " \n", &at);
        connection->token = strdup(token != NULL ? token : "");
        if (strcmp(name, "judge") != 0) {
            const char *method = strtok_r(NULL, " \n", &at);
            connection->method = strdup(method != NULL ? method : "GET");
        }
        const char *path = strtok_r(NULL, " \n", &at), *body = strtok_r(NULL, "\n", &at);
        connection->path = strdup(path != NULL ? path : "/");
        connection->body = body != NULL ? strdup(body) : NULL;
        connection->reply = malloc(REPLY_MAX);
        connection->fd = -1;
        open_connection(connection);
        set_idle(connection);
    }
    free(line);
}

static void print(const struct kind *kind, double seconds)
{
    printf(
        "{\"kind\":\"%s\",\"rate\":%.0f,\"seconds\":%.1f,\"offered\":%llu,\"unsent\":%llu,\"done\":%llu,"
        "\"judged\":%llu,\"refused\":%llu,\"limited\":%llu,\"other\":%llu,\"lost\":%llu,"
        "\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"max_ms\":%.1f,\"refused_p99_ms\":%.1f,\"refused_max_ms\":%.1f,\"late_max_ms\":%.1f}\n",
        kind->name, kind->rate, seconds, (unsigned long long)kind->offered, (unsigned long long)kind->unsent,
        (unsigned long long)kind->done, (unsigned long long)kind->cycles, (unsigned long long)kind->refused,
        (unsigned long long)kind->limited, (unsigned long long)kind->other, (unsigned long long)kind->lost,
        percentile_ms(&kind->done_us, 0.5), percentile_ms(&kind->done_us, 0.99),
        (double)kind->done_us.max_us / 1000, percentile_ms(&kind->refused_us, 0.99),
        (double)kind->refused_us.max_us / 1000, (double)latest_us / 1000);
}

int main(int argc, char **argv)
{
    if (argc < 6 || argc - 5 > KINDS_MAX) {
        fprintf(stderr, "usage: load PORT SECONDS WARM_SECONDS SEED KIND=RATE... < CONNECTIONS\n");
        return 2;
    }
    port = (int)strtol(argv[1], NULL, 10);
    double seconds = strtod(argv[2], NULL), warm = strtod(argv[3], NULL);
    random_state = strtoull(argv[4], NULL, 10);
    for (int i = 5; i < argc; i++) {
        struct kind *kind = &kinds[n_kinds++];
        char *equals = strchr(argv[i], '=');
        kind->rate = equals != NULL ? strtod(equals + 1, NULL) : 1;
        if (equals != NULL)
            *equals = '\0';
        kind->name = argv[i];
        kind->last = &kind->first;
    }
    run_number = (unsigned)now_us();
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    read_connections();
    int64_t begin_us = now_us(), count_us = begin_us + (int64_t)(warm * 1e6),
            end_us = count_us + (int64_t)(seconds * 1e6);
    for (int i = 0; i < n_kinds; i++)
        kinds[i].next_us = begin_us + (int64_t)random_gap_us(kinds[i].rate);
    // After the end the answers that are still out are waited for.
    for (int64_t now = begin_us; now < end_us || (n_busy > 0 && now < end_us + DRAIN_US); now = now_us()) {
        struct epoll_event events[EVENTS];
        for (int i = 0; i < n_kinds; i++)
            for (struct kind *kind = &kinds[i]; kind->next_us <= now && kind->next_us < end_us;
                 kind->next_us += (int64_t)random_gap_us(kind->rate))
                start(kind, kind->next_us, kind->next_us >= count_us);
        int n = epoll_wait(poll_fd, events, EVENTS, 1);
        for (int i = 0; i < n; i++)
            on_readable(events[i].data.ptr);
    }
    for (int i = 0; i < n_kinds; i++)
        print(&kinds[i], seconds);
    return 0;
}
