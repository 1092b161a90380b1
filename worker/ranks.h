// A fit that several workers do together: the fit's thread gives its parts and waits for the others', the main thread sends and
// receives them. Each rank's bytes are one stream, for everybody knows how many each gives. Once lost, it stays lost: the
// fit goes on alone.
#ifndef WORKER_RANKS_H
#define WORKER_RANKS_H

#include "base/base.h"
#include "worker/fit/pool.h"

struct ranks;

// `wake_fd` (an eventfd) is written when there is something to send.
struct ranks *ranks_new(uint32_t rank, uint32_t n, int wake_fd);
void ranks_free(struct ranks *ranks); // once the fit has ended; NULL is allowed
const struct pool_ranks *ranks_for_fit(const struct ranks *ranks);

// --- on the main thread -------------------------------------------------------------------------------------------------
// What came of another. Nothing (size 0): that one is lost.
void ranks_take(struct ranks *ranks, uint32_t rank, const void *data, size_t size);
void ranks_lose(struct ranks *ranks);
// What is to be sent: 0, or so many bytes at the most that stand at *ret_data until ranks_sent says how many went.
size_t ranks_to_send(struct ranks *ranks, const void **ret_data);
void ranks_sent(struct ranks *ranks, size_t size);

#endif
