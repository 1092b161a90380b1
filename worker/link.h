// One TLS connection to a coordinator: frames out, frames in, by poll. Non-blocking after it is open; belongs to the
// worker's main thread. What waits to go out is bounded by whoever appends (link_waiting).
#ifndef WORKER_LINK_H
#define WORKER_LINK_H

#include "base/buf.h"
#include "base/err.h"
#include "base/frame.h"

#include <openssl/ssl.h>

struct link;

enum { LINK_OUT_MAX_BYTES = 8 * 1024 * 1024, LINK_OUT_ENOUGH_BYTES = 512 * 1024 };

// Connects to "host:port" and shakes hands within `deadline_ms`; `wake_fd` turning readable ends the wait (ERR_CLOSED).
int link_open(const char *address, SSL_CTX *context, int wake_fd, int deadline_ms, struct link **ret_link,
    struct err *err) MUST_CHECK;
void link_free(struct link *link); // closes at once; NULL is allowed
struct buf *link_out(struct link *link);
size_t link_waiting(const struct link *link);
// Sends and receives what can be, waiting at most `timeout_ms` for the peer or for `wake_fd`. ERR_CLOSED, ERR_IO or
// ERR_CRYPTO when the link is at its end: what had come in before can still be taken.
int link_turn(struct link *link, int wake_fd, int timeout_ms, struct err *err) MUST_CHECK;
// The next whole frame: 1, 0 when there is none, or ERR_LIMIT. It is valid until the next call of any link function.
int link_next(struct link *link, struct frame *ret_frame, struct err *err) MUST_CHECK;
// Milliseconds since bytes last came.
int64_t link_silence_ms(const struct link *link);

#endif
