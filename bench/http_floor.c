// The least a process on this machine can spend on a small HTTP request: epoll, one read, one write of a fixed reply,
// nothing looked at but where a request ends. The anchor of http.bench.mjs. Prints its port; ends with its parent.
// Usage: http_floor BYTES, the length of the reply.

#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REPLY_MAX = 65536, EVENTS = 64 };

static char reply[REPLY_MAX];

static int listen_anywhere(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 || listen(fd, 512) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        exit(1);
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void fill_reply(size_t size)
{
    int head = snprintf(reply, sizeof(reply), "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX-Filler: ");
    memset(reply + head, 'x', size - (size_t)head);
    memcpy(reply + size - 7, "\r\n\r\nok\n", 7);
}

static void serve(int poll_fd, int listen_fd, size_t size)
{
    char request[8192];
    for (struct epoll_event events[EVENTS];;) {
        int n = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int fd = events[i].data.fd;
            if (fd == listen_fd) {
                int client = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK);
                struct epoll_event wanted = {.events = EPOLLIN, .data.fd = client};
                epoll_ctl(poll_fd, EPOLL_CTL_ADD, client, &wanted);
                continue;
            }
            ssize_t got = read(fd, request, sizeof(request));
            if (got <= 0 || memcmp(request + got - 4, "\r\n\r\n", 4) != 0 ||
                send(fd, reply, size, MSG_NOSIGNAL) < 0)
                close(fd);
        }
    }
}

int main(int argc, char **argv)
{
    size_t size = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
    if (size < 100 || size > REPLY_MAX)
        return 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    fill_reply(size);
    int listen_fd = listen_anywhere(), poll_fd = epoll_create1(0);
    struct epoll_event wanted = {.events = EPOLLIN, .data.fd = listen_fd};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listen_fd, &wanted);
    serve(poll_fd, listen_fd, size);
}
