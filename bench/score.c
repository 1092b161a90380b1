// What score.bench.mjs needs in C. `score load PORT RATE SECONDS FILE`: the request in FILE (head and body, as they go over the
// wire), RATE times a second on one kept connection, each at its own time, evenly but for a tenth; the time of an answer counts
// from when its request was due. Prints {"n","p50_us","p99_us","max_us","reply_bytes"}. `score floor BYTES`: a server that reads
// requests to their end and answers BYTES, looking at nothing else: what the bytes alone cost. `score jury`: verdicts without HTTP.
#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "reward/jury.h"

#include <arpa/inet.h>
#include <math.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { REPLY_MAX = 8 * 1024 * 1024, REQUESTS_MAX = 1000000 };

static char reply[REPLY_MAX];

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

// --- both sides of a connection ----------------------------------------------------------------------------------------
static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = send(fd, data, size, MSG_NOSIGNAL);
        if (n <= 0)
            fail("send");
        data += n;
        size -= (size_t)n;
    }
}

// One message into `to`; its size, or 0 at the end.
static size_t receive_message(int fd, char *to, size_t most)
{
    size_t have = 0, whole = SIZE_MAX;
    while (have < whole) {
        ssize_t n = recv(fd, to + have, most - 1 - have, 0);
        if (n <= 0)
            return 0;
        have += (size_t)n;
        to[have] = '\0';
        if (whole != SIZE_MAX)
            continue;
        const char *end = strstr(to, "\r\n\r\n"), *length = strcasestr(to, "\r\ncontent-length:");
        if (end != NULL && length != NULL)
            whole = (size_t)(end + 4 - to) + strtoul(length + 17, NULL, 10);
        if (whole >= most)
            fail("a message that is too long");
    }
    return have;
}

static int no_delay(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    return fd;
}

// --- the load ------------------------------------------------------------------------------------------------------------
static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void wait_until(int64_t due_us)
{
    int64_t left = due_us - clock_monotonic_us();
    if (left > 0)
        nanosleep(&(struct timespec){.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000}, NULL);
}

static int load(int port, double rate, double seconds, const char *path)
{
    static char request[REPLY_MAX];
    static double took[REQUESTS_MAX];
    FILE *file = fopen(path, "rbe");
    size_t size = file != NULL ? fread(request, 1, sizeof(request), file) : 0, n = 0, got = 0;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = no_delay(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (size == 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
        fail(path);
    struct rng rng;
    rng_seed(&rng, 1);
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; (double)i < rate * seconds && n < REQUESTS_MAX; i++) {
        int64_t due = start + (int64_t)(((double)i + 0.1 * (rng_uniform(&rng) - 0.5)) * 1e6 / rate);
        wait_until(due);
        int64_t now = clock_monotonic_us();
        due = due < now ? due : now;
        send_all(fd, request, size);
        got = receive_message(fd, reply, sizeof(reply));
        if (strncmp(reply, "HTTP/1.1 200", 12) != 0) {
            fprintf(stderr, "%.400s\n", reply);
            return 1;
        }
        took[n++] = (double)(clock_monotonic_us() - due);
    }
    qsort(took, n, sizeof(*took), by_size);
    printf("{\"n\":%zu,\"p50_us\":%.0f,\"p99_us\":%.0f,\"max_us\":%.0f,\"reply_bytes\":%zu}\n", n,
        took[n / 2], took[n * 99 / 100], took[n - 1], got);
    fclose(file);
    close(fd);
    return 0;
}

// --- the floor -----------------------------------------------------------------------------------------------------------
static _Noreturn void serve(size_t size)
{
    static char answer[REPLY_MAX];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof(address);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        fail("listen");
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    int head = snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
    memset(answer + head, 'x', size);
    for (;;) {
        int fd = no_delay(accept4(listener, NULL, NULL, SOCK_CLOEXEC));
        while (receive_message(fd, reply, sizeof(reply)) > 0)
            send_all(fd, answer, (size_t)head + size);
        close(fd);
    }
}

// --- juries --------------------------------------------------------------------------------------------------------------
enum { CANDIDATES = 64, SEATS = 12, BASIS = JURY_BASIS_MAX, VERDICTS = 2000, ROUNDS = 5 };

// Verdicts a second, times candidates and seats; `draws` juries each beside the exact one.
static double juror_scores(const struct jury *jury, const double *basis, const struct jury_seats *seats,
    size_t n_seats, uint32_t draws, int n_verdicts)
{
    double best = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = clock_monotonic_us();
        for (int v = 0; v < n_verdicts; v++) {
            struct arena *arena = arena_new(1 << 24);
            struct jury_verdict verdict;
            struct err err;
            if (jury_verdict(jury, basis, CANDIDATES, seats, n_seats, draws, 1, arena, &verdict, &err) < 0)
                fail("jury");
            arena_free(arena);
        }
        best = fmax(
            best, (double)n_verdicts * CANDIDATES * SEATS * 1e6 / (double)(clock_monotonic_us() - start));
    }
    return best;
}

static int juries(void)
{
    static struct jury_pool pools[SEATS];
    static double basis[CANDIDATES * BASIS];
    struct jury_seats alike[] = {{.pool = 0, .count = 7}, {.pool = 1, .count = 5}}, each[SEATS];
    struct rng rng;
    rng_seed(&rng, 1);
    for (uint32_t p = 0; p < SEATS; p++) {
        each[p] = (struct jury_seats){.pool = p, .count = 1};
        pools[p] = (struct jury_pool){.attribute = "kind", .value = "one", .n_annotators = 40};
        for (int b = 0; b < BASIS; b++) {
            pools[p].mean[b] = rng_normal(&rng);
            pools[p].covariance[b * BASIS + b] = 0.1 + rng_uniform(&rng);
        }
    }
    for (int i = 0; i < CANDIDATES * BASIS; i++)
        basis[i] = rng_normal(&rng);
    const struct jury jury = {.n_basis = BASIS, .n_pools = SEATS, .pools = pools};
    printf(
        "{\"name\":\"jury_two_kinds\",\"value\":%.6g}\n", juror_scores(&jury, basis, alike, 2, 0, VERDICTS));
    printf("{\"name\":\"jury_twelve_kinds\",\"value\":%.6g}\n",
        juror_scores(&jury, basis, each, SEATS, 0, VERDICTS));
    printf("{\"name\":\"jury_drawn\",\"value\":%.6g}\n",
        juror_scores(&jury, basis, each, SEATS, 100, VERDICTS / 40));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 6 && strcmp(argv[1], "load") == 0)
        return load((int)strtol(argv[2], NULL, 10), strtod(argv[3], NULL), strtod(argv[4], NULL), argv[5]);
    if (argc == 3 && strcmp(argv[1], "floor") == 0)
        serve(strtoul(argv[2], NULL, 10));
    if (argc == 2 && strcmp(argv[1], "jury") == 0)
        return juries();
    fprintf(stderr, "usage: score load PORT RATE SECONDS FILE | floor BYTES | jury\n");
    return 2;
}
