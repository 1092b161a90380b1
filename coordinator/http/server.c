// The server of one loop thread: listener, turns, deadlines, drain, counters.
#include "coordinator/http/internal.h"

#include "base/clock.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// All servers of the process, for http_metrics only: who reads counters must not meet a server that is being freed.
enum { SERVERS_MAX = 256 };
static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static const struct http_server *all[SERVERS_MAX];
static size_t n_all;

static void enlist(const struct http_server *server)
{
    pthread_mutex_lock(&all_lock);
    assert(n_all < SERVERS_MAX);
    all[n_all++] = server;
    pthread_mutex_unlock(&all_lock);
}

static void delist(const struct http_server *server)
{
    pthread_mutex_lock(&all_lock);
    for (size_t i = 0; i < n_all; i++) {
        if (all[i] == server)
            all[i--] = all[--n_all];
    }
    pthread_mutex_unlock(&all_lock);
}

static void stop_accepting(struct http_server *server)
{
    if (server->accepting) {
        server->accepting = false;
        evconnlistener_disable(server->listener);
        if (server->redirect_listener != NULL)
            evconnlistener_disable(server->redirect_listener);
    }
}

static void on_accept(
    struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer, int size UNUSED, void *arg)
{
    struct http_server *server = arg;
    connection_accept(server, fd, peer, listener == server->redirect_listener);
    if (server->n_connections >= server->settings.max_connections)
        stop_accepting(server); // until one has closed; the others wait in the kernel's queue
}

// Out of descriptors or memory: the sweep tries again, so that the loop does not spin.
static void on_accept_error(struct evconnlistener *listener UNUSED, void *arg)
{
    stop_accepting(arg);
}

void server_accept_more(struct http_server *server)
{
    if (server->accepting || server->deaf || server->n_connections >= server->settings.max_connections)
        return;
    server->accepting = true;
    evconnlistener_enable(server->listener);
    if (server->redirect_listener != NULL)
        evconnlistener_enable(server->redirect_listener);
}

static void become_deaf(struct http_server *server)
{
    server->deaf = true;
    stop_accepting(server);
    server->told_deaf(server->drain_arg);
    event_active(server->turn, EV_TIMEOUT, 1); // it may have been all there was to wait for
}

static void on_sweep(evutil_socket_t fd UNUSED, short what UNUSED, void *arg)
{
    struct http_server *server = arg;
    int64_t now_us = clock_monotonic_us();
    connection_sweep(server, now_us);
    server_accept_more(server);
    if (server->draining && !server->deaf && now_us - server->drain_us >= DRAIN_ACCEPT_MS * 1000)
        become_deaf(server);
}

static void complete(int *number, int otherwise)
{
    if (*number <= 0)
        *number = otherwise;
}

void server_complete_settings(struct http_settings *settings)
{
    complete(&settings->header_timeout_ms, 5000);
    complete(&settings->idle_timeout_ms, 15000);
    complete(&settings->body_min_bytes_per_s, 1024);
    complete(&settings->body_grace_ms, 5000);
    complete(&settings->wait_max_ms, 250);
    complete(&settings->max_connections_per_address, 256);
    complete(&settings->max_line_bytes, FRAMING_LINE_MAX);
    complete(&settings->max_headers, FRAMING_HEADERS_MAX);
    complete(&settings->max_headers_bytes, FRAMING_HEADERS_BYTES_MAX);
    complete(&settings->max_body_bytes, 256 * 1024);
    complete(&settings->max_score_body_bytes, 4 * 1024 * 1024);
    complete(&settings->max_stream_body_bytes, 64 * 1024 * 1024);
    struct rlimit limit;
    if (settings->max_connections <= 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0)
        settings->max_connections = limit.rlim_cur > 1000000 ? 1000000 : (int)(limit.rlim_cur / 4 * 3);
}

static struct evconnlistener *new_listener(struct http_server *server, int fd)
{
    struct evconnlistener *listener =
        evconnlistener_new(server->base, on_accept, server, LEV_OPT_CLOSE_ON_EXEC, 0, fd);
    if (listener == NULL)
        abort();
    evconnlistener_set_error_cb(listener, on_accept_error);
    return listener;
}

void server_saw(struct http_server *server, int64_t now_us)
{
    struct timeval pass;
    event_base_gettimeofday_cached(server->base, &pass);
    bool is_new = pass.tv_sec != server->pass.tv_sec || pass.tv_usec != server->pass.tv_usec;
    server->pass = pass;
    admission_saw(&server->admission, is_new, now_us);
}

struct http_server *http_server_new(struct event_base *base, const struct http_settings *settings)
{
    signal(SIGPIPE, SIG_IGN); // OpenSSL and evbuffers write without MSG_NOSIGNAL
    struct http_server *server = calloc(1, sizeof(*server));
    if (server == NULL)
        abort();
    server->base = base;
    server->settings = *settings;
    server_complete_settings(&server->settings);
    router_build(&server->router, settings->tables);
    admission_init(&server->admission, server->settings.wait_max_ms, clock_monotonic_us());
    buf_init(&server->scratch, SIZE_MAX / 4);
    buf_init(&server->render, SIZE_MAX / 4);
    struct err err;
    if (limits_parse_proxies(settings->trusted_proxies, &server->proxies, &server->n_proxies, &err) < 0)
        abort(); // the caller has checked it
    server->turn = event_new(base, -1, 0, connection_turn, server);
    server->sweep = event_new(base, -1, EV_PERSIST, on_sweep, server);
    if (server->turn == NULL || server->sweep == NULL)
        abort();
    server->listener = new_listener(server, settings->listen_fd);
    if (settings->redirect_to != NULL)
        server->redirect_listener = new_listener(server, settings->redirect_fd);
    // Not for the names below ours: they may be other people's.
    if (settings->hsts_s > 0)
        snprintf(server->hsts, sizeof(server->hsts), "Strict-Transport-Security: max-age=%d\r\n",
            settings->hsts_s);
    server->accepting = true;
    event_add(server->sweep, &(struct timeval){.tv_usec = SWEEP_MS * 1000});
    enlist(server);
    return server;
}

void http_server_drain(
    struct http_server *server, void (*deaf)(void *arg), void (*done)(void *arg), void *arg)
{
    server->draining = true;
    server->drain_us = clock_monotonic_us();
    server->told_deaf = deaf;
    server->drained = done;
    server->drain_arg = arg;
    event_add(server->sweep, &(struct timeval){.tv_usec = DRAIN_SWEEP_MS * 1000});
    for (struct connection *c = server->lists[LIST_BUSY].first; c != NULL; c = c->next) {
        if (c->request != NULL && c->request->stream_is_events) // these have no end of their own
            stream_stop(c->request);
    }
}

void server_destroy(struct http_server *server)
{
    router_release(&server->router);
    buf_release(&server->scratch);
    buf_release(&server->render);
    free(server->proxies);
    free(server);
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    delist(server);
    server->draining = server->deaf = true;
    server->drained = NULL;
    evconnlistener_free(server->listener);
    if (server->redirect_listener != NULL)
        evconnlistener_free(server->redirect_listener);
    event_free(server->sweep);
    for (size_t list = 0; list < LISTS; list++)
        while (server->lists[list].first != NULL)
            connection_gone(server->lists[list].first);
    server->n_alive++; // held until the end of this function
    connection_turn(-1, 0, server);
    connection_turn(-1, 0, server); // what replied during the first
    event_free(server->turn);
    server->turn = NULL;
    server->freed = true;
    if (--server->n_alive == 0)
        server_destroy(server);
}

// --- counters ------------------------------------------------------------------------------------------------------
static uint64_t load(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static int64_t load_signed(const _Atomic int64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static const char *const method_names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
const double duration_bounds_s[DURATION_BUCKETS] = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};

// The counters of route `i` (n_entries: what found none) of a server.
static const struct route_counters *counters_of(const struct http_server *server, size_t i)
{
    return i < server->router.n_entries    ? server->router.entries[i].counters
           : i == server->router.n_entries ? &server->other
                                           : &server->refused;
}

static void route_labels(const struct http_server *server, size_t i, struct buf *out)
{
    if (i < server->router.n_entries) {
        const struct http_route *route = server->router.entries[i].route;
        buf_printf(out, "method=\"%s\",route=\"%s\"", method_names[route->method], route->pattern);
    } else {
        buf_printf(out, "method=\"\",route=\"%s\"", i == server->router.n_entries ? "(none)" : "(refused)");
    }
}

static void requests_total(const struct http_server *const *servers, size_t n_servers, struct buf *out)
{
    buf_add_text(out,
        "# HELP plenum_http_requests_total Requests replied to, by route template and status class.\n"
        "# TYPE plenum_http_requests_total counter\n");
    for (size_t i = 0; i < servers[0]->router.n_entries + 2; i++)
        for (size_t status = 1; status < 6; status++) {
            uint64_t sum = 0;
            for (size_t s = 0; s < n_servers; s++)
                sum += load(&counters_of(servers[s], i)->by_status[status]);
            if (sum == 0)
                continue;
            buf_add_text(out, "plenum_http_requests_total{");
            route_labels(servers[0], i, out);
            buf_printf(out, ",status=\"%zuxx\"} %llu\n", status, (unsigned long long)sum);
        }
}

static void durations(const struct http_server *const *servers, size_t n_servers, struct buf *out)
{
    buf_add_text(out, "# HELP plenum_http_request_duration_seconds From the whole head to the reply.\n"
                      "# TYPE plenum_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i < servers[0]->router.n_entries + 2; i++) {
        uint64_t buckets[DURATION_BUCKETS + 1] = {0}, total = 0, sum_us = 0;
        for (size_t s = 0; s < n_servers; s++) {
            const struct route_counters *counters = counters_of(servers[s], i);
            for (size_t b = 0; b <= DURATION_BUCKETS; b++)
                buckets[b] += load(&counters->durations[b]);
            sum_us += load(&counters->duration_us);
        }
        for (size_t b = 0; b <= DURATION_BUCKETS; b++)
            total += buckets[b];
        uint64_t below = 0;
        for (size_t b = 0; total > 0 && b <= DURATION_BUCKETS; b++) {
            below += buckets[b];
            buf_add_text(out, "plenum_http_request_duration_seconds_bucket{");
            route_labels(servers[0], i, out);
            if (b < DURATION_BUCKETS)
                buf_printf(out, ",le=\"%g\"} %llu\n", duration_bounds_s[b], (unsigned long long)below);
            else
                buf_printf(out, ",le=\"+Inf\"} %llu\n", (unsigned long long)below);
        }
        if (total == 0)
            continue;
        buf_add_text(out, "plenum_http_request_duration_seconds_sum{");
        route_labels(servers[0], i, out);
        buf_printf(out, "} %.6f\nplenum_http_request_duration_seconds_count{", (double)sum_us / 1e6);
        route_labels(servers[0], i, out);
        buf_printf(out, "} %llu\n", (unsigned long long)total);
    }
}

static void overloaded_total(const struct http_server *const *servers, size_t n_servers, struct buf *out)
{
    static const char *const names[ADMISSION_CLASSES] = {[HTTP_CLASS_WRITE] = "write",
        [HTTP_CLASS_READ] = "read",
        [HTTP_CLASS_SCORE] = "score",
        [HTTP_CLASS_BULK] = "bulk"};
    buf_add_text(out,
        "# HELP plenum_http_overloaded_total Requests refused with 503 because they would have waited.\n"
        "# TYPE plenum_http_overloaded_total counter\n");
    for (size_t class = 0; class < ADMISSION_CLASSES; class ++) {
        uint64_t sum = 0;
        for (size_t s = 0; s < n_servers; s++)
            sum += load(&servers[s]->overloaded[class]);
        buf_printf(
            out, "plenum_http_overloaded_total{class=\"%s\"} %llu\n", names[class], (unsigned long long)sum);
    }
}

static void print_metrics(const struct http_server *const *servers, size_t n_servers, struct buf *out)
{
    uint64_t accepted = 0, away = 0, timed_out = 0, handshakes = 0, in = 0, sent = 0;
    int64_t open_now = 0, in_flight = 0;
    for (size_t s = 0; s < n_servers; s++) {
        accepted += load(&servers[s]->accepted);
        away += load(&servers[s]->turned_away);
        timed_out += load(&servers[s]->timed_out);
        handshakes += load(&servers[s]->handshakes_failed);
        in += load(&servers[s]->bytes_in);
        sent += load(&servers[s]->bytes_out);
        open_now += load_signed(&servers[s]->open_now);
        in_flight += load_signed(&servers[s]->in_flight_now);
    }
    const struct {
        const char *name, *type, *help;
        uint64_t value;
    } rows[] = {
        {"plenum_http_connections", "gauge", "Open connections.", (uint64_t)open_now},
        {"plenum_http_requests_in_flight", "gauge", "Requests a handler has.", (uint64_t)in_flight},
        {"plenum_http_connections_total", "counter", "Connections accepted.", accepted},
        {"plenum_http_connections_refused_total", "counter", "Turned away for too many of one address.",
            away},
        {"plenum_http_timeouts_total", "counter", "Connections closed at a deadline.", timed_out},
        {"plenum_tls_handshakes_failed_total", "counter", "Refused, or plain HTTP to the port of HTTPS.",
            handshakes},
        {"plenum_http_received_bytes_total", "counter", "Heads and bodies.", in},
        {"plenum_http_sent_bytes_total", "counter", "Heads and bodies.", sent},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %llu\n", rows[i].name, rows[i].help, rows[i].name,
            rows[i].type, rows[i].name, (unsigned long long)rows[i].value);
    overloaded_total(servers, n_servers, out);
    rates_print(servers[0]->settings.rates, out);
    requests_total(servers, n_servers, out);
    durations(servers, n_servers, out);
}

void http_metrics(struct buf *out)
{
    pthread_mutex_lock(&all_lock);
    const struct http_server
        *same[SERVERS_MAX]; // all loops have the same tables; a test may have others beside them
    size_t n_same = 0;
    for (size_t i = 0; i < n_all; i++) {
        if (all[i]->settings.tables == all[0]->settings.tables)
            same[n_same++] = all[i];
    }
    if (n_same > 0)
        print_metrics(same, n_same, out);
    pthread_mutex_unlock(&all_lock);
}
