#include "coordinator/listen.h"

#include "base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return (ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24) == 127;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
}

static int split(
    const char *address, char *host, size_t host_size, char *port, size_t port_size, struct err *err)
{
    const char *colon = strrchr(address, ':');
    if (colon == NULL || colon == address)
        return err_set(err, ERR_INVALID, "%s is not of the form address:port", address);
    size_t length = (size_t)(colon - address);
    if (address[0] == '[' && address[length - 1] == ']') {
        address++;
        length -= 2;
    }
    if (length >= host_size || strlen(colon + 1) >= port_size || colon[1] == '\0')
        return err_set(err, ERR_INVALID, "%s is not of the form address:port", address);
    memcpy(host, address, length);
    host[length] = '\0';
    snprintf(port, port_size, "%s", colon + 1);
    return 0;
}

static int open_on(const struct addrinfo *info, struct err *err)
{
    int on = 1;
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return err_set_errno(err, "socket");
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int rc = err_set_errno(err, "listening");
        close(fd);
        return rc;
    }
    return fd;
}

int listen_open(const char *address, int *ret_fd, int *ret_port, bool *ret_loopback, struct err *err)
{
    char host[256], port[16];
    int rc = split(address, host, sizeof(host), port, sizeof(port), err);
    if (rc < 0)
        return rc;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV},
                    *info = NULL;
    rc = getaddrinfo(host, port, &hints, &info);
    if (rc != 0)
        return err_set(err, ERR_INVALID, "%s: %s", address, gai_strerror(rc));
    int fd = open_on(info, err);
    if (fd < 0) {
        freeaddrinfo(info);
        return err_prefix(err, "%s", address);
    }
    *ret_loopback = is_loopback(info->ai_addr);
    freeaddrinfo(info);
    struct sockaddr_storage got;
    socklen_t size = sizeof(got);
    if (getsockname(fd, (struct sockaddr *)&got, &size) != 0) {
        close(fd);
        return err_set_errno(err, "getsockname");
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)&got;
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)&got;
    *ret_port = ntohs(got.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
    *ret_fd = fd;
    return 0;
}

void listen_refuse_new(int fd)
{
    // A socket bound to an interface hears what comes in there alone, and this one there is not.
    static const int no_interface = INT_MAX;
    // Without it, who connects in the moment of the closing is reset; all else goes on as it should.
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTOIFINDEX, &no_interface, sizeof(no_interface)) != 0)
        log_event(LOG_WARNING, "listener_not_unbound", LOG_TEXT("reason", strerror(errno)));
}
