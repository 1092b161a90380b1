// The public listener: one socket, bound once, shared by all loop threads (with SO_REUSEPORT a stray process of the
// same user could take a share of the connections in silence).
#ifndef COORDINATOR_LISTEN_H
#define COORDINATOR_LISTEN_H

#include "base/err.h"

// `address` is "host:port" or "[v6]:port", numeric or localhost; port 0 takes a free one. Gives a non-blocking
// listening descriptor, the port it got and whether it can be reached from this machine only.
int listen_open(
    const char *address, int *ret_fd, int *ret_port, bool *ret_loopback, struct err *err) MUST_CHECK;
// From now on who begins to connect is refused by the kernel, as if nobody listened; who has begun, or waits in the
// kernel's queue, can be accepted still. Closing right away would reset those, and some of them have sent a request.
void listen_refuse_new(int fd);

#endif
